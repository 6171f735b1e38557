import assert from 'node:assert/strict'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  changed,
  DAY,
  find,
  gone,
  listIds,
  newSession,
  reapAll,
  setting,
  start,
  startMany,
  stateOf,
} from './fixtures.js'

const tests: readonly ConformanceTest[] = [
  {
    title: 'knows nothing of a subject at first',
    async run({ store }) {
      assert.deepEqual(await store.readSubject('nobody'), {
        epoch: 0,
        epochReason: undefined,
        isDisabled: false,
        version: 0,
        attributes: new Map(),
      })
    },
  },
  {
    title: 'writes and deletes attributes by key; every session of the subject sees them',
    async run({ store, other }) {
      const { id } = await start(store)
      const set = new Map([
        ['role', '"admin"'],
        ['plan', '[]'],
        ['__proto__', '{"a":1e400}'],
      ])
      const first = await store.changeSubject('ann', { set })
      assert.deepEqual(new Map([...first.attributes].sort()), new Map([...set].sort()))
      assert.deepEqual((await find(other, id)).subject, await store.readSubject('ann'))
      const second = await other.changeSubject('ann', {
        ...setting('plan', '{}'),
        delete: ['role', 'absent'],
      })
      assert.deepEqual(
        new Map([...second.attributes].sort()),
        new Map([
          ['__proto__', '{"a":1e400}'],
          ['plan', '{}'],
        ]),
      )
      assert.deepEqual((await find(store, id)).subject, second)
      assert.equal(await stateOf(store, id), 'live')
      assert.equal((await store.readSubject('bob')).attributes.size, 0)
    },
  },
  {
    title: 'keeps attributes through endAll, and shows them to the sessions that follow',
    async run({ store }) {
      await store.changeSubject('ann', setting('role', '"admin"'))
      await start(store)
      await store.endAll('ann', 'revoked_admin')
      const { id } = await start(store)
      const { subject } = await find(store, id)
      assert.deepEqual(subject, {
        epoch: 1,
        epochReason: 'revoked_admin',
        isDisabled: false,
        version: 1,
        attributes: new Map([['role', '"admin"']]),
      })
    },
  },
  {
    title: 'raises the version of the attributes by one with every change that names some',
    async run({ store, other }) {
      const { id } = await start(store)
      const versions: number[] = []
      for (const change of [
        setting('role', '"admin"'),
        { ...setting('plan', '1'), delete: ['role'] },
        { delete: ['plan'] },
        { isDisabled: false },
        {},
        { isDisabled: true },
        { ...setting('role', '"x"'), isDisabled: false },
        setting('role', '"x"'),
      ]) {
        const { version } = await other.changeSubject('ann', change)
        assert.equal((await store.readSubject('ann')).version, version)
        assert.equal((await find(store, id)).subject.version, version)
        versions.push(version)
      }
      assert.deepEqual(versions, [1, 2, 3, 3, 3, 3, 4, 5])
      await store.endAll('ann', 'revoked_admin')
      assert.equal((await store.readSubject('ann')).version, 5)
    },
  },
  {
    title: 'counts every one of 50 changes of the attributes at once',
    async run({ store, other }) {
      const changes = Array.from({ length: 50 }, (_, index) =>
        (index % 2 ? store : other).changeSubject('ann', setting(`k${index}`, '1')),
      )
      const versions = (await Promise.all(changes)).map(({ version }) => version)
      assert.equal(new Set(versions).size, 50)
      const { version, attributes } = await store.readSubject('ann')
      assert.deepEqual([version, attributes.size], [50, 50])
    },
  },
  {
    title: 'behaviour 13b: disabling a subject ends all its sessions at once, and lets none start',
    async run({ store, other }) {
      const records = await startMany(store, 3)
      const theirs = await start(store, { subject: 'bob' })
      const record = await other.changeSubject('ann', { isDisabled: true })
      assert.equal(record.isDisabled, true)
      for (const { id } of records) {
        assert.equal(await stateOf(store, id), 'subject_disabled')
        const { ending } = gone(await store.change(id, { seen: true }))
        assert.equal(ending?.reason, 'subject_disabled')
      }
      assert.deepEqual(await listIds(store, 'ann'), [])
      const refused = await store.create(newSession(store))
      assert.deepEqual(refused, { status: 'refused', reason: 'disabled' })
      assert.equal(await stateOf(store, theirs.id), 'live')
    },
  },
  {
    title: 'enabling a subject again lets new sessions start, and brings none of the old ones back',
    async run({ store, other }) {
      const old = await start(store)
      await store.changeSubject('ann', { isDisabled: true })
      const record = await other.changeSubject('ann', { isDisabled: false })
      assert.equal(record.isDisabled, false)
      assert.equal(await stateOf(store, old.id), 'subject_disabled')
      assert.deepEqual(await listIds(store, 'ann'), [])
      gone(await store.change(old.id, { seen: true }))
      const next = await start(store)
      assert.equal(await stateOf(store, next.id), 'live')
      assert.deepEqual(await reapAll(store, 'ann'), [{ id: old.id, reason: 'subject_disabled' }])
      assert.deepEqual(await listIds(store, 'ann'), [next.id])
    },
  },
  {
    title: 'says nothing new where a subject that is enabled is enabled, or is disabled twice',
    async run({ store }) {
      const { id } = await start(store)
      await store.changeSubject('ann', { isDisabled: false })
      assert.equal(await stateOf(store, id), 'live')
      const once = await store.changeSubject('ann', { isDisabled: true })
      assert.deepEqual(await store.changeSubject('ann', { isDisabled: true }), once)
      const named = await store.changeSubject('ann', setting('role', '"x"'))
      assert.equal(named.isDisabled, true)
    },
  },
  {
    title: 'reaps the sessions of a disabled subject under that reason',
    async run({ store }) {
      const { id } = await start(store)
      await store.changeSubject('ann', { isDisabled: true })
      assert.deepEqual(await reapAll(store, 'ann'), [{ id, reason: 'subject_disabled' }])
      const read = await store.read(id)
      assert.equal(read.status === 'ended' && read.ending.reason, 'subject_disabled')
    },
  },
  {
    title: 'keeps a subject disabled when all else about it is long over',
    async run({ store, advance }) {
      await start(store)
      await store.changeSubject('ann', { isDisabled: true })
      await advance(400 * DAY)
      assert.equal((await store.readSubject('ann')).isDisabled, true)
      assert.equal((await store.create(newSession(store))).status, 'refused')
    },
  },
  {
    title: 'keeps attributes for as long as a session of the subject may live, and a day at least',
    async run({ store, advance }) {
      await store.changeSubject('bob', setting('role', '"admin"'))
      await advance(DAY / 2)
      assert.equal((await store.readSubject('bob')).attributes.get('role'), '"admin"')
      const { id } = await start(store, {
        subject: 'bob',
        idleTimeout: 90 * DAY,
        absoluteTimeout: 90 * DAY,
      })
      await advance(89 * DAY)
      assert.equal((await find(store, id)).subject.attributes.get('role'), '"admin"')
      changed(await store.change(id, { seen: true }))
    },
  },
]

/** What all sessions of a subject share. */
export const subjects: Chapter = { title: 'subjects', tests: () => tests }
