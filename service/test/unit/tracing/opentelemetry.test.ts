import { context, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Browser } from '../../../../library/test/support/browser.js'
import { createSojourn, type Sojourn } from '../../../../library/src/sojourn.js'
import { createMemoryStore } from '../../../../library/src/store/memory.js'
import {
  createExemplars,
  createOpenTelemetryMetrics,
  observeSpans,
  traceStore,
} from '../../../../library/src/telemetry/opentelemetry/index.js'
import { createContextManager } from '../../../src/tracing/active-context.js'
import { readTraceParent } from '../../../src/tracing/trace-parent.js'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = provider.getTracer('test')

beforeEach(() => {
  exporter.reset()
  context.setGlobalContextManager(createContextManager())
})
afterEach(() => {
  context.disable()
})

const SECRET = 'a test secret that is long enough: 0123456789'

function stage(): { sojourn: Sojourn<Record<string, unknown>>; fail: (verb?: string) => void } {
  const store = createMemoryStore()
  let failing: string | undefined
  const weak = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name === failing) return () => Promise.reject(new Error('redis://alice:secret@host'))
      return value.bind(target) as unknown
    },
  })
  const sojourn = createSojourn({
    secrets: SECRET,
    store: traceStore(weak, tracer),
    tokens: { issuer: 'https://app.example', audience: 'https://app.example' },
  })
  return {
    sojourn: observeSpans(sojourn, tracer),
    fail(verb) {
      failing = verb
    },
  }
}

function spans() {
  return exporter.getFinishedSpans().map(({ name, attributes, status, parentSpanContext }) => ({
    name,
    attributes,
    status: status.code,
    parent: parentSpanContext?.spanId,
  }))
}

describe('spans of a Sojourn', () => {
  it('are one for each verb, of the session, the tokens, the register and the store, each below its cause', async () => {
    const { sojourn } = stage()
    const browser = new Browser(sojourn)
    const pair = await tracer.startActiveSpan('request', async (root) => {
      const tokens = await browser.visit(async (session) => {
        await session.signIn('alice')
        return session.issueTokens()
      })
      root.end()
      return tokens
    })
    await sojourn.tokens.refresh(pair.refreshToken)
    await sojourn.tokens.refresh('alice')
    await sojourn.revokeAll('alice')
    await browser.visit((session) => session.signOut())
    await sojourn.settled()
    const names = spans().map(({ name }) => name)
    for (const name of [
      'sojourn.session.signIn',
      'sojourn.session.issueTokens',
      'sojourn.session.signOut',
      'sojourn.tokens.refresh',
      'sojourn.revokeAll',
      'sojourn.store.create',
      'sojourn.store.rotate',
      'sojourn.store.endAll',
    ]) {
      expect(names).toContain(name)
    }
    const all = exporter.getFinishedSpans()
    const idOf = (name: string) => all.find((span) => span.name === name)?.spanContext().spanId
    const parentOf = (name: string) => spans().find((span) => span.name === name)?.parent
    expect(parentOf('sojourn.session.signIn')).toBe(idOf('request'))
    expect(parentOf('sojourn.store.create')).toBe(idOf('sojourn.session.signIn'))
    const refreshes = spans().filter(({ name }) => name === 'sojourn.tokens.refresh')
    expect(refreshes.map(({ attributes }) => attributes['sojourn.outcome'])).toEqual([
      'refreshed',
      'refused',
    ])
    const said = JSON.stringify(spans())
    for (const text of ['alice', pair.refreshToken, pair.accessToken, browser.cookie ?? '-']) {
      expect(said).not.toContain(text)
    }
  })

  it('are errors where the store fails, with a code and no words; a refusal is an answer', async () => {
    const { sojourn, fail } = stage()
    const browser = new Browser(sojourn)
    fail('create')
    await expect(browser.visit((session) => session.signIn('alice'))).rejects.toThrow()
    const failed = Object.fromEntries(spans().map((span) => [span.name, span]))
    expect(failed['sojourn.store.create']).toMatchObject({
      status: 2,
      attributes: { 'error.type': 'unknown', 'db.operation.name': 'create' },
    })
    expect(failed['sojourn.session.signIn']).toMatchObject({ status: 2 })
    expect(failed['sojourn.session.signIn']?.attributes['error.type']).toMatch(/^[A-Za-z_]+$/)
    expect(JSON.stringify(spans())).not.toContain('secret@host')
    fail()
    exporter.reset()
    await sojourn.disable('bob')
    await expect(browser.visit((session) => session.signIn('bob'))).rejects.toThrow()
    const refused = spans().find(({ name }) => name === 'sojourn.session.signIn')
    expect(refused).toMatchObject({ status: 0, attributes: { 'error.type': 'subject_disabled' } })
  })
})

describe('createOpenTelemetryMetrics', () => {
  it('shows each series as an instrument, and to Prometheus as well', async () => {
    const sent = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({
      exporter: sent,
      exportIntervalMillis: 3_600_000,
      exportTimeoutMillis: 3_600_000,
    })
    const meters = new MeterProvider({ readers: [reader] })
    const metrics = createOpenTelemetryMetrics(meters.getMeter('test'), {
      exemplar: createExemplars(trace),
    })
    const ends = metrics.counter('ends_total', 'Ends.', ['reason'])
    ends.series({ reason: 'idle' }).add(3)
    ends.series({ reason: 'logged_out' }).add()
    metrics.gauge('age_seconds', 'Age.').series({}).set(Infinity)
    metrics
      .gauge('memory_bytes', 'Memory.')
      .series({})
      .readFrom(() => 7)
    const times = metrics.histogram('times_seconds', 'Times.', ['verb'], [0.1, 1])
    for (const value of [0.05, 0.5, 5]) times.series({ verb: 'read' }).observe(value)
    const news = metrics.histogram('news_seconds', 'News.', [], [1])
    news.series({}).readFrom(() => ({ counts: [2, 1], sum: 9 }))
    let level = 0
    const prepared = metrics.gauge('level', 'Level.').series({})
    metrics.beforeText(() => {
      prepared.set((level += 1))
    })
    await reader.forceFlush()
    const shown = sent
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      .flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => [
          descriptor.name,
          descriptor.unit,
          attributes,
          value,
        ]),
      )
    expect(shown).toEqual(
      expect.arrayContaining([
        ['ends_total', '', { reason: 'idle' }, 3],
        ['ends_total', '', { reason: 'logged_out' }, 1],
        ['memory_bytes', 'By', {}, 7],
        ['level', '', {}, 1],
        ['news_seconds_count', '', {}, 3],
        ['news_seconds_sum', 's', {}, 9],
        [
          'times_seconds',
          's',
          { verb: 'read' },
          expect.objectContaining({
            buckets: { boundaries: [0.1, 1], counts: [1, 1, 1] },
            sum: 5.55,
          }),
        ],
      ]),
    )
    expect(shown.map(([name]) => name)).not.toContain('age_seconds')
    expect(metrics.text()).toContain('ends_total{reason="idle"} 3\n')
    await meters.shutdown()
  })

  it('names the trace behind a value, where it is recorded', () => {
    const exemplar = createExemplars(trace)
    expect(exemplar()).toBeUndefined()
    tracer.startActiveSpan('request', (span) => {
      expect(exemplar()).toMatchObject({ traceId: span.spanContext().traceId })
      span.end()
    })
    const unsampled = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 }
    context.with(trace.setSpanContext(context.active(), unsampled), () => {
      expect(exemplar()).toBeUndefined()
    })
  })
})

describe('traceparent', () => {
  const [id, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']

  it.each([
    [`00-${id}-${span}-01`, 1],
    [`00-${id}-${span}-00`, 0],
    [`00-${id}-${span}-ff`, 1],
    [`cc-${id}-${span}-01-later`, 1],
  ])('is read: %s', (header, traceFlags) => {
    expect(readTraceParent(header)).toEqual({
      traceId: id,
      spanId: span,
      traceFlags,
      isRemote: true,
    })
  })

  it.each([
    undefined,
    '',
    'canary',
    `00-${id}-${span}`,
    `00-${id}-${span}-01-more`,
    `ff-${id}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${id}-${'0'.repeat(16)}-01`,
    `00-${id.toUpperCase()}-${span}-01`,
    `01-${id}-${span}-01-${'x'.repeat(300)}`,
  ])('is none of ours to follow: %s', (header) => {
    expect(readTraceParent(header)).toBeUndefined()
    expect(readTraceParent([`00-${id}-${span}-01`, `00-${id}-${span}-01`])).toBeUndefined()
  })
})
