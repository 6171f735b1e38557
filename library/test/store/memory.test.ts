import { describe, expect, it } from 'vitest'
import { InvalidOption, StoreUnavailable } from '../../src/errors.js'
import { createMemoryStore, MemoryStore } from '../../src/store/memory.js'
import { Tables } from '../../src/store/memory/tables.js'
import { STORE_DEFAULTS, type NewSession } from '../../src/store/store.js'
import { createManualClock, describeStoreConformance } from '../../src/testing/index.js'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const harness = {
  async open() {
    const clock = createManualClock()
    const tables = new Tables(STORE_DEFAULTS)
    const options = { clock, routingKey: 'the same for both' }
    return {
      clock,
      tables,
      store: new MemoryStore(options, tables),
      second: () => new MemoryStore(options, tables),
      advance: (milliseconds: number) => clock.advance(milliseconds),
      inspect: () => expect(tables.strayEntries()).toEqual([]),
      close: () => undefined,
    }
  },
  forgetIndex: ({ tables }: { tables: Tables }, subject: string) => tables.forgetIndex(subject),
  countEntries({ tables, clock }: { tables: Tables; clock: { now(): number } }) {
    tables.sweepAll(clock.now())
    return count(tables)
  },
}

// Behaviour 9b asks for 100,000 operations; other stores take the default of 10,000.
describeStoreConformance('memory', harness, { describe, it }, { operations: 100_000 })

describe('a memory store', () => {
  it('makes room by dropping what is over, then refuses to hold more', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, maxSessions: 3 })
    await store.create(session({ id: 'expires', idleTimeout: MINUTE }))
    await store.create(session({ id: 'ends' }))
    await store.create(session({ id: 'lives' }))
    await expect(store.create(session({ id: 'next' }))).rejects.toThrow(StoreUnavailable)
    expect((await store.read('AA.next')).status).toBe('missing')

    clock.advance(MINUTE)
    expect((await store.create(session({ id: 'next' }))).status).toBe('created')
    const expired = await store.read('AA.expires')
    expect(expired.status === 'ended' && expired.ending.reason).toBe('expired_idle')

    await store.end('AA.ends', 'logged_out')
    expect((await store.create(session({ id: 'last' }))).status).toBe('created')
    await expect(store.create(session({ id: 'more' }))).rejects.toThrow('holds 3 sessions')
    expect((await store.read('AA.lives')).status).toBe('found')
  })

  it('makes room within a limit even when it is full', async () => {
    const store = createMemoryStore({ maxSessions: 2 })
    const limit = { max: 1, whenFull: 'evict-oldest' } as const
    await store.create(session({ id: 'old', subject: 'ann' }))
    await store.create(session({ id: 'other', subject: 'bob' }))
    const result = await store.create(session({ id: 'new', subject: 'ann', limit }))
    expect(result.status === 'created' && result.evicted).toEqual(['AA.old'])
  })

  it('looks for room at most once a second while it is full', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, maxSessions: 1 })
    await store.create(session({ id: 'first', idleTimeout: 500 }))
    await expect(store.create(session({ id: 'next' }))).rejects.toThrow(StoreUnavailable)
    clock.advance(999)
    await expect(store.create(session({ id: 'next' }))).rejects.toThrow(StoreUnavailable)
    clock.advance(1)
    expect((await store.create(session({ id: 'next' }))).status).toBe('created')
  })

  it('stays as small as what lives in it, by sweeping with every create', async () => {
    const clock = createManualClock()
    const tables = new Tables(STORE_DEFAULTS)
    const store = new MemoryStore({ clock }, tables)
    let peak = 0
    for (let index = 0; index < 20_000; index += 1) {
      const id = String(index)
      await store.create(session({ id, subject: `s${id}`, idleTimeout: MINUTE }))
      if (index % 3 === 0) await store.end(`AA.${id}`, 'logged_out')
      clock.advance(MINUTE)
      peak = Math.max(peak, count(tables))
    }
    // 60 linger, 480 tombstones stand, 1,501 subjects may still have a session: the rest is slack.
    expect(peak).toBeLessThan(4_000)
  })

  it('holds no more tombstones than sessions', async () => {
    const tables = new Tables(STORE_DEFAULTS)
    const store = new MemoryStore({ clock: createManualClock(), maxSessions: 10 }, tables)
    for (let index = 0; index < 100; index += 1) {
      await store.create(session({ id: String(index) }))
      await store.end(`AA.${index}`, 'logged_out')
    }
    expect(tables.sizes.tombstones).toBe(11)
    expect((await store.read('AA.0')).status).toBe('missing')
    expect((await store.read('AA.99')).status).toBe('ended')
  })

  it('keeps endings and records for as long as its options say', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, tombstoneFor: 5 * MINUTE, lingerFor: 2 * MINUTE })
    await store.create(session({ id: 'ends' }))
    await store.create(session({ id: 'expires', idleTimeout: MINUTE }))
    await store.end('AA.ends', 'logged_out')
    clock.advance(3 * MINUTE - 1)
    expect((await store.read('AA.expires')).status).toBe('found')
    clock.advance(1)
    expect((await store.read('AA.expires')).status).toBe('missing')
    clock.advance(2 * MINUTE - 1)
    expect((await store.read('AA.ends')).status).toBe('ended')
    clock.advance(1)
    expect((await store.read('AA.ends')).status).toBe('missing')
  })

  it('forgets a subject, its epoch too, when no session of it can be left', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock })
    const nobody = await store.readSubject('nobody')
    await store.create(session({ id: 'one' }))
    await store.changeSubject('ann', { set: new Map([['role', '"admin"']]) })
    await store.endAll('ann', 'revoked_admin')
    clock.advance(DAY + 60 * MINUTE - 1)
    expect((await store.readSubject('ann')).epoch).toBe(1)
    clock.advance(1)
    expect(await store.readSubject('ann')).toEqual(nobody)
    await store.create(session({ id: 'two' }))
    expect(await store.readSubject('ann')).toEqual(nobody)
  })

  it('refuses a page size out of range by its name', async () => {
    const store = createMemoryStore()
    for (const limit of [0, 101, 1.5, Number.NaN]) {
      await expect(store.list('ann', { limit })).rejects.toMatchObject({ field: 'limit' })
    }
  })

  it('refuses a bound that is no whole number above 0', () => {
    for (const maxSessions of [0, -1, 1.5, Number.NaN]) {
      expect(() => createMemoryStore({ maxSessions })).toThrow(InvalidOption)
    }
  })

  it('reports what it holds', async () => {
    const store = createMemoryStore({ maxSessions: 5 })
    await store.create(session({ id: 'one' }))
    await store.create(session({ id: 'two' }))
    await store.end('AA.one', 'logged_out')
    expect(await store.check()).toEqual({
      details: { sessions: 1, tombstones: 1, subjects: 1, documents: 0, maxSessions: 5 },
    })
    await store.close()
  })
})

function session(wish: Partial<NewSession> & { id: string }): NewSession {
  return {
    subject: 'ann',
    secretDigest: 'digest',
    idleTimeout: 60 * MINUTE,
    absoluteTimeout: DAY,
    traits: {},
    data: new Map(),
    ...wish,
    id: `AA.${wish.id}`,
  }
}

function count(tables: Tables): number {
  return Object.values(tables.sizes).reduce((sum, size) => sum + size, 0)
}
