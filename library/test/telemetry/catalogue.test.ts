import { describe, expect, it } from 'vitest'
import { createEvents } from '../../src/session/events.js'
import {
  createMetrics,
  observeAdoption,
  observeAudit,
  observeCache,
  observeJournal,
  observeLimits,
  observeSojourn,
  observeStoreCalls,
  SERIES,
  unitOf,
  type Metrics,
} from '../../src/telemetry/index.js'
import { disagreements } from './agreement.js'

/** Everything that the library can show. */
function everything(): Metrics {
  const metrics = createMetrics()
  const delays = { bounds: [1, 5], counts: [0, 0, 0], sum: 0 }
  const cache = { hits: 0, misses: 0, bypasses: 0, flushes: 0, evictions: 0, entries: 0, age: 0 }
  const kept = { adopted: 0, mirrored: 0, merged: 0, endedByOldNode: 0, undecodable: 0 }
  const journal = { sessions: 0, subjects: 0, exchanges: 0, pending: 0, isRestoring: false }
  observeSojourn(createEvents(), metrics)
  observeStoreCalls(metrics, 'memory')
  observeLimits(metrics, ['sign-in'])
  observeCache(metrics, () => ({ ...cache, delays }))
  observeJournal(metrics, () => journal as never)
  observeAudit(metrics, () => ({ written: 0, dropped: 0, failures: 0, waiting: 0 }))
  observeAdoption(metrics, () => kept)
  return metrics
}

describe('the catalogue of series', () => {
  it('is what is exposed, both ways: names, kinds, help, labels and their words', () => {
    expect(disagreements(everything().text(), SERIES)).toEqual([])
  })

  it('would be found out where it is not', () => {
    const text = everything().text()
    const [first, ...rest] = SERIES
    const found = (other: Partial<typeof first>): string[] =>
      disagreements(text, first === undefined ? [] : [{ ...first, ...other }, ...rest])
    expect(disagreements(text, rest)).not.toEqual([])
    expect(disagreements(text, [...SERIES, ...SERIES.slice(0, 1)])).not.toEqual([])
    expect(found({ help: 'Something else.' })).not.toEqual([])
    expect(found({ kind: 'gauge' })).not.toEqual([])
    expect(found({ labels: {} })).not.toEqual([])
    expect(found({ labels: { kind: ['guest'] } })).not.toEqual([])
    expect(found({ labels: { kind: ['guest', 'signed_in', 'robot'] } })).not.toEqual([])
  })

  it('says what a series is measured in', () => {
    const units = ['a_seconds', 'a_bytes', 'a_ratio', 'a_seconds_total', 'a_total', 'a'].map(
      (name) => unitOf({ name }),
    )
    expect(units).toEqual(['seconds', 'bytes', 'ratio', 'seconds', undefined, undefined])
  })
})
