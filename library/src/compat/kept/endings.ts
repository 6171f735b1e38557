import type { EndReason } from '../../store/end-reason.js'
import type { Clock } from '../../system/clock.js'

/** How a session ended that somebody presented. */
export interface KnownEnding {
  readonly reason: EndReason
  /** Milliseconds since then. */
  readonly since: number
}

/** So long an ending is at hand for the request that found it out, in milliseconds. */
const FOR = 10_000
const MOST = 10_000

/**
 * Why the sessions were over that were asked for a moment ago: a store is asked by id and answers "none", and the
 * request that asked wants to know more.
 */
export class Endings {
  readonly #clock: Clock
  readonly #byId = new Map<string, { readonly ending: KnownEnding; readonly at: number }>()
  readonly #byRequest = new WeakMap<object, KnownEnding>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(sid: string, ending: KnownEnding): void {
    const now = this.#clock.elapsed()
    this.#byId.delete(sid)
    this.#byId.set(sid, { ending, at: now })
    for (const [oldest, { at }] of this.#byId) {
      if (this.#byId.size <= MOST && now - at < FOR) break
      this.#byId.delete(oldest)
    }
  }

  /** What is known of the session that `request` presented: remembered with the request from now on. */
  of(request: object & { readonly sessionID?: string | undefined }): KnownEnding | undefined {
    const known = this.#byRequest.get(request)
    if (known !== undefined) return known
    const noted = this.#byId.get(request.sessionID ?? '')
    if (noted === undefined || this.#clock.elapsed() - noted.at >= FOR) return undefined
    this.#byRequest.set(request, noted.ending)
    return noted.ending
  }
}
