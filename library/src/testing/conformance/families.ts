import assert from 'node:assert/strict'
import { randomToken } from '../../system/random.js'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  assertBetween,
  changed,
  DAY,
  find,
  listAll,
  MARGIN,
  MINUTE,
  setting,
  start,
} from './fixtures.js'
import { advanceFamily, exchanged, familyOf, newFamily, rotation } from './family-fixtures.js'

const beginnings: readonly ConformanceTest[] = [
  {
    title: 'begins a family of refresh tokens with the session',
    async run({ store, other }) {
      const family = newFamily(30 * DAY)
      const record = await start(store, { family })
      assert.deepEqual(record.family, {
        seedDigest: family.seedDigest,
        generation: 1,
        parent: undefined,
        rotatedAt: record.createdAt,
        isPresented: false,
        expiresAt: record.createdAt + 30 * DAY,
      })
      assert.deepEqual((await find(other, record.id)).record, record)
      assert.deepEqual((await listAll(store, 'ann'))[0]?.family, record.family)
    },
  },
  {
    title: 'begins a family by a change, of signed-in and anonymous sessions',
    async run({ store, advance }) {
      for (const subject of ['ann', undefined]) {
        const record = await start(store, { subject, data: { a: '1' } })
        assert.equal(record.family, undefined)
        await advance(10 * MINUTE)
        const family = newFamily(7 * DAY)
        const { now } = changed(await store.change(record.id, { family }))
        const begun = (await find(store, record.id)).record
        const rotatedAt = begun.family?.rotatedAt ?? 0
        assertBetween(rotatedAt, now - MARGIN, now, 'rotatedAt')
        assert.deepEqual(begun, {
          ...record,
          family: {
            seedDigest: family.seedDigest,
            generation: 1,
            parent: undefined,
            rotatedAt,
            isPresented: false,
            expiresAt: rotatedAt + 7 * DAY,
          },
        })
      }
    },
  },
  {
    title: 'begins another family in place of the one before, whose tokens are dead',
    async run({ store, other }) {
      const old = newFamily()
      const { id } = await start(store, { family: old })
      await advanceFamily(store, id, old, 3)
      changed(await store.change(id, { presentedGeneration: 3 }))
      const family = newFamily()
      changed(await other.change(id, { family, ...setting('a', '1') }))
      const begun = await familyOf(store, id)
      assert.deepEqual(
        [begun.seedDigest, begun.generation, begun.parent, begun.isPresented],
        [family.seedDigest, 1, undefined, false],
      )
      for (const generation of [1, 2, 3, 4]) {
        const result = await store.rotate(id, rotation(old, generation))
        assert.deepEqual(result, { status: 'refused', reason: 'unknown' })
      }
      exchanged(await other.rotate(id, rotation(family, 1)), 'rotated')
    },
  },
  {
    title: 'keeps the family through every other change',
    async run({ store }) {
      const family = newFamily()
      const record = await start(store, { family })
      await advanceFamily(store, record.id, family, 3)
      const before = await familyOf(store, record.id)
      const renewal = {
        from: record.secretDigest,
        to: randomToken(32),
        keepPreviousFor: MINUTE,
        isAuthentication: true,
      }
      changed(await store.change(record.id, { renewal, seen: true, traits: { agent: 'b' } }))
      changed(await store.change(record.id, { ...setting('a', '1'), forgetPrevious: true }))
      assert.equal((await store.end(record.id, 'signed_in', { after: DAY / 2 })).status, 'ended')
      await store.endAll('ann', 'logged_out_elsewhere', record.id)
      assert.deepEqual(await familyOf(store, record.id), before)
    },
  },
]

const facts: readonly ConformanceTest[] = [
  {
    title: 'notes that the present token was seen in use, once its access token came in',
    async run({ store, other }) {
      const family = newFamily()
      const { id } = await start(store, { family })
      await advanceFamily(store, id, family, 3)
      const before = await familyOf(store, id)
      for (const presentedGeneration of [0, 1, 2, 4, 99]) {
        changed(await store.change(id, { presentedGeneration }))
        assert.deepEqual(await familyOf(store, id), before)
      }
      changed(await store.change(id, { presentedGeneration: 3, seen: true }))
      assert.deepEqual(await familyOf(other, id), { ...before, isPresented: true })
      changed(await other.change(id, { presentedGeneration: 3 }))
      assert.deepEqual(await familyOf(store, id), { ...before, isPresented: true })
      exchanged(await store.rotate(id, rotation(family, 3)), 'rotated')
      assert.equal((await familyOf(store, id)).isPresented, false)
    },
  },
  {
    title: 'takes no notice of an access token where there is no family',
    async run({ store }) {
      const record = await start(store)
      changed(await store.change(record.id, { presentedGeneration: 1 }))
      assert.deepEqual((await find(store, record.id)).record, record)
    },
  },
  {
    title: 'tells when the person proved who they are, where the secret stays',
    async run({ store, other, advance }) {
      const record = await start(store, { data: { a: '1' }, traits: { methods: 'pwd' } })
      await advance(10 * MINUTE)
      const unproved = changed(await store.change(record.id, { isAuthentication: false }))
      assert.equal(unproved.authenticatedAt, record.createdAt)
      const change = { isAuthentication: true, traits: { methods: 'pwd,otp' } }
      const { authenticatedAt, now } = changed(await store.change(record.id, change))
      const since = record.createdAt + 10 * MINUTE
      assertBetween(authenticatedAt ?? 0, since, now, 'authenticatedAt')
      assert.deepEqual((await find(other, record.id)).record, {
        ...record,
        authenticatedAt,
        traits: { methods: 'pwd,otp' },
      })
    },
  },
]

/** How refresh families begin, and what changes of them beside rotation. */
export const families: Chapter = {
  title: 'families',
  tests: () => [...beginnings, ...facts],
}
