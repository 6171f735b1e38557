import { base64url } from 'jose'
import { decodeSegment, MAX_TOKEN_BYTES, splitCompact } from '../jwt/compact.js'
import { verifySignature } from '../jwt/signature.js'
import { readStrictJson } from '../jwt/strict-json.js'
import { normalizeAddress } from './address.js'
import { isRecord, readProofKey } from './proof-key.js'
import type { ProofProblem } from './proof-problem.js'

/** Seconds by which `iat` may be off either way, beside the clock tolerance: clients' clocks are what they are. */
export const PROOF_WINDOW = 60

/** What a proof has to fit to. */
export interface ProofExpectation {
  readonly method: string
  /** Of the request, in normal form; `undefined` fits to nothing. */
  readonly address: string | undefined
  /** The access token that came with it; `ath` has to name it. */
  readonly accessToken: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
  /** Seconds. */
  readonly clockTolerance: number
}

/** A good proof: which key it proves, and its name. */
export interface Proof {
  readonly thumbprint: string
  readonly id: string
}

interface ProofClaims {
  readonly jti: string
  readonly htm: string
  readonly htu: string
  readonly iat: number
  readonly ath: string | undefined
}

const LONGEST_ID = 128

/**
 * Reads the value of a `DPoP` header, or says why not: the checks of RFC 9449 section 4.3 but for the replay and the key
 * that an access token is bound to, which the gate adds. We give no nonces, so check 10 is void.
 */
export async function readProof(
  text: string,
  expected: ProofExpectation,
): Promise<Proof | ProofProblem> {
  if (text.length > MAX_TOKEN_BYTES) return 'proof_malformed'
  // An unsigned one ends with a dot. It is told by its algorithm, and no signature is ever made of this.
  const parts = splitCompact(text.endsWith('.') ? `${text}AA` : text)
  if (parts === undefined || parts.payload === '') return 'proof_malformed'
  const key = await readProofKey(decodeSegment(parts.header))
  if (typeof key === 'string') return key
  const payload = await verifySignature(text, key.key, key.algorithm)
  if (payload === undefined) return 'proof_mismatch'
  const claims = readClaims(payload)
  if (claims === undefined) return 'proof_malformed'
  const isFit = fits(claims, expected) && (await namesToken(claims, expected.accessToken))
  return isFit ? { thumbprint: key.thumbprint, id: claims.jti } : 'proof_mismatch'
}

function readClaims(payload: Uint8Array): ProofClaims | undefined {
  const value = readStrictJson(payload)?.value
  if (!isRecord(value)) return undefined
  const { jti, htm, htu, iat, ath } = value
  const isWhole = isId(jti) && isText(htm) && isText(htu) && Number.isSafeInteger(iat)
  const isRight = isWhole && (ath === undefined || isText(ath))
  return isRight ? { jti, htm, htu, iat: Number(iat), ath } : undefined
}

function isId(value: unknown): value is string {
  return isText(value) && value.length <= LONGEST_ID
}

function fits({ htm, htu, iat }: ProofClaims, expected: ProofExpectation): boolean {
  const { method, address, now, clockTolerance } = expected
  if (htm !== method || address === undefined) return false
  const off = Math.abs(now / 1_000 - iat)
  return off <= PROOF_WINDOW + clockTolerance && normalizeAddress(htu) === address
}

async function namesToken({ ath }: ProofClaims, token: string | undefined): Promise<boolean> {
  if (token === undefined) return true
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  return ath === base64url.encode(new Uint8Array(digest))
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
