import { describe, expect, it } from 'vitest'
import { missesOf } from '../../../src/load/budget.js'
import { Latencies } from '../../../src/load/latencies.js'
import { isError, Recorder, type Outcome } from '../../../src/load/recorder.js'

/** Right to three digits. */
const near = (value: number): { asymmetricMatch(other: unknown): boolean } => ({
  asymmetricMatch: (other) => Math.abs(Number(other) - value) <= value / 500,
})

function sample(operation: string, outcome: Outcome, took = 1, served = took) {
  return { operation, outcome, took, served, bytes: { received: 100, sent: 10 } }
}

describe('percentiles', () => {
  it('are those of all values, to three digits, whatever their order', () => {
    const latencies = new Latencies()
    for (let value = 1_000; value >= 1; value -= 1) latencies.add(value)
    expect(latencies.percentiles).toEqual({
      p50: near(500),
      p90: near(900),
      p99: near(990),
      p999: near(999),
      max: near(1_000),
    })
  })

  it('are 0 where there is nothing, and keep what is very short or very long', () => {
    const latencies = new Latencies()
    expect(latencies.percentiles).toEqual({ p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })
    latencies.add(0)
    latencies.add(-1)
    latencies.add(1e12)
    expect(latencies.count).toBe(3)
    expect(latencies.percentiles).toMatchObject({ p50: 0.001, max: near(3_600_000) })
  })
})

describe('the recorder', () => {
  it('counts answers, errors by kind and bytes, for each operation and for all', () => {
    const recorder = new Recorder(['read', 'write'])
    for (const outcome of [200, 204, 303, 401, 503, 503, 'timeout'] as const) {
      recorder.add(sample('read', outcome))
    }
    recorder.add(sample('write', 429))
    recorder.add(sample('none', 'not-sent', 0))
    const { operations, all } = recorder.facts()
    expect(operations.map(({ operation, count }) => [operation, count])).toEqual([
      ['read', 7],
      ['write', 1],
    ])
    expect(operations[0]?.errors).toEqual({ '503': 2, '401': 1, timeout: 1 })
    expect(operations[0]?.bytes).toEqual({ received: 700, sent: 70 })
    expect(all.count).toBe(9)
    expect(all.errors).toEqual({ '503': 2, '401': 1, '429': 1, timeout: 1, 'not-sent': 1 })
  })

  it('takes a timeout for as long as it was waited for, and what never left for no time', () => {
    const recorder = new Recorder(['read'])
    recorder.add(sample('read', 200, 10))
    recorder.add(sample('read', 'timeout', 5_000))
    recorder.add(sample('read', 'connection', 9_000))
    recorder.add(sample('none', 'not-sent', 9_000))
    expect(recorder.facts().all.latency.max).toEqual(near(5_000))
  })

  it('tells apart how long it took since it was due, and since it was sent', () => {
    const recorder = new Recorder(['read'])
    recorder.add(sample('read', 200, 700, 7))
    const { all, served } = recorder.facts()
    expect([all.latency.p50, served.p50]).toEqual([near(700), near(7)])
  })

  it('shows who watches the time since the last look alone', () => {
    const recorder = new Recorder(['read'])
    recorder.add(sample('read', 500, 400))
    expect(recorder.live()).toMatchObject({ count: 1, errors: 1, p99: near(400) })
    recorder.add(sample('read', 200, 3))
    expect(recorder.live()).toMatchObject({ count: 2, errors: 1, p99: near(3) })
    expect(recorder.live()).toMatchObject({ count: 2, p50: 0, p99: 0 })
  })

  it('takes redirects for answers', () => {
    expect([200, 303, 399].map(isError)).toEqual([false, false, false])
    expect([400, 401, 503, 'timeout' as const].map(isError)).toEqual([true, true, true, true])
  })
})

describe('the budget', () => {
  const facts = (failed: number, count: number, p99 = 10) => {
    const recorder = new Recorder(['read'])
    for (let at = 0; at < count; at += 1) {
      recorder.add(sample('read', at < failed ? 503 : 200, p99))
    }
    return recorder.facts()
  }

  it('is kept up to the very share, and missed beyond it', () => {
    const budget = { maxErrors: 0.001, maxP99: undefined }
    expect(missesOf(facts(1, 1_000), budget)).toEqual([])
    expect(missesOf(facts(2, 1_000), budget)).toEqual([
      '2 of 1,000 requests failed (0.2%); --max-errors allows 0.1%.',
    ])
    expect(missesOf(facts(1, 1_000), { ...budget, maxErrors: 0 })).toHaveLength(1)
  })

  it('counts what was never sent as failed', () => {
    const recorder = new Recorder(['read'])
    recorder.add(sample('read', 200))
    recorder.add(sample('none', 'not-sent'))
    expect(missesOf(recorder.facts(), { maxErrors: 0.1, maxP99: undefined })).toHaveLength(1)
  })

  it('looks at p99 where that is asked for', () => {
    expect(missesOf(facts(0, 100, 40), { maxErrors: 0, maxP99: 50 })).toEqual([])
    expect(missesOf(facts(0, 100, 60), { maxErrors: 0, maxP99: 50 })).toEqual([
      'p99 was 60.0 ms; --max-p99 allows 50.0 ms.',
    ])
  })

  it('is missed by a run in which nothing happened', () => {
    expect(missesOf(facts(0, 0), { maxErrors: 1, maxP99: undefined })).toEqual([
      'Nothing was measured.',
    ])
  })
})
