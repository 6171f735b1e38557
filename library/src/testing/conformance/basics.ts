import assert from 'node:assert/strict'
import { END_REASONS } from '../../store/end-reason.js'
import type { SessionRecord } from '../../store/record.js'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  assertBetween,
  created,
  dataOf,
  DAY,
  ended,
  find,
  HOUR,
  listAll,
  listIds,
  MARGIN,
  MINUTE,
  newId,
  newSession,
  start,
  stateOf,
} from './fixtures.js'

const TRAITS_OF_ANN: SessionRecord['traits'] = {
  persistent: '1',
  methods: 'pwd,otp',
  address: '2001:db8::1',
  agent: 'Firefox on Linux, "quoted" {braced}',
  actor: 'root:1',
  confirmation: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  challenge: 'once',
}

const tests: readonly ConformanceTest[] = [
  {
    title: 'keeps every field of a new session, and fills in the instants',
    async run({ store }) {
      const session = newSession(store, {
        idleTimeout: 30 * MINUTE,
        absoluteTimeout: 12 * HOUR,
        traits: TRAITS_OF_ANN,
        data: { cart: '[1,2]', theme: '"dark"' },
      })
      const result = await store.create(session)
      assert.equal(result.status, 'created')
      assert.deepEqual(result.evicted, [])
      const { record, subject, now } = await find(store, session.id)
      assertBetween(record.createdAt, now - MARGIN, now, 'createdAt')
      assert.deepEqual(record, {
        id: session.id,
        subject: 'ann',
        secretDigest: session.secretDigest,
        previousDigest: undefined,
        previousUntil: undefined,
        createdAt: record.createdAt,
        lastSeenAt: record.createdAt,
        authenticatedAt: record.createdAt,
        idleTimeout: 30 * MINUTE,
        absoluteExpiresAt: record.createdAt + 12 * HOUR,
        endsAs: undefined,
        epoch: 0,
        revision: 1,
        family: undefined,
        traits: TRAITS_OF_ANN,
        data: new Map([
          ['cart', { json: '[1,2]', revision: 1 }],
          ['theme', { json: '"dark"', revision: 1 }],
        ]),
      } satisfies SessionRecord)
      assert.deepEqual(subject, {
        epoch: 0,
        epochReason: undefined,
        isDisabled: false,
        version: 0,
        attributes: new Map(),
      })
    },
  },
  {
    title: 'answers create with the record that read finds',
    async run({ store, other }) {
      const record = await start(store, { traits: { methods: 'pwd' }, data: { a: '1' } })
      assert.deepEqual((await find(store, record.id)).record, record)
      assert.deepEqual((await find(other, record.id)).record, record)
    },
  },
  {
    title: 'keeps an anonymous session: no subject, never authenticated, revision 0 without data',
    async run({ store }) {
      const record = await start(store, { subject: undefined })
      assert.equal(record.subject, undefined)
      assert.equal(record.authenticatedAt, undefined)
      assert.equal(record.revision, 0)
      assert.deepEqual(record.traits, {})
      assert.equal(record.data.size, 0)
      assert.deepEqual((await find(store, record.id)).record, record)
    },
  },
  {
    title: 'puts a subject into the same bucket every time, on every handle',
    async run({ store, other }) {
      for (const subject of ['ann', 'bob', '{x}', 'a\r\nb', 'ü'.repeat(100)]) {
        const bucket = store.bucketOf(subject)
        assert.match(bucket, /^[A-Za-z0-9_-]{2}$/)
        assert.equal(store.bucketOf(subject), bucket)
        assert.equal(other.bucketOf(subject), bucket)
      }
      const anonymous = new Set(Array.from({ length: 64 }, () => store.bucketOf(undefined)))
      assert.ok(anonymous.size > 8, 'anonymous sessions are not spread over buckets')
    },
  },
  {
    title: 'refuses to create a session under an id that is taken, and leaves it as it was',
    async run({ store, other }) {
      const record = await start(store, { data: { mine: '1' } })
      const intruder = newSession(store, { id: record.id, data: { theirs: '2' } })
      assert.deepEqual(await other.create(intruder), { status: 'refused', reason: 'exists' })
      assert.deepEqual((await find(store, record.id)).record, record)
      assert.deepEqual(await listIds(store, 'ann'), [record.id])
    },
  },
  {
    title: 'ends a session once, tells the record as it was without its data, and then the reason',
    async run({ store, other, advance }) {
      const record = await start(store, { data: { a: '1' }, traits: { methods: 'pwd' } })
      await advance(MINUTE)
      const before = ended(await store.end(record.id, 'logged_out'))
      assert.deepEqual(before, { ...record, data: new Map() })
      assert.deepEqual(await listIds(other, 'ann'), [])
      const result = await other.read(record.id)
      assert.equal(result.status, 'ended')
      assert.equal(result.ending.reason, 'logged_out')
      assert.equal(result.ending.subject, 'ann')
      assertBetween(result.ending.endedAt, result.now - MARGIN, result.now, 'endedAt')
      assertBetween(result.ending.endedAt, record.createdAt + MINUTE, result.now, 'endedAt')
    },
  },
  {
    title: 'tells every end reason again, for signed-in and anonymous sessions',
    async run({ store }) {
      for (const reason of END_REASONS) {
        for (const subject of ['ann', undefined]) {
          const { id } = await start(store, { subject })
          ended(await store.end(id, reason))
          assert.equal(await stateOf(store, id), reason)
        }
      }
    },
  },
  {
    title: 'lists the live sessions of a subject, most recently seen first, without their data',
    async run({ store, advance }) {
      const first = await start(store, { data: { a: '1' }, traits: { agent: 'first' } })
      await advance(MINUTE)
      const second = await start(store)
      await advance(MINUTE)
      const third = await start(store)
      await start(store, { subject: 'bob' })
      await advance(MINUTE)
      await store.change(first.id, { seen: true })
      const records = await listAll(store, 'ann')
      assert.deepEqual(
        records.map((record) => record.id),
        [first.id, third.id, second.id],
      )
      const seenAt = records[0]?.lastSeenAt ?? 0
      assert.ok(seenAt >= first.lastSeenAt + 3 * MINUTE, 'seen did not reach the list')
      assert.deepEqual(records[0], { ...first, lastSeenAt: seenAt, data: new Map() })
    },
  },
  {
    title: 'lists nothing for a subject without sessions',
    async run({ store }) {
      const page = await store.list('nobody', { limit: 10 })
      assert.deepEqual(page.records, [])
      assert.equal(page.next, undefined)
    },
  },
  {
    title: 'answers missing for an id that was never issued, whatever it looks like',
    async run({ store }) {
      await start(store)
      const bucket = store.bucketOf('ann')
      const rests = ['*', '?'.repeat(22), '{x}', ':', '[a-z]*', '__proto__', '\r\n', "'; --", '%']
      for (const id of [newId(store, 'ann'), ...rests.map((rest) => `${bucket}.${rest}`)]) {
        assert.equal((await store.read(id)).status, 'missing', JSON.stringify(id))
      }
    },
  },
  {
    title: 'tells the same growing instant with every answer',
    async run({ store, other, advance }) {
      const record = await start(store)
      const { now } = await find(other, record.id)
      await advance(DAY / 48)
      const later = await find(store, record.id)
      assertBetween(later.now, now + DAY / 48, now + DAY / 48 + MARGIN, 'now')
      const page = await other.list('ann', { limit: 1 })
      assertBetween(page.now, later.now, later.now + MARGIN, 'now of list')
      const missing = await other.read(newId(store, 'ann'))
      assertBetween(missing.now, page.now, page.now + MARGIN, 'now of missing')
    },
  },
  {
    title: 'keeps what it was given, whatever becomes of the objects handed in or out',
    async run({ store }) {
      const traits = { agent: 'a' }
      const data = new Map([['a', '1']])
      const session = { ...newSession(store, { traits }), data }
      const answer = created(await store.create(session)).record
      traits.agent = 'changed'
      data.set('a', 'changed')
      const before = (await find(store, session.id)).record
      for (const record of [answer, before, (await listAll(store, 'ann'))[0]]) {
        Object.assign(record?.traits ?? {}, { agent: 'changed' })
        ;(record?.data as Map<string, unknown>).clear()
      }
      const after = (await find(store, session.id)).record
      assert.deepEqual(after.traits, { agent: 'a' })
      assert.deepEqual(after.data, new Map([['a', { json: '1', revision: 1 }]]))
    },
  },
  {
    title: 'reports its health, and forgets nothing by doing so',
    async run({ store }) {
      const record = await start(store, { data: { a: '1' } })
      const { details } = await store.check()
      for (const detail of Object.values(details)) {
        assert.ok(['string', 'number', 'boolean'].includes(typeof detail))
      }
      assert.deepEqual(await dataOf(store, record.id), [['a', '1']])
    },
  },
  {
    title: 'keeps its head: a record that cannot be read is corrupt, in no list, and left alone',
    needs: 'corrupt',
    async run({ store, corrupt }) {
      const broken = await start(store)
      const sound = await start(store)
      await corrupt(broken.id)
      assert.equal((await store.read(broken.id)).status, 'corrupt')
      assert.deepEqual(await listIds(store, 'ann'), [sound.id])
      assert.equal((await store.create(newSession(store, { id: broken.id }))).status, 'refused')
      assert.equal((await store.read(broken.id)).status, 'corrupt')
    },
  },
]

/** Every verb does its work, and every field survives the round trip. */
export const basics: Chapter = { title: 'basics', tests: () => tests }
