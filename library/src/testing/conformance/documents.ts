import assert from 'node:assert/strict'
import { InvalidInput } from '../../errors.js'
import type { Chapter, ConformanceTest } from './harness.js'
import { DAY } from './fixtures.js'

const LONGEST = 65_536

const TEXTS: readonly string[] = [
  '',
  '{}',
  ' { "a" : 1e400 } ',
  'line\r\nbreak\ttab',
  '"\u2028\u2029"',
  'ünïcode 漢字 😀',
  "'; DROP TABLE document; --",
  'a'.repeat(LONGEST),
  '漢'.repeat(LONGEST),
]

const NAMES: readonly string[] = [
  'keys',
  'Keys',
  'keys:',
  'keys:jwt',
  '*',
  '{x}',
  '__proto__',
  'a b',
  'ü',
  "'",
  '%',
]

const tests: readonly ConformanceTest[] = [
  {
    title: 'knows no document at first; the first has revision 1, and each that follows one more',
    async run({ store, other }) {
      assert.equal(await store.readDocument('keys'), undefined)
      assert.deepEqual(await store.writeDocument('keys', 'a', 0), { text: 'a', revision: 1 })
      assert.deepEqual(await other.readDocument('keys'), { text: 'a', revision: 1 })
      for (let revision = 1; revision < 10; revision += 1) {
        const text = `text ${revision}`
        const written = await other.writeDocument('keys', text, revision)
        assert.deepEqual(written, { text, revision: revision + 1 })
        assert.deepEqual(await store.readDocument('keys'), written)
      }
    },
  },
  {
    title: 'writes nothing where somebody else was first',
    async run({ store, other }) {
      for (const expect of [1, 2, -1]) {
        assert.equal(await store.writeDocument('keys', 'a', expect), undefined)
        assert.equal(await store.readDocument('keys'), undefined)
      }
      await store.writeDocument('keys', 'a', 0)
      await store.writeDocument('keys', 'b', 1)
      for (const expect of [0, 1, 3]) {
        assert.equal(await other.writeDocument('keys', 'c', expect), undefined)
        assert.deepEqual(await other.readDocument('keys'), { text: 'b', revision: 2 })
      }
    },
  },
  {
    title: 'lets one of 20 writers at once win, every time',
    async run({ store, other }) {
      for (let revision = 0; revision < 20; revision += 1) {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            (index % 2 ? store : other).writeDocument('keys', `by ${index}`, revision),
          ),
        )
        const won = results.filter((result) => result !== undefined)
        assert.equal(won.length, 1)
        assert.deepEqual(await store.readDocument('keys'), won[0])
      }
    },
  },
  {
    title: '100 concurrent read-modify-writes with an expected revision end at 100',
    async run({ store, other }) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const handle = index % 2 ? store : other
          for (;;) {
            const before = await handle.readDocument('count')
            const text = String(Number(before?.text ?? 0) + 1)
            const written = await handle.writeDocument('count', text, before?.revision ?? 0)
            if (written !== undefined) return
          }
        }),
      )
      assert.deepEqual(await store.readDocument('count'), { text: '100', revision: 100 })
    },
  },
  {
    title: 'gives every text back as it was, up to 65,536 characters',
    async run({ store, other }) {
      for (const [revision, text] of TEXTS.entries()) {
        await store.writeDocument('keys', text, revision)
        assert.deepEqual(await other.readDocument('keys'), { text, revision: revision + 1 })
      }
    },
  },
  {
    title: 'refuses a text over 65,536 characters as a wrong input, and keeps what was there',
    async run({ store }) {
      const long = 'a'.repeat(LONGEST + 1)
      await assert.rejects(store.writeDocument('keys', long, 0), InvalidInput)
      assert.equal(await store.readDocument('keys'), undefined)
      await store.writeDocument('keys', 'a', 0)
      await assert.rejects(store.writeDocument('keys', long, 1), InvalidInput)
      assert.deepEqual(await store.readDocument('keys'), { text: 'a', revision: 1 })
    },
  },
  {
    title: 'keeps oddly named documents apart',
    async run({ store, other }) {
      for (const name of NAMES) {
        assert.equal(await store.readDocument(name), undefined, JSON.stringify(name))
        await store.writeDocument(name, `of ${name}`, 0)
      }
      for (const name of NAMES) {
        assert.deepEqual(await other.readDocument(name), { text: `of ${name}`, revision: 1 })
      }
    },
  },
  {
    title: 'keeps a document 400 days after it was last written or read',
    async run({ store, other, advance }) {
      await store.writeDocument('written', 'a', 0)
      await store.writeDocument('read', 'a', 0)
      for (let times = 1; times <= 3; times += 1) {
        await advance(399 * DAY)
        await store.writeDocument('written', 'a', times)
        assert.deepEqual(await other.readDocument('read'), { text: 'a', revision: 1 })
      }
      assert.equal((await store.readDocument('written'))?.revision, 4)
    },
  },
  {
    title: 'begins anew with a document that had its time',
    needs: 'countEntries',
    async run({ store, advance, countEntries }) {
      await store.writeDocument('keys', 'a', 0)
      await store.writeDocument('keys', 'b', 1)
      await advance(410 * DAY)
      assert.equal(await store.readDocument('keys'), undefined)
      assert.equal(await countEntries(), 0)
      assert.deepEqual(await store.writeDocument('keys', 'c', 0), { text: 'c', revision: 1 })
    },
  },
]

/** Small texts that all processes share, and that only one at a time changes. */
export const documents: Chapter = { title: 'documents', tests: () => tests }
