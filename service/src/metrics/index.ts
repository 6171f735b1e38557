/**
 * metrics/ owns what the service tells about itself in numbers: the process, HTTP, sign-ins and password
 * hashing, and who may read them. `server` wires it up and hands in every value. It reads no environment,
 * and no label ever holds an id, a name, an address or a path as a client wrote it.
 */
export { ALL_SERIES, OWN_SERIES, SERVICE_SERIES, SIGN_IN_FAILURES } from './catalogue/index.js'
export { observeBuild, type BuildFacts } from './build.js'
export { observeLog } from './log.js'
export { createMetricsHandler, type MetricsAccess } from './handler.js'
export { knownMethod, observeRequests, routeOf, type RequestOptions } from './requests.js'
export { observePasswordQueue, observeSignIns, type SignInOutcome } from './sign-ins.js'
export { observeStoreHealth } from './store-health.js'
export { observeProcess } from './process.js'
