import { describe, expect, it } from 'vitest'
import { COLUMNS, type Sample } from '../../../src/console/index.js'
import { overviewTexts, type OverviewFacts } from '../../../src/page/index.js'

const AT = Date.UTC(2026, 2, 1, 9, 30)

function sample(minute: number, values: Partial<Sample>): Sample {
  const nothing = Object.fromEntries(COLUMNS.map((name) => [name, null])) as Record<
    (typeof COLUMNS)[number],
    null
  >
  return { at: AT + minute * 60_000, isAway: false, ...nothing, ...values }
}

function facts(samples: readonly Sample[], more: Partial<OverviewFacts> = {}): OverviewFacts {
  return {
    ...{ name: 'sojourn', host: 'app-1', pid: 7, version: '1.2.3', kept: 900_000 },
    ...{ now: AT + 7_200_000, startedAt: AT, samples, awaySince: undefined, isCacheOff: false },
    totals: { signIns: 1_204, failures: 0, refreshes: 0, reuse: 0, refusals: 0 },
    breaker: 'closed',
    ...more,
  }
}

describe('the words of the overview', () => {
  it('say what is now, and from where to where it went', () => {
    const samples = [
      sample(0, { sessions: 9 }),
      sample(8, { sessions: 15 }),
      sample(15, { sessions: 12 }),
    ]
    const { summaries, tiles } = overviewTexts(facts(samples))
    expect(summaries['sessions']).toBe('Active sessions: 12 now, 9 to 15 in the last 15 minutes.')
    expect(tiles.signIns).toEqual({ value: '1,204', note: 'in the last 15 minutes', tone: 'plain' })
    expect(tiles.process).toMatchObject({ value: '2 hours', note: 'this process, version 1.2.3' })
  })

  it('say of a value that never moved that it did not, and of a young process how young it is', () => {
    const { summaries } = overviewTexts(facts([sample(0, { reuse: 0 }), sample(0.5, { reuse: 0 })]))
    expect(summaries['reuse']).toBe('Reuse alarms: 0 now, 0 throughout the last minute.')
  })

  it('give times and shares in the unit that fits', () => {
    const of = (values: Partial<Sample>) => overviewTexts(facts([sample(0, values)])).tiles
    expect(of({ p50: 0.000_42, p95: 0.0123 }).latency).toMatchObject({
      value: '0.42 ms',
      note: 'half of all answers; 95% within 12.3 ms',
    })
    expect(of({ p50: 1, p95: 1 }).latency.value).toBe('1 sec')
    expect(of({ hitRate: 0.934 }).hitRate.value).toBe('93.4%')
  })

  it('say "no answer" while the store gives none, and "none yet" where there was nothing to measure', () => {
    const away = overviewTexts(
      facts([sample(0, { sessions: 3 }), sample(1, { isAway: true })], { awaySince: AT }),
    )
    expect(away.summaries['sessions']).toBe(
      'Active sessions: no answer now, 3 throughout the last minute.',
    )
    for (const name of ['sessions', 'signIns', 'latency', 'hitRate', 'reuse'] as const) {
      expect(away.tiles[name]).toMatchObject({ value: 'no answer', tone: 'quiet' })
    }
    expect(away.tiles.store).toEqual({
      value: 'no answer',
      note: 'since 09:30:00 UTC',
      tone: 'alarm',
    })
    const idle = overviewTexts(facts([sample(0, { sessions: 3 })]))
    expect([idle.tiles.latency.value, idle.summaries['hitRate']]).toEqual([
      'none yet',
      'Hit rate: none yet.',
    ])
    expect(overviewTexts(facts([])).tiles.sessions.value).toBe('none yet')
  })

  it('raise an alarm for reused tokens and an open breaker, and for nothing else', () => {
    const totals = { signIns: 0, failures: 9, refreshes: 0, reuse: 1, refusals: 9 }
    const { tiles } = overviewTexts(facts([sample(0, {})], { totals, breaker: 'open' }))
    const alarms = Object.entries(tiles).flatMap(([name, { tone }]) =>
      tone === 'alarm' ? [name] : [],
    )
    expect(alarms).toEqual(['reuse', 'store'])
  })

  it('say that the cache is off where it is', () => {
    const { tiles } = overviewTexts(facts([sample(0, {})], { isCacheOff: true }))
    expect(tiles.hitRate).toMatchObject({ value: 'off', note: 'every request asks the store' })
  })
})
