import { isA, type Call } from '../../history.js'
import { describe, violation, type Evidence, type Violation } from '../evidence.js'
import { overAt } from '../lives.js'

/** The index is the records, and every list is what lived while it was made. */
export function checkIndex(evidence: Evidence): Violation[] {
  return [...checkDump(evidence), ...evidence.calls.flatMap((call) => checkList(call, evidence))]
}

function checkDump({ dump, lives }: Evidence): Violation[] {
  if (dump === undefined) return []
  const found: Violation[] = []
  const live = new Map(dump.live.map(({ id, subject }) => [id, subject]))
  if (dump.indexed !== null) {
    const indexed = new Map(dump.indexed.map(({ id, subject }) => [id, subject]))
    for (const [id, subject] of live) {
      if (indexed.get(id) !== subject) {
        found.push(violation('index', `live session ${id} is not in the index of ${subject}`))
      }
    }
    for (const [id, subject] of indexed) {
      if (live.get(id) === subject) continue
      found.push(violation('index', `${subject} has an index entry of ${id}, which does not live`))
    }
  }
  for (const id of live.keys()) {
    const life = lives.get(id)
    const over = life === undefined ? undefined : overAt(life)
    if (over === undefined) continue
    const message = `session ${id} rests in the store as live, and was over`
    found.push(violation('resurrected', message, over.by))
  }
  return found
}

function checkList(call: Call, { lives }: Evidence): Violation[] {
  if (!isA(call, 'list') || call.outcome !== 'ok') return []
  const found: Violation[] = []
  const ids = new Set(call.result.ids)
  for (const life of lives.values()) {
    const isListed = ids.has(life.id)
    const over = overAt(life, call.process)
    if (life.subject !== call.operation.subject) {
      if (!isListed) continue
      const message = `${describe(call)} answers ${life.id} of ${life.subject}`
      found.push(violation('stranger', message, life.start, call))
    } else if (isListed && over !== undefined && over.from < call.invokedAt) {
      const message = `${describe(call)} answers ${life.id}, which was over`
      found.push(violation('index', message, over.by, call))
    } else if (
      !isListed &&
      life.start.completedAt < call.invokedAt &&
      call.completedAt < life.mayEndFrom
    ) {
      const message = `${describe(call)} lacks ${life.id}, which nothing had ended`
      found.push(violation('index', message, life.start, call))
    }
  }
  return found
}

/**
 * Only a sign-in creates. A session that nobody was told of needs one whose answer was lost: as many sign-ins of unknown outcome
 * as there are such sessions of a person, each sent before the session was seen.
 */
export function checkCreation({ calls, dump, lives }: Evidence): Violation[] {
  const found: Violation[] = []
  const seen = [
    ...calls.flatMap((call) =>
      isA(call, 'list') && call.outcome === 'ok'
        ? (call.result.ids ?? []).map((id) => ({ id, subject: call.operation.subject, call }))
        : [],
    ),
    ...(dump?.live ?? []).map((one) => ({ ...one, call: undefined })),
  ]
  const unexplained = new Map<string, Set<string>>()
  for (const { id, subject, call } of seen) {
    if (lives.has(id)) continue
    const ids = (unexplained.get(subject) ?? new Set<string>()).add(id)
    unexplained.set(subject, ids)
    const lost = calls.filter(
      (one) =>
        isA(one, 'sign-in') &&
        one.operation.subject === subject &&
        (one.outcome === 'unknown' || one.outcome === 'abandoned') &&
        one.invokedAt < (call?.completedAt ?? Infinity),
    )
    if (ids.size <= lost.length) continue
    const message = `no sign-in of ${subject} explains session ${id}`
    found.push(violation('created', message, ...(call === undefined ? [] : [call])))
  }
  return found
}
