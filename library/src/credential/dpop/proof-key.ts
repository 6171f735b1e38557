import { calculateJwkThumbprint, type CryptoKey } from 'jose'
import { InvalidOption } from '../../errors.js'
import { importJwk } from '../jwt/index.js'
import { readStrictJson } from '../jwt/strict-json.js'
import type { ProofProblem } from './proof-problem.js'

/** The key that a proof brings and is signed with. */
export interface ProofKey {
  /** As the header says it. */
  readonly algorithm: string
  readonly key: CryptoKey
  /** RFC 7638. */
  readonly thumbprint: string
}

/** What challenges list as `algs` (RFC 9449 section 5.1). */
export const PROOF_ALGORITHMS = 'EdDSA ES256 RS256'

/** Asymmetric ones only; by the name that the key has here. `Ed25519` is the younger name of one of them (RFC 9864). */
const ALGORITHMS: ReadonlyMap<unknown, string> = new Map([
  ['EdDSA', 'EdDSA'],
  ['Ed25519', 'EdDSA'],
  ['ES256', 'ES256'],
  ['RS256', 'RS256'],
])
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv', 'k']

/**
 * The key in the protected header of a proof, or why there is none (RFC 9449 section 4.3, checks 4 to 7, but for the
 * signature). Parameters beside `typ`, `alg` and `jwk` are refused, not ignored: `crit` and `b64` among them.
 */
export async function readProofKey(bytes: Uint8Array): Promise<ProofKey | ProofProblem> {
  const header = readStrictJson(bytes)?.value
  if (!isRecord(header)) return 'proof_malformed'
  const { typ, alg, jwk, ...others } = header
  if (typeof alg !== 'string' || !ALGORITHMS.has(alg)) return 'proof_algorithm'
  const isProof = typ === 'dpop+jwt' && Object.keys(others).length === 0
  return isProof && isRecord(jwk) ? readKey(jwk, alg) : 'proof_malformed'
}

async function readKey(
  jwk: Readonly<Record<string, unknown>>,
  algorithm: string,
): Promise<ProofKey | ProofProblem> {
  if (PRIVATE.some((name) => Object.hasOwn(jwk, name))) return 'proof_private_key'
  const alg = ALGORITHMS.get(algorithm)
  const isOther = jwk['alg'] !== undefined && ALGORITHMS.get(jwk['alg']) !== alg
  const key = isOther ? undefined : await imported({ ...jwk, alg, kid: 'proof' })
  if (key === undefined) return 'proof_malformed'
  return { algorithm, key, thumbprint: await calculateJwkThumbprint(jwk) }
}

/** The same rules as for the keys that sign tokens: type, curve, exact lengths, RSA of 2048 bits and more. */
async function imported(jwk: Readonly<Record<string, unknown>>): Promise<CryptoKey | undefined> {
  try {
    return (await importJwk(jwk)).key
  } catch (error) {
    if (error instanceof InvalidOption) return undefined
    throw error
  }
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
