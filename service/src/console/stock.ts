import type { Metrics, SeriesReading } from 'sojourn/telemetry'
import { COUNTED, type Counted } from './sample.js'

/** The part of the registry that is read. */
export type Readings = Pick<Metrics, 'read'>

/** Everything that only grows, as it stood at one instant; or by how much it grew between two. */
export interface Stock extends Readonly<Record<Counted, number>> {
  readonly hits: number
  readonly lookups: number
  /** How many answers of the store took how long, by the buckets of the histogram. */
  readonly calls: readonly number[]
}

/** Upper bounds of `calls` in seconds, but for the last. */
export function boundsOf(metrics: Readings): readonly number[] {
  return metrics.read(CALLS).find(({ histogram }) => histogram)?.histogram?.bounds ?? []
}

const CALLS = 'sojourn_store_calls_seconds'

export function takeStock(metrics: Readings): Stock {
  const total = (name: string, isCounted: (labels: SeriesReading['labels']) => boolean = all) =>
    sum(metrics.read(name).filter(({ labels }) => isCounted(labels)))
  const lookups = 'sojourn_cache_lookups_total'
  return {
    signIns: total('sojourn_sign_ins_total', ({ outcome }) => outcome === 'ok'),
    failures: total('sojourn_sign_ins_total', ({ outcome }) => outcome === 'failed'),
    refreshes: total('sojourn_refreshes_total'),
    reuse: total('sojourn_refresh_reuse_total'),
    refusals: total('sojourn_requests_refused_total', ({ outcome }) => outcome === 'refused'),
    hits: total(lookups, ({ outcome }) => outcome === 'hit'),
    lookups: total(lookups),
    calls: callsOf(metrics),
  }
}

/** Sessions that live in the whole store, as it said last; `undefined`: it never told. */
export function liveSessions(metrics: Readings): number | undefined {
  const shards = metrics.read('sojourn_sessions_live')
  return shards.length === 0 ? undefined : sum(shards)
}

/** Between two instants. A registry never goes back, but a part of it may begin anew. */
export function growth(before: Stock, after: Stock): Stock {
  const grown = (name: Counted | 'hits' | 'lookups'): number =>
    Math.max(0, after[name] - before[name])
  return {
    ...toCounts(grown),
    hits: grown('hits'),
    lookups: grown('lookups'),
    calls: after.calls.map((count, place) => Math.max(0, count - (before.calls[place] ?? 0))),
  }
}

export function addUp(stocks: readonly Stock[]): Stock {
  const all = (name: Counted | 'hits' | 'lookups'): number =>
    stocks.reduce((total, stock) => total + stock[name], 0)
  return {
    ...toCounts(all),
    hits: all('hits'),
    lookups: all('lookups'),
    calls: addLists(stocks.map(({ calls }) => calls)),
  }
}

/** How many values there are in all buckets. */
export function callsIn({ calls }: Stock): number {
  return calls.reduce((total, count) => total + count, 0)
}

export function toCounts(valueOf: (name: Counted) => number): Record<Counted, number> {
  return Object.fromEntries(COUNTED.map((name) => [name, valueOf(name)])) as Record<Counted, number>
}

/** Answers only: what a call that failed took says when somebody gave up, not how fast the store is. */
function callsOf(metrics: Readings): readonly number[] {
  const answered = metrics.read(CALLS).filter(({ labels }) => labels['outcome'] === 'ok')
  return addLists(answered.map(({ histogram }) => histogram?.counts ?? []))
}

function addLists(lists: readonly (readonly number[])[]): readonly number[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, place) =>
    lists.reduce((total, list) => total + (list[place] ?? 0), 0),
  )
}

const all = (): boolean => true

function sum(readings: readonly SeriesReading[]): number {
  return readings.reduce((total, { value }) => total + value, 0)
}
