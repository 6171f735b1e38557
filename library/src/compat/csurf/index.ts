/**
 * csurf/ owns the entry `sojourn/csurf`: csurf 1.11's API on tokens that are bound to the session and behind a check of
 * what the browser says about where a request comes from. Applications call it; it works behind any session middleware
 * that fits csurf. It stores nothing for a session that has an id of its own, and never lets a good token excuse
 * a request of another site.
 */
import { CsrfError } from './csrf-error.js'
import { csurf as createCsurf } from './middleware.js'

/** What `require('sojourn/csurf')` is, and the default export: csurf's function, with what else is exported. */
export type Csurf = typeof createCsurf & {
  readonly csurf: typeof createCsurf
  readonly CsrfError: typeof CsrfError
}

/** See {@link Csurf}; throws `TypeError` for options that are none. */
export const csurf: Csurf = Object.assign(createCsurf, { csurf: createCsurf, CsrfError })

export { csurf as default, csurf as 'module.exports' }
export { CsrfError, type CsrfProblem } from './csrf-error.js'
export type { CsrfMiddleware } from './middleware.js'
export type { CsurfCookieOptions, CsurfOptions } from './options.js'
