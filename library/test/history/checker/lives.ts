import { isA, type Call, type Told } from '../history.js'
import { honestOnes } from './tokens.js'

/** A session that was acknowledged, and when it can have ended. */
export interface Life {
  readonly id: string
  readonly subject: string
  readonly start: Call
  /** From this instant on something may have ended it; `Infinity`: nothing ever tried. */
  readonly mayEndFrom: number
  /** From this instant on it is over, for everybody who asks the store; `Infinity`: nobody knows of that. */
  readonly overFrom: number
  /** By whom it is over. */
  readonly overBy: Call | undefined
}

/** Every session that somebody was told of, by its id. */
export function livesOf(told: Told): ReadonlyMap<string, Life> {
  const honest = honestOnes(told)
  const lives = new Map<string, Life>()
  for (const start of told.calls) {
    const { id } = start.result
    if (!isA(start, 'sign-in') || start.outcome !== 'ok' || id === undefined) continue
    lives.set(id, liveOf(id, start.operation.subject, start, told.calls, honest))
  }
  return lives
}

function liveOf(
  id: string,
  subject: string,
  start: Call,
  calls: readonly Call[],
  honest: ReadonlySet<Call>,
): Life {
  let mayEndFrom = Infinity
  let overFrom = Infinity
  let overBy: Call | undefined
  const life = { id, subject, start }
  for (const call of calls) {
    if (mayEnd(call, life, honest)) mayEndFrom = Math.min(mayEndFrom, call.invokedAt)
    if (isOverAfter(call, life) && call.completedAt < overFrom) {
      overFrom = call.completedAt
      overBy = call
    }
  }
  return { ...life, mayEndFrom, overFrom, overBy }
}

type Born = Pick<Life, 'id' | 'subject' | 'start'>

/** Whether a call can have ended it, whatever it was answered. */
function mayEnd(call: Call, life: Born, honest: ReadonlySet<Call>): boolean {
  // A revoke that is refused, or a sign-out, did nothing.
  if (isA(call, 'revoke', 'sign-out')) {
    return call.operation.session === life.id && call.outcome !== 'refused'
  }
  if (isA(call, 'revoke-all')) {
    return isMeant(call, life) && call.settledAt > life.start.invokedAt
  }
  return isA(call, 'refresh') && call.operation.session === life.id && !honest.has(call)
}

/** Whether it is over for sure once a call was answered: it was ended, or somebody found it so. */
function isOverAfter(call: Call, life: Born): boolean {
  const { operation, outcome } = call
  if (isA(call, 'revoke-all')) {
    const isBefore = life.start.completedAt < call.invokedAt
    return outcome === 'ok' && isBefore && isMeant(call, life)
  }
  if (!('session' in operation) || operation.session !== life.id) return false
  // The token was good for nothing, the session may be as good as ever.
  if (operation.do === 'refresh') return outcome === 'refused' && call.result.reason !== undefined
  return (
    outcome === 'refused' ||
    ((operation.do === 'revoke' || operation.do === 'sign-out') && outcome === 'ok')
  )
}

function isMeant(
  { operation }: Call<Extract<Call['operation'], { readonly do: 'revoke-all' }>>,
  life: Born,
): boolean {
  return operation.subject === life.subject && operation.except !== life.id
}
