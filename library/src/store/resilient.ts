import { InvalidInput, StoreUnavailable } from '../errors.js'
import { systemClock, type Clock } from '../system/clock.js'
import { bucketPart } from './bucket.js'
import { Deadlines } from './deadlines.js'
import type { Circuit, CircuitState } from './resilient/circuit.js'
import { Circuits, type OnShardState } from './resilient/circuits.js'
import { NotDurable } from './not-durable.js'
import type { Store } from './store.js'

export type { CircuitState } from './resilient/circuit.js'

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
  /** `shard` is the part of the store that it is about: see {@link Store.shardOf}; `undefined` where that is all of it. */
  readonly onStateChange?: (state: CircuitState, shard: string | undefined) => void
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
 * that hangs, and nothing piles up in front of one that is down. Where parts of it fail apart from each other, each
 * has a breaker of its own: a shard that is down must not keep anybody from the others.
 *
 * Whatever the store throws, and the deadline, become {@link StoreUnavailable} with the cause kept; only
 * {@link InvalidInput} passes as it is. What the store answers after the deadline is dropped.
 */
export function createResilientStore(store: Store, options: ResilientStoreOptions = {}): Store {
  const settings = { ...DEFAULTS, ...options }
  const deadlines = new Deadlines(settings.commandDeadline)
  const protect = protector(store, { settings, deadlines, onStateChange: settings.onStateChange })
  // A Redis that is full counts nothing more, and still ends sessions: what cannot be counted must not keep these away.
  const apart = protector(store, { settings, deadlines, onStateChange: () => undefined })
  // Nobody asked for these: that they fail says nothing about what somebody asks for.
  const besides = protector(store, { settings, deadlines, onStateChange: () => undefined })
  // Nor does a user who may not SCAN, or a step that took too long: no session needs a walk.
  const walking = protector(store, { settings, deadlines, onStateChange: () => undefined })
  const ofName = (name: string): string => store.bucketOf(name)
  const { counters } = store
  return {
    name: store.name,
    bucketOf: (subject) => store.bucketOf(subject),
    ...(store.shardOf === undefined ? {} : { shardOf: store.shardOf.bind(store) }),
    ...(store.mayForget === undefined ? {} : { mayForget: store.mayForget }),
    create: protect('create', late(store, 'create'), ({ id }) => bucketPart(id)),
    read: protect('read', late(store, 'read'), bucketPart),
    change: protect('change', late(store, 'change'), bucketPart),
    rotate: protect('rotate', late(store, 'rotate'), bucketPart),
    end: protect('end', late(store, 'end'), bucketPart),
    endAll: protect('endAll', late(store, 'endAll'), ofName),
    reap: protect('reap', late(store, 'reap'), ofName),
    list: protect('list', late(store, 'list'), ofName),
    ...(store.walk === undefined ? {} : { walk: walking('walk', store.walk.bind(store)) }),
    readSubject: protect('readSubject', late(store, 'readSubject'), ofName),
    changeSubject: protect('changeSubject', late(store, 'changeSubject'), ofName),
    readDocument: protect('readDocument', late(store, 'readDocument'), ofName),
    writeDocument: protect('writeDocument', late(store, 'writeDocument'), ofName),
    ...(counters === undefined
      ? {}
      : {
          counters: {
            spend: apart('spend', counters.spend.bind(counters), ofName),
            attempt: apart('attempt', counters.attempt.bind(counters), ofName),
            look: apart('look', counters.look.bind(counters), ofName),
            forget: apart('forget', counters.forget.bind(counters), ofName),
          },
        }),
    ...(store.pulse === undefined
      ? {}
      : { pulse: besides('pulse', store.pulse.bind(store), (bucket) => bucket) }),
    // It reports on itself, by its age; nobody's answer waits for it.
    changes: store.changes,
    check: protect('check', late(store, 'check')),
    close: () => store.close(),
  }
}

/** A verb that is looked up with each call: whoever gave the store may wrap a verb of it later. */
function late<Verb extends keyof Store>(store: Store, verb: Verb): Store[Verb] {
  const call = (...given: readonly unknown[]): unknown =>
    (store[verb] as (...given: readonly unknown[]) => unknown).apply(store, [...given])
  return call as Store[Verb]
}

/** What all verbs of one store share. */
interface Protection {
  readonly settings: Required<ResilientStoreOptions>
  readonly deadlines: Deadlines
  readonly onStateChange: OnShardState
}

/** Puts one verb behind circuit and deadline. `toBucket` makes the bucket that a call is about of what it is first given. */
type Protect = <Args extends readonly unknown[], Answer>(
  verb: string,
  call: (...args: Args) => Promise<Answer>,
  toBucket?: (about: Args[0]) => string,
) => (...args: Args) => Promise<Answer>

function protector(store: Store, { settings, deadlines, onStateChange }: Protection): Protect {
  const circuits = new Circuits(settings, onStateChange)
  const shardOf = store.shardOf?.bind(store)
  return (verb, call, toBucket) => {
    const isWhole = shardOf === undefined || toBucket === undefined
    const circuitOf = (about: Parameters<typeof call>[0]): Circuit =>
      circuits.of(isWhole ? undefined : shardOf(toBucket(about)))
    return guard(store.name, verb, call, { settings, deadlines, circuitOf })
  }
}

interface Guarding<Args extends readonly unknown[]> {
  readonly settings: Required<ResilientStoreOptions>
  readonly deadlines: Deadlines
  readonly circuitOf: (about: Args[0]) => Circuit
}

/** One verb behind the circuit and the deadline. */
function guard<Args extends readonly unknown[], Answer>(
  storeName: string,
  name: string,
  call: (...args: Args) => Promise<Answer>,
  { circuitOf, deadlines, settings }: Guarding<Args>,
): (...args: Args) => Promise<Answer> {
  const { clock, onCall, commandDeadline } = settings
  return (...args) =>
    new Promise((resolve, reject) => {
      const circuit = circuitOf(args[0])
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
          // It was carried out: only replicas are behind.
          if (error instanceof NotDurable) circuit.succeeded()
          else if (error instanceof StoreUnavailable && error.isPartial) circuit.learntNothing()
          else circuit.failed()
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
