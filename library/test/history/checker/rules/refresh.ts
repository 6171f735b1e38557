import { describe, violation, type Evidence, type Violation } from '../evidence.js'
import { honestOnes, presentations, type Presentation } from '../tokens.js'

/** One token has one successor; it is dead once that was exchanged; and no honest client is taken for a thief. */
export function checkRefresh(evidence: Evidence): Violation[] {
  const all = presentations(evidence)
  return [...[...all.values()].flatMap((calls) => checkToken(calls, all)), ...checkAlarms(evidence)]
}

function checkToken(
  calls: readonly Presentation[],
  all: ReadonlyMap<string, readonly Presentation[]>,
): Violation[] {
  const exchanged = calls.filter(({ outcome }) => outcome === 'ok')
  const [first] = exchanged
  if (first === undefined) return []
  const found: Violation[] = []
  const other = exchanged.find(({ result }) => result.token !== first.result.token)
  if (other !== undefined) {
    const message = `${first.operation.token} has two successors: ${String(first.result.token)} and ${String(other.result.token)}`
    found.push(violation('two-successors', message, first, other))
  }
  const goneOn = (all.get(first.result.token ?? '') ?? []).filter(({ outcome }) => outcome === 'ok')
  for (const next of goneOn) {
    const late = exchanged.find(({ invokedAt }) => invokedAt > next.completedAt)
    if (late === undefined) continue
    const message = `${describe(late)} was exchanged after its successor had been`
    found.push(violation('two-successors', message, first, next, late))
    break
  }
  return found
}

function checkAlarms(evidence: Evidence): Violation[] {
  const honest = honestOnes(evidence)
  const { calls, lives } = evidence
  return calls.flatMap((call) => {
    if (call.outcome !== 'refused' || call.result.reason !== 'refresh_reuse') return []
    const { session } = call.operation as { readonly session?: string }
    const life = lives.get(session ?? '')
    if (life === undefined) return []
    // Somebody did what only a thief does, or may have, before this was answered.
    const isExcused = calls.some(
      (one) =>
        one.operation.do === 'refresh' &&
        one.operation.session === session &&
        one.invokedAt <= call.completedAt &&
        !honest.has(one),
    )
    if (isExcused) return []
    return [violation('false-alarm', `${describe(call)} was taken for a theft`, life.start, call)]
  })
}
