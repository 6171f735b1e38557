import { Counter, Registry, type OpenMetricsContentType } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createEvents } from '../../src/session/events.js'
import {
  createMetrics,
  createRegistryMetrics,
  observeSojourn,
  observeStoreCalls,
  type Metrics,
} from '../../src/telemetry/index.js'
import { hearing } from '../support/sojourn.js'
import { samplesOf } from './samples.js'

/** Some of everything. */
async function use(metrics: Metrics): Promise<void> {
  const events = createEvents()
  observeSojourn(events, metrics)
  const onCall = observeStoreCalls(metrics, 'redis')
  onCall('read', 3, 'ok')
  onCall('read', 9_000, 'fault')
  metrics.gauge('odd', 'Odd.', ['value']).series({ value: '"\\\n' }).set(Infinity)
  metrics
    .gauge('absent', 'Not there.')
    .series({})
    .readFrom(() => undefined)
  events.emit('session.ended', { id: 'ab.c', subject: 'alice', reason: 'logged_out' })
  await hearing()
}

describe('createRegistryMetrics', () => {
  it('shows the same series as our own text, among those of the application', async () => {
    const registry = new Registry()
    new Counter({ name: 'own_total', help: 'Own.', registers: [registry] }).inc(5)
    await use(createRegistryMetrics(registry))
    const own = createMetrics()
    await use(own)
    const shown = samplesOf(await registry.metrics())
    expect(shown.get('own_total')).toBe(5)
    shown.delete('own_total')
    // prom-client writes a line of its own for each label; their order is no part of a sample.
    const sorted = (samples: Map<string, number>) =>
      new Map([...samples].map(([key, value]) => [inOrder(key), value] as const).sort())
    expect(sorted(shown)).toEqual(sorted(samplesOf(own.text())))
  })

  it('looks at what several series are made of once for each reading', async () => {
    const registry = new Registry()
    const metrics = createRegistryMetrics(registry)
    const [one, two] = ['one', 'two'].map((name) => metrics.gauge(name, 'Level.').series({}))
    let looks = 0
    metrics.beforeText(() => {
      looks += 1
      one?.set(looks)
      two?.set(looks)
    })
    expect(await registry.metrics()).toContain('two 1')
    await hearing()
    const again = await registry.metrics()
    expect(again).toContain('one 2')
    expect(again).toContain('two 2')
  })

  it('is understood as OpenMetrics too, with exemplars', async () => {
    const registry = new Registry<OpenMetricsContentType>()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const exemplar = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
    const metrics = createRegistryMetrics(registry, { exemplar: () => exemplar })
    metrics.counter('visits_total', 'Visits.').series({}).add(2)
    metrics.histogram('times_seconds', 'Times.', [], [1]).series({}).observe(0.5)
    const text = await registry.metrics()
    expect(text).toContain('# TYPE visits counter\nvisits_total 2\n')
    const told = `times_seconds_bucket{le="1"} 1 # {trace_id="${'a'.repeat(32)}",span_id="`
    expect(text).toContain(told)
    expect(text).toMatch(/"\} 0\.5 \d{10}(?:\.\d+)?\n/)
  })

  it('throws where the registry has the name already, and forgets nothing on a reset', async () => {
    const registry = new Registry()
    const metrics = createRegistryMetrics(registry)
    metrics.counter('visits_total', 'Visits.').series({}).add(2)
    expect(() => createRegistryMetrics(registry).counter('visits_total', 'Visits.')).toThrow()
    registry.resetMetrics()
    expect(await registry.metrics()).toContain('visits_total 2')
    expect(metrics.text()).toContain('visits_total 2')
  })
})

function inOrder(key: string): string {
  const [, name = '', inside = ''] = /^([^{]*)(?:\{(.*)\})?$/s.exec(key) ?? []
  const labels = [...inside.matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].map(([label]) => label)
  return `${name}{${labels.sort().join()}}`
}
