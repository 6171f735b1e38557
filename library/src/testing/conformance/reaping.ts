import assert from 'node:assert/strict'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  DAY,
  ended,
  HOUR,
  ids,
  inParallel,
  listIds,
  MINUTE,
  reapAll,
  start,
  startMany,
  stateOf,
} from './fixtures.js'

const tests: readonly ConformanceTest[] = [
  {
    title: 'turns what is due into tombstones in chunks, and says whether there is more',
    async run({ store }) {
      const records = await startMany(store, 7)
      await store.endAll('ann', 'revoked_admin')
      const reaped: string[] = []
      for (const [size, hasMore] of [
        [3, true],
        [3, true],
        [1, false],
        [0, false],
      ] as const) {
        const result = await store.reap('ann', 3)
        assert.equal(result.reaped.length, size)
        assert.equal(result.hasMore, hasMore)
        reaped.push(...result.reaped.map(({ id }) => id))
      }
      assert.deepEqual(reaped.sort(), ids(records))
      for (const { id } of records) {
        const read = await store.read(id)
        assert.equal(read.status === 'ended' && read.ending.reason, 'revoked_admin')
        assert.equal(read.status === 'ended' && read.ending.subject, 'ann')
      }
    },
  },
  {
    title: 'says that there is no more where exactly the limit was due',
    async run({ store }) {
      await startMany(store, 3)
      await store.endAll('ann', 'revoked_admin')
      assert.equal((await store.reap('ann', 3)).hasMore, false)
      assert.deepEqual(await store.reap('ann', 3), { reaped: [], hasMore: false })
    },
  },
  {
    title: 'finds what ran out of time, with its reason, and leaves what lives',
    async run({ store, advance }) {
      const idle = await start(store, { idleTimeout: MINUTE })
      const absolute = await start(store, { absoluteTimeout: MINUTE })
      const live = await start(store)
      const later = await start(store)
      await store.end(later.id, 'signed_in', { after: MINUTE })
      assert.deepEqual(await reapAll(store, 'ann'), [])
      await advance(MINUTE)
      const reaped = await reapAll(store, 'ann', 2)
      assert.deepEqual(
        new Map(reaped.map(({ id, reason }) => [id, reason])),
        new Map([
          [idle.id, 'expired_idle'],
          [absolute.id, 'expired_absolute'],
          [later.id, 'signed_in'],
        ]),
      )
      assert.deepEqual(await listIds(store, 'ann'), [live.id])
      assert.equal(await stateOf(store, live.id), 'live')
    },
  },
  {
    title: 'is not misled by a session that was seen after it was indexed',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: HOUR })
      await advance(50 * MINUTE)
      await store.change(id, { seen: true })
      await advance(50 * MINUTE)
      assert.deepEqual(await reapAll(store, 'ann'), [])
      assert.equal(await stateOf(store, id), 'live')
    },
  },
  {
    title: 'tells each end once: not again what end, an eviction or a reap has told',
    async run({ store, other }) {
      const first = await start(store)
      ended(await store.end(first.id, 'logged_out'))
      await start(store)
      await start(store, { limit: { max: 1, whenFull: 'evict-oldest' } })
      await store.endAll('ann', 'revoked_admin')
      const [here, there] = await Promise.all([reapAll(store, 'ann'), reapAll(other, 'ann')])
      assert.equal(here.length + there.length, 1)
    },
  },
  {
    title: 'reaps nothing of a subject that is not known',
    async run({ store }) {
      assert.deepEqual(await store.reap('nobody', 10), { reaped: [], hasMore: false })
    },
  },
  {
    title: 'behaviour 6a: after every session has expired the index holds none of them',
    async run({ store, advance }) {
      await inParallel(100, 20, async (index) => {
        await start(store, { idleTimeout: (1 + (index % 10)) * MINUTE })
      })
      for (let left = 100; left > 0; left -= 10) {
        assert.equal((await listIds(store, 'ann')).length, left)
        await advance(MINUTE)
      }
      assert.deepEqual(await listIds(store, 'ann'), [])
      assert.equal((await reapAll(store, 'ann', 7)).length, 100)
      assert.deepEqual(await reapAll(store, 'ann'), [])
      assert.deepEqual(await store.endAll('ann', 'revoked_admin'), { count: 0, epoch: 1 })
    },
  },
  {
    title: 'forgets index entries whose records have lingered',
    async run({ store, advance }) {
      await startMany(store, 5)
      await advance(DAY)
      await reapAll(store, 'ann')
      assert.deepEqual(await listIds(store, 'ann'), [])
      const next = await start(store, { limit: { max: 1, whenFull: 'refuse' } })
      assert.deepEqual(await listIds(store, 'ann'), [next.id])
      assert.deepEqual(await reapAll(store, 'ann'), [])
    },
  },
  {
    title: 'leaves nothing in the storage but tombstones, and those not for ever',
    needs: 'countEntries',
    async run({ store, advance, countEntries }) {
      await startMany(store, 20, { subject: 'ann' })
      await startMany(store, 20, { subject: undefined })
      await advance(HOUR)
      assert.equal((await reapAll(store, 'ann')).length, 20)
      await advance(30 * DAY)
      assert.equal(await countEntries(), 0)
    },
  },
]

/** The index is tidied in chunks, and every end by time or epoch is reported exactly once. */
export const reaping: Chapter = { title: 'reap', tests: () => tests }
