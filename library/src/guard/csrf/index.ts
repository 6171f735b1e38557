/**
 * guard/csrf/ owns the refusal of requests that another site's page may have caused: first by what the browser says of that
 * page, and where it says nothing by a token that is bound to the session. Adapters call it, before the routes. It
 * never reads a body by itself, never takes a token from an address, and starts no session.
 */
export { createCsrfGuard, type CsrfGuard, type CsrfRequest } from './csrf-guard.js'
export type { CsrfExemption, CsrfOptions } from './options.js'
export type { CsrfHolder, CsrfSession, IssuedCsrfToken } from './tokens.js'
