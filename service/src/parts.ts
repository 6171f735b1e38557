import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import type { Session, SignInGuard, Sojourn } from 'sojourn'
import type { ExpressAdapter } from 'sojourn/express'
import type { Live } from 'sojourn/live'
import type { Audit, Metrics } from 'sojourn/telemetry'
import type { Account, Accounts } from './account/account.js'
import type { Trail } from './audit/trail.js'
import type { Config } from './config/config.js'
import type { Sampler, StoreView } from './console/index.js'
import type { KeyDesk } from './key-desk.js'
import type { Logger } from './log/index.js'
import type { SignInOutcome } from './metrics/index.js'
import type { Places } from './places/index.js'
import type { NewSignIns } from './security/index.js'
import type { Tracing } from './tracing/index.js'

/** What the service keeps in a session. */
export interface SessionData {
  /** How often this browser saw the home page. */
  views: number
  /** Whatever clients put there through `PATCH /session`. */
  [key: string]: unknown
}

/** A request that went through `web.sessions`. */
export type Visitor = Request & { session: Session<SessionData> }

/** The parts that routes are made of. */
export interface Parts {
  readonly config: Config
  readonly log: Logger
  readonly accounts: Accounts
  readonly sojourn: Sojourn<SessionData>
  readonly web: ExpressAdapter<SessionData>
  /** Streams that live as long as their sessions. */
  readonly live: Live<SessionData>
  readonly metrics: Metrics
  /** `undefined` where nobody collects traces. */
  readonly tracing: Tracing | undefined
  /** Records what happens in a request with where it came from. */
  readonly audit: Audit
  /** What was recorded. */
  readonly trail: Trail
  /** Sign-ins on new devices, until their person has said whose they were. */
  readonly newSignIns: NewSignIns
  /** Where addresses are. */
  readonly places: Places
  /** The keys and secrets, for administrators. */
  readonly keys: KeyDesk
  /** Counts and slows attempts to sign in; `sign-in/` asks it. */
  readonly guard: SignInGuard
  /** Counts one attempt to sign in. */
  readonly countSignIn: (outcome: SignInOutcome) => void
  /** How this process did in the last minutes. */
  readonly sampler: Sampler
  /** Looks at the whole store, for people. */
  readonly lookAtStore: () => Promise<StoreView>
  /** The fewest characters of a new password. */
  readonly passwordMinimum: number
  readonly lifecycle: Lifecycle
  /** The present instant, in epoch milliseconds. */
  readonly now: () => number
  /** The client's address, by the proxies that are trusted. */
  addressOf(request: IncomingMessage): string
}

/** Whether the service is about to stop: then it is not ready for new work. */
export interface Lifecycle {
  isDraining: boolean
}

/** A person as answers show them. */
export interface PublicUser {
  readonly id: string
  readonly username: string | null
  readonly email: string | null
}

export function toPublicUser(account: Account): PublicUser {
  return { id: account.id, username: account.username ?? null, email: account.email ?? null }
}
