/**
 * credential/jwt/ owns access tokens as text (RFC 9068): how they are issued, how one is taken apart, and what must
 * be true of it. session/ and verify/ call it. It knows no session, asks no store, fetches nothing, and runs
 * wherever WebCrypto is: no import of Node's own modules may ever be added here.
 */
export { importJwk, importJwks } from './import-jwks.js'
export type { ImportedKeys } from './import-jwks.js'
export { issueAccessToken } from './issue.js'
export { checkAllowedClaims, selectClaims } from './select-claims.js'
export type { AccessClaims, TokenFacts } from './token-claims.js'
export type { SigningKey, TokenAlgorithm, VerificationKey, VerificationKeys } from './token-keys.js'
export { TOKEN_MESSAGES } from './token-problem.js'
export type { TokenProblemCode, TokenVerdict } from './token-problem.js'
export { createAccessTokenVerifier } from './verifier.js'
export type { AccessTokenVerifier, AccessTokenVerifierOptions } from './verifier.js'
