import assert from 'node:assert/strict'
import { randomToken } from '../../system/random.js'
import type { Change } from '../../store/store.js'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  changed,
  dataOf,
  ended,
  find,
  gone,
  ids,
  inParallel,
  listIds,
  MINUTE,
  newSession,
  reapAll,
  setting,
  start,
  stateOf,
} from './fixtures.js'

const WIDTH = 50

const updates: readonly ConformanceTest[] = [
  {
    title:
      'behaviour 1a: two concurrent writers of different keys both survive, 1000 of 1000 times',
    async run({ store, other }) {
      await inParallel(1_000, WIDTH, async (index) => {
        const { id } = await start(store, { subject: `s${index % 7}` })
        const results = await Promise.all([
          store.change(id, setting('a', String(index))),
          other.change(id, setting('b', String(index))),
        ])
        const revisions = results.map((result) => changed(result).revision).sort()
        assert.deepEqual(revisions, [1, 2])
        assert.deepEqual(await dataOf(store, id), [
          ['a', String(index)],
          ['b', String(index)],
        ])
      })
    },
  },
  {
    title:
      'behaviour 1b: of two concurrent writers one deletes a and one sets b: a is gone, b is there',
    async run({ store, other }) {
      await inParallel(300, WIDTH, async () => {
        const { id } = await start(store, { data: { a: '1', b: '1', untouched: '1' } })
        const results = await Promise.all([
          store.change(id, { delete: ['a'] }),
          other.change(id, setting('b', '2')),
        ])
        results.forEach(changed)
        assert.deepEqual(await dataOf(other, id), [
          ['b', '2'],
          ['untouched', '1'],
        ])
      })
    },
  },
  {
    title: 'behaviour 1d: 100 concurrent increments end at exactly 100',
    async run({ store, other }) {
      const { id } = await start(store)
      const increment = new Map([['n', 1]])
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          (index % 2 ? store : other).change(id, { increment }),
        ),
      )
      const values = results.map((result) => changed(result).values.get('n') ?? 0)
      assert.deepEqual(
        values.sort((a, b) => a - b),
        Array.from({ length: 100 }, (_, index) => index + 1),
      )
      assert.deepEqual(await dataOf(store, id), [['n', '100']])
    },
  },
  {
    title: 'behaviour 1d: 100 concurrent read-modify-writes with an expected revision end at 100',
    async run({ store, other }) {
      const { id } = await start(store, { data: { n: '0' } })
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const handle = index % 2 ? store : other
          for (;;) {
            const entry = (await find(handle, id)).record.data.get('n')
            const expect = new Map([['n', entry?.revision ?? 0]])
            const next = String(Number(entry?.json) + 1)
            const result = await handle.change(id, { ...setting('n', next), expect })
            if (result.status === 'changed') return
            assert.equal(result.status, 'conflict')
          }
        }),
      )
      assert.deepEqual(await dataOf(store, id), [['n', '100']])
    },
  },
  {
    title: 'lets one of two concurrent renewals win, and tells the other that it is superseded',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async () => {
        const { id, secretDigest: from } = await start(store)
        const digests = [randomToken(32), randomToken(32)] as const
        const [a, b] = digests.map((to) => ({
          renewal: { from, to, keepPreviousFor: MINUTE, isAuthentication: false },
        }))
        const results = await Promise.all([store.change(id, a ?? {}), other.change(id, b ?? {})])
        const winner = results.findIndex((result) => result.status === 'changed')
        assert.equal(results[1 - winner]?.status, 'superseded')
        const { record } = await find(store, id)
        assert.equal(record.secretDigest, digests[winner])
        assert.equal(record.previousDigest, from)
      })
    },
  },
]

/** Writes that race an end. */
const RACERS: readonly [name: string, change: (digest: string) => Change][] = [
  ['a write', () => setting('a', '1')],
  ['a touch', () => ({ seen: true })],
  ['an increment', () => ({ increment: new Map([['n', 1]]), seen: true })],
  [
    'a renewal',
    (from) => ({
      seen: true,
      renewal: { from, to: randomToken(32), keepPreviousFor: MINUTE, isAuthentication: true },
    }),
  ],
]

function endRaces([name, change]: (typeof RACERS)[number]): ConformanceTest {
  const id = name === 'a write' ? 'behaviour 2a' : 'behaviour 2b'
  const times = name === 'a write' ? 1_000 : 300
  return {
    title: `${id}: ${name} that races an end never brings the session back, ${times} times`,
    async run({ store, other }) {
      await inParallel(times, WIDTH, async (index) => {
        const { id, secretDigest } = await start(store)
        const ending = (): Promise<unknown> => store.end(id, 'logged_out').then(ended)
        const writing = (): Promise<unknown> => other.change(id, change(secretDigest))
        await Promise.all(index % 2 ? [ending(), writing()] : [writing(), ending()])
        assert.equal(await stateOf(store, id), 'logged_out')
        gone(await other.change(id, change(secretDigest)))
        assert.equal(await stateOf(other, id), 'logged_out')
      })
      assert.deepEqual(await listIds(store, 'ann'), [])
      assert.deepEqual(await reapAll(store, 'ann'), [])
    },
  }
}

const ends: readonly ConformanceTest[] = [
  {
    title: 'lets one of two concurrent ends win, so that every end is told once',
    async run({ store, other }) {
      await inParallel(300, WIDTH, async () => {
        const { id } = await start(store)
        const results = await Promise.all([
          store.end(id, 'logged_out'),
          other.end(id, 'revoked_admin'),
        ])
        assert.deepEqual(results.map(({ status }) => status).sort(), ['ended', 'gone'])
        const reason = results[0].status === 'ended' ? 'logged_out' : 'revoked_admin'
        assert.equal(await stateOf(store, id), reason)
        const loser = results.find((result) => result.status === 'gone')
        assert.equal(loser?.status === 'gone' && loser.ending?.reason, reason)
      })
    },
  },
  {
    title: 'behaviour 2b: a sign-in that races endAll either lives in the new epoch or is counted',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async (index) => {
        const subject = `racer ${index}`
        await start(store, { subject })
        const session = newSession(store, { subject })
        const [result] = await Promise.all([
          store.endAll(subject, 'revoked_admin'),
          other.create(session),
        ])
        const state = await stateOf(store, session.id)
        assert.equal(result.count, state === 'live' ? 1 : 2)
        assert.deepEqual(await listIds(store, subject), state === 'live' ? [session.id] : [])
        if (state !== 'live') assert.equal(state, 'revoked_admin')
      })
    },
  },
  {
    title: 'behaviour 2b: a write that races endAll never brings the session back',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async (index) => {
        const subject = `racer ${index}`
        const { id } = await start(store, { subject })
        await Promise.all([
          other.change(id, { seen: true, ...setting('a', '1') }),
          store.endAll(subject, 'revoked_admin'),
          other.change(id, { seen: true, ...setting('b', '1') }),
        ])
        assert.equal(await stateOf(store, id), 'revoked_admin')
        assert.deepEqual(await listIds(store, subject), [])
      })
    },
  },
  {
    title: 'behaviour 2b: a write that races the reaper never brings the session back',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async (index) => {
        const subject = `racer ${index}`
        const { id } = await start(store, { subject })
        await store.endAll(subject, 'revoked_admin')
        const [, reaped] = await Promise.all([
          other.change(id, { seen: true, ...setting('a', '1') }).then(gone),
          store.reap(subject, 10),
          other.change(id, { seen: true }).then(gone),
        ])
        assert.deepEqual(reaped.reaped, [{ id, reason: 'revoked_admin' }])
        assert.equal((await store.read(id)).status, 'ended')
      })
    },
  },
  {
    title: 'tells every end once, however many reap at the same time',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async () => {
        await start(store)
      })
      const known = await listIds(store, 'ann')
      await store.endAll('ann', 'revoked_admin')
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, index) => reapAll(index % 2 ? store : other, 'ann', 7)),
      )
      assert.deepEqual(ids(all.flat()), known)
    },
  },
  {
    title: 'creates one session where two are created under the same id at once',
    async run({ store, other }) {
      await inParallel(200, WIDTH, async () => {
        const session = newSession(store)
        const results = await Promise.all([
          store.create(session),
          other.create({ ...session, secretDigest: randomToken(32) }),
        ])
        assert.deepEqual(results.map(({ status }) => status).sort(), ['created', 'refused'])
      })
      assert.equal((await listIds(store, 'ann')).length, 200)
    },
  },
]

/** Every verb is atomic (sentence 2 of the contract): seen through two handles, nothing is half done. */
export const concurrency: Chapter = {
  title: 'concurrency',
  tests: () => [...updates, ...RACERS.map(endRaces), ...ends],
}
