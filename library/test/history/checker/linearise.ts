/**
 * Whether there is an order of steps that explains what everybody saw: each step at one instant between its `from` and its `until`,
 * and each seeing what the one before left (Wing and Gong's search, with Lowe's memory of dead ends).
 */

/** What one call did to one value, or saw of it. */
export interface Step<State> {
  /** Not before this instant. */
  readonly from: number
  /** Not after this one. */
  readonly until: number
  /** It may never have happened. */
  readonly isOptional: boolean
  /** It leaves everything as it is. */
  readonly isRead: boolean
  /** Steps of one name do the same, and see nothing: any of them is as good as another. */
  readonly sameAs?: string
  /** The state behind it; `undefined` where what was seen does not fit. */
  apply(state: State): { readonly state: State } | undefined
}

/** What came of a search. */
export interface Verdict<Some> {
  readonly isLinearisable: boolean
  /** The search was given up: it may be linearisable or not. */
  readonly isUndecided: boolean
  /** The steps that the best attempt could not place: the fault is the earliest of them, or near it. */
  readonly rest: readonly Some[]
}

/** So many positions are looked at before the search is given up. */
const MOST_POSITIONS = 300_000

export function linearise<State, Some extends Step<State>>(
  steps: readonly Some[],
  initial: State,
): Verdict<Some> {
  const sorted = [...steps].sort((one, other) => one.from - other.from)
  const placed = new Uint8Array(sorted.length)
  const deadEnds = new Set<string>()
  let best = sorted.filter(({ isOptional }) => !isOptional)

  /** @param now - all that was placed began before this instant, and nothing that follows may be over by then. */
  const search = (state: State, now: number): boolean => {
    const left = sorted.filter(({ isOptional }, at) => placed[at] === 0 && !isOptional)
    if (left.length < best.length) best = left
    if (left.length === 0) return true
    const position = `${placed.join('')}|${JSON.stringify(state)}`
    if (deadEnds.has(position)) return false
    if (deadEnds.size >= MOST_POSITIONS) return false
    const open = [...sorted.keys()].filter((at) => {
      const step = sorted[at]
      return placed[at] === 0 && step !== undefined && step.until >= now
    })
    for (const at of choices(sorted, open, state)) {
      const step = sorted[at]
      const after = step?.apply(state)
      if (step === undefined || after === undefined) continue
      placed[at] = 1
      if (search(after.state, Math.max(now, step.from))) return true
      placed[at] = 0
    }
    deadEnds.add(position)
    return false
  }
  const isLinearisable = search(initial, Number.NEGATIVE_INFINITY)
  const isUndecided = !isLinearisable && deadEnds.size >= MOST_POSITIONS
  return { isLinearisable, isUndecided, rest: isLinearisable ? [] : best }
}

/** Which of the open steps may come next: those that began before any that has to happen is over. */
function choices<State>(
  sorted: readonly Step<State>[],
  open: readonly number[],
  state: State,
): number[] {
  let limit = Infinity
  let firstOver = Infinity
  for (const at of open) {
    const { until = Infinity, isOptional = true } = sorted[at] ?? {}
    firstOver = Math.min(firstOver, until)
    if (!isOptional) limit = Math.min(limit, until)
  }
  const next = open.filter((at) => (sorted[at]?.from ?? Infinity) <= limit)
  // A read that fits changes nothing, and hurries nobody who is still open: nothing is lost by placing it first.
  const read = next.find((at) => {
    const step = sorted[at]
    return step?.isRead === true && step.from <= firstOver && step.apply(state) !== undefined
  })
  return read === undefined ? withoutTwins(sorted, next) : [read]
}

/** Of two steps that may happen and do the same, the one that begins and ends no later goes first. */
function withoutTwins<State>(sorted: readonly Step<State>[], next: readonly number[]): number[] {
  return next.filter((at, place) => {
    const step = sorted[at]
    if (step?.isOptional !== true || step.sameAs === undefined) return true
    // They are in the order in which they begin.
    return !next.slice(0, place).some((before) => {
      const other = sorted[before]
      return other?.isOptional === true && other.sameAs === step.sameAs && other.until <= step.until
    })
  })
}
