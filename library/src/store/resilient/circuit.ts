import type { Clock } from '../../system/clock.js'

/** `closed`: every call goes through. `open`: none does. `half-open`: one does, and decides. */
export type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitSettings {
  readonly failuresToOpen: number
  readonly probeEvery: number
  readonly clock: Clock
}

/** The circuit breaker: counts faults in a row, and decides who may pass. */
export class Circuit {
  readonly #settings: CircuitSettings
  readonly #onStateChange: (state: CircuitState) => void
  #state: CircuitState = 'closed'
  #failures = 0
  /** The next instant at which a call may pass though the circuit is open. */
  #probeAt = 0

  constructor(settings: CircuitSettings, onStateChange: (state: CircuitState) => void) {
    this.#settings = settings
    this.#onStateChange = onStateChange
  }

  /** Whether a call may go to the store; while it is open, one now and then may, and decides for all. */
  mayPass(): boolean {
    if (this.#state === 'closed') return true
    if (this.#state === 'half-open' || this.#settings.clock.elapsed() < this.#probeAt) return false
    this.#become('half-open')
    return true
  }

  succeeded(): void {
    this.#failures = 0
    this.#become('closed')
  }

  failed(): void {
    this.#failures += 1
    // Calls that were under way when it opened fail after it: they must not put the next probe off.
    if (this.#state === 'open') return
    if (this.#state === 'closed' && this.#failures < this.#settings.failuresToOpen) return
    this.#probeAt = this.#settings.clock.elapsed() + this.#settings.probeEvery
    this.#become('open')
  }

  /** The call said nothing about the storage: if it was the probe, the next one shall be. */
  learntNothing(): void {
    if (this.#state === 'half-open') this.#become('open')
  }

  /** Nobody asks for it any more: whoever counts the open ones must not count it for ever. */
  retire(): void {
    this.#become('closed')
  }

  #become(state: CircuitState): void {
    if (state === this.#state) return
    this.#state = state
    this.#onStateChange(state)
  }
}
