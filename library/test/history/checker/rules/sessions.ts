import type { Call } from '../../history.js'
import { describe, violation, type Evidence, type Violation } from '../evidence.js'
import { overAt } from '../lives.js'

/** Calls that present a session, and go through only where it is accepted. */
const BY_SESSION = ['read', 'set', 'delete', 'increment', 'refresh', 'sign-out'] as const
type BySession = Call<Extract<Call['operation'], { readonly do: (typeof BY_SESSION)[number] }>>

function presents(call: Call): call is BySession {
  return (BY_SESSION as readonly string[]).includes(call.operation.do)
}

/** For how long a call may be answered by what the process knew before. Who asks the store knows better. */
function stalenessOf({ operation }: BySession, staleness: number): number {
  const asksStore = operation.do === 'refresh' || (operation.do === 'read' && operation.isFresh)
  return asksStore ? 0 : staleness
}

/** No session is accepted later than the bound after it was over: acknowledged, or refused to somebody. */
export function checkEnds({ about, calls, lives }: Evidence): Violation[] {
  const found: Violation[] = []
  for (const call of calls) {
    if (!presents(call) || call.outcome !== 'ok') continue
    const life = lives.get(call.operation.session)
    const over = life === undefined ? undefined : overAt(life, call.process)
    if (over === undefined) continue
    const after = call.invokedAt - stalenessOf(call, about.staleness) - over.from
    // A sign-out and what refused it may be one and the same end, seen from two sides.
    if (after <= 0 || over.by === call) continue
    const message = `${describe(call)} was accepted ${after.toFixed(0)} ms beyond the bound after ${describe(over.by)}`
    found.push(violation('resurrected', message, over.by, call))
  }
  return found
}

/** No session is refused, and none is missing from the store, that nothing can have ended. */
export function checkKept({ calls, dump, lives }: Evidence): Violation[] {
  const found: Violation[] = []
  for (const call of calls) {
    if (!presents(call) || call.outcome !== 'refused') continue
    const life = lives.get(call.operation.session)
    if (life === undefined || call.completedAt >= life.mayEndFrom) continue
    const message = `${describe(call)} was refused, and nothing had ended the session`
    found.push(violation('signed-out', message, life.start, call))
  }
  const live = new Set(dump?.live.map(({ id }) => id))
  for (const life of dump === undefined ? [] : lives.values()) {
    if (life.mayEndFrom < Infinity || live.has(life.id)) continue
    const message = `session ${life.id} is gone from the store, and nothing had ended it`
    found.push(violation('signed-out', message, life.start))
  }
  return found
}

/** Who presents a session is served that one, for that person. */
export function checkOwners({ calls, lives }: Evidence): Violation[] {
  return calls.flatMap((call) => {
    if (!presents(call) || call.operation.do !== 'read' || call.outcome !== 'ok') return []
    const { id, subject } = call.result
    const life = lives.get(call.operation.session)
    if (life === undefined || (id === life.id && subject === life.subject)) return []
    const message = `${describe(call)} was served session ${String(id)} of ${String(subject)}`
    return [violation('stranger', message, life.start, call)]
  })
}
