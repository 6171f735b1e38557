import assert from 'node:assert/strict'
import type { Chapter, ConformanceTest, Scene } from './harness.js'
import {
  changed,
  DAY,
  ended,
  find,
  gone,
  ids,
  inParallel,
  listIds,
  MINUTE,
  reapAll,
  setting,
  start,
  startMany,
  stateOf,
} from './fixtures.js'

const tests: readonly ConformanceTest[] = [
  {
    title: 'ends all sessions of a subject with the reason, and nobody else’s',
    async run({ store, other }) {
      const mine = await startMany(store, 5)
      const theirs = await start(store, { subject: 'bob' })
      const anonymous = await start(store, { subject: undefined })
      assert.deepEqual(await other.endAll('ann', 'password_changed'), { count: 5, epoch: 1 })
      for (const { id } of mine) assert.equal(await stateOf(store, id), 'password_changed')
      assert.deepEqual(await listIds(store, 'ann'), [])
      assert.equal(await stateOf(store, theirs.id), 'live')
      assert.equal(await stateOf(store, anonymous.id), 'live')
    },
  },
  {
    title: 'spares one session, which goes on in the new epoch with all that it had',
    async run({ store }) {
      const others = await startMany(store, 4)
      const kept = await start(store, { data: { a: '1' }, traits: { methods: 'pwd' } })
      const result = await store.endAll('ann', 'logged_out_elsewhere', kept.id)
      assert.deepEqual(result, { count: 4, epoch: 1 })
      assert.deepEqual(await listIds(store, 'ann'), [kept.id])
      assert.deepEqual((await find(store, kept.id)).record, { ...kept, epoch: 1 })
      changed(await store.change(kept.id, { seen: true }))
      for (const { id } of others) assert.equal(await stateOf(store, id), 'logged_out_elsewhere')
      assert.deepEqual(await store.endAll('ann', 'revoked_admin'), { count: 1, epoch: 2 })
      assert.equal(await stateOf(store, kept.id), 'revoked_admin')
    },
  },
  {
    title: 'lets sessions live that were started afterwards',
    async run({ store, other }) {
      await start(store)
      await store.endAll('ann', 'logged_out_elsewhere')
      const next = await start(other)
      assert.equal(next.epoch, 1)
      assert.equal(await stateOf(store, next.id), 'live')
      assert.deepEqual(await listIds(store, 'ann'), [next.id])
    },
  },
  {
    title: 'does not spare the session of another subject, nor touch it',
    async run({ store }) {
      const mine = await start(store)
      const theirs = await start(store, { subject: 'bob' })
      const result = await store.endAll('ann', 'revoked_admin', theirs.id)
      assert.equal(result.count, 1)
      assert.equal(await stateOf(store, mine.id), 'revoked_admin')
      assert.deepEqual((await find(store, theirs.id)).record, theirs)
    },
  },
  {
    title: 'counts live sessions only, and answers 0 for a subject that has none',
    async run({ store, advance }) {
      assert.deepEqual(await store.endAll('nobody', 'revoked_admin'), { count: 0, epoch: 1 })
      const over = await start(store)
      await start(store, { idleTimeout: MINUTE })
      await start(store)
      await advance(MINUTE)
      ended(await store.end(over.id, 'logged_out'))
      assert.equal((await store.endAll('ann', 'revoked_admin')).count, 1)
      assert.equal((await store.endAll('ann', 'revoked_admin')).count, 0)
    },
  },
  {
    title: 'behaviour 2d: ends sessions that are missing from the index too',
    needs: 'forgetIndex',
    async run({ store, other, forgetIndex }) {
      const record = await start(store)
      await forgetIndex('ann')
      assert.deepEqual(await listIds(store, 'ann'), [])
      await store.endAll('ann', 'refresh_reuse')
      assert.equal(await stateOf(other, record.id), 'refresh_reuse')
      const { ending } = gone(await store.change(record.id, { seen: true, ...setting('a', '1') }))
      assert.equal(ending?.reason, 'refresh_reuse')
      assert.equal(gone(await other.end(record.id, 'logged_out')).ending?.reason, 'refresh_reuse')
    },
  },
  {
    title: 'remembers the epoch for as long as any session of the subject may live',
    async run({ store, advance }) {
      const lives = { idleTimeout: 60 * DAY, absoluteTimeout: 60 * DAY }
      const old = await start(store, lives)
      const kept = await start(store, lives)
      await store.endAll('ann', 'logged_out_elsewhere', kept.id)
      await advance(59 * DAY)
      assert.equal(await stateOf(store, kept.id), 'live')
      assert.notEqual(await stateOf(store, old.id), 'live')
      assert.deepEqual(await listIds(store, 'ann'), [kept.id])
      assert.equal((await store.readSubject('ann')).epoch, 1)
      assert.equal((await start(store)).epoch, 1)
    },
  },
]

function crowd(size: number): ConformanceTest {
  return {
    title: `ends ${size.toLocaleString('en')} sessions in one step, but for the one to spare`,
    async run(scene) {
      const { store, other } = scene
      await fill(scene, size)
      const kept = await start(store)
      const result = await other.endAll('ann', 'logged_out_elsewhere', kept.id)
      assert.deepEqual(result, { count: size, epoch: 1 })
      assert.deepEqual(await listIds(store, 'ann'), [kept.id])
      const next = await start(store)
      const reaped = await reapAll(store, 'ann')
      assert.equal(reaped.length, size)
      assert.ok(reaped.every(({ reason }) => reason === 'logged_out_elsewhere'))
      assert.deepEqual(await listIds(store, 'ann'), ids([kept, next]))
    },
  }
}

async function fill({ store }: Scene, size: number): Promise<void> {
  await inParallel(size, 200, async () => {
    await start(store)
  })
}

/** One write ends all, whatever their number, and nothing that comes after. */
export const endAll: Chapter = {
  title: 'endAll',
  tests: (options) => [...tests, crowd(options.crowd)],
}
