import {
  createAccessTokenVerifier,
  TOKEN_MESSAGES,
  type AccessClaims,
  type AccessTokenVerifier,
  type TokenProblemCode,
  type TokenVerdict,
} from '../credential/jwt/index.js'
import { fetchedKeys, fixedKeys, type KeySource } from './key-source.js'
import { toSettings, type VerifyOptions } from './options.js'
import { listenForEndings } from './revocations.js'

/** Why a token is refused: what is wrong with it, or what cannot be known now. Stable. */
export type VerifyProblemCode =
  | TokenProblemCode
  /** The session that the token stands for has ended. */
  | 'session_ended'
  /** The token is bound to a key (`cnf`, RFC 9449), and nobody here asks for a proof of it. */
  | 'proof_required'
  /** Ends have gone unheard of for too long. */
  | 'revocations_stale'
  /** The keys could not be fetched, or the verifier is closed. */
  | 'keys_unavailable'

/** One sentence each for a person. */
export const VERIFY_MESSAGES: Readonly<Record<VerifyProblemCode, string>> = {
  ...TOKEN_MESSAGES,
  session_ended: 'The session has ended.',
  proof_required: 'The token is bound to a key, and no proof of it is checked here.',
  revocations_stale: 'It is not known at the moment whether the session still lives.',
  keys_unavailable: 'The keys to verify tokens with are not available at the moment.',
}

/** What became of a token. `status` is what to answer: 503 where the fault is on our side, and trying again makes sense. */
export type VerifyVerdict =
  | { readonly ok: true; readonly claims: AccessClaims }
  | {
      readonly ok: false
      readonly code: VerifyProblemCode
      readonly status: 401 | 503
      readonly message: string
    }

/** What a verifier has counted since it was made. */
export interface VerifierStats {
  /** Tokens that passed by `whenStale` or `whenGap`: nobody knew whether their session still lived. Only ever grows. */
  readonly unsurePasses: number
}

/** Verifies access tokens without a store. */
export interface Verifier {
  /** Says whether a token is good; rejects only where `jwks` is a document that cannot be used. */
  verify(token: string): Promise<VerifyVerdict>
  /** What happened since it was made, for metrics. */
  stats(): VerifierStats
  /** Ends the requests that are under way and the listening. Every token is refused from then on. */
  close(): void
}

const OURS: ReadonlySet<VerifyProblemCode> = new Set(['revocations_stale', 'keys_unavailable'])

/**
 * A verifier for access tokens of one issuer (RFC 9068 section 4). Nothing is fetched before the first token. With
 * `revocations` it listens from then on until `close`, which a process that wants to end must call.
 *
 * @throws {InvalidOption} where an option is wrong
 */
export function createVerifier(options: VerifyOptions): Verifier {
  const settings = toSettings(options)
  const closing = new AbortController()
  const { signal } = closing
  const keys = toKeySource(settings, signal)
  const { revocations: feed, audience, algorithms, clock, longestLifetime } = settings
  const verifier = createAccessTokenVerifier({
    keys,
    issuer: options.issuer,
    audience,
    algorithms,
    clock,
    clockTolerance: options.clockTolerance,
    maxLifetime: Math.floor(longestLifetime / 1000),
  })
  const revocations = feed === undefined ? undefined : listenForEndings(feed, settings, signal)
  return {
    async verify(token) {
      if (signal.aborted || !(await keys.ready())) return refused('keys_unavailable')
      const verdict = await judgeAlone(token, verifier, keys)
      if (!verdict.ok) return refused(verdict.code)
      const isBound = verdict.claims.confirmation !== undefined
      if (isBound && options.acceptsBound !== true) return refused('proof_required')
      await revocations?.ready()
      const problem = revocations?.judge(verdict.claims)
      return problem === undefined ? verdict : refused(problem)
    },
    stats: () => ({ unsurePasses: revocations?.unsurePasses ?? 0 }),
    close() {
      closing.abort()
    },
  }
}

/** What the token says by itself; keys are looked for once more where it names an unknown one. */
async function judgeAlone(
  token: string,
  verifier: AccessTokenVerifier,
  keys: KeySource,
): Promise<TokenVerdict> {
  const verdict = await verifier.verify(token)
  const isNewKey = !verdict.ok && verdict.code === 'kid_unknown' && (await keys.seek())
  return isNewKey ? verifier.verify(token) : verdict
}

function toKeySource(settings: ReturnType<typeof toSettings>, signal: AbortSignal): KeySource {
  const { jwks, algorithms } = settings
  if (jwks instanceof URL) return fetchedKeys(jwks, settings, signal)
  return fixedKeys(jwks, algorithms.includes('HS256'))
}

function refused(code: VerifyProblemCode): VerifyVerdict {
  const status = OURS.has(code) ? 503 : 401
  return { ok: false, code, status, message: VERIFY_MESSAGES[code] }
}
