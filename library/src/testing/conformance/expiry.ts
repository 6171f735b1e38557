import assert from 'node:assert/strict'
import { STORE_DEFAULTS } from '../../store/store.js'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  DAY,
  changed,
  ended,
  find,
  gone,
  HOUR,
  listIds,
  MARGIN,
  MINUTE,
  newSession,
  reapAll,
  start,
  stateOf,
} from './fixtures.js'

const { tombstoneFor, lingerFor } = STORE_DEFAULTS

const tests: readonly ConformanceTest[] = [
  {
    title: 'expires a session that was idle for its idle timeout, and not before',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: HOUR })
      await advance(HOUR - MARGIN)
      assert.equal(await stateOf(store, id), 'live')
      assert.deepEqual(await listIds(store, 'ann'), [id])
      await advance(MARGIN)
      assert.equal(await stateOf(store, id), 'expired_idle')
      assert.deepEqual(await listIds(store, 'ann'), [])
    },
  },
  {
    title: 'starts the idle time anew whenever the session is seen',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: HOUR, absoluteTimeout: 30 * DAY })
      for (let round = 0; round < 5; round += 1) {
        await advance(HOUR - MARGIN)
        changed(await store.change(id, { seen: true }))
      }
      assert.equal(await stateOf(store, id), 'live')
      await advance(HOUR)
      assert.equal(await stateOf(store, id), 'expired_idle')
    },
  },
  {
    title: 'ends a session at its absolute limit, however busy it is',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: HOUR, absoluteTimeout: 2 * HOUR })
      for (let round = 0; round < 4; round += 1) {
        assert.equal(await stateOf(store, id), 'live')
        changed(await store.change(id, { seen: true }))
        await advance(30 * MINUTE)
      }
      assert.equal(await stateOf(store, id), 'expired_absolute')
      gone(await store.change(id, { seen: true }))
      assert.equal(await stateOf(store, id), 'expired_absolute')
    },
  },
  {
    title: 'tells the absolute limit first where both have passed',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: HOUR, absoluteTimeout: HOUR + MINUTE })
      await advance(HOUR)
      assert.equal(await stateOf(store, id), 'expired_idle')
      await advance(MINUTE)
      assert.equal(await stateOf(store, id), 'expired_absolute')
    },
  },
  {
    title: 'lets a record that ran out of time be read until it has lingered, and then not',
    async run({ store, advance }) {
      for (const subject of ['ann', undefined]) {
        const record = await start(store, { subject, idleTimeout: HOUR, data: { a: '1' } })
        await advance(HOUR + lingerFor - MARGIN)
        assert.deepEqual((await find(store, record.id)).record, record)
        assert.equal(await stateOf(store, record.id), 'expired_idle')
        await advance(2 * MARGIN)
        assert.equal(await stateOf(store, record.id), 'missing')
      }
      assert.deepEqual(await listIds(store, 'ann'), [])
    },
  },
  {
    title: 'lets a record linger after its absolute limit too, where idle time is longer',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: 9 * DAY, absoluteTimeout: HOUR })
      await advance(HOUR + lingerFor - MARGIN)
      assert.equal(await stateOf(store, id), 'expired_absolute')
      await advance(2 * MARGIN)
      assert.equal(await stateOf(store, id), 'missing')
    },
  },
  {
    title: 'tells an end until its tombstone is over, and then nothing',
    async run({ store, advance }) {
      const session = await start(store, { idleTimeout: 30 * DAY, absoluteTimeout: 90 * DAY })
      ended(await store.end(session.id, 'password_changed'))
      await advance(tombstoneFor - MARGIN)
      assert.equal(await stateOf(store, session.id), 'password_changed')
      await advance(2 * MARGIN)
      assert.equal(await stateOf(store, session.id), 'missing')
      assert.deepEqual(gone(await store.end(session.id, 'logged_out')).ending, undefined)
    },
  },
  {
    title: 'tells the reason of what was reaped for as long as of any other end',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: HOUR })
      await advance(HOUR)
      assert.deepEqual(await reapAll(store, 'ann'), [{ id, reason: 'expired_idle' }])
      await advance(tombstoneFor - MARGIN)
      assert.equal(await stateOf(store, id), 'expired_idle')
      await advance(2 * MARGIN)
      assert.equal(await stateOf(store, id), 'missing')
    },
  },
  {
    title: 'ends a session later as what it was told to, where the end is put off',
    async run({ store, other, advance }) {
      const record = await start(store, { idleTimeout: HOUR })
      const before = ended(await store.end(record.id, 'signed_in_again', { after: 10 * MINUTE }))
      assert.equal(before.id, record.id)
      assert.equal(before.data.size, 0)
      assert.equal(await stateOf(store, record.id), 'live')
      assert.deepEqual(await listIds(store, 'ann'), [record.id])
      await advance(10 * MINUTE - MARGIN)
      changed(await other.change(record.id, { seen: true }))
      await advance(MARGIN)
      assert.equal(await stateOf(store, record.id), 'signed_in_again')
      assert.equal(gone(await store.change(record.id, {})).ending?.reason, 'signed_in_again')
      assert.deepEqual(await listIds(store, 'ann'), [])
      assert.deepEqual(await reapAll(store, 'ann'), [{ id: record.id, reason: 'signed_in_again' }])
      assert.equal(await stateOf(other, record.id), 'signed_in_again')
    },
  },
  {
    title: 'never lets an end that is put off reach past the absolute limit, or revive a session',
    async run({ store, advance }) {
      const { id } = await start(store, { idleTimeout: HOUR, absoluteTimeout: HOUR })
      ended(await store.end(id, 'signed_in', { after: 30 * DAY }))
      await advance(HOUR - MARGIN)
      assert.equal(await stateOf(store, id), 'live')
      await advance(MARGIN)
      assert.notEqual(await stateOf(store, id), 'live')
      gone(await store.end(id, 'signed_in', { after: DAY }))
      assert.notEqual(await stateOf(store, id), 'live')
    },
  },
  {
    title: 'can end at once what was to end later',
    async run({ store }) {
      const { id } = await start(store)
      ended(await store.end(id, 'signed_in', { after: 10 * MINUTE }))
      ended(await store.end(id, 'revoked_admin', { after: 0 }))
      assert.equal(await stateOf(store, id), 'revoked_admin')
    },
  },
  {
    title: 'does not give an id away while its tombstone stands or its record lingers',
    async run({ store, advance }) {
      const over = await start(store)
      const idle = await start(store, { idleTimeout: HOUR })
      ended(await store.end(over.id, 'logged_out'))
      await advance(HOUR)
      for (const id of [over.id, idle.id]) {
        const again = await store.create(newSession(store, { id }))
        assert.deepEqual(again, { status: 'refused', reason: 'exists' })
      }
      assert.equal(await stateOf(store, over.id), 'logged_out')
      assert.equal(await stateOf(store, idle.id), 'expired_idle')
    },
  },
  {
    title: 'leaves nothing behind when everything has had its time',
    needs: 'countEntries',
    async run({ store, advance, countEntries }) {
      const records = await Promise.all(
        ['ann', 'bob', 'cid', undefined].flatMap((subject) =>
          Array.from({ length: 10 }, () => start(store, { subject, data: { a: '1' } })),
        ),
      )
      for (const { id } of records.slice(0, 5)) await store.end(id, 'logged_out')
      await store.endAll('bob', 'logged_out_elsewhere', records[12]?.id)
      await store.changeSubject('bob', { set: new Map([['role', '"admin"']]) })
      await store.changeSubject('dan', { set: new Map([['role', '"admin"']]) })
      await advance(HOUR)
      await reapAll(store, 'cid')
      assert.ok((await countEntries()) > 0, 'the harness counts nothing')
      await advance(400 * DAY)
      assert.equal(await countEntries(), 0)
    },
  },
]

/** Both clocks of a session, and how long its end is remembered (sentence 3, 4 and 7 of the contract). */
export const expiry: Chapter = { title: 'expiry', tests: () => tests }
