import { StoreUnavailable } from '../errors.js'
import type { Store } from '../store/store.js'
import { createGate, type Gate, type GateControl } from './gate.js'

/** The verbs of a store that can be hindered. */
export const STORE_VERBS = [
  'create',
  'read',
  'change',
  'rotate',
  'end',
  'endAll',
  'reap',
  'list',
  'walk',
  'readSubject',
  'changeSubject',
  'readDocument',
  'writeDocument',
  'pulse',
  'check',
] as const

/** One of {@link STORE_VERBS}. */
export type StoreVerb = (typeof STORE_VERBS)[number]

/** Where a call is hindered: before it reaches the store, or after the store did it and before its answer arrives. */
export interface HindranceOptions {
  /** On which side of the store. Default `'before'`. */
  readonly at?: 'before' | 'after'
}

/** How a test gets between an application and its store. */
export interface StoreControls {
  /** Stops the next call of `verb`, and that one alone. Two pauses stop the next two calls. */
  pause(verb: StoreVerb, options?: HindranceOptions): Gate
  /** Lets the next calls of `verb` fail with `StoreUnavailable`. Default: one call. `Infinity`: until `restore`. */
  fail(verb: StoreVerb, options?: HindranceOptions & { readonly times?: number }): void
  /** From now on `verb`, or every verb, is never answered: until `restore`. What was asked never reached the store. */
  silence(verb?: StoreVerb): void
  /** From now on each call of `verb`, or of every verb, takes so many milliseconds longer, of the host's time. */
  slow(milliseconds: number, verb?: StoreVerb): void
  /** Ends all hindrances. What stands at a gate goes on; what was met with silence fails. */
  restore(): void
  /** The verbs that were called so far, in order. */
  readonly calls: readonly StoreVerb[]
}

/** A store that can be paused, silenced and broken. */
export type GatedStore<Kind extends Store = Store> = Kind & StoreControls

type Call = (...given: readonly unknown[]) => unknown
type Hindrance =
  | { readonly kind: 'gate'; readonly at: 'before' | 'after'; readonly gate: GateControl }
  | { readonly kind: 'fault'; readonly at: 'before' | 'after'; left: number }

/**
 * Puts gates in front of a store, so that tests decide in which order things happen there: races and outages without
 * waiting and without luck. Everything else is the store's own.
 *
 * ```ts
 * const store = createGatedStore(createMemoryStore())
 * const save = store.pause('change')
 * ```
 */
export function createGatedStore<Kind extends Store>(store: Kind): GatedStore<Kind> {
  const hindered = new Hindered()
  const controls: StoreControls = {
    pause: (verb, { at = 'before' } = {}) => {
      const gate = createGate(verb)
      hindered.addGate(verb, at, gate)
      return gate.face
    },
    fail: (verb, { at = 'before', times = 1 } = {}) => {
      hindered.add(verb, { kind: 'fault', at, left: times })
    },
    silence: (verb) => hindered.silence(verb),
    slow: (milliseconds, verb) => hindered.slow(milliseconds, verb),
    restore: () => hindered.restore(),
    get calls() {
      return [...hindered.calls]
    },
  }
  return new Proxy(store, {
    get(target, name) {
      if (name in controls) return controls[name as keyof StoreControls]
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const call: Call = (...given) => (value as Call).apply(target, [...given])
      return isVerb(name) ? (...given: unknown[]) => hindered.run(name, () => call(...given)) : call
    },
  }) as GatedStore<Kind>
}

function isVerb(name: string | symbol): name is StoreVerb {
  return (STORE_VERBS as readonly (string | symbol)[]).includes(name)
}

/** What stands between the callers and a store. */
class Hindered {
  readonly calls: StoreVerb[] = []
  readonly #hindrances = new Map<StoreVerb, Hindrance[]>()
  /** Also those that a call stands at. */
  readonly #gates = new Set<GateControl>()
  readonly #silent = new Set<StoreVerb | undefined>()
  readonly #delays = new Map<StoreVerb | undefined, number>()
  readonly #unanswered = new Set<(fault: StoreUnavailable) => void>()

  addGate(verb: StoreVerb, at: 'before' | 'after', gate: GateControl): void {
    this.#gates.add(gate)
    this.add(verb, { kind: 'gate', at, gate })
  }

  add(verb: StoreVerb, hindrance: Hindrance): void {
    this.#hindrances.set(verb, [...(this.#hindrances.get(verb) ?? []), hindrance])
  }

  silence(verb: StoreVerb | undefined): void {
    this.#silent.add(verb)
  }

  slow(milliseconds: number, verb: StoreVerb | undefined): void {
    this.#delays.set(verb, milliseconds)
  }

  restore(): void {
    this.#hindrances.clear()
    this.#silent.clear()
    this.#delays.clear()
    for (const gate of this.#gates) gate.face.release()
    this.#gates.clear()
    for (const giveUp of this.#unanswered) giveUp(new StoreUnavailable('the store was silent'))
    this.#unanswered.clear()
  }

  async run(verb: StoreVerb, call: () => unknown): Promise<unknown> {
    this.calls.push(verb)
    if (this.#silent.has(verb) || this.#silent.has(undefined)) return this.#neverAnswered()
    const hindrance = this.#next(verb)
    const delay = this.#delays.get(verb) ?? this.#delays.get(undefined) ?? 0
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    if (hindrance?.at === 'before') await this.#meet(verb, hindrance)
    const answer = await call()
    if (hindrance?.at === 'after') await this.#meet(verb, hindrance)
    return answer
  }

  #neverAnswered(): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#unanswered.add(reject)
    })
  }

  /** What this call meets; a gate stops one call, a fault as many as it has left. */
  #next(verb: StoreVerb): Hindrance | undefined {
    const [first, ...rest] = this.#hindrances.get(verb) ?? []
    if (first?.kind === 'fault' && first.left > 1) first.left -= 1
    else this.#hindrances.set(verb, rest)
    return first
  }

  async #meet(verb: StoreVerb, hindrance: Hindrance): Promise<void> {
    if (hindrance.kind === 'gate') await hindrance.gate.stop()
    else throw new StoreUnavailable(`${verb} was made to fail`)
  }
}
