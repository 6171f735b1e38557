import { AssertionError } from 'node:assert'
import type { EndReason } from '../store/end-reason.js'
import type { Sojourn } from '../sojourn.js'
import { ended } from '../session/resolve.js'
import { lookThrough } from './drop-in.js'
import { findSessions, type SessionSource } from './find-sessions.js'
import { madeUpIncoming, type MadeUpClient, type MadeUpRequest } from './made-up-request.js'
import { SignedIn } from './signed-in.js'

/** What presents one session: a `SignedIn`, or any of these by itself. */
export type Credentials =
  | SignedIn
  | {
      /** A `Cookie` header. */
      readonly cookie?: string
      readonly accessToken?: string
      readonly refreshToken?: string
    }

/** What became of one credential: `active`, the reason of the end, or why it counts for nothing. */
interface Verdict {
  readonly state: 'active' | 'expired' | 'revoked' | 'rejected'
  /** For the message: never the credential. */
  readonly why: string
  /** Nobody can tell why it is refused. */
  readonly isMute?: boolean
}

type Verdicts = ReadonlyMap<string, Verdict>

/**
 * Asserts that every one of `credentials` is accepted: cookie, access token and refresh token, as many as there are. They are presented
 * as a request would present them, so the idle time starts anew; the refresh token is looked at and not exchanged.
 *
 * @throws {AssertionError} naming what is not accepted, and why
 */
export async function expectActive(
  source: SessionSource,
  credentials: Credentials,
  client?: MadeUpClient,
): Promise<void> {
  const verdicts = await judgeAll(source, credentials, client)
  check('expectActive', 'active', verdicts, ({ state }) => state === 'active')
}

/**
 * Asserts that somebody ended the session (sign-out, revocation, reuse of a refresh token, …) and that none of
 * `credentials` is accepted any more. One that is wrong or unknown does not pass for revoked, and neither does a session that ran
 * out of time: see {@link expectEnded}. Of a refresh token, and under foreign stores of `sojourn/express-session`, nobody tells why it is refused.
 *
 * @throws {AssertionError} naming what is still accepted, or refused for another reason
 */
export async function expectRevoked(
  source: SessionSource,
  credentials: Credentials,
  client?: MadeUpClient,
): Promise<void> {
  const verdicts = await judgeAll(source, credentials, client)
  const isRevoked = ({ state, isMute }: Verdict): boolean => state === 'revoked' || isMute === true
  check('expectRevoked', 'revoked', verdicts, isRevoked)
}

/**
 * Asserts that the session ended for `reason`, such as `expired_idle` or `logged_out`, and that none of `credentials` is accepted.
 * An access token that is past its own time tells no reason, so it only has to be refused.
 *
 * @throws {AssertionError} naming what is still accepted, or ended for another reason
 */
export async function expectEnded(
  source: SessionSource,
  credentials: Credentials,
  reason: EndReason,
  client?: MadeUpClient,
): Promise<void> {
  const verdicts = await judgeAll(source, credentials, client)
  const isEnded = ({ why, isMute }: Verdict): boolean =>
    why === reason || isMute === true || why === 'token_expired'
  check('expectEnded', reason, verdicts, isEnded)
  if (![...verdicts.values()].some(({ why }) => why === reason)) {
    fail('expectEnded', reason, verdicts)
  }
}

async function judgeAll(
  source: SessionSource,
  credentials: Credentials,
  client: MadeUpClient = {},
): Promise<Verdicts> {
  const found = findSessions(source)
  const { cookie, accessToken, refreshToken } = partsOf(credentials, client.path)
  const verdicts = new Map<string, Verdict>()
  if (cookie !== undefined) {
    const presenting = { secure: /(?:^|; *)__(?:Host|Secure)-/.test(cookie), ...client, cookie }
    verdicts.set(
      'cookie',
      found.kind === 'sojourn'
        ? await judge(found.sojourn, presenting)
        : await judgeDropIn(found.middleware, presenting),
    )
  }
  if (found.kind === 'sojourn') {
    const { sojourn } = found
    if (accessToken !== undefined) {
      const authorization = `Bearer ${accessToken}`
      verdicts.set('access token', await judge(sojourn, { ...client, authorization }))
    }
    if (refreshToken !== undefined) {
      verdicts.set('refresh token', await judgeRefresh(sojourn, refreshToken))
    }
  }
  if (verdicts.size > 0) return verdicts
  throw new TypeError('Pass a cookie, an access token or a refresh token of these sessions.')
}

function partsOf(
  credentials: Credentials,
  path: string | undefined,
): Exclude<Credentials, SignedIn> {
  if (!(credentials instanceof SignedIn)) return credentials
  const cookie = credentials.jar.header(path)
  if (!credentials.hasTokens) return { cookie }
  const { accessToken, refreshToken } = credentials
  return { cookie, accessToken, refreshToken }
}

async function judge(
  sojourn: Sojourn<Record<string, unknown>>,
  request: MadeUpRequest,
): Promise<Verdict> {
  const { session } = sojourn.exchange(madeUpIncoming(request))
  await session.load({ fresh: true })
  // What a look leaves to do beside the answer must not run into the next step of the test.
  await sojourn.settled()
  const { resolution } = session
  switch (resolution.state) {
    case 'active':
      return { state: 'active', why: 'active' }
    case 'expired':
    case 'revoked':
      return { state: resolution.state, why: resolution.reason }
    case 'rejected':
      return { state: 'rejected', why: resolution.code }
    case 'none':
      return { state: 'rejected', why: 'not among the cookies of this application' }
  }
}

async function judgeDropIn(
  middleware: Parameters<typeof lookThrough>[0],
  request: MadeUpRequest,
): Promise<Verdict> {
  const { isActive, reason, isMute } = await lookThrough(middleware, request)
  if (isActive) return { state: 'active', why: 'active' }
  if (reason === undefined) return { state: 'rejected', why: 'unknown here', isMute }
  const { state } = ended(reason as EndReason, undefined)
  return { state: state === 'expired' ? state : 'revoked', why: reason }
}

async function judgeRefresh(
  sojourn: Sojourn<Record<string, unknown>>,
  token: string,
): Promise<Verdict> {
  const { active } = await sojourn.tokens.introspect(token)
  if (active) return { state: 'active', why: 'active' }
  return { state: 'rejected', why: 'refused', isMute: true }
}

function check(
  operator: string,
  expected: string,
  verdicts: Verdicts,
  isRight: (verdict: Verdict) => boolean,
): void {
  if (![...verdicts.values()].every(isRight)) fail(operator, expected, verdicts)
}

function fail(operator: string, expected: string, verdicts: Verdicts): never {
  const actual = Object.fromEntries([...verdicts].map(([name, { why }]) => [name, why]))
  const list = [...verdicts].map(([name, { why }]) => `${name}: ${why}`).join(', ')
  const message = `${operator}: every credential was to be ${expected}, but they are { ${list} }`
  throw new AssertionError({ message, actual, expected, operator })
}
