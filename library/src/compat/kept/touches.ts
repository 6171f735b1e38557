import type { SessionId } from '../../store/record.js'
import type { Clock } from '../../system/clock.js'

const MOST = 10_000

/** Marks each session as seen once, however many requests arrive together. */
export class Touches {
  readonly #clock: Clock
  readonly #underWay = new Map<SessionId, Promise<void>>()
  /** When this process last marked a session, longest ago first. */
  readonly #last = new Map<SessionId, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The one that is under way, or a new one. */
  once(id: SessionId, touch: () => Promise<void>): Promise<void> {
    const running = this.#underWay.get(id)
    if (running !== undefined) return running
    const job = touch().finally(() => {
      this.#underWay.delete(id)
    })
    this.#underWay.set(id, job)
    return job
  }

  /** The session was marked just now, with this or with another change. */
  note(id: SessionId): void {
    this.#last.delete(id)
    this.#last.set(id, this.#clock.elapsed())
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= MOST) break
      this.#last.delete(oldest)
    }
  }

  /** Milliseconds since this process last marked the session. */
  since(id: SessionId): number {
    const at = this.#last.get(id)
    return at === undefined ? Number.POSITIVE_INFINITY : this.#clock.elapsed() - at
  }

  /** Resolves when everything begun so far is done. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay.values())
  }
}
