import { InvalidInput, StoreUnavailable } from '../errors.js'
import { systemClock, type Clock } from '../system/clock.js'
import { Deadlines } from './deadlines.js'
import type { Store } from './store.js'

/** `closed`: every call goes through. `open`: none does. `half-open`: one does, and decides. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** Options of {@link createResilientStore}. Durations are milliseconds. */
export interface ResilientStoreOptions {
  /** How long one call may take. Default 250. */
  readonly commandDeadline?: number
  /** Faults in a row after which no call is let through. Default 5. */
  readonly failuresToOpen?: number
  /** How often one call is let through to see whether the store is back. Default 500. */
  readonly probeEvery?: number
  /** Only `elapsed` is used. Default: the host's. */
  readonly clock?: Clock
  readonly onStateChange?: (state: CircuitState) => void
  /** Hears how each call went, those that were refused at once too; `fault` is what the caller was thrown. */
  readonly onCall?: (
    verb: string,
    milliseconds: number,
    outcome: 'ok' | 'fault',
    fault?: StoreUnavailable,
  ) => void
}

/** The deadline leaves room for a slow network, and for four calls within the second a decision may take. */
const DEFAULTS: Required<ResilientStoreOptions> = {
  commandDeadline: 250,
  failuresToOpen: 5,
  probeEvery: 500,
  clock: systemClock,
  onStateChange: () => undefined,
  onCall: () => undefined,
}

/**
 * Puts a deadline and a circuit breaker around every verb of a store, so that no caller waits for one
 * that hangs, and nothing piles up in front of one that is down.
 *
 * Whatever the store throws, and the deadline, become {@link StoreUnavailable} with the cause kept; only
 * {@link InvalidInput} passes as it is. What the store answers after the deadline is dropped.
 */
export function createResilientStore(store: Store, options: ResilientStoreOptions = {}): Store {
  const settings = { ...DEFAULTS, ...options }
  const protection: Protection = {
    settings,
    circuit: new Circuit(settings),
    deadlines: new Deadlines(settings.commandDeadline),
  }
  const verb = <Args extends readonly unknown[], Answer>(
    name: string,
    call: (...args: Args) => Promise<Answer>,
  ): ((...args: Args) => Promise<Answer>) => guard(store.name, name, call, protection)
  const { counters } = store
  // A Redis that is full counts nothing more, and still ends sessions: what cannot be counted must not keep these away.
  const apart = {
    ...protection,
    circuit: new Circuit({ ...settings, onStateChange: () => undefined }),
  }
  const counting = <Args extends readonly unknown[], Answer>(
    name: string,
    call: (...args: Args) => Promise<Answer>,
  ): ((...args: Args) => Promise<Answer>) => guard(store.name, name, call, apart)
  return {
    name: store.name,
    bucketOf: (subject) => store.bucketOf(subject),
    create: verb('create', (session) => store.create(session)),
    read: verb('read', (id) => store.read(id)),
    change: verb('change', (id, change) => store.change(id, change)),
    rotate: verb('rotate', (id, rotation) => store.rotate(id, rotation)),
    end: verb('end', (id, reason, after) => store.end(id, reason, after)),
    endAll: verb('endAll', (subject, reason, except) => store.endAll(subject, reason, except)),
    reap: verb('reap', (subject, limit) => store.reap(subject, limit)),
    list: verb('list', (subject, page) => store.list(subject, page)),
    ...(store.walk === undefined ? {} : { walk: verb('walk', store.walk.bind(store)) }),
    readSubject: verb('readSubject', (subject) => store.readSubject(subject)),
    changeSubject: verb('changeSubject', (subject, change) => store.changeSubject(subject, change)),
    readDocument: verb('readDocument', (name) => store.readDocument(name)),
    writeDocument: verb('writeDocument', (name, text, expect) =>
      store.writeDocument(name, text, expect),
    ),
    ...(counters === undefined
      ? {}
      : {
          counters: {
            spend: counting('spend', counters.spend.bind(counters)),
            attempt: counting('attempt', counters.attempt.bind(counters)),
            forget: counting('forget', counters.forget.bind(counters)),
          },
        }),
    // It reports on itself, by its age; nobody's answer waits for it.
    changes: store.changes,
    check: verb('check', () => store.check()),
    close: () => store.close(),
  }
}

/** What all verbs of one store share. */
interface Protection {
  readonly settings: Required<ResilientStoreOptions>
  readonly circuit: Circuit
  readonly deadlines: Deadlines
}

/** One verb behind the circuit and the deadline. */
function guard<Args extends readonly unknown[], Answer>(
  storeName: string,
  name: string,
  call: (...args: Args) => Promise<Answer>,
  { circuit, deadlines, settings }: Protection,
): (...args: Args) => Promise<Answer> {
  const { clock, onCall, commandDeadline } = settings
  return (...args) =>
    new Promise((resolve, reject) => {
      const start = clock.elapsed()
      const fail = (error: unknown): void => {
        const fault = toStoreUnavailable(error, storeName)
        onCall(name, clock.elapsed() - start, 'fault', fault)
        reject(fault)
      }
      if (!circuit.mayPass()) {
        fail(new StoreUnavailable(`the ${storeName} store is down and was not asked`))
        return
      }
      const waiting = deadlines.add(() => {
        circuit.failed()
        const within = `within ${String(commandDeadline)} ms`
        fail(new StoreUnavailable(`the ${storeName} store did not answer ${within}`))
      })
      started(call, args).then(
        (answer) => {
          // What comes after the deadline is dropped: the caller has been told otherwise.
          if (waiting.isDone) return
          waiting.isDone = true
          circuit.succeeded()
          onCall(name, clock.elapsed() - start, 'ok')
          resolve(answer)
        },
        (error: unknown) => {
          if (waiting.isDone) return
          waiting.isDone = true
          if (error instanceof InvalidInput) {
            circuit.learntNothing()
            reject(error)
            return
          }
          circuit.failed()
          fail(error)
        },
      )
    })
}

/** What a store throws at once counts like what it rejects with. */
async function started<Args extends readonly unknown[], Answer>(
  call: (...args: Args) => Promise<Answer>,
  args: Args,
): Promise<Answer> {
  return call(...args)
}

function toStoreUnavailable(error: unknown, storeName: string): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error
  return new StoreUnavailable(`the ${storeName} store failed`, { cause: error })
}

/** The circuit breaker: counts faults in a row, and decides who may pass. */
class Circuit {
  readonly #settings: Required<ResilientStoreOptions>
  #state: CircuitState = 'closed'
  #failures = 0
  /** The next instant at which a call may pass though the circuit is open. */
  #probeAt = 0

  constructor(settings: Required<ResilientStoreOptions>) {
    this.#settings = settings
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

  /** The call never came to the storage: if it was the probe, the next one shall be. */
  learntNothing(): void {
    if (this.#state === 'half-open') this.#become('open')
  }

  #become(state: CircuitState): void {
    if (state === this.#state) return
    this.#state = state
    this.#settings.onStateChange(state)
  }
}
