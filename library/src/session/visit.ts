import type { Presented } from '../credential/present.js'
import type { SessionTokens } from '../credential/session-token.js'
import { SojournError } from '../errors.js'
import type { EndReason } from '../store/end-reason.js'
import type { SessionRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import type { ClientFacts } from './device.js'
import type { Events } from './events.js'
import type { GuestAllowance } from './guest-allowance.js'
import { judge, NONE, type ActiveResolution, type Resolution } from './resolve.js'
import { isRenewalWanted } from './renewal.js'
import type { Settings } from './settings.js'
import type { Upkeep } from './upkeep.js'
import { WorkingCopy } from './working-copy.js'

/** The parts that all requests share. */
export interface Core {
  readonly settings: Settings
  readonly store: Store
  readonly tokens: SessionTokens
  readonly events: Events
  readonly upkeep: Upkeep
  readonly guests: GuestAllowance
  readonly deviceTraits: (client: ClientFacts) => Pick<SessionRecord['traits'], 'address' | 'agent'>
}

/** What a visit needs to know of the request behind it. */
export interface VisitRequest {
  /** The session tokens it carries: under the name for signed-in people, and under that for guests. */
  present(): { readonly session: Presented; readonly guest: Presented }
  readonly client: ClientFacts
  /** The network the client is in: its IPv4 address, or its IPv6 /64. */
  readonly network: string
  /** Why a session cookie cannot be set on this connection, or `undefined` where it can. */
  cookieObstacle(): string | undefined
  /** The session was read. */
  noteRead(): void
  /** Something is to be written or sent: the answer has to wait for the commit. */
  noteChange(): void
  /** The answer is being sent: the application cannot ask for another cookie, and nothing waits for a save. */
  isAnswering(): boolean
  /** It must not count as activity. */
  readonly isPassive: boolean
  /** The name under which a cookie is set now; one that came under another name is replaced. */
  isCurrentCookie(name: string): boolean
}

/** A cookie to send with the answer. */
export interface TokenToSend {
  readonly token: string
  readonly isGuest: boolean
  readonly record: SessionRecord
  readonly now: number
}

/**
 * One request's dealings with its session: what was resolved, what changed, what the answer must carry.
 * Mutable, and private to session/: `Session` is the face that applications see.
 */
export interface Visit {
  readonly core: Core
  readonly request: VisitRequest
  resolution: Resolution | undefined
  loading: Promise<Resolution> | undefined
  /** Why the session that was presented is over, if it is. */
  endReason: EndReason | undefined
  copy: WorkingCopy
  tokenToSend: TokenToSend | undefined
  clear: 'nothing' | 'guest' | 'everything'
  /** The session was ended by this very request: writing to it is a mistake. */
  isOver: boolean
  isReadOnly: boolean
  /** The store did not answer, and the route goes on without knowing who this is. */
  isUnknown: boolean
}

export function createVisit(core: Core, request: VisitRequest): Visit {
  return {
    core,
    request,
    resolution: undefined,
    loading: undefined,
    endReason: undefined,
    copy: new WorkingCopy(undefined, 0, request),
    tokenToSend: undefined,
    clear: 'nothing',
    isOver: false,
    isReadOnly: false,
    isUnknown: false,
  }
}

/** Resolves what was presented, once. Throws `StoreUnavailable` where the store does not answer. */
export async function load(visit: Visit): Promise<Resolution> {
  if (visit.resolution !== undefined) return visit.resolution
  visit.loading ??= resolveVisit(visit)
  return visit.loading
}

/** The live session of a visit that was loaded, if there is one. */
export function active(visit: Visit): ActiveResolution | undefined {
  return visit.resolution?.state === 'active' ? visit.resolution : undefined
}

/** What a visit resolved to; throws where it was never loaded. */
export function loaded(visit: Visit): Resolution {
  if (visit.resolution === undefined) {
    throw new SojournError(
      'ERR_SESSION_NOT_LOADED',
      'The session was not loaded yet: await session.load() first, or put requireSession or optionalSession before this handler.',
    )
  }
  return visit.resolution
}

/** The visit has this session from now on; changes made before stay on top of what was read. */
export function adopt(visit: Visit, resolution: ActiveResolution): void {
  const { data, revision } = resolution.record
  const copy = new WorkingCopy(data, revision, visit.request)
  copy.carryOver(visit.copy)
  visit.resolution = resolution
  visit.copy = copy
}

async function resolveVisit(visit: Visit): Promise<Resolution> {
  try {
    const { session, guest } = visit.request.present()
    const first = await resolvePresented(visit, session)
    if (first.state === 'expired' || first.state === 'revoked') visit.endReason = first.reason
    const isEnough = first.state === 'active' || guest.kind !== 'token'
    const answer = isEnough ? first : await resolveGuest(visit, guest, first)
    visit.resolution = answer
    if (answer.state === 'active') adopt(visit, answer)
    visit.request.noteRead()
    if (visit.tokenToSend !== undefined || isRenewalWanted(visit)) visit.request.noteChange()
    return answer
  } finally {
    visit.loading = undefined
  }
}

async function resolvePresented(visit: Visit, presented: Presented): Promise<Resolution> {
  const { core, request } = visit
  if (presented.kind === 'nothing') return NONE
  const resolution: Resolution =
    presented.kind === 'refused'
      ? { state: 'rejected', code: presented.code }
      : judge(await core.store.read(presented.token.id), presented.token)
  if (resolution.state === 'rejected') {
    core.events.emit('credential.rejected', {
      code: resolution.code,
      address: request.client.address,
    })
    if (resolution.code === 'session_corrupt' && presented.kind === 'token') {
      core.events.emit('store.corrupt', { id: presented.token.id })
    }
  }
  if (resolution.state === 'expired' && resolution.subject !== undefined) {
    core.upkeep.tidy(resolution.subject)
  }
  if (resolution.state === 'active' && presented.kind === 'token') {
    core.upkeep.attend(visit.request, resolution)
    noteOutdatedCookie(visit, presented, resolution)
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
  if (second.state === 'expired' || second.state === 'revoked') visit.endReason ??= second.reason
  return first.state === 'none' ? second : first
}

/** A cookie under an earlier name or an earlier key is sent anew: same session, same secret. */
function noteOutdatedCookie(
  visit: Visit,
  presented: Presented & { readonly kind: 'token' },
  { record, now, isPreviousSecret }: ActiveResolution,
): void {
  const { token, cookieName } = presented
  if (isPreviousSecret || (!token.isOutdated && visit.request.isCurrentCookie(cookieName))) return
  visit.tokenToSend = {
    token: visit.core.tokens.retag(token),
    isGuest: record.subject === undefined,
    record,
    now,
  }
}
