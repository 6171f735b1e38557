import { sha256 } from '../../system/digest.js'

/** What a store has met since it was made. */
export interface RedisStoreCounts {
  /** Records that are no sessions. */
  readonly corrupt: number
  /** Writes of sessions that had ended. */
  readonly gone: number
  /** Commands that Redis did not answer, not in time, or with an error. */
  readonly faults: number
}

/** Events of a store, with their argument. The digest is the SHA-256 of the key: it finds the record and presents nothing. */
export interface RedisStoreEvents {
  /** A record is no session: for whoever asked there was none. It stays where it is. */
  'store.corrupt': [{ readonly keyDigest: string }]
  /** A request came to write a session that had ended meanwhile: nothing was written. */
  'store.gone': [{ readonly keyDigest: string }]
}

interface Emitter {
  emit(name: string, ...args: readonly unknown[]): boolean
}

/** Counts, and tells who listens. */
export class Reports {
  readonly #emitter: Emitter
  readonly #counts = { corrupt: 0, gone: 0, faults: 0 }

  constructor(emitter: Emitter) {
    this.#emitter = emitter
  }

  get counts(): RedisStoreCounts {
    return { ...this.#counts }
  }

  corrupt(key: string): void {
    this.#counts.corrupt += 1
    this.#emitter.emit('store.corrupt', { keyDigest: sha256(key) })
  }

  gone(key: string): void {
    this.#counts.gone += 1
    this.#emitter.emit('store.gone', { keyDigest: sha256(key) })
  }

  fault(): void {
    this.#counts.faults += 1
  }
}
