import { StoreUnavailable } from '../errors.js'

/** A gate in front of one call of a store. */
export interface Gate {
  /** Resolves when a call stands at the gate. Rejects where none has come within five seconds of the host's time. */
  readonly reached: Promise<void>
  /** Whether a call stands at the gate, or has stood there. */
  readonly isReached: boolean
  /** Lets the call go on, or whoever comes later pass as if there were no gate. */
  release(): void
  /** Lets the call fail with `StoreUnavailable`. */
  fail(): void
}

/** The side of a {@link Gate} that the calls are on. */
export interface GateControl {
  readonly face: Gate
  /** Resolves when the call may go on. */
  stop(): Promise<void>
}

const LONGEST_WAIT = 5_000

/** Makes a gate for a call of `verb`. */
export function createGate(verb: string): GateControl {
  const arrival = deferred<boolean>()
  const departure = deferred<'go' | 'fail'>()
  let isReached = false
  return {
    face: {
      get reached() {
        return isReached ? Promise.resolve() : inTime(arrival.promise, verb)
      },
      get isReached() {
        return isReached
      },
      release: () => departure.resolve('go'),
      fail: () => departure.resolve('fail'),
    },
    async stop() {
      isReached = true
      arrival.resolve(true)
      if ((await departure.promise) === 'fail') {
        throw new StoreUnavailable(`${verb} was made to fail`)
      }
    },
  }
}

interface Deferred<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
}

function deferred<Value>(): Deferred<Value> {
  let settle: ((value: Value) => void) | undefined
  const promise = new Promise<Value>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: (value) => settle?.(value) }
}

/** The timer is only there while somebody waits: a test that hangs says nothing, one that fails says why. */
async function inTime(arrival: Promise<boolean>, verb: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LONGEST_WAIT)
  })
  const hasCome = await Promise.race([arrival, late])
  clearTimeout(timer)
  if (!hasCome) {
    throw new Error(
      `No call of ${verb} came to the gate in ${LONGEST_WAIT / 1000} s: was the answer in the near cache?`,
    )
  }
}
