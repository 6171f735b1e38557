/**
 * security/ owns what people are told about the safety of their account: what happened, out of the audit trail, and sign-ins
 * on new devices that wait for an answer. Routes call it and pages show it. It ends no session and checks no password.
 */
export { createNewSignIns, type NewSignIn, type NewSignIns } from './new-sign-ins.js'
export { toldEvents, type ToldEvent, type ToldEvents } from './told-events.js'
export { keptOf, shownAddress, shownAgent } from './whereabouts.js'
