import { PROOF_MESSAGES, type ProofVerdict } from '../credential/dpop/index.js'
import { familyDigest, type PresentedRefreshToken } from '../credential/refresh-token.js'
import type { EndReason } from '../store/end-reason.js'
import type { Gone, RotateResult } from '../store/store.js'
import { hearTime } from './bearer.js'
import { mayComeAlone } from './confirmation.js'
import { issueAccess, kitOf, toTokenSet, type TokenSet } from './issue.js'
import type { Core } from './visit.js'

/** What is known of a refresh beside its token. */
export interface RefreshRequest {
  /** The client that presents it (RFC 6749 section 6). Default none named. */
  readonly clientId?: string | undefined
  /** The client's address, for events. */
  readonly address?: string
  /** The person did nothing: the idle time of the session goes on. Default `false`. */
  readonly isPassive?: boolean
  /**
   * Judges the DPoP proof that came with it (`tokens.proofOf`); asked only where the token is one of ours. A token that is bound to
   * a key needs one, and one that is not must come without. Default: none came.
   */
  readonly proof?: (() => Promise<ProofVerdict>) | undefined
}

/** What became of a refresh token. */
export type RefreshResult =
  | {
      readonly status: 'refreshed'
      /** `replayed`: the same answer once more; `healed`: the store had lost a write; `forgiven`: the answer before was lost. */
      readonly how: 'rotated' | 'replayed' | 'healed' | 'forgiven'
      readonly tokens: TokenSet
      readonly subject: string
    }
  | RefreshRefused

/** It was not exchanged. No cookie may be touched because of it: another tab may have won. */
export interface RefreshRefused {
  readonly status: 'refused'
  /** RFC 6749 section 5.2, RFC 9449 section 5. */
  readonly code: 'invalid_grant' | 'invalid_dpop_proof'
  /** One sentence for a person. */
  readonly message: string
  /** Why the session ended, where it has. */
  readonly reason: EndReason | undefined
}

const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/

const MESSAGES = {
  kind: 'This is not a refresh token.',
  unknown: 'The refresh token is not valid.',
  client: 'The refresh token is not valid here.',
  expired: 'The refresh token has expired. Sign in again.',
  ahead: 'The refresh token is not valid.',
  reused: 'The refresh token was already used. Sign in again.',
  gone: 'The session of this refresh token has ended. Sign in again.',
} as const

/**
 * Exchanges a refresh token for a new pair, with one store command. Throws `StoreUnavailable` with nothing
 * decided: the client tries again with the same token.
 */
export async function refresh(
  core: Core,
  text: string,
  request: RefreshRequest = {},
): Promise<RefreshResult> {
  const kit = kitOf(core)
  const presented = kit.refreshTokens.parse(text)
  if (presented === undefined) return refuse(core, JWT.test(text) ? 'kind' : 'unknown', request)
  const result = await exchange(core, presented, request)
  if (result.status === 'refused') return result
  const { record } = result
  const subject = record.subject ?? ''
  const access = await issueAccess(kit, result, result.generation)
  if (access === undefined) return endSession(core, record.id, subject, request)
  core.events.emit('refresh.rotated', { id: record.id, subject, how: result.status })
  return {
    status: 'refreshed',
    how: result.status,
    tokens: toTokenSet(record, access, kit.refreshTokens.successor(presented, result.generation)),
    subject,
  }
}

/**
 * The exchange itself, for whoever writes tokens in another form than ours: `presented` was taken from one whose
 * signature is good, and the tokens are made from the answer. Tells of a reuse and of refusals, not of a success.
 */
export async function exchange(
  core: Core,
  presented: PresentedRefreshToken,
  request: RefreshRequest = {},
): Promise<Exchanged | RefreshRefused> {
  const proof = await judgeProof(core, presented.sessionId, request)
  if (proof === undefined && !mayComeAlone(core, undefined)) {
    return refuseProof(core, 'proof_missing', request)
  }
  if (proof?.ok === false) return refuseProof(core, proof.code, request)
  const result = await rotate(core, presented, proof?.thumbprint, request)
  if (!isExchanged(result)) return refuseResult(core, result, request)
  kitOf(core).clock.heard(result.now)
  core.clockWatch.heard(result.now)
  return result
}

async function judgeProof(
  core: Core,
  sessionId: string,
  { proof }: RefreshRequest,
): Promise<ProofVerdict | undefined> {
  if (proof === undefined) return undefined
  await hearTime(core, sessionId)
  return proof()
}

/** A bound family is known under its key as well: without it, or with another, it is `unknown` and nothing is touched. */
async function rotate(
  core: Core,
  { sessionId, seed, generation }: PresentedRefreshToken,
  confirmation: string | undefined,
  request: RefreshRequest,
): Promise<RotateResult> {
  const { settings } = kitOf(core)
  return core.store.rotate(sessionId, {
    seedDigest: familyDigest(seed, confirmation),
    generation,
    client: request.clientId,
    grace: settings.refreshGrace,
    forgiveFor: settings.refreshForgive,
    idleTimeout: settings.refreshIdle,
    isSeen: request.isPassive !== true,
  })
}

/** It was exchanged: the session as it is now, and the number of the successor. */
export type Exchanged = Extract<RotateResult, { readonly generation: number }>

function isExchanged(result: RotateResult): result is Exchanged {
  return 'generation' in result
}

function refuseResult(
  core: Core,
  result: Exclude<RotateResult, Exchanged>,
  request: RefreshRequest,
): RefreshRefused {
  switch (result.status) {
    case 'refused':
      return refuse(core, result.reason, request)
    case 'gone':
      return refuseGone(core, result, request)
    case 'reused': {
      const { id, subject, traits } = result.record
      const reason: EndReason = 'refresh_reuse'
      const { address = '' } = request
      core.events.emit('refresh.reused', { id, subject, address, keptAddress: traits.address })
      core.events.emit('session.ended', { id, subject, reason })
      return refuse(core, 'reused', request, reason)
    }
  }
}

function refuseGone(core: Core, { ending }: Gone, request: RefreshRequest): RefreshRefused {
  const reason = ending?.reason ?? 'unknown'
  return refuse(core, WORDS_FOR[reason] ?? 'gone', request, reason)
}

/** What is said where the session is over, but for the usual words. */
const WORDS_FOR: Readonly<Partial<Record<EndReason, keyof typeof MESSAGES>>> = {
  refresh_reuse: 'reused',
  subject_disabled: 'unknown',
}

/** The claims provider says that there is no such person any more. */
async function endSession(
  core: Core,
  id: string,
  subject: string,
  request: RefreshRequest,
): Promise<RefreshRefused> {
  const reason: EndReason = 'subject_disabled'
  const result = await core.store.end(id, reason)
  if (result.status === 'ended') core.events.emit('session.ended', { id, subject, reason })
  return refuse(core, 'unknown', request, reason)
}

function refuseProof(
  core: Core,
  problem: keyof typeof PROOF_MESSAGES,
  request: RefreshRequest,
): RefreshRefused {
  core.events.emit('refresh.refused', { reason: 'proof', address: request.address ?? '' })
  const message = PROOF_MESSAGES[problem]
  return { status: 'refused', code: 'invalid_dpop_proof', message, reason: undefined }
}

function refuse(
  core: Core,
  why: keyof typeof MESSAGES,
  request: RefreshRequest,
  reason?: EndReason,
): RefreshRefused {
  core.events.emit('refresh.refused', { reason: why, address: request.address ?? '' })
  return { status: 'refused', code: 'invalid_grant', message: MESSAGES[why], reason }
}
