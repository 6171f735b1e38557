import assert from 'node:assert/strict'
import { randomToken } from '../../system/random.js'
import type { Chapter, ConformanceTest } from './harness.js'
import { assertBetween, changed, find, HOUR, MARGIN, MINUTE, setting, start } from './fixtures.js'

const tests: readonly ConformanceTest[] = [
  {
    title: 'moves lastSeenAt when the session was seen, and only then',
    async run({ store, advance }) {
      const record = await start(store)
      await advance(10 * MINUTE)
      const unseen = changed(await store.change(record.id, setting('a', '1')))
      assert.equal(unseen.lastSeenAt, record.lastSeenAt)
      const seen = changed(await store.change(record.id, { seen: true }))
      assertBetween(
        seen.lastSeenAt,
        record.lastSeenAt + 10 * MINUTE,
        record.lastSeenAt + 10 * MINUTE + MARGIN,
        'lastSeenAt',
      )
      assertBetween(seen.now, seen.lastSeenAt, seen.lastSeenAt + MARGIN, 'now')
      assert.equal((await find(store, record.id)).record.lastSeenAt, seen.lastSeenAt)
    },
  },
  {
    title: 'writes and removes single traits, and keeps the others',
    async run({ store }) {
      const { id } = await start(store, { traits: { methods: 'pwd', agent: 'a', address: '::1' } })
      changed(await store.change(id, { traits: { agent: 'b', address: null, actor: 'root' } }))
      changed(await store.change(id, { traits: { challenge: null } }))
      assert.deepEqual((await find(store, id)).record.traits, {
        methods: 'pwd',
        agent: 'b',
        actor: 'root',
      })
    },
  },
  {
    title: 'renews the secret once, keeps the digest before it, and answers superseded afterwards',
    async run({ store, other, advance }) {
      const record = await start(store, { data: { a: '1' } })
      await advance(10 * MINUTE)
      const to = randomToken(32)
      const renewal = {
        from: record.secretDigest,
        to,
        keepPreviousFor: 20_000,
        isAuthentication: false,
      }
      const result = changed(await store.change(record.id, { renewal, seen: true }))
      assert.equal(result.authenticatedAt, record.authenticatedAt)
      const renewed = (await find(store, record.id)).record
      assert.deepEqual(renewed, {
        ...record,
        secretDigest: to,
        previousDigest: record.secretDigest,
        previousUntil: renewed.previousUntil,
        lastSeenAt: result.lastSeenAt,
      })
      const until = renewed.previousUntil ?? 0
      assertBetween(until, result.now + 20_000 - MARGIN, result.now + 20_000, 'previousUntil')
      const late = { renewal: { ...renewal, to: randomToken(32) }, ...setting('a', '2') }
      assert.deepEqual(await other.change(record.id, late), { status: 'superseded' })
      assert.deepEqual((await find(store, record.id)).record, renewed)
    },
  },
  {
    title: 'keeps the digest that a renewal names as the previous one, where it names another',
    async run({ store }) {
      const record = await start(store)
      const lost = {
        from: record.secretDigest,
        to: randomToken(32),
        keepPreviousFor: HOUR,
        isAuthentication: false,
      }
      changed(await store.change(record.id, { renewal: lost }))
      const again = { ...lost, from: lost.to, keep: record.secretDigest, to: randomToken(32) }
      changed(await store.change(record.id, { renewal: again }))
      const renewed = (await find(store, record.id)).record
      assert.equal(renewed.secretDigest, again.to)
      assert.equal(renewed.previousDigest, record.secretDigest)
      const { status } = await store.change(record.id, { renewal: { ...again, to: lost.to } })
      assert.equal(status, 'superseded')
    },
  },
  {
    title: 'tells when the person proved who they are, where the renewal is an authentication',
    async run({ store, advance }) {
      const record = await start(store)
      await advance(10 * MINUTE)
      const renewal = {
        from: record.secretDigest,
        to: randomToken(32),
        keepPreviousFor: 0,
        isAuthentication: true,
      }
      const result = changed(await store.change(record.id, { renewal, traits: { methods: 'otp' } }))
      const proved = result.authenticatedAt ?? 0
      assertBetween(proved, record.createdAt + 10 * MINUTE, result.now, 'authenticatedAt')
      const found = await find(store, record.id)
      assert.equal(found.record.authenticatedAt, proved)
      assert.equal(found.record.traits.methods, 'otp')
      assert.ok((found.record.previousUntil ?? 0) <= found.now, 'the old secret is still accepted')
    },
  },
  {
    title: 'forgets the previous digest when told to',
    async run({ store }) {
      const record = await start(store)
      const renewal = {
        from: record.secretDigest,
        to: randomToken(32),
        keepPreviousFor: HOUR,
        isAuthentication: false,
      }
      await store.change(record.id, { renewal })
      changed(await store.change(record.id, { forgetPrevious: true }))
      const after = (await find(store, record.id)).record
      assert.equal(after.previousDigest, undefined)
      assert.equal(after.previousUntil, undefined)
      assert.equal(after.secretDigest, renewal.to)
    },
  },
]

/** Instants, traits and secrets change as told, and otherwise stay. */
export const factChanges: Chapter = { title: 'change of facts', tests: () => tests }
