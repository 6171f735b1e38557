import { isA, type Call } from '../../history.js'
import { describe, violation, type Evidence, type Violation } from '../evidence.js'
import { linearise, type Step } from '../linearise.js'

type Value = string | number | null
interface CallStep extends Step<Value> {
  readonly call: Call
}

/** What was seen of each key of each session can be explained by the writes to it that happened, or may have. */
export function checkWrites(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  for (const session of evidence.lives.keys()) {
    const calls = evidence.calls.filter(
      ({ operation }) => 'session' in operation && operation.session === session,
    )
    for (const key of keysOf(calls)) {
      const steps = calls.flatMap((call) => stepOf(call, key, evidence.about.staleness) ?? [])
      found.push(...judge(session, key, withoutUnseen(steps, key)))
    }
  }
  return found
}

/** Keys that were written, or seen though nobody had written them. */
function keysOf(calls: readonly Call[]): Set<string> {
  return new Set(
    calls.flatMap((call) => {
      if (isA(call, 'set', 'delete', 'increment')) return [call.operation.key]
      return Object.keys(call.result.data ?? {})
    }),
  )
}

/** What was set, nobody knows with what outcome, and never seen, explains nothing: every value is written but once. */
function withoutUnseen(steps: readonly CallStep[], key: string): CallStep[] {
  const seen = new Set(steps.map(({ call }) => call.result.data?.[key]))
  return steps.filter(
    ({ call, isOptional }) => !isOptional || !isA(call, 'set') || seen.has(call.operation.value),
  )
}

function judge(session: string, key: string, steps: readonly CallStep[]): Violation[] {
  const { isLinearisable, isUndecided, rest } = linearise<Value, CallStep>(steps, null)
  if (isLinearisable) return []
  if (isUndecided) {
    return [violation('lost-write', `${key} of ${session} is too entangled to be judged`)]
  }
  const written = new Set<unknown>(
    steps.flatMap(({ call }) => (isA(call, 'set') ? [call.operation.value] : [])),
  )
  const foreign = steps.find(({ call, isRead }) => {
    const value = call.result.data?.[key]
    return isRead && typeof value === 'string' && !written.has(value)
  })
  if (foreign !== undefined) {
    const message = `${describe(foreign.call)} saw under ${key} what nobody wrote there`
    return [violation('stranger', message, foreign.call)]
  }
  const calls = rest
    .map(({ call }) => call)
    .sort((one, other) => one.completedAt - other.completedAt)
  const [first] = calls
  const what = first === undefined ? 'a call' : describe(first)
  const message = `${key} of ${session}: ${what} cannot be explained by the writes`
  return [violation('lost-write', message, ...calls.slice(0, 5))]
}

/** What a call did to a key. `undefined`: nothing, for sure. */
function stepOf(call: Call, key: string, staleness: number): CallStep | undefined {
  if (isA(call, 'read')) return call.outcome === 'ok' ? toRead(call, key, staleness) : undefined
  if (!isA(call, 'set', 'delete', 'increment')) return undefined
  if (call.operation.key !== key || call.outcome === 'refused') return undefined
  const isOptional = call.outcome !== 'ok'
  const { do: sameAs } = call.operation
  const times = { from: call.invokedAt, until: isOptional ? call.settledAt : call.completedAt }
  return {
    call,
    ...times,
    isOptional,
    isRead: false,
    ...(sameAs !== 'set' && { sameAs }),
    apply: (state) => write(call, state),
  }
}

function toRead(
  call: Call<Extract<Call['operation'], { readonly do: 'read' }>>,
  key: string,
  staleness: number,
): CallStep {
  const seen = toValue(call.result.data?.[key])
  return {
    call,
    from: call.invokedAt - (call.operation.isFresh ? 0 : staleness),
    until: call.completedAt,
    isOptional: false,
    isRead: true,
    apply: (state) => (state === seen ? { state } : undefined),
  }
}

function toValue(value: unknown): Value {
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

/** An acknowledged increment tells the sum: so it is a read, too. */
function write(
  { operation, outcome, result }: Call,
  state: Value,
): { readonly state: Value } | undefined {
  if (operation.do === 'set') return { state: operation.value }
  if (operation.do === 'delete') return { state: null }
  const sum = (typeof state === 'number' ? state : 0) + 1
  return outcome === 'ok' && result.sum !== sum ? undefined : { state: sum }
}
