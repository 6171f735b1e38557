/**
 * api/ owns the description of the service for programs (OpenAPI 3.1) and what is made of it: the Postman collection
 * and the walk by curl. `route/api.ts` serves it, the command `sojourn api` prints it, and the tests hold every answer
 * against it. It answers no request: routes validate with their own schemas, which are described here.
 *
 * Each file of describe/ tells what the file of the same name in route/ takes and answers.
 */
export { CHAPTERS } from './chapters.js'
export { describeApi, EVERYTHING, type ApiFacts, type Description } from './document.js'
export type { Chapter, Method, Operation } from './operation.js'
export { PROBLEMS, type Code } from './problems.js'
