import assert from 'node:assert/strict'
import { randomToken } from '../../system/random.js'
import type { Change } from '../../store/store.js'
import type { Chapter, ConformanceTest } from './harness.js'
import { changed, dataOf, find, setting, start } from './fixtures.js'

const data: readonly ConformanceTest[] = [
  {
    title:
      'writes and deletes the named keys alone, and stamps what it writes with the new revision',
    async run({ store, other }) {
      const { id } = await start(store, { data: { a: '1', b: '2', c: '3' } })
      const set = new Map([
        ['a', '"new"'],
        ['d', '4'],
      ])
      const result = changed(await other.change(id, { set, delete: ['b'] }))
      assert.equal(result.revision, 2)
      const { record } = await find(store, id)
      assert.equal(record.revision, 2)
      assert.deepEqual(
        new Map([...record.data].sort()),
        new Map([
          ['a', { json: '"new"', revision: 2 }],
          ['c', { json: '3', revision: 1 }],
          ['d', { json: '4', revision: 2 }],
        ]),
      )
    },
  },
  {
    title: 'raises the revision once per change that writes data, and not for any other',
    async run({ store }) {
      const { id, secretDigest } = await start(store)
      const steps: readonly [Change, number][] = [
        [{ seen: true }, 0],
        [{ traits: { methods: 'pwd' } }, 0],
        [{ delete: ['absent'] }, 0],
        [{}, 0],
        [setting('a', '1'), 1],
        [{ increment: new Map([['n', 1]]) }, 2],
        [{ ...setting('a', '2'), delete: ['n'] }, 3],
        [{ delete: ['a'] }, 4],
        [{ delete: ['a'] }, 4],
        [
          {
            renewal: {
              from: secretDigest,
              to: randomToken(32),
              keepPreviousFor: 0,
              isAuthentication: false,
            },
          },
          4,
        ],
      ]
      for (const [change, revision] of steps) {
        assert.equal(changed(await store.change(id, change)).revision, revision)
        assert.equal((await find(store, id)).record.revision, revision)
      }
    },
  },
  {
    title:
      'behaviour 1c: the last writer of a key wins with the whole value, and conflicts tells it',
    async run({ store, other }) {
      const { id, revision } = await start(store, { data: { list: '[1,2,3]', other: '1' } })
      const first = await store.change(id, { ...setting('list', '[4]'), baseRevision: revision })
      assert.equal(changed(first).conflicts, 0)
      const second = await other.change(id, {
        ...setting('list', '{"a":1}'),
        baseRevision: revision,
      })
      assert.equal(changed(second).conflicts, 1)
      assert.deepEqual(await dataOf(store, id), [
        ['list', '{"a":1}'],
        ['other', '1'],
      ])
    },
  },
  {
    title: 'counts as conflicts the keys set or deleted that were written since the base revision',
    async run({ store }) {
      const { id, revision } = await start(store, { data: { a: '1', b: '1', c: '1', d: '1' } })
      const set = new Map([
        ['a', '2'],
        ['b', '2'],
        ['new', '2'],
      ])
      const written = changed(await store.change(id, { set }))
      const change: Change = { set: new Map([...set, ['c', '3']]), delete: ['d', 'absent'] }
      const stale = changed(await store.change(id, { ...change, baseRevision: revision }))
      assert.equal(stale.conflicts, 3)
      assert.ok(stale.revision > written.revision)
      const fresh = { ...change, baseRevision: stale.revision }
      assert.equal(changed(await store.change(id, fresh)).conflicts, 0)
      assert.equal(changed(await store.change(id, change)).conflicts, 0, 'no base, no conflict')
      const both = { delete: ['a'], baseRevision: revision }
      assert.equal(changed(await store.change(id, both)).conflicts, 1)
    },
  },
  {
    title: 'writes nothing where an expected revision does not hold, and shows what is there',
    async run({ store, other }) {
      const { id } = await start(store, { data: { a: '1' } })
      await other.change(id, setting('a', '2'))
      const before = await find(store, id)
      const wrong: readonly [string, number][] = [
        ['a', 1],
        ['a', 0],
        ['a', 3],
        ['b', 2],
      ]
      for (const [key, revision] of wrong) {
        const expect = new Map([[key, revision]])
        const entry = key === 'a' ? { json: '2', revision: 2 } : undefined
        const change = { seen: true, ...setting('c', '1'), traits: { agent: 'x' }, expect }
        assert.deepEqual(await store.change(id, change), { status: 'conflict', key, entry })
      }
      assert.deepEqual((await find(store, id)).record, before.record)
    },
  },
  {
    title: 'writes where every expected revision holds, 0 meaning that the key is absent',
    async run({ store }) {
      const { id } = await start(store, { data: { a: '1' } })
      const expect = new Map([
        ['a', 1],
        ['b', 0],
      ])
      changed(await store.change(id, { ...setting('b', '2'), expect }))
      assert.equal((await store.change(id, { ...setting('b', '3'), expect })).status, 'conflict')
      await store.change(id, { delete: ['b'] })
      changed(await store.change(id, { ...setting('b', '4'), expect }))
      assert.deepEqual(await dataOf(store, id), [
        ['a', '1'],
        ['b', '4'],
      ])
    },
  },
]

const increments: readonly ConformanceTest[] = [
  {
    title: 'adds whole numbers, counting an absent key as 0, and answers the values',
    async run({ store }) {
      const { id } = await start(store, { data: { n: '41', minus: '-3' } })
      const increment = new Map([
        ['n', 1],
        ['minus', -2],
        ['fresh', 7],
      ])
      const result = changed(await store.change(id, { increment }))
      assert.deepEqual(
        new Map([...result.values].sort()),
        new Map([
          ['fresh', 7],
          ['minus', -5],
          ['n', 42],
        ]),
      )
      assert.deepEqual(await dataOf(store, id), [
        ['fresh', '7'],
        ['minus', '-5'],
        ['n', '42'],
      ])
      assert.equal((await find(store, id)).record.data.get('n')?.revision, result.revision)
    },
  },
  {
    title: 'answers conflict, and writes nothing, where the value to increment is no whole number',
    async run({ store }) {
      const texts = ['"1"', '1.5', '[1]', 'null', 'true', '1e3', '9007199254740993', '{}', '""']
      for (const json of texts) {
        const { id } = await start(store, { data: { ok: '1', n: json } })
        const increment = new Map([
          ['ok', 1],
          ['n', 1],
        ])
        assert.deepEqual(
          await store.change(id, { increment, ...setting('x', '1'), seen: true }),
          { status: 'conflict', key: 'n', entry: { json, revision: 1 } },
          json,
        )
        assert.equal((await find(store, id)).record.revision, 1)
      }
    },
  },
  {
    title: 'answers conflict where a sum would leave the whole numbers JavaScript can tell apart',
    async run({ store }) {
      const { id } = await start(store, { data: { n: '9007199254740990' } })
      const increment = new Map([['n', 1]])
      const result = changed(await store.change(id, { increment }))
      assert.equal(result.values.get('n'), Number.MAX_SAFE_INTEGER)
      assert.equal((await store.change(id, { increment })).status, 'conflict')
      assert.deepEqual(await dataOf(store, id), [['n', '9007199254740991']])
      const beyond = await start(store, { data: { n: '9007199254740993' } })
      const back = { increment: new Map([['n', -9]]) }
      assert.equal((await store.change(beyond.id, back)).status, 'conflict')
    },
  },
]

/** Data is patched by top-level key, and nothing but the keys that were named (sentence 5 of the contract). */
export const dataChanges: Chapter = {
  title: 'change of data',
  tests: () => [...data, ...increments],
}
