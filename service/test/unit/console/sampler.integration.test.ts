import { createMetrics, declareGauge, type Metrics } from 'sojourn/telemetry'
import { observeStoreCalls } from 'sojourn/telemetry'
import { describe, expect, it } from 'vitest'
import { createSampler, EVERY, KEPT, toColumns, COLUMNS } from '../../../src/console/index.js'
import { observeSignIns, OWN_SERIES } from '../../../src/metrics/index.js'

/** A process with a clock of its own. Each `pass` is one sample. */
function stage() {
  const metrics = createMetrics()
  const world = { now: 1_000_000, isUp: true, whileLooking: (): void => undefined }
  const countSignIn = observeSignIns(metrics)
  const onCall = observeStoreCalls(metrics, 'redis')
  const sampler = createSampler({
    metrics,
    look: () => {
      world.whileLooking()
      return Promise.resolve(world.isUp)
    },
    now: () => world.now,
  })
  const pass = async (milliseconds = EVERY): Promise<void> => {
    world.now += milliseconds
    await sampler.take()
  }
  const last = () => sampler.samples().at(-1)
  return { metrics, world, countSignIn, onCall, sampler, pass, last }
}

function setLive(metrics: Metrics, shard: string, sessions: number): void {
  declareGauge(metrics, OWN_SERIES.live).series({ shard }).set(sessions)
}

describe('the sampler', () => {
  it('counts what happened in the minute before each sample, and all of it for the whole window', async () => {
    const { countSignIn, pass, last, sampler } = stage()
    await pass()
    countSignIn('ok')
    countSignIn('failed')
    countSignIn('ok')
    countSignIn('limited')
    await pass()
    expect(last()).toMatchObject({ signIns: 2, failures: 1, refreshes: 0, reuse: 0, isAway: false })
    for (let n = 0; n < 10; n += 1) await pass()
    // 55 seconds later it still lies in the last minute, 60 seconds later no more.
    expect(last()).toMatchObject({ signIns: 2 })
    await pass()
    await pass()
    expect(last()).toMatchObject({ signIns: 0, failures: 0 })
    expect(sampler.totals()).toMatchObject({ signIns: 2, failures: 1 })
  })

  it('adds up the live sessions of all parts of the store', async () => {
    const { metrics, pass, last } = stage()
    await pass()
    expect(last()?.sessions).toBe(null)
    setLive(metrics, 'a:1', 40)
    setLive(metrics, 'b:1', 2)
    await pass()
    expect(last()?.sessions).toBe(42)
  })

  it('knows nothing while the store is away: no value is 0, and it says since when', async () => {
    const { metrics, world, countSignIn, onCall, pass, last, sampler } = stage()
    setLive(metrics, 'all', 7)
    onCall('read', 2, 'ok')
    await pass()
    world.isUp = false
    onCall('read', 250, 'fault')
    countSignIn('failed')
    await pass()
    expect(last()?.isAway).toBe(true)
    expect(COLUMNS.map((name) => last()?.[name])).toEqual(COLUMNS.map(() => null))
    expect(sampler.awaySince()).toBe(world.now)
    await pass()
    expect(sampler.awaySince()).toBe(world.now - EVERY)
    world.isUp = true
    await pass()
    expect(last()).toMatchObject({ sessions: 7, failures: 1, isAway: false })
    expect(sampler.awaySince()).toBe(undefined)
  })

  it('goes by the answers to requests where the looks came to nodes that are away', async () => {
    const { world, onCall, pass, last } = stage()
    world.isUp = false
    onCall('read', 1, 'ok')
    await pass()
    // What was answered before the look says nothing of now.
    expect(last()).toMatchObject({ isAway: true, signIns: null })
    world.whileLooking = () => {
      onCall('read', 1, 'ok')
    }
    await pass()
    expect(last()).toMatchObject({ isAway: false, signIns: 0 })
  })

  it('looks again where a look failed: the next may come to another node', async () => {
    const { world, pass, last } = stage()
    let looks = 0
    world.isUp = false
    world.whileLooking = () => {
      looks += 1
      world.isUp = looks === 3
    }
    await pass()
    expect([looks, last()?.isAway]).toEqual([3, false])
  })

  it('takes a store for away that says nothing at all', async () => {
    const metrics = createMetrics()
    const never = new Promise<boolean>(() => undefined)
    const sampler = createSampler({ metrics, look: () => never, now: () => 5 })
    await sampler.take()
    expect(sampler.samples()).toMatchObject([{ at: 5, isAway: true, signIns: null }])
  })

  it('measures how long answers took, by their buckets, and leaves out those that never came', async () => {
    const { onCall, pass, last } = stage()
    for (let n = 0; n < 98; n += 1) onCall('read', 0.4, 'ok')
    onCall('read', 20, 'ok')
    onCall('create', 5_000, 'ok')
    onCall('read', 250, 'fault')
    await pass()
    const { p50, p95, p99 } = last() ?? {}
    expect(p50).toBeCloseTo(0.000_378, 5)
    expect(p95).toBeGreaterThan(0.000_49)
    expect(p95).toBeLessThanOrEqual(0.000_5)
    expect(p99).toBeCloseTo(0.025, 5)
    for (let n = 0; n < 13; n += 1) await pass()
    expect(last()).toMatchObject({ p50: null, p95: null, p99: null, isAway: false })
  })

  it('shows the share of reads that the cache answered, and none where nothing was read', async () => {
    const { metrics, pass, last } = stage()
    const lookups = metrics.counter('sojourn_cache_lookups_total', 'Reads.', ['outcome'])
    await pass()
    expect(last()?.hitRate).toBe(null)
    lookups.series({ outcome: 'hit' }).add(3)
    lookups.series({ outcome: 'miss' }).add()
    await pass()
    expect(last()?.hitRate).toBe(0.75)
  })

  it('keeps a quarter of an hour and no more', async () => {
    const { pass, sampler, countSignIn } = stage()
    countSignIn('ok')
    for (let n = 0; n < KEPT + 20; n += 1) await pass()
    expect(sampler.samples().length).toBe(KEPT)
    expect(sampler.totals().signIns).toBe(0)
    const columns = toColumns(sampler.samples())
    expect(new Set(Object.values(columns).map(({ length }) => length))).toEqual(new Set([KEPT]))
    // What a page carries: some kilobytes, however long the process runs.
    expect(JSON.stringify(columns).length).toBeLessThan(16_384)
  })

  it('leaves a gap where the process stood still', async () => {
    const { pass, sampler } = stage()
    await pass()
    await pass(EVERY * 6)
    const [, gap, after] = sampler.samples()
    expect([gap?.signIns, gap?.isAway, after?.signIns]).toEqual([null, false, 0])
  })

  it('tells of each sample until nobody wants to hear of it', async () => {
    const { pass, sampler } = stage()
    let heard = 0
    const stop = sampler.onSample(() => (heard += 1))
    await pass()
    stop()
    await pass()
    expect(heard).toBe(1)
  })
})
