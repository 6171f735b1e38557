/**
 * verify/ owns the entry `sojourn/verify`: access tokens in, claims out, for resource servers that have no store and perhaps
 * no Node. Applications call it; it reads tokens through credential/jwt/, keys from a JWKS, and ends from a feed. It signs
 * nothing, keeps nothing beyond its own memory, and imports no module of Node's.
 *
 * @module
 */
export { createVerifier, VERIFY_MESSAGES } from './verifier.js'
export type { Verifier, VerifierStats, VerifyProblemCode, VerifyVerdict } from './verifier.js'
export type { JwksDocument, RevocationOptions, VerifyOptions } from './options.js'
export { InvalidOption, SojournError } from '../errors.js'
export type { AccessClaims, TokenAlgorithm } from '../credential/jwt/index.js'
export type { Clock } from '../system/clock.js'
export type { Duration } from '../system/duration.js'
