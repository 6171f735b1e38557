/**
 * sign-in/ owns the one way in which a password is checked: behind the guard that counts attempts, whichever route, form
 * or client it comes from. Routes call it and answer; account/ knows whether the password is right. It starts no session.
 */
export { checkSignIn, rememberDevice, type Checked } from './check.js'
export { createGuard } from './guard.js'
export { sendLocked, waitingWords } from './locked.js'
