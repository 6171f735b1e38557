import { describe, expect, it } from 'vitest'
import { InvalidOption } from '../../src/errors.js'
import { createMetrics } from '../../src/telemetry/index.js'
import { samplesOf } from './samples.js'

describe('reading metrics', () => {
  it('answers what each series of a name stands at, and later changes do not reach it', () => {
    const metrics = createMetrics()
    const visits = metrics.counter('visits_total', 'Visits.', ['page'])
    visits.series({ page: 'home' }).add(2)
    visits.series({ page: 'gone' }).readFrom(() => undefined)
    const sizes = metrics.histogram('size_bytes', 'Sizes.', ['of'], [1, 10]).series({ of: 'x' })
    for (const value of [0.5, 1, 11]) sizes.observe(value)
    const [read] = metrics.read('size_bytes')
    sizes.observe(2)
    expect(metrics.read('visits_total')).toEqual([{ labels: { page: 'home' }, value: 2 }])
    const histogram = { bounds: [1, 10], counts: [2, 0, 1], sum: 12.5 }
    expect(read).toEqual({ labels: { of: 'x' }, value: 3, histogram })
    expect(metrics.read('size_bytes')[0]?.value).toBe(4)
    expect(metrics.read('nothing')).toEqual([])
  })

  it('does not prepare the text', () => {
    const metrics = createMetrics()
    const level = metrics.gauge('level', 'A level.').series({})
    metrics.beforeText(() => {
      level.set(1)
    })
    expect(metrics.read('level')[0]?.value).toBe(0)
  })
})

describe('the text of metrics', () => {
  it('is exposition format 0.0.4, byte for byte', () => {
    const metrics = createMetrics()
    metrics.counter('visits_total', 'Visits.', ['page', 'kind']).series({ page: 'home', kind: 'a' })
    metrics.gauge('level', 'A level.').series({}).set(-0.5)
    const sizes = metrics.histogram('size_bytes', 'Sizes.', ['of'], [1, 10]).series({ of: 'x' })
    for (const value of [0, 1, 1.5, 10, 11, 400]) sizes.observe(value)
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(metrics.text()).toBe(
      [
        '# HELP visits_total Visits.',
        '# TYPE visits_total counter',
        'visits_total{page="home",kind="a"} 0',
        '# HELP level A level.',
        '# TYPE level gauge',
        'level -0.5',
        '# HELP size_bytes Sizes.',
        '# TYPE size_bytes histogram',
        'size_bytes_bucket{of="x",le="1"} 2',
        'size_bytes_bucket{of="x",le="10"} 4',
        'size_bytes_bucket{of="x",le="+Inf"} 6',
        'size_bytes_sum{of="x"} 423.5',
        'size_bytes_count{of="x"} 6',
        '',
      ].join('\n'),
    )
  })

  it('escapes help texts and label values, each by its own rule', () => {
    const metrics = createMetrics()
    metrics
      .counter('odd_total', 'A "quote", a \\ and\na line.', ['value'])
      .series({ value: 'a "quote", a \\ and\na line' })
      .add()
    expect(metrics.text()).toBe(
      '# HELP odd_total A "quote", a \\\\ and\\na line.\n# TYPE odd_total counter\n' +
        'odd_total{value="a \\"quote\\", a \\\\ and\\na line"} 1\n',
    )
  })

  it('spells numbers as Go reads them', () => {
    const metrics = createMetrics()
    const gauge = metrics.gauge('value', 'A value.', ['of'])
    const values = [Infinity, -Infinity, NaN, 1e21, 1e-9, 12_345_678_901]
    for (const [index, value] of values.entries()) gauge.series({ of: String(index) }).set(value)
    const written = metrics.text().match(/(?<=\} ).*/g)
    expect(written).toEqual(['+Inf', '-Inf', 'NaN', '1e+21', '1e-9', '12345678901'])
  })

  it('holds only well-formed text, whatever a label was given', () => {
    const metrics = createMetrics()
    const family = metrics.counter('foreign_total', 'Foreign text.', ['value'])
    family.series({ value: '\ud800' }).add()
    family.series({ value: '\udfff' }).add()
    family.series({ value: `${'x'.repeat(127)}😀` }).add()
    family.series({ value: 'x'.repeat(10_000) }).add()
    const text = metrics.text()
    expect(Buffer.from(text).toString()).toBe(text)
    expect(samplesOf(text).get('foreign_total{value="\ufffd"}')).toBe(2)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(200)
  })

  it('leaves a family out while it has no series, and shows one without labels at once', () => {
    const metrics = createMetrics()
    metrics.counter('later_total', 'Later.', ['kind'])
    metrics.counter('now_total', 'Now.')
    expect(metrics.text()).toBe('# HELP now_total Now.\n# TYPE now_total counter\nnow_total 0\n')
  })
})

describe('series', () => {
  it('count what can be counted and let the rest pass', () => {
    const metrics = createMetrics()
    const counter = metrics.counter('things_total', 'Things.').series({})
    for (const amount of [1, 2.5, -1, NaN, 0]) counter.add(amount)
    counter.add()
    const histogram = metrics.histogram('time_seconds', 'Time.', [], [1]).series({})
    for (const value of [NaN, 0.5]) histogram.observe(value)
    const samples = samplesOf(metrics.text())
    expect(samples.get('things_total')).toBe(4.5)
    expect(samples.get('time_seconds_count')).toBe(1)
  })

  it('can be read from a source each time; a source without an answer hides only itself', () => {
    const metrics = createMetrics()
    let level = 1
    metrics
      .gauge('level', 'A level.')
      .series({})
      .readFrom(() => level)
    metrics
      .counter('spent_total', 'Spent.')
      .series({})
      .readFrom(() => level * 10)
    metrics
      .gauge('absent', 'Absent.')
      .series({})
      .readFrom(() => undefined)
    metrics
      .gauge('broken', 'Broken.')
      .series({})
      .readFrom(() => {
        throw new Error('no reading')
      })
    metrics.beforeText(() => {
      level += 1
    })
    metrics.beforeText(() => {
      throw new Error('no preparation')
    })
    expect(Object.fromEntries(samplesOf(metrics.text()))).toEqual({ level: 2, spent_total: 20 })
    expect(Object.fromEntries(samplesOf(metrics.text()))).toEqual({ level: 3, spent_total: 30 })
  })

  it('are bounded: what is too many is folded into one whose labels are all "other"', () => {
    const metrics = createMetrics()
    const family = metrics.counter('asked_total', 'Asked.', ['who', 'what'])
    for (let index = 0; index < 100_000; index += 1) {
      family.series({ who: `somebody ${String(index)}`, what: 'x' }).add()
    }
    const samples = samplesOf(metrics.text())
    expect(samples.size).toBe(100)
    expect(samples.get('asked_total{who="other",what="other"}')).toBe(100_000 - 99)
    const few = metrics.counter('few_total', 'Few.', ['who'], 2)
    for (const who of ['a', 'b', 'a', 'c']) few.series({ who }).add()
    const found = [...samplesOf(metrics.text())].filter(([name]) => name.startsWith('few'))
    expect(found).toEqual([
      ['few_total{who="a"}', 2],
      ['few_total{who="other"}', 2],
    ])
  })

  it('of the same values are the same, in whatever order they are given', () => {
    const family = createMetrics().counter('same_total', 'Same.', ['a', 'b'])
    expect(family.series({ a: '1', b: '2' })).toBe(family.series({ b: '2', a: '1' }))
    expect(family.series({ a: '1",b="2', b: '' })).not.toBe(family.series({ a: '1', b: '2",b="' }))
  })
})

describe('declarations', () => {
  it('of the same shape share a family; of another shape they are refused', () => {
    const metrics = createMetrics()
    const family = metrics.counter('shared_total', 'Shared.', ['kind'])
    expect(metrics.counter('shared_total', 'Shared.', ['kind'])).toBe(family)
    expect(() => metrics.counter('shared_total', 'Shared.', ['sort'])).toThrow(InvalidOption)
    metrics.histogram('time_seconds', 'Time.', [], [1, 2])
    expect(() => metrics.histogram('time_seconds', 'Time.', [], [1, 3])).toThrow(InvalidOption)
    expect(() => metrics.gauge('time_seconds', 'Time.')).toThrow(InvalidOption)
    expect(() => metrics.gauge('time_seconds_count', 'Time.')).toThrow('both write')
  })

  it.each([
    ['9lives', 'letters'],
    ['with-dash', 'letters'],
    ['with:colon', 'letters'],
    ['', 'letters'],
    ['naïve', 'letters'],
    ['things_total', 'only they, end in _total'],
  ])('refuse the gauge name %j', (name, why) => {
    expect(() => createMetrics().gauge(name, 'Help.')).toThrow(why)
  })

  it('refuse a counter without _total, an empty help text, and labels that Prometheus refuses', () => {
    const metrics = createMetrics()
    expect(() => metrics.counter('things', 'Things.')).toThrow('_total')
    expect(() => metrics.gauge('things', ' ')).toThrow('help')
    for (const label of ['le', '__name__', '1st', 'a-b', '']) {
      expect(() => metrics.gauge('things', 'Things.', [label])).toThrow('label')
    }
    expect(() => metrics.gauge('things', 'Things.', ['a', 'a'])).toThrow('twice')
  })

  it('refuse buckets that do not rise, and limits that hold nothing', () => {
    const metrics = createMetrics()
    for (const buckets of [[], [1, 1], [2, 1], [1, Infinity], [NaN]]) {
      expect(() => metrics.histogram('x', 'X.', [], buckets)).toThrow('buckets')
    }
    for (const limit of [1, 0, 2.5, NaN]) {
      expect(() => metrics.gauge('x', 'X.', ['a'], limit)).toThrow('limit')
    }
  })

  it('refuse a series whose label has no text', () => {
    const family = createMetrics().gauge('x', 'X.', ['a'])
    expect(() => family.series({} as never)).toThrow(InvalidOption)
  })
})
