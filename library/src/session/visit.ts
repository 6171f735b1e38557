import type { PresentedBearer } from '../credential/authorization.js'
import type { ProofVerdict } from '../credential/dpop/index.js'
import type { Presented } from '../credential/present.js'
import type { SessionTokens } from '../credential/session-token.js'
import { SojournError, StoreUnavailable } from '../errors.js'
import type { EndReason } from '../store/end-reason.js'
import type { SessionId, SessionRecord } from '../store/record.js'
import type { NearCache } from '../store/near-cache.js'
import type { Clock } from '../system/clock.js'
import type { ClockWatch } from './clock-watch.js'
import type { CookieWatch } from './cookieless.js'
import type { ClientFacts } from './device.js'
import type { ValuesAtRest } from './encryption.js'
import type { Events } from './events.js'
import type { GuestAllowance } from './guest-allowance.js'
import type { ActiveResolution, Resolution } from './resolve.js'
import type { Settings } from './settings.js'
import type { TokenKit } from './token-kit.js'
import type { Upkeep } from './upkeep.js'
import { WorkingCopy } from './working-copy.js'

/** The parts that all requests share. */
export interface Core {
  readonly clock: Clock
  readonly settings: Settings
  /** The store behind its deadline, breaker and near cache. */
  readonly store: NearCache
  readonly tokens: SessionTokens
  /** `undefined`: this application issues no access and refresh tokens. */
  readonly kit: TokenKit | undefined
  readonly events: Events
  readonly clockWatch: ClockWatch
  /** Who hears of each session that this process marks as seen. */
  readonly seen: Set<(id: SessionId) => void>
  readonly upkeep: Upkeep
  /** How the values of sessions rest. */
  readonly values: ValuesAtRest
  readonly guests: GuestAllowance
  readonly cookieWatch: CookieWatch
  readonly deviceTraits: (client: ClientFacts) => Pick<SessionRecord['traits'], 'address' | 'agent'>
}

/** What a visit needs to know of the request behind it. */
export interface VisitRequest {
  /**
   * A session that something holds open (a socket). What was presented was judged when it was opened: from then on the
   * session is found by its id, and nothing is presented any more.
   */
  readonly held?: { readonly id: SessionId; readonly subject: string | undefined }
  /** The session tokens it carries: under the name for signed-in people, and under that for guests. */
  present(): { readonly session: Presented; readonly guest: Presented }
  /** The access token it carries, if any; always nothing where the application issues none. */
  bearer(): PresentedBearer
  /**
   * The DPoP proof that came with it, judged once: for the access token that came in that scheme, and for the key with this
   * thumbprint, where the first who asks names one. `proof_missing` where the application knows no DPoP.
   */
  proof(thumbprint?: string): Promise<ProofVerdict>
  readonly client: ClientFacts
  /** The network the client is in: its IPv4 address, or its IPv6 /64. */
  readonly network: string
  /** Why a session cookie cannot be set on this connection, or `undefined` where it can. */
  cookieObstacle(): string | undefined
  /** Why a client that was given cookies may come without them. */
  explainLostCookie?(): string
  /** Something is wrong with the cookies of this connection; may be said in the answer. */
  noteDiagnostic?(message: string): void
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
  /** What was resolved came from this process's memory, and may be as old as the near cache allows. */
  isFromCache: boolean
  /** Why the session that was presented is over, if it is. */
  endReason: EndReason | undefined
  copy: WorkingCopy
  tokenToSend: TokenToSend | undefined
  clear: 'nothing' | 'guest' | 'everything'
  /** A person signed in: cookies with tokens of the session before are to go. */
  isSignIn: boolean
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
    isFromCache: false,
    endReason: undefined,
    copy: new WorkingCopy(undefined, 0, request),
    tokenToSend: undefined,
    clear: 'nothing',
    isSignIn: false,
    isOver: false,
    isReadOnly: false,
    isUnknown: false,
  }
}

/** The live session that was presented, or `undefined`; throws where nobody has looked yet. */
export function found(visit: Visit): ActiveResolution | undefined {
  loaded(visit)
  return active(visit)
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
  visit.copy.learn(resolution.record, visit.core.values)
  visit.resolution = resolution
}

/** Throws where nothing may be written: the store is away, the route only reads, or the session is over. */
export function assertWritable({ isUnknown, isReadOnly, isOver }: Visit): void {
  if (isUnknown) {
    throw new StoreUnavailable('The session store does not answer; nothing can be written.')
  }
  if (isReadOnly) {
    throw new SojournError('ERR_SESSION_READ_ONLY', 'This route only reads the session.')
  }
  if (isOver) {
    throw new SojournError('session_ended', 'The session has ended; it cannot be written to.')
  }
}
