/**
 * testing/ owns what applications and authors of stores use in their tests: people who are signed in, a clock to move, a store
 * to get in the way of, assertions, and the proof of a store. Nothing outside of tests imports it; it imports no test
 * runner and no framework, and sends nothing over a network.
 *
 * @module
 */
export { signIn, type TestSignIn } from './sign-in.js'
export { login, type Login } from './login.js'
export type { SignedIn } from './signed-in.js'
export type { MadeUpClient } from './made-up-request.js'
export type { SessionSource } from './find-sessions.js'
export { createCookieJar, type CookieJar } from './cookie-jar.js'
export { createManualClock, type ManualClock } from './manual-clock.js'
export {
  createGatedStore,
  STORE_VERBS,
  type GatedStore,
  type HindranceOptions,
  type StoreControls,
  type StoreVerb,
} from './gated-store.js'
export type { Gate } from './gate.js'
export { expectActive, expectEnded, expectRevoked, type Credentials } from './expect-session.js'
export { createIssuer, type IssuerParts, type TestIssuer } from './issuer.js'
export {
  createResourceServer,
  type ResourceServer,
  type ResourceServerOptions,
} from './resource-server.js'
export { describeStoreConformance } from './store-conformance.js'
export type {
  ConformanceOptions,
  OpenedStore,
  StoreHarness,
  TestRunner,
} from './conformance/harness.js'
