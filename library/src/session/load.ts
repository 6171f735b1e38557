import type { AccessClaims } from '../credential/jwt/index.js'
import type { PresentedBearer } from '../credential/authorization.js'
import type { Presented } from '../credential/present.js'
import type { SessionId } from '../store/record.js'
import type { ReadResult } from '../store/store.js'
import { endIfOrphaned, isOrphanPossible } from './orphan.js'
import { verdictOf, verdictNow } from './bearer.js'
import { bindingProblem, mayComeAlone } from './confirmation.js'
import {
  judge,
  judgeBearer,
  judgeHeld,
  NONE,
  type ActiveResolution,
  type RejectionCode,
  type Resolution,
} from './resolve.js'
import { isRenewalWanted } from './renewal.js'
import { adopt, type Visit } from './visit.js'

/** How a session is resolved. */
export interface LoadOptions {
  /** Ask the store, whatever the near cache knows. Default `false`. */
  readonly fresh?: boolean
}

/** Resolves what was presented, once. Throws `StoreUnavailable` where the store does not answer. */
export async function load(visit: Visit, { fresh = false }: LoadOptions = {}): Promise<Resolution> {
  if (visit.loading !== undefined) return visit.loading
  const known = fresh && visit.isFromCache ? undefined : visit.resolution
  const resolution = known ?? (fresh ? undefined : loadNow(visit))
  if (resolution !== undefined) return resolution
  visit.loading = resolveVisit(visit, fresh)
  return visit.loading
}

/**
 * Resolves without waiting, where everything that is needed is in this process's memory: no promise, no
 * round trip. `undefined`: call {@link load}.
 */
export function loadNow(visit: Visit): Resolution | undefined {
  if (visit.resolution !== undefined || visit.loading !== undefined) return visit.resolution
  const resolution = resolveNow(visit)
  return resolution === undefined ? undefined : settle(visit, resolution)
}

function resolveNow(visit: Visit): Resolution | undefined {
  const { request } = visit
  if (request.held !== undefined) return undefined
  const bearer = request.bearer()
  const { session, guest } = request.present()
  if (bearer.kind === 'bearer') return resolveBearerNow(visit, bearer.token, session)
  // A proof is checked by WebCrypto, which always makes one wait.
  if (bearer.kind === 'refused' || bearer.kind === 'dpop') return undefined
  if (session.kind === 'nothing' && guest.kind === 'nothing') return NONE
  return resolveCookieNow(visit, session.kind === 'nothing' ? guest : session)
}

function resolveCookieNow(visit: Visit, presented: Presented): Resolution | undefined {
  if (presented.kind !== 'token') return undefined
  const answer = visit.core.store.peek(presented.token.id)
  if (answer === undefined) return undefined
  const resolution = judge(answer, presented.token)
  // What is not good here may be better known by the store, and an end has to be told with its reason.
  if (resolution.state !== 'active' || isOrphanPossible(resolution)) return undefined
  visit.isFromCache = true
  attendTo(visit, presented, resolution)
  return resolution
}

function resolveBearerNow(visit: Visit, token: string, session: Presented): Resolution | undefined {
  const verdict = verdictNow(visit.core, token)
  if (verdict?.ok !== true || isOther(session, verdict.claims.sessionId)) return undefined
  if (!mayComeAlone(visit.core, verdict.claims.confirmation)) return undefined
  const resolution = cached(visit, verdict.claims)
  if (resolution === undefined || isOrphanPossible(resolution)) return undefined
  visit.core.upkeep.attend(visit.request, resolution)
  return resolution
}

/** What the near cache makes of a good access token. Only a yes counts: what is over may be better known by the store. */
function cached(visit: Visit, claims: AccessClaims): ActiveResolution | undefined {
  const answer = visit.core.store.peek(claims.sessionId)
  if (answer === undefined) return undefined
  const resolution = judgeBearer(answer, claims, toleranceOf(visit))
  if (resolution.state !== 'active') return undefined
  visit.isFromCache = true
  return resolution
}

function toleranceOf({ core }: Visit): number {
  return core.kit?.settings.clockTolerance ?? 0
}

async function resolveVisit(visit: Visit, fresh: boolean): Promise<Resolution> {
  try {
    visit.isFromCache = false
    return settle(visit, await resolve(visit, fresh))
  } finally {
    visit.loading = undefined
  }
}

function settle(visit: Visit, resolution: Resolution): Resolution {
  visit.resolution = resolution
  if (resolution.state === 'active') adopt(visit, resolution)
  visit.request.noteRead()
  if (visit.tokenToSend !== undefined || isRenewalWanted(visit)) visit.request.noteChange()
  return resolution
}

async function resolve(visit: Visit, fresh: boolean): Promise<Resolution> {
  const { request } = visit
  if (request.held !== undefined) return resolveHeld(visit, request.held)
  const bearer = request.bearer()
  const { session, guest } = request.present()
  if ('token' in bearer) return resolveBearer(visit, bearer, session, fresh)
  // Another scheme is somebody else's business (a proxy's password), as long as a cookie says who this is.
  const isOurs = bearer.kind === 'refused' && bearer.code !== 'scheme_unsupported'
  if (isOurs) return reject(visit, bearer.code)
  const first = await resolvePresented(visit, session)
  noteEnd(visit, first)
  const isEnough = first.state === 'active' || guest.kind !== 'token'
  const answer = isEnough ? first : await resolveGuest(visit, guest, first)
  const isNobody = answer.state === 'none' && bearer.kind === 'refused'
  return isNobody ? reject(visit, bearer.code) : answer
}

async function resolveBearer(
  visit: Visit,
  { kind, token }: PresentedBearer & { readonly token: string },
  session: Presented,
  fresh: boolean,
): Promise<Resolution> {
  const { core, request } = visit
  const verdict = await verdictOf(core, token)
  if (!verdict.ok) return reject(visit, verdict.code)
  const { claims } = verdict
  if (isOther(session, claims.sessionId)) return reject(visit, 'credentials_conflict')
  const problem = await bindingProblem(visit, kind, claims)
  if (problem !== undefined) return reject(visit, problem)
  let answer: ReadResult | undefined
  let resolution: Resolution | undefined = fresh ? undefined : cached(visit, claims)
  if (resolution === undefined) {
    answer = await read(visit, claims.sessionId)
    resolution = judgeBearer(answer, claims, toleranceOf(visit))
  }
  noteEnd(visit, resolution)
  if (resolution.state === 'rejected') {
    return rejectFound(visit, resolution.code, claims.sessionId, answer)
  }
  if (resolution.state !== 'active') return tidied(visit, resolution)
  const judged = await endIfOrphaned(core, resolution)
  noteEnd(visit, judged)
  if (judged.state === 'active') core.upkeep.attend(request, judged)
  return judged
}

async function resolveHeld(
  visit: Visit,
  held: NonNullable<Visit['request']['held']>,
): Promise<Resolution> {
  const resolution = judgeHeld(await read(visit, held.id), held)
  noteEnd(visit, resolution)
  if (resolution.state !== 'active') return resolution
  const judged = await endIfOrphaned(visit.core, resolution)
  noteEnd(visit, judged)
  return judged
}

/** A cookie of ours that names another session than the token does: which of them is meant? */
function isOther(session: Presented, sessionId: string): boolean {
  return session.kind === 'token' && session.token.id !== sessionId
}

async function resolvePresented(visit: Visit, presented: Presented): Promise<Resolution> {
  if (presented.kind === 'nothing') return NONE
  if (presented.kind === 'refused') return reject(visit, presented.code)
  const { core } = visit
  const { token } = presented
  const answer = await read(visit, token.id)
  const resolution = judge(answer, token)
  if (resolution.state === 'rejected') {
    return rejectFound(visit, resolution.code, token.id, answer)
  }
  if (resolution.state !== 'active') return tidied(visit, resolution)
  const judged = await endIfOrphaned(core, resolution)
  if (judged.state === 'active') attendTo(visit, presented, judged)
  return judged
}

/** What the store has under an id does not fit. Where it makes no sense at all, it stays for who looks into it. */
function rejectFound(
  visit: Visit,
  code: RejectionCode,
  id: SessionId,
  answer: ReadResult | undefined,
): Resolution {
  const isForeign = code === 'session_unknown' && isMisplaced(visit, id, answer)
  const isCorrupt = code === 'session_corrupt' || isForeign
  if (isCorrupt) visit.core.events.emit('store.corrupt', { id })
  return reject(visit, isCorrupt ? 'session_corrupt' : code)
}

/** A record under an id of another bucket than its subject's is somebody else's: it was put there. */
function isMisplaced({ core }: Visit, id: SessionId, answer: ReadResult | undefined): boolean {
  if (answer?.status !== 'found' || answer.record.subject === undefined) return false
  return !id.startsWith(`${core.store.bucketOf(answer.record.subject)}.`)
}

async function read({ core }: Visit, id: string): Promise<ReadResult> {
  const answer = await core.store.read(id)
  core.kit?.clock.heard(answer.now)
  core.clockWatch.heard(answer.now)
  return answer
}

function reject(visit: Visit, code: (Resolution & { state: 'rejected' })['code']): Resolution {
  const { core, request } = visit
  core.events.emit('credential.rejected', { code, address: request.client.address })
  return { state: 'rejected', code }
}

function noteEnd(visit: Visit, resolution: Resolution): void {
  if (resolution.state === 'expired' || resolution.state === 'revoked') {
    visit.endReason ??= resolution.reason
  }
}

function tidied(visit: Visit, resolution: Resolution): Resolution {
  if (resolution.state === 'expired' && resolution.subject !== undefined) {
    visit.core.upkeep.tidy(resolution.subject)
  }
  return resolution
}

/** A guest cookie counts where no signed-in session lives; what was found out about the latter is kept. */
async function resolveGuest(
  visit: Visit,
  guest: Presented,
  first: Resolution,
): Promise<Resolution> {
  const second = await resolvePresented(visit, guest)
  if (second.state === 'active') return second
  noteEnd(visit, second)
  return first.state === 'none' ? second : first
}

/** Marks the session as seen, and sends a cookie under an earlier name or key anew: same session, same secret. */
function attendTo(
  visit: Visit,
  presented: Presented & { readonly kind: 'token' },
  resolution: ActiveResolution,
): void {
  const { core, request } = visit
  core.upkeep.attend(request, resolution)
  const { record, now, isPreviousSecret } = resolution
  const { token, cookieName } = presented
  if (isPreviousSecret || (!token.isOutdated && request.isCurrentCookie(cookieName))) return
  visit.tokenToSend = {
    token: core.tokens.retag(token),
    isGuest: record.subject === undefined,
    record,
    now,
  }
}
