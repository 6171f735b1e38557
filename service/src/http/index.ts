/**
 * http/ owns what is the same for every route: reading bodies and queries strictly, choosing between page and
 * JSON, and answering errors. Routes and `server` use it. It knows no session and keeps nothing.
 */
export { wantsHtml } from './accept.js'
export { signInBody, type SignInBody } from './bodies.js'
export {
  bodyFactsOf,
  bodyOf,
  CSRF_FIELD,
  formBody,
  jsonBody,
  jsonOrForm,
  optionalBody,
  readFormToken,
  type BodyFacts,
  type BodyOptions,
} from './body.js'
export {
  createErrorHandler,
  notFound,
  toProblem,
  type ErrorHandlerOptions,
} from './error-handler.js'
export * from './fields.js'
export { Problem, sendProblem, SESSION_CHALLENGE, type ProblemFacts } from './problem.js'
export { formQueryOf, parseQuery, queryOf, strictQuery } from './query.js'
export { BODY_LIMITS, type BodyLimits } from './read-body.js'
export { singleHeaders } from './single-headers.js'
