import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createMetrics, metricsFormat, type Exemplar } from '../../src/telemetry/index.js'
import { promtool } from './promtool.js'

const TRACE: Exemplar = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }

function sample(exemplar: () => Exemplar | undefined) {
  const metrics = createMetrics({ exemplar })
  metrics.counter('visits_total', 'Visits, "all" of them.', ['of']).series({ of: 'a' }).add(2)
  metrics.gauge('things', 'Things.').series({}).set(3)
  const times = metrics.histogram('times_seconds', 'Times.', [], [0.1, 1]).series({})
  return { metrics, times }
}

describe('OpenMetrics text', () => {
  it('names counters without their suffix, escapes quotes, and ends', () => {
    const { metrics, times } = sample(() => undefined)
    times.observe(0.5)
    expect(metrics.text({ format: 'openmetrics' })).toBe(
      [
        '# HELP visits Visits, \\"all\\" of them.',
        '# TYPE visits counter',
        'visits_total{of="a"} 2',
        '# HELP things Things.',
        '# TYPE things gauge',
        'things 3',
        '# HELP times_seconds Times.',
        '# TYPE times_seconds histogram',
        'times_seconds_bucket{le="0.1"} 0',
        'times_seconds_bucket{le="1"} 1',
        'times_seconds_bucket{le="+Inf"} 1',
        'times_seconds_sum 0.5',
        'times_seconds_count 1',
        '# EOF',
        '',
      ].join('\n'),
    )
  })

  it('shows the last trace that fell into each bucket, and plain text does not', () => {
    let active: Exemplar | undefined = TRACE
    const { metrics, times } = sample(() => active)
    times.observe(0.05)
    times.observe(0.5)
    active = undefined
    times.observe(0.06)
    times.observe(7)
    times.observe(8, { ...TRACE, spanId: 'c'.repeat(16) })
    const text = metrics.text({ format: 'openmetrics' })
    const instants = [...text.matchAll(/\} \S+ (\S+)$/gm)].map(([, at]) => Number(at) * 1_000)
    for (const at of instants) expect(Math.abs(at - Date.now())).toBeLessThan(60_000)
    const lines = text.split('\n').map((line) => line.replace(/ \d{10}[.\d]*$/, ''))
    const told = (spanId: string, value: string) =>
      ` # {trace_id="${TRACE.traceId}",span_id="${spanId}"} ${value}`
    expect(lines.filter((line) => line.includes('_bucket'))).toEqual([
      `times_seconds_bucket{le="0.1"} 2${told(TRACE.spanId, '0.05')}`,
      `times_seconds_bucket{le="1"} 3${told(TRACE.spanId, '0.5')}`,
      `times_seconds_bucket{le="+Inf"} 5${told('c'.repeat(16), '8')}`,
    ])
    expect(metrics.text()).not.toContain('trace_id')
  })

  it.each(['alice@example.com', 'A'.repeat(32), '"} 1 # {', 'a'.repeat(33), ''])(
    'takes no other text for a trace: %j',
    (traceId) => {
      const { metrics, times } = sample(() => ({ ...TRACE, traceId }))
      times.observe(0.5)
      expect(metrics.text({ format: 'openmetrics' })).not.toContain('trace_id')
    },
  )

  it('is read by Prometheus itself', () => {
    const { metrics, times } = sample(() => TRACE)
    times.observe(0.5)
    // What is loaded into a database needs instants; exemplars stand behind them.
    const text = metrics
      .text({ format: 'openmetrics' })
      .replace(/^([^#\n]*?\S)( # \{.*)?$/gm, '$1 1700000000$2')
    expect(text).toContain('"} 1 1700000000 # {trace_id=')
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-openmetrics-'))
    try {
      const file = join(folder, 'text')
      writeFileSync(file, text)
      const load = ['tsdb', 'create-blocks-from', 'openmetrics', file, join(folder, 'blocks')]
      expect(promtool(load)).toMatchObject({ code: 0 })
      writeFileSync(file, text.replace('# EOF\n', ''))
      expect(promtool(load).code).not.toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is sent to who asks for it, and not to who likes plain text more', () => {
    const asks = [
      undefined,
      '*/*',
      'text/plain',
      'application/openmetrics-text',
      // Prometheus 2.42, and a later one.
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4',
      'application/openmetrics-text;q=0.2,text/plain;q=0.9',
      'APPLICATION/OpenMetrics-Text ; Q=1',
      'application/openmetrics-text;q=0',
      'application/openmetrics-text;q=much',
      'a'.repeat(20_000),
    ]
    expect(asks.map((accept) => metricsFormat(accept) === 'openmetrics')).toEqual([
      ...[false, false, false, true, true, true, false, true, false, false, false],
    ])
  })
})
