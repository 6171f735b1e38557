/**
 * walk/ owns the walks through the API: which operations, in which order, answered how. The Postman collection and the
 * scripts for curl are made of them, so that all three go the same way. It sends nothing itself.
 */
export { toPostman } from './postman.js'
export { requestsOf, type StepRequest } from './request.js'
export { SCRIPTS, toShell } from './shell.js'
export { VARIABLES, type Step, type Walk } from './step.js'
export { WALKS } from './walks.js'
