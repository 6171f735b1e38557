import { readStrictJson } from './strict-json.js'
import { MAX_KID_LENGTH } from './token-keys.js'
import type { TokenProblemCode } from './token-problem.js'

/** The three parameters that a header of ours has (RFC 7515 section 4.1); as yet they may be anything. */
export interface TokenHeader {
  readonly alg: unknown
  readonly kid: unknown
  readonly typ: unknown
}

type HeaderProblem = Extract<
  TokenProblemCode,
  'token_malformed' | 'crit_unsupported' | 'header_unsupported'
>

/** RFC 9068 section 4: media types are compared without regard to case. */
const ACCESS_TOKEN = /^(?:application\/)?at\+jwt$/i

/**
 * Reads a protected header, or says why not. Every parameter but `alg`, `kid` and `typ` is refused, not ignored: those that
 * name or bring a key (`jwk`, `jku`, `x5u`, `x5c`) and those that change what is signed (`b64`, `zip`, `crit`)
 * have no place in a token of ours, so whoever sends them is trying something. Nothing in it is ever fetched.
 */
export function readHeader(bytes: Uint8Array): TokenHeader | HeaderProblem {
  const header = readStrictJson(bytes)?.value
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    return 'token_malformed'
  }
  const { alg, kid, typ, ...others } = header as Readonly<Record<string, unknown>>
  if ('crit' in others) return 'crit_unsupported'
  return Object.keys(others).length > 0 ? 'header_unsupported' : { alg, kid, typ }
}

/** Whether a header says that this is an access token. */
export function isAccessTokenType(typ: unknown): boolean {
  return typeof typ === 'string' && ACCESS_TOKEN.test(typ)
}

export function isKid(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_KID_LENGTH
}
