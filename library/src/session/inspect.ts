import {
  TOKEN_MESSAGES,
  type AccessClaims,
  type TokenProblemCode,
  type TokenVerdict,
} from '../credential/jwt/index.js'
import { familyDigest, REFRESH_PREFIX } from '../credential/refresh-token.js'
import { endedBecause, expiresAt, type SessionId, type SessionRecord } from '../store/record.js'
import type { ReadResult } from '../store/store.js'
import { isEqualSecret } from '../system/digest.js'
import { verdictOf } from './bearer.js'
import { judgeBearer } from './resolve.js'
import type { TokenKit } from './token-kit.js'
import type { Core } from './visit.js'

/** One question that was asked of a credential. */
export interface CredentialCheck {
  /** `form`, `algorithm`, `key`, `signature`, `claims`, `issuer`, `audience`, `time`, `session`, `secret`, `family`, `generation` or `facts`. */
  readonly name: string
  readonly isPassed: boolean
  /** In words; holds nothing that could be presented. */
  readonly detail: string
}

/** What {@link Sojourn.inspect} says of a credential. */
export interface CredentialReport {
  readonly kind: 'session token' | 'access token' | 'refresh token' | 'unknown'
  /** The session that it names, where that is certain: its signature is ours. */
  readonly sessionId: SessionId | undefined
  /** Every check was passed: it is accepted now, as far as the credential itself decides. */
  readonly isGood: boolean
  /** In the order in which they are asked; what comes after one that failed was not looked at. */
  readonly checks: readonly CredentialCheck[]
}

type Kind = CredentialReport['kind']

/** The checks of one credential, up to the first that fails. */
class Inquiry {
  readonly #kind: Kind
  readonly #checks: CredentialCheck[] = []
  sessionId: SessionId | undefined

  constructor(kind: Kind) {
    this.#kind = kind
  }

  pass(name: string, detail: string): void {
    this.#checks.push({ name, isPassed: true, detail })
  }

  fail(name: string, detail: string): CredentialReport {
    this.#checks.push({ name, isPassed: false, detail })
    return this.report()
  }

  report(): CredentialReport {
    const checks = this.#checks
    const isGood = checks.length > 0 && checks.every(({ isPassed }) => isPassed)
    return { kind: this.#kind, sessionId: this.sessionId, isGood, checks }
  }
}

/** Judges a credential as a request with it would be judged, and says why. Changes nothing; exchanges nothing. */
export async function inspectCredential(core: Core, text: string): Promise<CredentialReport> {
  if (text.startsWith(REFRESH_PREFIX)) return inspectRefresh(core, text)
  // Both have three parts; the first of a session token is its bucket.
  if (/^[^.]{2}\.[^.]*\.[^.]*$/.test(text)) return inspectSession(core, text)
  if (/^[^.]*\.[^.]*\.[^.]*$/.test(text)) return inspectAccess(core, text)
  const known = 'It is no session token, access token or refresh token of any sojourn service.'
  return new Inquiry('unknown').fail('form', known)
}

async function inspectSession({ tokens, store }: Core, text: string): Promise<CredentialReport> {
  const inquiry = new Inquiry('session token')
  const token = tokens.parse(text)
  if (token === undefined) {
    return inquiry.fail('signature', 'It is cut off, altered, or was made with another secret.')
  }
  inquiry.sessionId = token.id
  inquiry.pass('signature', token.isOutdated ? 'made with a retired secret' : 'ours')
  const answer = await store.read(token.id)
  if (answer.status === 'found') {
    const { record, now } = answer
    const isCurrent = isEqualSecret(record.secretDigest, token.secretDigest)
    const isPrevious =
      isEqualSecret(record.previousDigest ?? '', token.secretDigest) &&
      now < (record.previousUntil ?? 0)
    if (!isCurrent && !isPrevious) {
      const why = 'The session has had a new secret since: this is an old cookie of it.'
      return inquiry.fail('secret', why)
    }
    inquiry.pass('secret', isCurrent ? 'the present one' : 'the one before the last renewal')
  }
  return judgeLife(inquiry, answer)
}

async function inspectAccess(core: Core, text: string): Promise<CredentialReport> {
  const inquiry = new Inquiry('access token')
  const { kit, store } = core
  if (kit === undefined) return inquiry.fail('form', 'Access tokens are not switched on here.')
  const verdict = await verdictOf(core, text)
  inquiry.sessionId = verdict.claims?.sessionId
  const problem = judgeVerdict(inquiry, verdict)
  if (problem !== undefined || !verdict.ok) return problem ?? inquiry.report()
  const answer = await store.read(verdict.claims.sessionId)
  const found = judgeBearer(answer, verdict.claims, kit.settings.clockTolerance)
  if (found.state === 'rejected' && found.code === 'token_stale') {
    return inquiry.fail('facts', 'What it says of its subject has changed since: refresh it.')
  }
  return judgeLife(inquiry, answer)
}

function judgeVerdict(inquiry: Inquiry, verdict: TokenVerdict): CredentialReport | undefined {
  const at = verdict.ok ? STEPS.length : STEPS.findIndex(({ codes }) => codes.has(verdict.code))
  const times = verdict.claims === undefined ? 'now' : timesOf(verdict.claims)
  for (const { name, detail } of STEPS.slice(0, at)) {
    inquiry.pass(name, name === 'time' ? times : detail)
  }
  if (verdict.ok) return undefined
  const why = verdict.claims === undefined ? '' : ` It is good ${times}.`
  return inquiry.fail(STEPS[at]?.name ?? 'form', TOKEN_MESSAGES[verdict.code] + why)
}

/** In the order in which an access token is looked at: see credential/jwt/verifier.ts. */
const STEPS: readonly {
  readonly name: string
  readonly detail: string
  readonly codes: ReadonlySet<TokenProblemCode>
}[] = [
  step('form', 'a JWT', [
    'token_missing',
    'token_too_large',
    'token_malformed',
    'crit_unsupported',
    'header_unsupported',
  ]),
  step('algorithm', 'one that is accepted', ['alg_not_allowed', 'typ_mismatch']),
  step('key', 'known', ['kid_unknown']),
  step('signature', 'ours', ['signature_invalid']),
  step('claims', 'complete', ['claims_invalid']),
  step('issuer', 'as configured', ['issuer_mismatch']),
  step('audience', 'as configured', ['audience_mismatch']),
  step('time', 'now', ['token_expired', 'token_not_yet_valid']),
]

function step(name: string, detail: string, codes: readonly TokenProblemCode[]) {
  return { name, detail, codes: new Set(codes) }
}

function timesOf({ issuedAt, expiresAt: end }: AccessClaims): string {
  return `from ${instant(issuedAt * 1_000)} until ${instant(end * 1_000)}`
}

async function inspectRefresh(core: Core, text: string): Promise<CredentialReport> {
  const inquiry = new Inquiry('refresh token')
  const { kit, store } = core
  if (kit === undefined) return inquiry.fail('form', 'Refresh tokens are not switched on here.')
  const token = kit.refreshTokens.parse(text)
  if (token === undefined) {
    return inquiry.fail('signature', 'It is cut off, altered, or was made with another secret.')
  }
  inquiry.sessionId = token.sessionId
  inquiry.pass('signature', 'ours')
  const answer = await store.read(token.sessionId)
  if (answer.status === 'found') {
    const problem = judgeFamily(inquiry, kit, answer.record, token, answer.now)
    if (problem !== undefined) return problem
  }
  return judgeLife(inquiry, answer)
}

function judgeFamily(
  inquiry: Inquiry,
  { settings }: TokenKit,
  { family, traits }: SessionRecord,
  { seed, generation }: { readonly seed: string; readonly generation: number },
  now: number,
): CredentialReport | undefined {
  const digest = familyDigest(seed, traits.confirmation)
  if (family === undefined || !isEqualSecret(family.seedDigest, digest)) {
    return inquiry.fail('family', 'The session has other refresh tokens now.')
  }
  inquiry.pass('family', 'the one of its session')
  const present = `number ${String(generation)}; the present one is ${String(family.generation)}`
  const mayRepeat = generation === family.parent && now < family.rotatedAt + settings.refreshGrace
  if (generation !== family.generation && !mayRepeat) {
    const what = 'It was exchanged already; to present it again ends the session'
    return inquiry.fail('generation', `${what} (${present}).`)
  }
  inquiry.pass('generation', present)
  const idleEnd = family.rotatedAt + (settings.refreshIdle ?? Number.POSITIVE_INFINITY)
  const end = Math.min(family.expiresAt, idleEnd)
  if (now >= end) return inquiry.fail('time', `It has expired at ${instant(end)}.`)
  inquiry.pass('time', `until ${instant(end)}`)
  return undefined
}

function judgeLife(inquiry: Inquiry, answer: ReadResult): CredentialReport {
  if (answer.status === 'missing') {
    const why = 'The store holds nothing of it: it ended longer ago than ends are remembered.'
    return inquiry.fail('session', why)
  }
  if (answer.status === 'corrupt') {
    return inquiry.fail('session', 'Its record cannot be read by this version.')
  }
  if (answer.status === 'ended') {
    const { reason, endedAt } = answer.ending
    return inquiry.fail('session', `It ended at ${instant(endedAt)}: ${reason}.`)
  }
  const { record, subject, now } = answer
  const reason = endedBecause(record, subject, now)
  if (reason !== undefined) return inquiry.fail('session', `It is over: ${reason}.`)
  inquiry.pass('session', `live, until ${instant(expiresAt(record))} unless it is used`)
  return inquiry.report()
}

function instant(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : 'no end'
}
