/**
 * page/ owns what people see: pure functions from typed props to a whole HTML document, one stylesheet,
 * the drawings and every word. Routes call it. It never looks at a request, a session or a store.
 */
export { ASSET_CACHE, assets } from './assets.js'
export { renderOverview } from './console/overview.js'
export { renderDashboard } from './dashboard.js'
export { describeAgent } from './device-name.js'
export { DEVICES_PER_PAGE, renderDevices } from './devices.js'
export { renderError, renderUnavailable } from './error.js'
export { renderLookAgain, renderReauthenticate, renderRegister, renderSignIn } from './gate.js'
export { renderHome } from './home.js'
export { withNonce } from './nonce.js'
export { localPath, paths, withReturn } from './paths.js'
export { renderProfile } from './profile.js'
export type * from './props.js'
export { renderSecurity } from './security.js'
export { renderSignedOut, renderSignOutConfirm } from './sign-out.js'
export { texts } from './texts.js'
export { durationWords } from './time.js'
export { endWords, errorWords } from './words.js'
