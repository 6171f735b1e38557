/**
 * credential/dpop/ owns DPoP proofs (RFC 9449): what must be true of one, and that none counts twice. session/ and
 * exchange.ts ask it with the request; what a proof is good for is theirs to say. It knows no session and asks no store.
 */
export { PROOF_ALGORITHMS } from './proof-key.js'
export { createProofGate, type ProofGate, type ProofVerdict } from './proof-gate.js'
export { PROOF_MESSAGES, type ProofProblem } from './proof-problem.js'
export { isThumbprint } from './thumbprint.js'
