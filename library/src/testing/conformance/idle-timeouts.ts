import assert from 'node:assert/strict'
import { InvalidInput } from '../../errors.js'
import { expiresAt } from '../../store/record.js'
import type { Change, SessionLimit } from '../../store/store.js'
import { randomToken } from '../../system/random.js'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  changed,
  DAY,
  ended,
  find,
  gone,
  HOUR,
  listAll,
  listIds,
  MARGIN,
  MINUTE,
  reapAll,
  setting,
  start,
  stateOf,
} from './fixtures.js'

/** A new idle time from now on. */
function idleFor(idleTimeout: number): Change {
  return { seen: true, idleTimeout }
}

const NOT_ONE: readonly number[] = [
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  '60000' as unknown as number,
  null as unknown as number,
]

const tests: readonly ConformanceTest[] = [
  {
    title: 'takes a new idle time, counts it from now, and leaves everything else as it was',
    async run({ store, other, advance }) {
      const record = await start(store, { data: { a: '1' }, traits: { agent: 'x' } })
      await advance(10 * MINUTE)
      const { lastSeenAt, revision } = changed(await store.change(record.id, idleFor(2 * HOUR)))
      assert.ok(lastSeenAt >= record.lastSeenAt + 10 * MINUTE, 'the session was not seen')
      assert.equal(revision, record.revision)
      const after = { ...record, lastSeenAt, idleTimeout: 2 * HOUR }
      assert.deepEqual((await find(other, record.id)).record, after)
      assert.deepEqual(await listAll(other, 'ann'), [{ ...after, data: new Map() }])
    },
  },
  {
    title: 'expires a session by its new idle time where that is shorter',
    async run({ store, other, advance }) {
      const { id } = await start(store, { idleTimeout: DAY })
      const stays = await start(store, { idleTimeout: DAY })
      changed(await other.change(id, idleFor(10 * MINUTE)))
      await advance(10 * MINUTE - MARGIN)
      assert.equal(await stateOf(store, id), 'live')
      await advance(MARGIN)
      assert.equal(await stateOf(store, id), 'expired_idle')
      assert.equal(gone(await store.change(id, { seen: true })).ending?.reason, 'expired_idle')
      assert.deepEqual(await listIds(store, 'ann'), [stays.id])
      assert.deepEqual(await reapAll(store, 'ann'), [{ id, reason: 'expired_idle' }])
      assert.deepEqual(await store.endAll('ann', 'revoked_admin'), { count: 1, epoch: 1 })
    },
  },
  {
    title: 'keeps a session by its new idle time where that is longer',
    async run({ store, other, advance }) {
      const { id } = await start(store, { idleTimeout: 10 * MINUTE, absoluteTimeout: 30 * DAY })
      const over = await start(store, { subject: 'bob', idleTimeout: 10 * MINUTE })
      changed(await other.change(id, idleFor(2 * DAY)))
      await advance(2 * DAY - MARGIN)
      assert.equal(await stateOf(store, over.id), 'missing')
      await reapAll(store, 'bob')
      assert.equal(await stateOf(store, id), 'live')
      assert.deepEqual(await listIds(store, 'ann'), [id])
      changed(await store.change(id, { seen: true }))
      await advance(2 * DAY - MARGIN)
      assert.equal((await find(other, id)).record.idleTimeout, 2 * DAY)
      assert.equal(await stateOf(store, id), 'live')
      await advance(MARGIN)
      assert.equal(await stateOf(store, id), 'expired_idle')
      assert.deepEqual(await listIds(store, 'ann'), [])
    },
  },
  {
    title: 'counts a session against its limit by its new idle time',
    async run({ store, advance }) {
      const limit: SessionLimit = { max: 2, whenFull: 'refuse' }
      const first = await start(store, { idleTimeout: DAY })
      const second = await start(store, { idleTimeout: MINUTE })
      changed(await store.change(first.id, idleFor(MINUTE)))
      changed(await store.change(second.id, idleFor(DAY)))
      await advance(2 * MINUTE)
      const third = await start(store, { limit })
      assert.deepEqual(await listIds(store, 'ann'), [second.id, third.id].sort())
    },
  },
  {
    title: 'never lets an idle time reach past the absolute limit',
    async run({ store, advance }) {
      const record = await start(store, { idleTimeout: MINUTE, absoluteTimeout: HOUR })
      changed(await store.change(record.id, idleFor(Number.MAX_SAFE_INTEGER)))
      const after = (await find(store, record.id)).record
      assert.equal(after.idleTimeout, Number.MAX_SAFE_INTEGER)
      assert.equal(after.absoluteExpiresAt, record.absoluteExpiresAt)
      assert.equal(expiresAt(after), record.absoluteExpiresAt)
      await advance(HOUR - MARGIN)
      assert.equal(await stateOf(store, record.id), 'live')
      await advance(MARGIN)
      assert.equal(await stateOf(store, record.id), 'expired_absolute')
      assert.deepEqual(await listIds(store, 'ann'), [])
    },
  },
  {
    title: 'lets a record linger from its new expiry on',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: DAY })
      changed(await store.change(id, idleFor(MINUTE)))
      await advance(HOUR)
      assert.equal(await stateOf(store, id), 'expired_idle')
      await advance(2 * MINUTE)
      assert.equal(await stateOf(store, id), 'missing')
    },
  },
  {
    title: 'takes a new idle time of an anonymous session, and of one whose end is put off',
    async run({ store, advance }) {
      const guest = await start(store, { subject: undefined })
      const leaving = await start(store)
      ended(await store.end(leaving.id, 'signed_in_again', { after: 10 * MINUTE }))
      for (const { id } of [guest, leaving]) changed(await store.change(id, idleFor(DAY)))
      await advance(10 * MINUTE)
      assert.equal(await stateOf(store, leaving.id), 'signed_in_again')
      await advance(2 * HOUR)
      assert.equal(await stateOf(store, guest.id), 'live')
    },
  },
  {
    title: 'takes a new idle time with all else that a change can hold, or not at all',
    async run({ store, other }) {
      const record = await start(store, { data: { a: '1' } })
      const to = randomToken(32)
      const renewal = {
        from: record.secretDigest,
        to,
        keepPreviousFor: MINUTE,
        isAuthentication: true,
      }
      const wanted = { ...idleFor(DAY / 2), ...setting('a', '2'), traits: { agent: 'x' }, renewal }
      const conflict = await store.change(record.id, { ...wanted, expect: new Map([['a', 7]]) })
      assert.equal(conflict.status, 'conflict')
      assert.deepEqual((await find(other, record.id)).record, record)
      changed(await store.change(record.id, wanted))
      const after = (await find(other, record.id)).record
      assert.equal(after.idleTimeout, DAY / 2)
      assert.equal(after.secretDigest, to)
      assert.equal(after.traits.agent, 'x')
      assert.equal(after.data.get('a')?.json, '2')
      const late = await store.change(record.id, { ...wanted, ...idleFor(MINUTE) })
      assert.equal(late.status, 'superseded')
      assert.deepEqual((await find(other, record.id)).record, after)
    },
  },
  {
    title: 'refuses an idle time that is none, or comes without seen, and writes nothing',
    async run({ store, other }) {
      const record = await start(store)
      const isRefusal = (error: unknown): boolean =>
        error instanceof InvalidInput && error.field === 'idleTimeout'
      for (const idleTimeout of NOT_ONE) {
        const wrong = store.change(record.id, { ...idleFor(idleTimeout), ...setting('a', '1') })
        await assert.rejects(wrong, isRefusal, String(idleTimeout))
      }
      for (const seen of [{}, { seen: false }]) {
        const unseen = { ...seen, idleTimeout: HOUR, ...setting('a', '1') }
        await assert.rejects(store.change(record.id, unseen), isRefusal)
      }
      assert.deepEqual((await find(other, record.id)).record, record)
    },
  },
  {
    title: 'keeps the idle time that came last, and a whole record, when many come at once',
    async run({ store, other, advance }) {
      const { id } = await start(store, { idleTimeout: HOUR })
      const wishes = Array.from({ length: 50 }, (_, index) => (index + 1) * MINUTE)
      const handles = [store, other]
      await Promise.all(
        wishes.map((idle, index) => (handles[index % 2] ?? store).change(id, idleFor(idle))),
      )
      const { record } = await find(store, id)
      assert.ok(wishes.includes(record.idleTimeout), 'an idle time that nobody gave')
      assert.deepEqual((await find(other, id)).record, record)
      await advance(record.idleTimeout)
      assert.equal(await stateOf(other, id), 'expired_idle')
      assert.deepEqual(await listIds(store, 'ann'), [])
    },
  },
]

/** A change may give a session another idle time; the index, limits and ends go by it. */
export const idleTimeouts: Chapter = { title: 'change of the idle time', tests: () => tests }
