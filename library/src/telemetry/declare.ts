import type { Family } from './family.js'
import type { Metrics } from './metrics.js'
import type { Counter, Gauge, Histogram } from './series.js'

/** Words that may stand in a label; or, where they are not known beforehand, what stands there, in words. */
export type LabelText = readonly string[] | string

/**
 * One entry of a catalogue: everything about a series but its numbers. What is exposed and what the reference says are
 * both made of it.
 */
export interface SeriesText<Label extends string = string> {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: Readonly<Record<Label, LabelText>>
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[]
  /** Most series of the name. Default 100. */
  readonly limit?: number
  /** Where it is shown; default: always. */
  readonly when?: string
}

/** Declares a counter of a catalogue. */
export function declareCounter<Label extends string>(
  metrics: Metrics,
  { name, help, labels, limit }: SeriesText<Label>,
): Family<Label, Counter> {
  return metrics.counter(name, help, namesOf(labels), limit)
}

/** Declares a gauge of a catalogue. */
export function declareGauge<Label extends string>(
  metrics: Metrics,
  { name, help, labels, limit }: SeriesText<Label>,
): Family<Label, Gauge> {
  return metrics.gauge(name, help, namesOf(labels), limit)
}

/** Declares a histogram of a catalogue. */
export function declareHistogram<Label extends string>(
  metrics: Metrics,
  { name, help, labels, limit, buckets = [] }: SeriesText<Label>,
): Family<Label, Histogram> {
  return metrics.histogram(name, help, namesOf(labels), buckets, limit)
}

function namesOf<Label extends string>(labels: Readonly<Record<Label, LabelText>>): Label[] {
  return Object.keys(labels) as Label[]
}

/** Declares a counter or a gauge without labels that takes its value from `source` each time it is read. */
export function showFrom(
  metrics: Metrics,
  text: SeriesText<never>,
  source: () => number | undefined,
): void {
  const declare = text.kind === 'counter' ? declareCounter : declareGauge
  declare(metrics, text).series({}).readFrom(source)
}

/** Counts one more of what the words say, in the order of the labels, or several. */
export type Count = (words: readonly string[], amount?: number) => void

/**
 * Declares a counter whose labels all have words, and shows every combination of them at 0. A word that was not foreseen
 * counts as `other`, whatever it says: a label must not become a place where names of people end up.
 */
export function declareCount(metrics: Metrics, text: SeriesText): Count {
  const family = declareCounter(metrics, text)
  const labels = Object.entries(text.labels)
  const known = labels.map(([, words]) => new Set(typeof words === 'string' ? [] : words))
  const bound = new Map<string, Counter>()
  const bind = (words: readonly string[]): Counter => {
    const values = labels.map(([label], index) => [label, words[index] ?? ''])
    const series = family.series(Object.fromEntries(values) as Record<string, string>)
    bound.set(words.join('\n'), series)
    return series
  }
  for (const words of combinations(known.map((one) => [...one]))) bind(words)
  const bounded = (words: readonly string[]): string[] =>
    words.map((word, index) => (known[index]?.has(word) === true ? word : 'other'))
  return (words, amount) => {
    const series = bound.get(words.length === 1 ? (words[0] ?? '') : words.join('\n'))
    const counter = series ?? bind(bounded(words))
    counter.add(amount)
  }
}

function combinations(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>(
    (begun, list) => begun.flatMap((words) => list.map((word) => [...words, word])),
    [[]],
  )
}
