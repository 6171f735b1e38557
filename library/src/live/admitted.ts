import type { ClientFacts } from '../session/device.js'
import type { ActiveResolution } from '../session/resolve.js'
import type { SessionId } from '../store/record.js'

/** A handshake that was let through, and may be attached to one connection. */
export class Admitted {
  readonly #found: ActiveResolution
  readonly #client: ClientFacts
  #isUsed = false

  constructor(found: ActiveResolution, client: ClientFacts) {
    this.#found = found
    this.#client = client
  }

  /** Public id of the session. */
  get id(): SessionId {
    return this.#found.record.id
  }

  /** Whom it belongs to; `undefined`: a guest. */
  get subject(): string | undefined {
    return this.#found.record.subject
  }

  /** Where it comes from. */
  get client(): ClientFacts {
    return this.#client
  }

  /** What was found, for the one connection that this is for. */
  take(): ActiveResolution {
    if (this.#isUsed) throw new TypeError('One handshake can be attached to one connection.')
    this.#isUsed = true
    return this.#found
  }
}
