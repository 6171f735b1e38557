/**
 * Nobody else's page may act for the person who is signed in. `sojourn/csurf` gives each request `req.csrfToken()`, and
 * refuses unsafe requests that another site caused or that bring no token of their session.
 */
import csurf from 'sojourn/csurf' // was: csurf

export const csrfProtection = csurf()

export function answerCsrfError(error, req, res, next) {
  if (error.code !== 'EBADCSRFTOKEN') {
    next(error)
    return
  }
  res.status(403).json({
    error: 'Get a token at GET /auth/csrf and send it as the header CSRF-Token',
    code: error.code,
    reason: error.reason,
  })
}
