import assert from 'node:assert/strict'
import type { RotateResult } from '../../store/store.js'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  changed,
  ended,
  gone,
  inParallel,
  listIds,
  reapAll,
  setting,
  start,
  stateOf,
} from './fixtures.js'
import { advanceFamily, exchanged, familyOf, newFamily, rotation } from './family-fixtures.js'

const WIDTH = 50

function count(results: readonly RotateResult[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

const races: readonly ConformanceTest[] = [
  {
    title: '50 rotations of one token at once give one successor, 20 times',
    async run({ store, other }) {
      const family = newFamily()
      const { id } = await start(store, { family })
      for (let shown = 1; shown <= 20; shown += 1) {
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            (index % 2 ? store : other).rotate(id, rotation(family, shown)),
          ),
        )
        assert.deepEqual(count(results), { rotated: 1, replayed: 49 })
        for (const result of results) {
          assert.equal('generation' in result && result.generation, shown + 1)
        }
        assert.equal((await familyOf(store, id)).generation, shown + 1)
      }
    },
  },
  {
    title:
      '50 rotations of one token at once without grace: one successor, one reuse, and all is over',
    async run({ store, other }) {
      const family = newFamily()
      const { id } = await start(store, { family })
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 ? store : other).rotate(id, rotation(family, 1, { grace: 0 })),
        ),
      )
      assert.deepEqual(count(results), { rotated: 1, reused: 1, gone: 48 })
      assert.equal(await stateOf(store, id), 'refresh_reuse')
      assert.deepEqual(await reapAll(store, 'ann'), [])
    },
  },
  {
    title: 'a rotation that races an end never leaves a live session, 300 times',
    async run({ store, other }) {
      await inParallel(300, WIDTH, async (index) => {
        const family = newFamily()
        const { id } = await start(store, { family })
        const ending = (): Promise<unknown> => store.end(id, 'logged_out').then(ended)
        const rotating = (): Promise<unknown> =>
          other.rotate(id, rotation(family, 1, { isSeen: true }))
        await Promise.all(index % 2 ? [ending(), rotating()] : [rotating(), ending()])
        assert.equal(await stateOf(store, id), 'logged_out')
        for (const shown of [1, 2]) gone(await other.rotate(id, rotation(family, shown)))
        assert.equal(await stateOf(other, id), 'logged_out')
      })
      assert.deepEqual(await listIds(store, 'ann'), [])
      assert.deepEqual(await reapAll(store, 'ann'), [])
    },
  },
  {
    title: 'a rotation that races endAll never leaves a live session, 200 times',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async (index) => {
        const subject = `racer ${index}`
        const family = newFamily()
        const { id } = await start(store, { subject, family })
        const [rotated, result] = await Promise.all([
          other.rotate(id, rotation(family, 1, { isSeen: true })),
          store.endAll(subject, 'revoked_admin'),
        ])
        assert.equal(result.count, 1)
        assert.ok(['rotated', 'gone'].includes(rotated.status))
        assert.equal(await stateOf(store, id), 'revoked_admin')
        for (const shown of [1, 2]) gone(await other.rotate(id, rotation(family, shown)))
        assert.deepEqual(await listIds(store, subject), [])
      })
    },
  },
  {
    title: 'a reuse and an end at once end the session once, 200 times',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async () => {
        const family = newFamily()
        const { id } = await start(store, { family })
        await advanceFamily(store, id, family, 3)
        const [reuse, end] = await Promise.all([
          store.rotate(id, rotation(family, 1)),
          other.end(id, 'logged_out'),
        ])
        const both = [reuse.status, end.status].join()
        assert.ok(['reused,gone', 'gone,ended'].includes(both), both)
        const reason = end.status === 'ended' ? 'logged_out' : 'refresh_reuse'
        assert.equal(await stateOf(store, id), reason)
      })
    },
  },
  {
    title: 'a rotation and a write of data at once both take place, 200 times',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async (index) => {
        const family = newFamily()
        const { id } = await start(store, { family, data: { n: '0' } })
        const [rotated, written] = await Promise.all([
          store.rotate(id, rotation(family, 1)),
          other.change(id, setting('n', String(index + 1))),
        ])
        exchanged(rotated, 'rotated')
        changed(written)
        const read = await store.read(id)
        assert.equal(read.status, 'found')
        assert.equal(read.record.family?.generation, 2)
        assert.equal(read.record.data.get('n')?.json, String(index + 1))
      })
    },
  },
  {
    title: 'a token presented while its parent asks again: either it is forgiven, or it stays good',
    async run({ store, other, advance }) {
      const family = newFamily()
      const { id } = await start(store, { family })
      exchanged(await store.rotate(id, rotation(family, 1)), 'rotated')
      await advance(30 * 60_000)
      const [parent, child] = await Promise.all([
        store.rotate(id, rotation(family, 1, { forgiveFor: 3_600_000 })),
        other.rotate(id, rotation(family, 2, { forgiveFor: 3_600_000 })),
      ])
      const both = [parent.status, child.status].join()
      assert.ok(['forgiven,reused', 'reused,rotated'].includes(both), both)
      assert.equal(await stateOf(store, id), 'refresh_reuse')
    },
  },
]

/** Rotation is one step: whatever comes at the same time comes before it, or after it. */
export const rotationRaces: Chapter = { title: 'rotate, concurrently', tests: () => races }
