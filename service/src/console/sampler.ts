import { setTimeout as pause } from 'node:timers/promises'
import { COLUMNS, type Counted, type Sample } from './sample.js'
import { quantile } from './quantile.js'
import {
  addUp,
  boundsOf,
  callsIn,
  growth,
  liveSessions,
  takeStock,
  toCounts,
  type Readings,
  type Stock,
} from './stock.js'

/** Milliseconds between two samples. */
export const EVERY = 5_000
/** Samples that are kept: a quarter of an hour. */
export const KEPT = 180
/** Milliseconds that a sample tells of. */
const SPAN = 60_000
/** How often a store is asked that says no. */
const LOOKS = 3
/** A store that takes longer to say how it does gives no answer. Milliseconds. */
const LOOK_WITHIN = 2_000

/** How a process is sampled. */
export interface SamplerOptions {
  readonly metrics: Readings
  /** Looks at the store now: whether it answered. Never rejects. */
  readonly look: () => Promise<boolean>
  /** Whether anybody may ever look: asked before each sample until it says yes. Never rejects. Default: yes. */
  readonly isWanted?: () => Promise<boolean>
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** The last quarter of an hour of this process. */
export interface Sampler {
  /** The oldest first; at most {@link KEPT}. */
  samples(): readonly Sample[]
  /** What was counted in all of them together. */
  totals(): Readonly<Record<Counted, number>>
  /** Since when the store has given no answer; `undefined`: it has. */
  awaySince(): number | undefined
  /** Calls `listener` after each sample. The answer stops it. */
  onSample(listener: () => void): () => void
  /** Takes a sample now. */
  take(): Promise<void>
  /** Takes one now and one every {@link EVERY}, from when they are wanted on. It keeps no process alive. */
  start(): void
  close(): void
}

interface Moment {
  readonly sample: Sample
  readonly grown: Stock
}

export function createSampler(options: SamplerOptions): Sampler {
  const { metrics, look, isWanted = () => Promise.resolve(true), now } = options
  let hasBegun = false
  const listeners = new Set<() => void>()
  let moments: readonly Moment[] = []
  let before = takeStock(metrics)
  let awaySince: number | undefined
  let timer: ReturnType<typeof setInterval> | undefined

  const take = async (): Promise<void> => {
    const asked = takeStock(metrics)
    const isUp = await Promise.race([seen(look), pause(LOOK_WITHIN, false, { ref: false })])
    const at = now()
    const after = takeStock(metrics)
    const grown = growth(before, after)
    before = after
    // One node of a cluster may be away, while requests are answered by others.
    const isAway = !isUp && callsIn(growth(asked, after)) === 0
    awaySince = isAway ? (awaySince ?? at) : undefined
    moments = withGap(moments, at)
    const minute = moments.filter(({ sample }) => sample.at > at - SPAN).map((one) => one.grown)
    const sample = isAway ? unknownAt(at, true) : sampleOf(at, addUp([...minute, grown]), metrics)
    moments = [...moments, { sample, grown }].slice(-KEPT)
    for (const listener of listeners) listener()
  }

  const tick = async (): Promise<void> => {
    hasBegun ||= await isWanted()
    if (hasBegun) await take()
  }

  return {
    samples: () => moments.map(({ sample }) => sample),
    totals: () => toCounts((name) => moments.reduce((sum, { grown }) => sum + grown[name], 0)),
    awaySince: () => awaySince,
    onSample(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    take,
    start() {
      void tick()
      timer = setInterval(() => void tick(), EVERY).unref()
    },
    close() {
      clearInterval(timer)
      listeners.clear()
    },
  }
}

/** Each look comes to a node of its own, where there are several: one of them answers while any does, as good as always. */
async function seen(look: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < LOOKS; tries += 1) if (await look()) return true
  return false
}

/** Where the process stood still for a while (a host that slept, a busy minute), nothing is known of that while. */
function withGap(moments: readonly Moment[], at: number): readonly Moment[] {
  const last = moments.at(-1)
  if (last === undefined || at - last.sample.at < EVERY * 2) return moments
  const sample = unknownAt(last.sample.at + EVERY, false)
  return [...moments, { sample, grown: addUp([]) }]
}

function unknownAt(at: number, isAway: boolean): Sample {
  const values = Object.fromEntries(COLUMNS.map((name) => [name, null])) as Record<
    (typeof COLUMNS)[number],
    null
  >
  return { at, isAway, ...values }
}

function sampleOf(at: number, minute: Stock, metrics: Readings): Sample {
  const bounds = boundsOf(metrics)
  const latency = (share: number): number | null =>
    rounded(quantile(share, minute.calls, bounds), 6)
  return {
    at,
    isAway: false,
    sessions: liveSessions(metrics) ?? null,
    ...toCounts((name) => minute[name]),
    p50: latency(0.5),
    p95: latency(0.95),
    p99: latency(0.99),
    hitRate: minute.lookups === 0 ? null : rounded(minute.hits / minute.lookups, 3),
  }
}

function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits))
}
