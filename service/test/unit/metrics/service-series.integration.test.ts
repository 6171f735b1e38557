import { describe, expect, it } from 'vitest'
import { samplesOf } from '../../../../library/test/telemetry/samples.js'
import { createMetrics } from '../../../../library/src/telemetry/index.js'
import {
  observeBuild,
  observePasswordQueue,
  observeProcess,
  observeSignIns,
} from '../../../src/metrics/index.js'

describe('observeProcess', () => {
  it('tells memory, CPU time, uptime and the lag of the event loop, in base units', async () => {
    const metrics = createMetrics()
    const stop = observeProcess(metrics)
    await pause(60)
    block(150)
    await pause(60)
    const samples = samplesOf(metrics.text())
    stop()
    const value = (name: string) => samples.get(name) ?? NaN
    const { rss } = process.memoryUsage()
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(rss / 2)
    expect(value('process_resident_memory_bytes')).toBeLessThan(rss * 2)
    expect(value('nodejs_heap_size_used_bytes')).toBeGreaterThan(1e6)
    expect(value('nodejs_heap_size_total_bytes')).toBeGreaterThan(1e6)
    expect(value('nodejs_external_memory_bytes')).toBeGreaterThan(0)
    const { user, system } = process.cpuUsage()
    expect(value('process_cpu_seconds_total')).toBeCloseTo((user + system) / 1e6, 0)
    expect(value('process_uptime_seconds')).toBeCloseTo(process.uptime(), 0)
    const startedAt = Date.now() / 1_000 - process.uptime()
    expect(Math.abs(value('process_start_time_seconds') - startedAt)).toBeLessThan(2)
    expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0.08)
    expect(value('nodejs_eventloop_lag_p99_seconds')).toBeLessThan(2)
    expect(value('nodejs_eventloop_lag_p50_seconds')).toBeGreaterThanOrEqual(0)
    expect(value('nodejs_eventloop_lag_p50_seconds')).toBeLessThan(0.08)
  })

  it('tells the lag since the last reading, not that of all time', async () => {
    const metrics = createMetrics()
    const stop = observeProcess(metrics)
    await pause(60)
    block(500)
    await pause(60)
    metrics.text()
    await pause(200)
    const lag = samplesOf(metrics.text()).get('nodejs_eventloop_lag_p99_seconds')
    stop()
    expect(lag).toBeLessThan(0.4)
  })
})

describe('the other series of the service', () => {
  it('count sign-ins by outcome, from 0', () => {
    const metrics = createMetrics()
    const count = observeSignIns(metrics)
    expect([...samplesOf(metrics.text()).values()]).toEqual([0, 0, 0])
    for (const outcome of ['ok', 'failed', 'failed', 'limited', 'failed'] as const) count(outcome)
    expect(Object.fromEntries(samplesOf(metrics.text()))).toEqual({
      'sojourn_sign_ins_total{outcome="ok"}': 1,
      'sojourn_sign_ins_total{outcome="failed"}': 3,
      'sojourn_sign_ins_total{outcome="limited"}': 1,
    })
  })

  it('ask how many passwords wait each time they are read', () => {
    const metrics = createMetrics()
    const lengths = [0, 5]
    observePasswordQueue(metrics, () => lengths.shift() ?? 0)
    const read = () => samplesOf(metrics.text()).get('sojourn_password_queue_length')
    expect([read(), read()]).toEqual([0, 5])
  })

  it('say what is running', () => {
    const metrics = createMetrics()
    observeBuild(metrics, { version: '0.1.0', store: 'sqlite' })
    const labels = `version="0.1.0",node="${process.versions.node}",store="sqlite"`
    expect(Object.fromEntries(samplesOf(metrics.text()))).toEqual({
      [`sojourn_build_info{${labels}}`]: 1,
    })
  })
})

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function block(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}
