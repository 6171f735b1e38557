/** Why a DPoP proof is refused: for events and metrics. Clients are told `invalid_dpop_proof` and the sentence. */
export type ProofProblem =
  | 'proof_missing'
  | 'proof_repeated'
  | 'proof_malformed'
  | 'proof_private_key'
  | 'proof_algorithm'
  /** Signature, key, method, address, time or token: which of them, a thief need not know. */
  | 'proof_mismatch'
  | 'proof_replayed'
  /** It cannot be remembered, and so might count twice. */
  | 'proof_crowded'

const ONE_HEADER = 'Exactly one DPoP header is required.'
const MISMATCH = 'The proof does not match this request.'

/** One sentence for a person. */
export const PROOF_MESSAGES: Readonly<Record<ProofProblem, string>> = {
  proof_missing: ONE_HEADER,
  proof_repeated: ONE_HEADER,
  proof_malformed: 'The proof is malformed.',
  proof_private_key: 'The proof contains a private key.',
  proof_algorithm: 'The proof algorithm is not allowed.',
  proof_mismatch: MISMATCH,
  proof_replayed: MISMATCH,
  proof_crowded: 'Too many proofs at once. Try again with a new one.',
}
