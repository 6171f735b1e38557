import assert from 'node:assert/strict'
import type { SessionLimit } from '../../store/store.js'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  created,
  ended,
  HOUR,
  ids,
  listAll,
  listIds,
  MINUTE,
  newSession,
  reapAll,
  start,
  stateOf,
} from './fixtures.js'

const POLICIES: readonly SessionLimit['whenFull'][] = [
  'evict-oldest',
  'evict-least-recent',
  'refuse',
]

function parallel(whenFull: SessionLimit['whenFull']): ConformanceTest {
  return {
    title: `behaviour 6d: one session means one under 50 parallel sign-ins (${whenFull})`,
    async run({ store, other }) {
      const limit: SessionLimit = { max: 1, whenFull }
      const sessions = Array.from({ length: 50 }, () => newSession(store, { limit }))
      const results = await Promise.all(
        sessions.map((session, index) => (index % 2 ? store : other).create(session)),
      )
      const live = await listIds(store, 'ann')
      assert.equal(live.length, 1)
      const states = await Promise.all(sessions.map(({ id }) => stateOf(store, id)))
      const count = (state: string): number => states.filter((each) => each === state).length
      assert.equal(count('live'), 1)
      const refused = results.filter((result) => result.status === 'refused')
      assert.equal(refused.length, whenFull === 'refuse' ? 49 : 0)
      assert.equal(count('evicted_limit'), whenFull === 'refuse' ? 0 : 49)
      const evicted = results.flatMap((result) => ('evicted' in result ? result.evicted : []))
      assert.equal(new Set(evicted).size, evicted.length, 'a session was evicted twice')
      assert.equal(evicted.length, whenFull === 'refuse' ? 0 : 49)
    },
  }
}

const tests: readonly ConformanceTest[] = [
  {
    title: 'evicts those created first, and tells them why',
    async run({ store, advance }) {
      const first = await start(store)
      await advance(MINUTE)
      const second = await start(store)
      await advance(MINUTE)
      await store.change(first.id, { seen: true })
      const limit: SessionLimit = { max: 2, whenFull: 'evict-oldest' }
      const third = created(await store.create(newSession(store, { limit })))
      assert.deepEqual(third.evicted, [first.id])
      assert.equal(await stateOf(store, first.id), 'evicted_limit')
      assert.deepEqual(await listIds(store, 'ann'), ids([second, third.record]))
    },
  },
  {
    title: 'evicts those seen least recently, and tells them why',
    async run({ store, advance }) {
      const first = await start(store)
      await advance(MINUTE)
      const second = await start(store)
      await advance(MINUTE)
      await store.change(first.id, { seen: true })
      const limit: SessionLimit = { max: 2, whenFull: 'evict-least-recent' }
      const third = created(await store.create(newSession(store, { limit })))
      assert.deepEqual(third.evicted, [second.id])
      assert.equal(await stateOf(store, second.id), 'evicted_limit')
      assert.deepEqual(await listIds(store, 'ann'), ids([first, third.record]))
    },
  },
  {
    title: 'refuses the session over the limit, and writes nothing',
    async run({ store }) {
      const limit: SessionLimit = { max: 2, whenFull: 'refuse' }
      const kept = [await start(store, { limit }), await start(store, { limit })]
      const third = newSession(store, { limit })
      assert.deepEqual(await store.create(third), { status: 'refused', reason: 'limit' })
      assert.equal(await stateOf(store, third.id), 'missing')
      assert.deepEqual(await listIds(store, 'ann'), ids(kept))
      ended(await store.end(kept[0]?.id ?? '', 'logged_out'))
      created(await store.create(third))
    },
  },
  {
    title: 'evicts as many as it takes where the limit was lowered',
    async run({ store, advance }) {
      const records = []
      for (let index = 0; index < 5; index += 1) {
        records.push(await start(store))
        await advance(MINUTE)
      }
      const limit: SessionLimit = { max: 2, whenFull: 'evict-oldest' }
      const next = created(await store.create(newSession(store, { limit })))
      assert.deepEqual([...next.evicted].sort(), ids(records.slice(0, 4)))
      assert.deepEqual(await listIds(store, 'ann'), ids([...records.slice(4), next.record]))
    },
  },
  {
    title: 'counts live sessions only: neither those expired, nor ended, nor of an older epoch',
    async run({ store, advance }) {
      await start(store, { idleTimeout: MINUTE })
      const over = await start(store)
      await start(store)
      await store.endAll('ann', 'logged_out_elsewhere', over.id)
      const expired = await start(store, { idleTimeout: MINUTE })
      await advance(MINUTE)
      ended(await store.end(over.id, 'logged_out'))
      const limit: SessionLimit = { max: 2, whenFull: 'refuse' }
      created(await store.create(newSession(store, { limit })))
      const last = created(await store.create(newSession(store, { limit })))
      assert.deepEqual(last.evicted, [])
      assert.equal((await store.create(newSession(store, { limit }))).status, 'refused')
      assert.equal(await stateOf(store, expired.id), 'expired_idle')
      assert.equal((await listAll(store, 'ann')).length, 2)
    },
  },
  {
    title: 'counts each subject by itself, and anonymous sessions not at all',
    async run({ store }) {
      const limit: SessionLimit = { max: 1, whenFull: 'refuse' }
      await start(store, { subject: 'ann', limit })
      await start(store, { subject: 'bob', limit })
      await start(store, { subject: undefined, limit })
      await start(store, { subject: undefined, limit })
      assert.equal((await listIds(store, 'ann')).length, 1)
    },
  },
  {
    title: 'drops the evicted from the index, so that nothing is left to reap',
    async run({ store, advance }) {
      const limit: SessionLimit = { max: 3, whenFull: 'evict-least-recent' }
      for (let index = 0; index < 20; index += 1) {
        await start(store, { limit })
        await advance(1_000)
      }
      assert.equal((await listIds(store, 'ann')).length, 3)
      assert.deepEqual(await reapAll(store, 'ann'), [])
      await advance(HOUR)
      assert.equal((await reapAll(store, 'ann')).length, 3)
    },
  },
]

/** Room is made, or refused, in the same step as the session is kept. */
export const limits: Chapter = {
  title: 'limits',
  tests: () => [...tests, ...POLICIES.map(parallel)],
}
