import { describe, expect, it } from 'vitest'
import { InvalidOption, StoreUnavailable } from '../../src/errors.js'
import { createMemoryStore, MemoryStore } from '../../src/store/memory.js'
import { Tables } from '../../src/store/memory/tables.js'
import { STORE_DEFAULTS, type NewSession, type Rotation } from '../../src/store/store.js'
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

  it('draws the lines of a rotation at the millisecond', async () => {
    const DUE = { grace: 10_000, forgiveFor: 60_000, idleTimeout: 90_000 }
    for (const [after, generation, status] of [
      [10_000, 1, 'replayed'],
      [10_001, 1, 'forgiven'],
      [60_000, 1, 'forgiven'],
      [60_001, 1, 'reused'],
      [89_999, 2, 'rotated'],
      [90_000, 2, 'refused'],
      [90_000, 1, 'refused'],
    ] as const) {
      const clock = createManualClock()
      const store = createMemoryStore({ clock })
      await store.create(session({ id: 'one', family: FAMILY }))
      await store.rotate('AA.one', { ...rotation(1), ...DUE })
      clock.advance(after)
      const result = await store.rotate('AA.one', { ...rotation(generation), ...DUE })
      expect([after, generation, result.status]).toEqual([after, generation, status])
    }
  })

  it('ends a family at the millisecond', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock })
    await store.create(session({ id: 'one', family: FAMILY }))
    clock.advance(FAMILY.lifetime - 1)
    expect((await store.rotate('AA.one', rotation(1))).status).toBe('rotated')
    clock.advance(1)
    expect(await store.rotate('AA.one', rotation(2))).toMatchObject({ reason: 'expired' })
  })

  it('tells of a change before the verb answers, also to who watches another store', async () => {
    const tables = new Tables(STORE_DEFAULTS)
    const [store, other] = [new MemoryStore({}, tables), new MemoryStore({}, tables)]
    const told: string[] = []
    other.changes.watch({
      onSession: (id) => told.push(id),
      onSubject: (subject) => told.push(subject),
      onDocument: (name) => told.push(name),
      onEverything: () => told.push('everything'),
    })
    await store.create(session({ id: 'one' }))
    const answers = [
      store.end('AA.one', 'logged_out'),
      store.endAll('ann', 'revoked_admin'),
      store.writeDocument('keys', 'a', 0),
    ]
    expect(told).toEqual(['AA.one', 'ann', 'keys'])
    await Promise.all(answers)
  })

  it('lists what ran out of time among the endings, while its record lingers', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock })
    const since = clock.now()
    await store.create(session({ id: 'expires', idleTimeout: MINUTE }))
    await store.create(session({ id: 'replaced' }))
    await store.end('AA.replaced', 'signed_in', { after: 2 * MINUTE })
    clock.advance(MINUTE)
    const first = await store.changes?.endings(since)
    expect(first?.sessions).toEqual([{ id: 'AA.expires', endedAt: since + MINUTE }])
    clock.advance(MINUTE)
    const second = await store.changes?.endings(since + MINUTE + 1)
    expect(second?.sessions).toEqual([{ id: 'AA.replaced', endedAt: since + 2 * MINUTE }])
  })

  it('says that it knows the endings from its own beginning, and since those that it forgot', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, maxSessions: 2 })
    const begun = clock.now()
    expect((await store.changes?.endings(0))?.since).toBe(begun)
    for (let index = 0; index < 5; index += 1) {
      clock.advance(1_000)
      await store.create(session({ id: String(index) }))
      await store.end(`AA.${index}`, 'logged_out')
    }
    const endings = await store.changes?.endings(begun)
    expect(endings?.since).toBe(begun + 2_001)
    expect(endings?.sessions.map(({ id }) => id)).toEqual(['AA.2', 'AA.3', 'AA.4'])
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

const FAMILY = { seedDigest: 'seed', lifetime: 5 * MINUTE }

function rotation(generation: number): Rotation {
  return {
    seedDigest: 'seed',
    generation,
    client: undefined,
    grace: 0,
    forgiveFor: 0,
    idleTimeout: undefined,
    isSeen: false,
  }
}

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
  return Object.values(tables.sizes).reduce((sum, size) => sum + size, tables.counters.size)
}
