/**
 * page/ owns what people see: pure functions from typed props to a whole HTML document, one stylesheet,
 * the drawings and every word. Routes call it. It never looks at a request, a session or a store.
 */
export { ASSET_CACHE, assets } from './assets.js'
export { renderAsk } from './console/ask.js'
export { renderPeople } from './console/people.js'
export { renderPerson } from './console/person.js'
export { renderSessions } from './console/sessions.js'
export type * from './console/props.js'
export { EVENT_GROUPS, eventWords, OUTCOMES } from './console/event-words.js'
export { renderEvents } from './console/events.js'
export { changeLines } from './console/key-change.js'
export { renderKeys } from './console/keys.js'
export { renderLimits } from './console/limits.js'
export { renderOverview } from './console/overview.js'
export type { Breaker, OverviewFacts } from './console/overview-props.js'
export { overviewTexts } from './console/overview-texts.js'
export { renderStore } from './console/store.js'
export { renderConfirmEnd, renderConfirmEndOthers } from './confirm.js'
export { renderNameDevice } from './name-device.js'
export { renderDashboard } from './dashboard.js'
export { describeAgent, type AgentDescription } from './device-name.js'
export { DEVICES_PER_PAGE, renderDevices } from './devices.js'
export { renderError, renderUnavailable } from './error.js'
export { renderLookAgain, renderReauthenticate, renderRegister, renderSignIn } from './gate.js'
export { renderHome } from './home.js'
export { withNonce } from './nonce.js'
export {
  CONSOLE_ACTS,
  localPath,
  paths,
  PERSON_ACTS,
  withQuery,
  withReturn,
  type ConsoleAct,
  type PersonAct,
} from './paths.js'
export { renderProfile } from './profile.js'
export type * from './props.js'
export { renderSecurity } from './security.js'
export { renderSecurityEvents } from './security-events.js'
export { renderSignedOut, renderSignOutConfirm } from './sign-out.js'
export { texts } from './texts.js'
export { durationWords } from './time.js'
export { endWords, errorWords } from './words.js'
