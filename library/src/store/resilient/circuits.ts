import { Circuit, type CircuitSettings, type CircuitState } from './circuit.js'

/** Hears of every change; `shard` is `undefined` where it is the store as a whole. */
export type OnShardState = (state: CircuitState, shard: string | undefined) => void

/** After how long a shard that nobody asked for is forgotten: it may be a node that has left. Milliseconds. */
const KEPT_FOR = 10_000
const LOOK_EVERY = 1_000

/**
 * One circuit for each part of the storage that fails by itself, and one for calls that belong to none. Nodes come and
 * go, so those that are not asked for are forgotten: there are never more than were in use within some seconds.
 */
export class Circuits {
  readonly #settings: CircuitSettings
  readonly #onStateChange: OnShardState
  readonly #whole: Circuit
  readonly #shards = new Map<string, { readonly circuit: Circuit; usedAt: number }>()
  #lookAt = 0

  constructor(settings: CircuitSettings, onStateChange: OnShardState) {
    this.#settings = settings
    this.#onStateChange = onStateChange
    this.#whole = this.#create(undefined)
  }

  of(shard: string | undefined): Circuit {
    if (shard === undefined) return this.#whole
    const now = this.#settings.clock.elapsed()
    if (now >= this.#lookAt) this.#forgetUnused(now)
    const known = this.#shards.get(shard)
    if (known !== undefined) {
      known.usedAt = now
      return known.circuit
    }
    const circuit = this.#create(shard)
    this.#shards.set(shard, { circuit, usedAt: now })
    return circuit
  }

  #create(shard: string | undefined): Circuit {
    return new Circuit(this.#settings, (state) => {
      this.#onStateChange(state, shard)
    })
  }

  #forgetUnused(now: number): void {
    this.#lookAt = now + LOOK_EVERY
    for (const [shard, { circuit, usedAt }] of this.#shards) {
      if (now - usedAt < KEPT_FOR) continue
      this.#shards.delete(shard)
      circuit.retire()
    }
  }
}
