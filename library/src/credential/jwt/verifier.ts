import { InvalidOption } from '../../errors.js'
import type { Clock } from '../../system/clock.js'
import { decodeSegment, MAX_TOKEN_BYTES, splitCompact } from './compact.js'
import { isAccessTokenType, isKid, readHeader, type TokenHeader } from './header.js'
import { judgeParties, judgeTime, type Expectations } from './judge-claims.js'
import { readClaims } from './read-claims.js'
import { verifySignature } from './signature.js'
import { MAX_LIFETIME } from './token-claims.js'
import {
  isTokenAlgorithm,
  isVerificationKey,
  type TokenAlgorithm,
  type VerificationKey,
  type VerificationKeys,
} from './token-keys.js'
import { refused, type TokenProblemCode, type TokenVerdict } from './token-problem.js'
import { createVerifiedCache, type Verified } from './verified-cache.js'

/** Recognises access tokens. */
export interface AccessTokenVerifier {
  /**
   * Synchronous where the token can be refused without looking at its signature, and where the very same text was
   * verified before and no key was retired since. Never throws for anything that is wrong with the token.
   */
  verify(token: string): TokenVerdict | Promise<TokenVerdict>
}

export interface AccessTokenVerifierOptions {
  readonly keys: VerificationKeys
  /** The one `iss` that is accepted. */
  readonly issuer: string
  /** Names by which tokens mean us; one of them must stand in `aud`. */
  readonly audience: readonly string[]
  /** What is accepted at all: any of EdDSA, ES256 and RS256, or HS256 alone. No default. */
  readonly algorithms: readonly TokenAlgorithm[]
  readonly clock: Clock
  /** Seconds by which clocks may be apart. Default 5. */
  readonly clockTolerance?: number | undefined
  /** How many verified tokens are remembered; 0 remembers none. Default 10,000. */
  readonly maxEntries?: number | undefined
  /** The most seconds between a token's `iat` and `exp`. Default and maximum 86,400 (24 hours). */
  readonly maxLifetime?: number | undefined
}

type EarlyProblem = Exclude<TokenProblemCode, 'token_expired' | 'token_not_yet_valid'>

interface Rules extends Expectations {
  readonly keys: VerificationKeys
  readonly algorithms: ReadonlySet<string>
  readonly maxLifetime: number
}

/**
 * A verifier for access tokens (RFC 9068 section 4) that asks the cheap questions first and never looks at a claim
 * before the signature is good: size, form, header, key, signature, claims, parties, time.
 *
 * @throws {InvalidOption} where issuer or audience are missing, or `algorithms` is empty or mixes HS256 with others
 */
export function createAccessTokenVerifier(
  options: AccessTokenVerifierOptions,
): AccessTokenVerifier {
  const rules = toRules(options)
  const { clock } = options
  const cache = createVerifiedCache(wholeNumber(options.maxEntries ?? 10_000, 'maxEntries', 1e7))
  const timely = (token: string, { read, verdict }: Verified): TokenVerdict => {
    const code = judgeTime(read, clock.now(), rules.clockTolerance)
    if (code === undefined) return verdict
    if (code === 'token_expired') cache.forget(token)
    return { ok: false, code, claims: read.claims }
  }
  const prove = async (token: string, key: VerificationKey): Promise<TokenVerdict> => {
    const { revision } = rules.keys
    const verified = await verifyWith(token, key, rules)
    if (typeof verified === 'string') return refused(verified)
    if (rules.keys.find(key.kid) === undefined) return refused('kid_unknown')
    cache.keep(token, revision, verified)
    return timely(token, verified)
  }
  return {
    verify(token) {
      const known = cache.find(token, rules.keys.revision)
      if (known !== undefined) return timely(token, known)
      const key = keyFor(token, rules)
      return typeof key === 'string' ? refused(key) : prove(token, key)
    },
  }
}

/** The key that must have signed `token`, by its form and header alone; or why there is none. */
function keyFor(token: unknown, rules: Rules): VerificationKey | EarlyProblem {
  if (typeof token !== 'string') return 'token_malformed'
  if (token === '') return 'token_missing'
  if (token.length > MAX_TOKEN_BYTES) return 'token_too_large'
  const parts = splitCompact(token)
  if (parts === undefined || parts.payload === '') return 'token_malformed'
  const header = readHeader(decodeSegment(parts.header))
  return typeof header === 'string' ? header : keyNamed(header, rules)
}

function keyNamed({ alg, typ, kid }: TokenHeader, rules: Rules): VerificationKey | EarlyProblem {
  if (typeof alg !== 'string' || !rules.algorithms.has(alg)) return 'alg_not_allowed'
  if (!isAccessTokenType(typ)) return 'typ_mismatch'
  if (!isKid(kid)) return 'kid_unknown'
  const key: unknown = rules.keys.find(kid)
  if (!isVerificationKey(key, kid)) return 'kid_unknown'
  return key.algorithm === alg ? key : 'alg_not_allowed'
}

async function verifyWith(
  token: string,
  key: VerificationKey,
  rules: Rules,
): Promise<Verified | EarlyProblem> {
  const payload = await verifySignature(token, key.key, key.algorithm)
  if (payload === undefined) return 'signature_invalid'
  const read = readClaims(payload, rules.maxLifetime)
  if (read === undefined) return 'claims_invalid'
  const problem = judgeParties(read, rules)
  return problem ?? { read, verdict: Object.freeze({ ok: true, claims: read.claims }) }
}

function toRules(options: AccessTokenVerifierOptions): Rules {
  const { keys, issuer, audience, algorithms } = options
  if (!isName(issuer)) {
    throw new InvalidOption('issuer must be the text of the one iss that is accepted.')
  }
  if (!Array.isArray(audience) || audience.length === 0 || !audience.every(isName)) {
    throw new InvalidOption('audience must be a list of one or more texts, compared as they are.')
  }
  const clockTolerance = wholeNumber(options.clockTolerance ?? 5, 'clockTolerance', 300)
  const maxLifetime = wholeNumber(options.maxLifetime ?? MAX_LIFETIME, 'maxLifetime', MAX_LIFETIME)
  return {
    keys,
    issuer,
    audience: [...audience],
    algorithms: checkAlgorithms(algorithms),
    clockTolerance,
    maxLifetime,
  }
}

/** ASVS 9.1.2: a list, nothing unknown in it, and never both families: a public key is no secret. */
export function checkAlgorithms(algorithms: unknown): ReadonlySet<TokenAlgorithm> {
  if (
    !Array.isArray(algorithms) ||
    algorithms.length === 0 ||
    !algorithms.every(isTokenAlgorithm)
  ) {
    throw new InvalidOption('algorithms must list what is accepted: EdDSA, ES256, RS256, or HS256.')
  }
  const accepted = new Set(algorithms)
  if (accepted.has('HS256') && accepted.size > 1) {
    throw new InvalidOption('algorithms must not mix HS256 with EdDSA, ES256 or RS256.')
  }
  return accepted
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 255
}

function wholeNumber(value: unknown, name: string, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) {
    return value
  }
  throw new InvalidOption(`${name} must be a whole number from 0 to ${most}.`)
}
