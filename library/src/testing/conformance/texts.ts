import assert from 'node:assert/strict'
import type { Chapter, ConformanceTest } from './harness.js'
import { changed, dataOf, find, listIds, newSession, setting, start, stateOf } from './fixtures.js'

/** JSON texts that a store which parses, or guesses an encoding, brings back changed. */
const JSON_TEXTS: readonly string[] = [
  '[]',
  '{}',
  '""',
  'null',
  'true',
  '0',
  '-0',
  '0.1',
  '1.0',
  '1e400',
  '-1E+400',
  '12345678901234567890123456789',
  '9007199254740993',
  '0.10000000000000000555',
  ' { "a" : 1 } ',
  '{"b":1,"a":2,"a":3}',
  '{"__proto__":{"x":1}}',
  '"\\ud800"',
  '"\\u0000"',
  '"\u2028\u2029"',
  '"ünïcode 漢字 😀"',
  '"line\\nbreak\\r\\n"',
  '"\'; DROP TABLE sessions; --"',
  '"$1 ${x} {0} %s"',
  `"${'x'.repeat(100_000)}"`,
  `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
]

/** Data keys that a store could take for a separator, a pattern, an object's own, or its own field. */
const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'a:b',
  'a.b',
  '{a}',
  '{',
  '}',
  '*',
  '?',
  '[a-z]',
  'line\nbreak',
  'cr\r\nlf',
  'with space',
  '漢字😀',
  '"quoted"',
  "'",
  '%',
  'id',
  'subject',
  'revision',
  'data',
  'd:x',
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-$@#~'.split(''),
]

/** Names that a store must tell apart, though a pattern, a separator or a rewriting would join them. */
const SUBJECTS: readonly string[] = [
  'a',
  'A',
  'a ',
  ' a',
  'a:',
  'a:b',
  'a:b:c',
  '*',
  'a*',
  '?',
  '[ab]',
  '{a}',
  '{a',
  'a}',
  '{}',
  'a{b}c',
  'a\r\n',
  'a\nb',
  'a\r\nb',
  'a\tb',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'é',
  'e\u0301',
  '😀',
  "a'--",
  'a"b',
  'a\\b',
  'a%',
  'a_b',
  '0',
  '00',
  '1e3',
  '1000',
  'null',
  'undefined',
  `${'x:{*}\r\n '.repeat(28)}xyz`,
  `${'x:{*}\r\n '.repeat(28)}xyZ`,
  'y'.repeat(255),
  'y'.repeat(254),
  '漢'.repeat(255),
]

const tests: readonly ConformanceTest[] = [
  {
    title: 'gives every JSON text back byte for byte, written by create and by change',
    async run({ store, other }) {
      const data = Object.fromEntries(JSON_TEXTS.map((json, index) => [`k${index}`, json]))
      const { id } = await start(store, { data })
      const expected = Object.entries(data).sort()
      assert.deepEqual((await dataOf(other, id)).sort(), expected)
      const rewritten = await start(store)
      changed(await store.change(rewritten.id, { set: new Map(Object.entries(data)) }))
      assert.deepEqual((await dataOf(other, rewritten.id)).sort(), expected)
    },
  },
  {
    title: 'keeps every key apart from all others and from its own fields',
    async run({ store, other }) {
      const { id } = await start(store)
      const entries = KEYS.map((key, index): [string, string] => [key, String(index)])
      changed(await store.change(id, { set: new Map(entries) }))
      const { record } = await find(other, id)
      assert.deepEqual(
        [...record.data].map(([key, entry]) => [key, entry.json]).sort(),
        [...entries].sort(),
      )
      for (const [index, key] of KEYS.entries()) {
        const increment = new Map([[key, 1]])
        const { values } = changed(await store.change(id, { increment }))
        assert.deepEqual(values, new Map([[key, index + 1]]))
      }
      changed(await store.change(id, { delete: KEYS }))
      const { data: _, revision: __, ...fields } = (await find(store, id)).record
      const { data: ___, revision: ____, ...before } = record
      assert.deepEqual(await dataOf(store, id), [])
      assert.deepEqual(fields, before)
    },
  },
  {
    title: 'keeps odd keys given to create',
    async run({ store }) {
      const session = newSession(store)
      const data = new Map(KEYS.map((key, index): [string, string] => [key, String(index)]))
      await store.create({ ...session, data })
      const { record } = await find(store, session.id)
      const kept = [...record.data].map(([key, entry]) => [key, entry.json])
      assert.deepEqual(kept.sort(), [...data].sort())
    },
  },
  {
    title: 'keeps traits byte for byte',
    async run({ store }) {
      const traits = { agent: '"ü\r\n:{}*\u0000,; 😀', methods: '', actor: '__proto__' }
      const { id } = await start(store, { traits })
      assert.deepEqual((await find(store, id)).record.traits, traits)
      changed(await store.change(id, { traits: { agent: 'x:y\n', confirmation: '1e3' } }))
      assert.deepEqual((await find(store, id)).record.traits, {
        ...traits,
        agent: 'x:y\n',
        confirmation: '1e3',
      })
    },
  },
  {
    title: 'never reaches another subject, whatever the names are',
    async run({ store, other }) {
      const sessions = new Map<string, string>()
      for (const subject of SUBJECTS) {
        const record = await start(store, { subject })
        assert.equal(record.subject, subject)
        sessions.set(subject, record.id)
      }
      for (const [subject, id] of sessions) {
        assert.equal((await find(other, id)).record.subject, subject)
        assert.deepEqual(await listIds(other, subject), [id], JSON.stringify(subject))
      }
      for (const [subject, id] of sessions) {
        const result = await store.endAll(subject, 'revoked_admin')
        assert.deepEqual(result, { count: 1, epoch: 1 }, JSON.stringify(subject))
        assert.equal(await stateOf(store, id), 'revoked_admin')
        sessions.delete(subject)
        assert.deepEqual(await store.reap(subject, 10), {
          reaped: [{ id, reason: 'revoked_admin' }],
          hasMore: false,
        })
        for (const alive of sessions.values()) assert.equal(await stateOf(store, alive), 'live')
      }
    },
  },
  {
    title: 'keeps the records of oddly named subjects apart',
    async run({ store, other }) {
      for (const [index, subject] of SUBJECTS.entries()) {
        await store.changeSubject(subject, setting('n', String(index)))
      }
      for (const [index, subject] of SUBJECTS.entries()) {
        const record = await other.readSubject(subject)
        assert.deepEqual(record.attributes, new Map([['n', String(index)]]))
        assert.equal(record.isDisabled, false)
      }
    },
  },
]

/** What applications hand in comes back as it was, and is never taken for something else. */
export const texts: Chapter = { title: 'texts', tests: () => tests }
