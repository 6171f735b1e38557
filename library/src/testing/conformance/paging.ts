import assert from 'node:assert/strict'
import { InvalidInput } from '../../errors.js'
import type { Chapter, ConformanceTest } from './harness.js'
import { ids, listAll, MINUTE, start, startMany } from './fixtures.js'

/** Texts that no list and no walk has given. */
export const MALFORMED_CURSORS: readonly string[] = [
  '',
  'x',
  '0',
  '-1',
  'null',
  '{}',
  '%%%',
  '*',
  'a.b.c',
  '1e999',
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '\u0000',
  '=',
  'é'.repeat(30),
  'x'.repeat(100_000),
]

const tests: readonly ConformanceTest[] = [
  {
    title: 'gives every session exactly once, in order, whatever the size of the page',
    async run({ store, other, advance }) {
      const records = []
      for (let index = 0; index < 12; index += 1) {
        records.push(...(await startMany(store, 2)))
        await advance(1_000)
      }
      for (const limit of [1, 2, 5, 23, 24, 25, 100]) {
        const listed = await listAll(other, 'ann', limit)
        assert.deepEqual(ids(listed), ids(records), `pages of ${limit}`)
        const sorted = [...listed].sort(
          (a, b) => b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? -1 : 1),
        )
        assert.deepEqual(listed, sorted, `pages of ${limit}`)
      }
    },
  },
  {
    title: 'names no next page on the last, though it be full',
    async run({ store }) {
      await startMany(store, 4)
      const first = await store.list('ann', { limit: 2 })
      assert.ok(first.next !== undefined)
      const second = await store.list('ann', { limit: 2, cursor: first.next })
      assert.equal(second.records.length, 2)
      assert.equal(second.next, undefined)
      assert.equal((await store.list('ann', { limit: 4 })).next, undefined)
    },
  },
  {
    title: 'keeps its place while sessions end and start between the pages',
    async run({ store, other, advance }) {
      const records = []
      for (let index = 0; index < 9; index += 1) {
        records.push(await start(store))
        await advance(MINUTE)
      }
      const newest = [...records].reverse()
      const first = await store.list('ann', { limit: 3 })
      await store.end(newest[0]?.id ?? '', 'logged_out')
      await store.end(newest[2]?.id ?? '', 'logged_out')
      await store.end(newest[3]?.id ?? '', 'logged_out')
      await start(store)
      const second = await other.list('ann', { limit: 3, cursor: first.next })
      assert.deepEqual(
        second.records.map(({ id }) => id),
        newest.slice(4, 7).map(({ id }) => id),
      )
      const third = await store.list('ann', { limit: 3, cursor: second.next })
      assert.deepEqual(
        third.records.map(({ id }) => id),
        newest.slice(7).map(({ id }) => id),
      )
      assert.equal(third.next, undefined)
    },
  },
  {
    title: 'refuses a malformed cursor by its name',
    async run({ store }) {
      await startMany(store, 3)
      for (const cursor of MALFORMED_CURSORS) {
        await assert.rejects(
          store.list('ann', { limit: 2, cursor }),
          (error) => error instanceof InvalidInput && error.field === 'cursor',
          JSON.stringify(cursor.slice(0, 40)),
        )
      }
      const { next } = await store.list('ann', { limit: 2 })
      await assert.rejects(store.list('ann', { limit: 2, cursor: `${next ?? ''}!` }), InvalidInput)
    },
  },
  {
    title: 'shows no session of another subject, whoever’s cursor it is given',
    async run({ store }) {
      await startMany(store, 5, { subject: 'ann' })
      const theirs = await startMany(store, 5, { subject: 'bob' })
      const { next } = await store.list('ann', { limit: 1 })
      assert.ok(next !== undefined)
      const page = await store.list('bob', { limit: 100, cursor: next })
      const known = new Set(ids(theirs))
      assert.ok(page.records.every(({ id, subject }) => known.has(id) && subject === 'bob'))
    },
  },
]

/** Lists come in pages whose cursors keep their place. */
export const paging: Chapter = { title: 'pages', tests: () => tests }
