import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../../library/src/telemetry/index.js'
import { samplesOf } from '../../../../library/test/telemetry/samples.js'
import { createQueue } from '../../../src/account/queue.js'
import { createCensus } from '../../../src/metrics/census.js'
import { observePasswordQueue, observeStoreHealth } from '../../../src/metrics/index.js'

type Details = Record<string, string | number | boolean>

function stage(answers: (() => Details)[], name = 'redis') {
  const metrics = createMetrics()
  let elapsed = 0
  let asked = 0
  const look = observeStoreHealth(
    metrics,
    {
      name,
      check: async () => {
        const details = (answers[asked] ?? answers.at(-1) ?? (() => ({})))()
        asked += 1
        return Promise.resolve({ details })
      },
    },
    () => elapsed,
  )
  return {
    look,
    asked: () => asked,
    pass(milliseconds: number) {
      elapsed += milliseconds
    },
    read: () => samplesOf(metrics.text()),
  }
}

describe('observeStoreHealth', () => {
  it('asks once at first and then every ten seconds at most, as somebody reads', async () => {
    const { look, asked, pass, read } = stage([() => ({ memoryUsed: 5 })])
    await look()
    expect(asked()).toBe(1)
    for (const _ of [1, 2, 3]) read()
    expect(asked()).toBe(1)
    pass(10_000)
    for (const _ of [1, 2, 3]) read()
    expect(asked()).toBe(2)
  })

  it('tells each node of a cluster apart, and forgets who is not heard of any more', async () => {
    const nodes = ['a:1', 'b:1'].map((shard, index) => () => ({
      shard,
      memoryUsed: index + 1,
      role: 'master',
      evictedKeys: 7,
      replicationOffset: 100,
      replicaOffset: 60,
      aof: 1,
      appendOnlyWrite: 'err',
    }))
    const { look, pass, read } = stage(nodes)
    await look()
    pass(200_000)
    await look()
    const samples = read()
    expect(samples.get('sojourn_redis_memory_used_bytes{shard="a:1"}')).toBe(1)
    expect(samples.get('sojourn_redis_memory_used_bytes{shard="b:1"}')).toBe(2)
    expect(samples.get('sojourn_redis_replication_lag_bytes{shard="a:1"}')).toBe(40)
    expect(samples.get('sojourn_redis_primary{shard="b:1"}')).toBe(1)
    expect(samples.get('sojourn_redis_append_only_write_ok{shard="b:1"}')).toBe(0)
    expect(samples.has('sojourn_redis_save_ok{shard="b:1"}')).toBe(false)
    pass(100_000)
    expect(read().has('sojourn_redis_memory_used_bytes{shard="a:1"}')).toBe(false)
    expect(read().get('sojourn_redis_evicted_keys_total{shard="b:1"}')).toBe(7)
  })

  it('says where the store does not answer, and then what it said last', async () => {
    const away = (): Details => {
      throw new Error('away')
    }
    const { look, read } = stage([() => ({ sessions: 3, isWritable: true }), away], 'sqlite')
    await look()
    expect(read().get('sojourn_store_up')).toBe(1)
    await look()
    const samples = read()
    expect(samples.get('sojourn_store_up')).toBe(0)
    expect(samples.get('sojourn_sessions_live{shard="all"}')).toBe(3)
    expect(samples.get('sojourn_sqlite_writable{shard="all"}')).toBe(1)
    expect([...samples.keys()].some((name) => name.includes('redis'))).toBe(false)
  })
})

describe('the census', () => {
  it('adds up what was drawn, over the last 64 looks', () => {
    const census = createCensus()
    const details = { keys: 1_000, keysDrawn: 32, sessionsDrawn: 8 }
    census.note('all', details)
    expect(census.live('all', details)).toBe(250)
    census.note('all', { ...details, sessionsDrawn: 24 })
    expect(census.live('all', details)).toBe(500)
    for (let look = 0; look < 64; look += 1) census.note('all', { ...details, sessionsDrawn: 32 })
    expect(census.live('all', details)).toBe(1_000)
    expect(census.live('all', { ...details, keys: 0 })).toBe(0)
  })

  it('knows nothing where nothing was drawn', () => {
    const census = createCensus()
    census.note('all', { keys: 5, keysDrawn: 0, sessionsDrawn: 0 })
    expect(census.live('all', { keys: 5 })).toBeUndefined()
    expect(census.live('all', {})).toBeUndefined()
  })
})

describe('the line in which passwords wait', () => {
  it('tells how long they waited and took, and who was turned away', async () => {
    const metrics = createMetrics()
    const observer = observePasswordQueue(metrics, () => queue.length)
    const queue = createQueue({ atOnce: 1, waiting: 1 }, observer)
    let finish = (): void => undefined
    const first = queue.run(() => new Promise<void>((resolve) => (finish = resolve)))
    const second = queue.run(() => Promise.resolve())
    await expect(queue.run(() => Promise.resolve())).rejects.toThrow()
    const read = (name: string) => samplesOf(metrics.text()).get(`sojourn_password_${name}`)
    expect([read('queue_length'), read('refused_total'), read('wait_seconds_count')]).toEqual([
      1, 1, 1,
    ])
    finish()
    await Promise.all([first, second])
    expect([read('queue_length'), read('wait_seconds_count'), read('hash_seconds_count')]).toEqual([
      0, 2, 2,
    ])
  })
})
