import type { EventEmitter } from 'node:events'
import { touchInterval } from '../../session/lifetime.js'
import type { Core } from '../../session/visit.js'
import type { Clock } from '../../system/clock.js'
import type { Baselines } from './baseline.js'
import type { Snapshot } from './codec.js'
import type { Counts } from './counts.js'
import type { Endings } from './endings.js'
import type { Mirror } from './mirror.js'
import type { Touches } from './touches.js'

/** What everything about one kept store shares. */
export interface Keeping {
  readonly core: Core
  readonly clock: Clock
  readonly baselines: Baselines
  readonly endings: Endings
  readonly touches: Touches
  readonly counts: Counts
  /** The store itself, which tells of sessions that were taken over. */
  readonly emitter: EventEmitter
  /** `undefined`: there are no legacy records. */
  readonly mirror: Mirror | undefined
}

/** Milliseconds without a request after which a session with this cookie expires; 0 or less: it has. */
export function idleFor({ core, clock }: Keeping, { cookie, expiresAt }: Snapshot): number {
  const { idle, absolute } = core.settings.lifetimes.signedIn
  const { originalMaxAge } = cookie
  if (typeof originalMaxAge === 'number') return Math.min(Math.ceil(originalMaxAge), absolute)
  return expiresAt === undefined ? idle : Math.min(expiresAt - clock.now(), absolute)
}

/**
 * While legacy records are mirrored, old nodes extend those alone. So ours rests longer by this, and the legacy record
 * decides: where it is gone, the session is over.
 */
const MIRROR_SLACK = 24 * 3_600_000

/** What is kept as the idle time of a record. */
export function idleAtRest({ core, mirror }: Keeping, idle: number): number {
  if (mirror?.isMirroring !== true) return idle
  return Math.min(idle + MIRROR_SLACK, core.settings.lifetimes.signedIn.absolute)
}

/** Milliseconds that have to pass before a session is marked as seen again. */
export function touchEvery({ core }: Keeping, idle: number): number {
  return touchInterval(idle, core.settings.touchEvery)
}
