import { describe, expect, it } from 'vitest'
import { createEvents } from '../../src/session/events.js'
import { createMetrics, observeSojourn, observeStoreCalls } from '../../src/telemetry/index.js'
import { promtool } from './promtool.js'

const CLEAN = { code: 0, output: '' }

describe('promtool check metrics', () => {
  it('finds nothing to say about the series of a Sojourn', () => {
    const metrics = createMetrics()
    observeSojourn(createEvents(), metrics)
    observeStoreCalls(metrics, 'sqlite')('read', 1, 'ok')
    expect(promtool(['check', 'metrics'], metrics.text())).toEqual(CLEAN)
  })

  it('reads every odd value, help text and label', () => {
    const metrics = createMetrics()
    const odd = metrics.gauge('odd_bytes', 'A "quote", a \\ and\na line \ud83d\ude00.', ['value'])
    const texts = ['"', '\\', '\n', '\r', '\0', '\u2028', '\ud800', '{}', ',', '=', '', ' ', '\\n']
    for (const value of texts) odd.series({ value }).set(NaN)
    for (const [index, value] of [Infinity, -Infinity, 1e308, 5e-324, -0].entries()) {
      odd.series({ value: `number ${String(index)}` }).set(value)
    }
    const sizes = metrics.histogram('size_bytes', 'Sizes.', ['of'], [1e-7, 0.5, 1e21])
    for (const of of texts) sizes.series({ of }).observe(1)
    expect(promtool(['check', 'metrics'], metrics.text())).toEqual(CLEAN)
  })

  it('would notice a text that is wrong', () => {
    const text = '# TYPE things gauge\nthings{a="1} 1\n'
    expect(promtool(['check', 'metrics'], text).code).not.toBe(0)
  })
})
