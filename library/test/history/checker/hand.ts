import type { About, Dump, History, Line, Operation, Outcome, Result } from '../history.js'

const ABOUT: About = {
  kind: 'about',
  subject: 'by hand',
  seed: 0,
  staleness: 500,
  lateAfter: 1_000,
  grace: 10_000,
}

/** One call by hand: from when to when, what, and what came of it (default `ok`). */
export type ByHand = readonly [
  from: number,
  until: number,
  operation: Operation,
  outcome?: Outcome | Result | undefined,
  result?: Result | undefined,
  process?: number,
]

/** The same, at another process. */
export const elsewhere = ([from, until, operation, outcome, result]: ByHand): ByHand => [
  from,
  until,
  operation,
  outcome,
  result,
  1,
]

/** A history made up by hand. */
export function history(
  calls: readonly ByHand[],
  dump?: Omit<Dump, 'kind' | 'at'>,
  about: Partial<About> = {},
): History {
  const lines: Line[] = calls.flatMap(
    ([from, until, operation, outcome = 'ok', result, process = 0], call) => {
      const became = typeof outcome === 'string' ? outcome : 'ok'
      const told = typeof outcome === 'string' ? result : outcome
      return [
        { kind: 'invoke', call, at: from, client: 0, process, operation },
        { kind: 'complete', call, at: until, outcome: became, ...(told && { result: told }) },
      ] satisfies Line[]
    },
  )
  const last = dump === undefined ? [] : [{ kind: 'dump', at: 99_000, ...dump } satisfies Line]
  return [{ ...ABOUT, ...about }, ...lines, ...last]
}

/** Session `s` of ada, begun in the first ten milliseconds, with `token-1`. */
export const SIGN_IN: ByHand = [
  0,
  10,
  { do: 'sign-in', subject: 'ada' },
  { id: 's', token: 'token-1' },
]

export const read = (
  from: number,
  until: number,
  data: Record<string, unknown> = {},
  isFresh = true,
): ByHand => [from, until, { do: 'read', session: 's', isFresh }, { id: 's', subject: 'ada', data }]
export const refused = (from: number, until: number): ByHand => [
  from,
  until,
  { do: 'read', session: 's', isFresh: true },
  'refused',
]
export const set = (
  from: number,
  until: number,
  value: string,
  outcome: Outcome = 'ok',
): ByHand => [from, until, { do: 'set', session: 's', key: 'k', value }, outcome]
export const remove = (from: number, until: number, outcome: Outcome = 'ok'): ByHand => [
  from,
  until,
  { do: 'delete', session: 's', key: 'k' },
  outcome,
]
export const increment = (from: number, until: number, became: number | Outcome): ByHand => [
  from,
  until,
  { do: 'increment', session: 's', key: 'n' },
  typeof became === 'number' ? { sum: became } : became,
]
export const signOut = (from: number, until: number, outcome: Outcome = 'ok'): ByHand => [
  from,
  until,
  { do: 'sign-out', session: 's' },
  outcome,
]
export const revokeAll = (
  from: number,
  until: number,
  outcome: Outcome = 'ok',
  except?: string,
): ByHand => [
  from,
  until,
  { do: 'revoke-all', subject: 'ada', ...(except !== undefined && { except }) },
  outcome,
]
export const list = (from: number, until: number, ...ids: string[]): ByHand => [
  from,
  until,
  { do: 'list', subject: 'ada' },
  { ids },
]
/** `became`: the successor; or why it was refused. */
export const refresh = (
  from: number,
  until: number,
  token: string,
  became: { token: string } | { reason: string } | Outcome,
): ByHand => {
  const operation = { do: 'refresh', session: 's', token } as const
  if (typeof became === 'string') return [from, until, operation, became]
  return [from, until, operation, 'reason' in became ? 'refused' : 'ok', became]
}
