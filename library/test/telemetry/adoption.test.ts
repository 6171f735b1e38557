import { expect, it } from 'vitest'
import { keepSessions, type LegacyAnswer } from '../../src/compat/kept/index.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { createMetrics, observeAdoption } from '../../src/telemetry/index.js'

it('tells how many sessions were taken over, and what became of the records of old nodes', async () => {
  const records = new Map<string, string>([
    ['one', JSON.stringify({ cookie: { originalMaxAge: null }, user: 'ada' })],
    ['odd', 'no json'],
  ])
  const store = keepSessions({
    store: createMemoryStore(),
    legacy: {
      read: async (sid) => answerFor(records.get(sid)),
      write: async (sid, session, { mustExist }) => {
        if (mustExist && !records.has(sid)) return false
        records.set(sid, JSON.stringify(session))
        return true
      },
      touch: async (sid) => records.has(sid),
      remove: async (sid) => records.delete(sid),
    },
  })
  const metrics = createMetrics()
  observeAdoption(metrics, () => store.stats())
  const shown = (): string[] =>
    metrics
      .text()
      .split('\n')
      .filter((line) => line.startsWith('sojourn_') && !line.endsWith(' 0'))

  expect(shown()).toEqual([])
  expect(await store.get('one')).toMatchObject({ user: 'ada' })
  expect(await store.get('odd')).toBeNull()
  expect(shown()).toEqual([
    'sojourn_sessions_adopted_total 1',
    'sojourn_legacy_records_total{outcome="mirrored"} 1',
    'sojourn_legacy_records_total{outcome="undecodable"} 1',
  ])

  // An old node writes, then another one signs the person out.
  records.set('one', JSON.stringify({ cookie: { originalMaxAge: null }, user: 'grace' }))
  expect(await store.get('one')).toMatchObject({ user: 'grace' })
  records.delete('one')
  expect(await store.get('one')).toBeNull()
  expect(shown()).toContain('sojourn_legacy_records_total{outcome="merged"} 1')
  expect(shown()).toContain('sojourn_legacy_records_total{outcome="ended"} 1')
})

function answerFor(text: string | undefined): LegacyAnswer {
  if (text === undefined) return { status: 'missing' }
  try {
    return { status: 'found', session: JSON.parse(text) }
  } catch {
    return { status: 'undecodable' }
  }
}
