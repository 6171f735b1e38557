import type { Column, Sample } from '../../console/index.js'
import { texts } from '../texts.js'
import { durationWords } from '../time.js'
import { numberWords, type Unit } from './numbers.js'
import type { OverviewFacts } from './overview-props.js'

const words = texts.console.overview

/** How a line is drawn: each is told from the others by its pattern as well as by its colour. */
export type Stroke = 'first' | 'second' | 'third' | 'alarm'

export interface Line {
  readonly column: Column
  readonly name: string
  readonly stroke: Stroke
}

export interface Chart {
  readonly id: keyof typeof words.charts
  readonly unit: Unit
  readonly lines: readonly Line[]
}

const { lines } = words

/** The charts, in their order. */
export const CHARTS: readonly Chart[] = [
  {
    id: 'sessions',
    unit: 'count',
    lines: [{ column: 'sessions', name: lines.sessions, stroke: 'first' }],
  },
  {
    id: 'signIns',
    unit: 'count',
    lines: [
      { column: 'signIns', name: lines.signIns, stroke: 'first' },
      { column: 'failures', name: lines.failures, stroke: 'alarm' },
    ],
  },
  {
    id: 'latency',
    unit: 'seconds',
    lines: [
      { column: 'p50', name: lines.p50, stroke: 'first' },
      { column: 'p95', name: lines.p95, stroke: 'second' },
      { column: 'p99', name: lines.p99, stroke: 'third' },
    ],
  },
  {
    id: 'hitRate',
    unit: 'share',
    lines: [{ column: 'hitRate', name: lines.hitRate, stroke: 'first' }],
  },
  {
    id: 'refreshes',
    unit: 'count',
    lines: [{ column: 'refreshes', name: lines.refreshes, stroke: 'first' }],
  },
  {
    id: 'reuse',
    unit: 'count',
    lines: [{ column: 'reuse', name: lines.reuse, stroke: 'alarm' }],
  },
]

const MINUTE = 60_000

/** How far back the samples reach: `the last 15 minutes`. */
export function reachOf({ samples, kept }: Pick<OverviewFacts, 'samples' | 'kept'>): string {
  const [first, last] = [samples[0], samples.at(-1)]
  const reach = first === undefined || last === undefined ? 0 : last.at - first.at
  const whole = Math.min(kept, Math.max(MINUTE, Math.round(reach / MINUTE) * MINUTE))
  return words.reach(durationWords(whole), whole === MINUTE)
}

/** What a chart shows, in a sentence: `12 now, 9 to 15 in the last 15 minutes.` */
export function summaryOf({ unit, lines: drawn }: Chart, facts: OverviewFacts): string {
  return drawn.map(({ column, name }) => lineSummary(column, name, unit, facts)).join(' ')
}

function lineSummary(column: Column, name: string, unit: Unit, facts: OverviewFacts): string {
  const known = facts.samples.flatMap((sample) => sample[column] ?? [])
  const now = stateWords(facts.samples.at(-1), column, unit)
  if (known.length === 0) return words.summaryNone(name, now)
  const [low, high] = [Math.min(...known), Math.max(...known)].map((one) => numberWords(one, unit))
  return words.summary(name, now, low ?? '', high ?? '', reachOf(facts))
}

/** A value, or in words why there is none. */
export function stateWords(sample: Sample | undefined, column: Column, unit: Unit): string {
  const value = sample?.[column] ?? null
  if (value !== null) return numberWords(value, unit)
  return sample?.isAway === true ? words.noAnswer : words.nothing
}
