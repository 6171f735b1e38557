import { isA, type Call, type Told } from '../history.js'
import { honestOnes } from './tokens.js'

/** A session that was acknowledged, and when it can have ended. */
export interface Life {
  readonly id: string
  readonly subject: string
  readonly start: Call
  /** From this instant on something may have ended it; `Infinity`: nothing ever tried. */
  readonly mayEndFrom: number
  /** What shows that it is over, the earliest first. */
  readonly overs: readonly Over[]
}

/** That a session is over from an instant on, for everybody who asks the store. */
export interface Over {
  readonly from: number
  readonly by: Call
  /**
   * It is over at this process alone: that was asked to end it, could not, and holds it back until the store takes the end.
   * `undefined`: it is over everywhere.
   */
  readonly onlyAt: number | undefined
}

/** The earliest sign that a session is over at a process; without one, in the store. */
export function overAt({ overs }: Life, process?: number): Over | undefined {
  return overs.find(({ onlyAt }) => onlyAt === undefined || onlyAt === process)
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
  const overs: Over[] = []
  const life = { id, subject, start }
  for (const call of calls) {
    if (mayEnd(call, life, honest)) mayEndFrom = Math.min(mayEndFrom, call.invokedAt)
    if (!isOverAfter(call, life)) continue
    const isHeldBack = call.outcome === 'refused' && calls.some((end) => isVain(end, call, life))
    const onlyAt = isHeldBack ? call.process : undefined
    overs.push({ from: call.completedAt, by: call, onlyAt })
  }
  return { ...life, mayEndFrom, overs: overs.sort((a, b) => a.from - b.from) }
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

/** Whether the process that refused a session had been asked to end it before, and had not got it done. */
function isVain(end: Call, refused: Call, life: Born): boolean {
  if (end.process !== refused.process || end.invokedAt >= refused.completedAt) return false
  if (end.outcome === 'ok' || end.outcome === 'refused') return false
  if (isA(end, 'revoke', 'sign-out', 'refresh')) return end.operation.session === life.id
  return isA(end, 'revoke-all') && isMeant(end, life)
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
