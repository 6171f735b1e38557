/**
 * log/ owns what is written about a running service: one line of JSON for each event, without a credential.
 * Everybody may write to it; it reads nothing.
 */
export type { Logger } from 'pino'
export { createLogger } from './logger.js'
export { redact, redactText } from './redact.js'
export { createLineSink, standardOutput } from './standard-output.js'
export { createRequestLog } from './requests.js'
