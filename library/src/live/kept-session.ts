import type { ActiveResolution, Resolution } from '../session/resolve.js'
import type { SessionId } from '../store/record.js'
import type { LiveEnd } from './end.js'
import type { Due } from './wheel.js'

/** A connection as its session sees it. */
export interface Held {
  /** Told once, and last. */
  onEnd(end: LiveEnd): void
  /** The session was looked at and lives. */
  onLook(found: ActiveResolution): void
  /** It has ended: handles on it refuse to write from now on. Told before `onEnd`. */
  onOver(resolution: Resolution): void
  /** It has to know soon when the session was used elsewhere, which nobody tells of. */
  readonly wantsUse: boolean
}

/** One session with all connections of this process that hang on it. */
export class KeptSession implements Due {
  readonly id: SessionId
  readonly subject: string | undefined
  /** The sessions whose end is its own: itself, and the one it was opened from. */
  readonly ids: readonly SessionId[]
  /** The people whose end is its own: its own person, and who acts for them. */
  readonly subjects: readonly string[]
  readonly connections: Set<Held> = new Set()
  readonly #onDue: (session: KeptSession) => void
  found: ActiveResolution
  /** When that was found, by `clock.elapsed()`. */
  foundAt: number
  /** When it ends if nothing happens, by `clock.elapsed()`. */
  endsAt: number
  /** When the store was last asked, answered or not. */
  askedAt: number
  /** Since when the store has given no answer; `undefined`: it has. */
  awaySince: number | undefined
  faults = 0
  isAsking = false
  /** It has ended, and the store is asked why. */
  isOut = false
  isOver = false
  /** When it was last marked as seen from here. */
  touchedAt: number = Number.NEGATIVE_INFINITY

  constructor(found: ActiveResolution, at: number, onDue: (session: KeptSession) => void) {
    const { id, subject, traits } = found.record
    this.id = id
    this.subject = subject
    this.ids = named(id, traits.parent)
    this.subjects = named(subject, traits.actor)
    this.#onDue = onDue
    this.found = found
    this.foundAt = at
    this.endsAt = at
    this.askedAt = at
  }

  run(): void {
    this.#onDue(this)
  }

  /** The instant by the store's clock. */
  nowAt(elapsed: number): number {
    return this.found.now + (elapsed - this.foundAt)
  }

  get wantsUse(): boolean {
    for (const connection of this.connections) if (connection.wantsUse) return true
    return false
  }
}

function named(...names: readonly (string | undefined)[]): readonly string[] {
  return names.filter((name) => name !== undefined)
}
