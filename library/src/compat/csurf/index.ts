/**
 * csurf/ owns the entry `sojourn/csurf`: csurf 1.11's API on tokens that are bound to the session and behind a check of
 * what the browser says about where a request comes from. Applications call it; it works behind any session middleware
 * that fits csurf. It stores nothing for a session that has an id of its own, and never lets a good token excuse
 * a request of another site.
 */
import { csurf } from './middleware.js'

export { csurf, csurf as default, csurf as 'module.exports' }
export { CsrfError, type CsrfProblem } from './csrf-error.js'
export type { CsrfMiddleware } from './middleware.js'
export type { CsurfCookieOptions, CsurfOptions } from './options.js'
