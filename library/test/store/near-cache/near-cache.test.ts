import { describe, expect, it } from 'vitest'
import { InvalidOption, StoreUnavailable } from '../../../src/errors.js'
import { createNearCache } from '../../../src/store/near-cache.js'
import type { Change, Rotation, Store } from '../../../src/store/store.js'
import { createManualClock } from '../../../src/testing/index.js'
import { altered, HOUR, MINUTE, open, openTwo, recordOf, session } from './support.js'

const ID = 'AA.one'

async function opened(...args: Parameters<typeof open>) {
  const scene = open(...args)
  await scene.other.create(session('one', { data: new Map([['cart', '["tea"]']]) }))
  return scene
}

/** With the session in the cache. */
async function filled(...args: Parameters<typeof open>) {
  const scene = await opened(...args)
  await scene.cache.read(ID)
  return scene
}

describe('a near cache', () => {
  it('answers what was read before, without the store', async () => {
    const { cache, calls, clock } = await opened()
    expect(cache.peek(ID)).toBeUndefined()
    const read = await cache.read(ID)
    expect(cache.peek(ID)).toEqual(read)
    clock.advance(1_500)
    expect(cache.peek(ID)).toEqual({ ...read, now: read.now + 1_500 })
    expect(calls).toEqual([`read ${ID}`])
    expect(cache.stats()).toEqual({
      hits: 2,
      misses: 1,
      bypasses: 0,
      flushes: 0,
      evictions: 0,
      entries: 1,
      age: 0,
      delays: { bounds: expect.any(Array), counts: new Array(12).fill(0), sum: 0 },
    })
  })

  it('asks the store whenever it is told to read', async () => {
    const { cache, calls } = await filled()
    await cache.read(ID)
    expect(calls).toHaveLength(2)
  })

  it('works for an anonymous session', async () => {
    const { cache, other, feed } = open()
    await other.create(session('guest', { subject: undefined }))
    const read = await cache.read('AA.guest')
    expect(cache.peek('AA.guest')).toEqual(read)
    feed.tell((watcher) => watcher.onSession('AA.guest'))
    expect(cache.peek('AA.guest')).toBeUndefined()
  })

  it('keeps no "no": missing, ended, corrupt, or over', async () => {
    const { cache, other, clock, store } = await filled()
    await cache.read('AA.nobody')
    await other.create(session('nobody', { absoluteTimeout: MINUTE }))
    expect(cache.peek('AA.nobody')).toBeUndefined()
    clock.advance(MINUTE)
    expect((await cache.read('AA.nobody')).status).toBe('found')
    expect(cache.stats().entries).toBe(1)

    await other.end(ID, 'logged_out')
    expect((await cache.read(ID)).status).toBe('ended')
    expect(cache.peek(ID)).toBeUndefined()

    const corrupt = altered(store, { read: async () => ({ status: 'corrupt', now: clock.now() }) })
    const above = createNearCache(corrupt, { clock })
    await above.read(ID)
    expect(above.peek(ID)).toBeUndefined()
    expect(cache.stats().entries).toBe(0)
  })

  it('keeps no session that is large, with its data and the attributes of its subject', async () => {
    const { cache, other } = open()
    const fits = 'x'.repeat(4_096 - 'k'.length)
    await other.create(session('fits', { data: new Map([['k', fits]]) }))
    await other.create(session('large', { data: new Map([['k', `${fits}x`]]) }))
    for (const id of ['AA.fits', 'AA.large']) await cache.read(id)
    expect(recordOf(cache.peek('AA.fits')).data.get('k')?.json).toBe(fits)
    expect(cache.peek('AA.large')).toBeUndefined()
    await other.changeSubject('ann', { set: new Map([['r', '1']]) })
    await cache.read('AA.fits')
    expect(cache.peek('AA.fits')).toBeUndefined()
  })

  it('keeps no answer that is about another session than was asked for', async () => {
    const { store, other, clock } = await opened()
    const confused = createNearCache(altered(store, { read: () => other.read(ID) }), { clock })
    await confused.read('AA.two')
    expect(confused.peek('AA.two')).toBeUndefined()
    expect(confused.peek(ID)).toBeUndefined()
  })

  it('hands out what nobody can change for others', async () => {
    const { cache } = await filled()
    const first = cache.peek(ID)
    const record = recordOf(first)
    ;(record.data as Map<string, unknown>).clear()
    ;(first?.subject.attributes as Map<string, string>).set('role', '"admin"')
    Object.assign(record, { subject: 'eve' })
    Object.assign(record.traits, { actor: 'eve' })
    expect(recordOf(cache.peek(ID))).toMatchObject({ subject: 'ann', traits: {} })
    expect(recordOf(cache.peek(ID)).data.get('cart')?.json).toBe('["tea"]')
    expect(cache.peek(ID)?.subject.attributes.size).toBe(0)
  })

  it('passes everything else on, and closes what it opened', async () => {
    const { cache, other, feed, store } = await filled()
    expect(cache.name).toBe('memory')
    expect(cache.changes).toBe(feed)
    expect(cache.bucketOf('ann')).toBe(other.bucketOf('ann'))
    expect((await cache.list('ann', { limit: 10 })).records.map(({ id }) => id)).toEqual([ID])
    expect(await cache.readSubject('ann')).toEqual(await other.readSubject('ann'))
    expect(await cache.check()).toEqual(await other.check())

    let watchersAtClose: number | undefined
    const closing = altered(store, {
      async close() {
        watchersAtClose = feed.watchers.size
      },
    })
    await cache.close()
    expect(cache.peek(ID)).toBeUndefined()
    await createNearCache(closing).close()
    expect(watchersAtClose).toBe(0)
  })

  it('refuses options that are none', () => {
    const { store } = open()
    for (const maxStaleness of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => createNearCache(store, { maxStaleness })).toThrow(InvalidOption)
    }
    for (const maxEntries of [0, -1, 1.5, Number.NaN]) {
      expect(() => createNearCache(store, { maxEntries })).toThrow(InvalidOption)
    }
  })
})

describe('the bound of a near cache', () => {
  it('is served up to it and not past it', async () => {
    const { cache, feed } = await filled({ maxStaleness: 400 })
    feed.isAged = 400
    expect(cache.peek(ID)).toBeDefined()
    feed.isAged = 400.001
    expect(cache.peek(ID)).toBeUndefined()
    feed.isAged = Number.POSITIVE_INFINITY
    expect(cache.peek(ID)).toBeUndefined()
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 0, bypasses: 2, entries: 1 })
    // Messages that were late have come, and said nothing of this session.
    feed.isAged = 3
    expect(cache.peek(ID)).toBeDefined()
  })

  it('is 500 ms unless said otherwise', async () => {
    const { cache, feed } = await filled()
    feed.isAged = 500
    expect(cache.peek(ID)).toBeDefined()
    feed.isAged = 501
    expect(cache.peek(ID)).toBeUndefined()
  })

  it('lets nothing be served where it is 0, or where there is no feed', async () => {
    for (const how of ['zero', 'no feed'] as const) {
      const { store, feed, clock } = await opened({ maxStaleness: 0 })
      const cache = createNearCache(
        how === 'zero' ? store : altered(store, { changes: undefined }),
        { clock, maxStaleness: how === 'zero' ? 0 : 500 },
      )
      expect(feed.watchers.size).toBe(0)
      await cache.read(ID)
      await cache.readDocument('ring')
      expect(cache.peek(ID)).toBeUndefined()
      expect(cache.peekDocument('ring')).toBeUndefined()
      expect(cache.stats()).toMatchObject({ hits: 0, bypasses: 1, entries: 0, age: Infinity })
      await cache.close()
    }
  })

  it('keeps nothing that was read while it was not known what changes', async () => {
    const { cache, feed, held } = await opened()
    feed.isAged = Number.POSITIVE_INFINITY
    held.isHolding = true
    const reading = cache.read(ID)
    await arrivals(held, 1)
    feed.isAged = 0
    held.underWay.shift()?.()
    await reading
    expect(cache.peek(ID)).toBeUndefined()
  })

  it('holds after the machine has slept, though no clock that never jumps has noticed', async () => {
    let now = 1_000_000
    const clock = { now: () => now, elapsed: () => 5_000 }
    const { cache } = await filled({ clock })
    now += 500
    expect(cache.peek(ID)).toBeDefined()
    now += 501
    expect(cache.peek(ID)).toBeUndefined()
    expect(cache.stats()).toMatchObject({ hits: 1, flushes: 1, entries: 0 })
    await cache.read(ID)
    expect(cache.peek(ID)).toBeDefined()
    // Setting the wall clock back is no sleep.
    now -= 3_600_000
    expect(cache.peek(ID)).toBeDefined()
  })
})

describe('what a near cache is told', () => {
  it('drops the session, the subject, or everything', async () => {
    const { cache, other, feed } = await filled()
    const ids = [ID, 'AA.two', 'AA.bob', 'AA.guest']
    await other.create(session('two'))
    await other.create(session('bob', { subject: 'bob' }))
    await other.create(session('guest', { subject: undefined }))
    const kept = () => ids.filter((id) => cache.peek(id) !== undefined)
    const fill = () => Promise.all(ids.map((id) => cache.read(id)))

    await fill()
    expect(kept()).toEqual(ids)
    feed.tell((watcher) => watcher.onSession(ID))
    expect(kept()).toEqual(['AA.two', 'AA.bob', 'AA.guest'])
    await fill()
    feed.tell((watcher) => watcher.onSubject('ann'))
    expect(kept()).toEqual(['AA.bob', 'AA.guest'])
    await fill()
    feed.tell((watcher) => watcher.onSubject('undefined'))
    expect(kept()).toEqual(ids)
    feed.tell((watcher) => watcher.onEverything())
    expect(kept()).toEqual([])
    expect(cache.stats()).toMatchObject({ flushes: 1, entries: 0 })
  })

  it('dooms a read that is under way, whether it has seen the change or not', async () => {
    const tellings = [
      (scene: Scene) => scene.feed.tell((watcher) => watcher.onSession(ID)),
      (scene: Scene) => scene.feed.tell((watcher) => watcher.onSubject('ann')),
      (scene: Scene) => scene.feed.tell((watcher) => watcher.onEverything()),
    ]
    for (const [index, tell] of tellings.entries()) {
      for (const order of ['changed before it was told', 'told before it changed'] as const) {
        const scene = await opened()
        const { cache, held, other } = scene
        held.isHolding = true
        const reading = cache.read(ID)
        await arrivals(held, 1)
        if (order === 'told before it changed') tell(scene)
        await other.change(ID, { set: new Map([['cart', '["milk"]']]) })
        if (order === 'changed before it was told') tell(scene)
        held.underWay.shift()?.()
        await reading
        expect(cache.peek(ID), `${index}, ${order}`).toBeUndefined()

        const next = cache.read(ID)
        await arrivals(held, 1)
        held.underWay.shift()?.()
        await next
        expect(recordOf(cache.peek(ID)).data.get('cart')?.json).toBe('["milk"]')
      }
    }
  })

  it('dooms no read about others, unless too much was told to know', async () => {
    for (const [count, isKept] of [
      [256, true],
      [257, false],
    ] as const) {
      const { cache, held, feed } = await opened()
      held.isHolding = true
      const reading = cache.read(ID)
      await arrivals(held, 1)
      for (let index = 0; index < count; index += 1) {
        feed.tell((watcher) => watcher.onSession(`AA.other${index}`))
      }
      held.underWay.shift()?.()
      await reading
      expect(cache.peek(ID) !== undefined, String(count)).toBe(isKept)
    }
  })

  it('never lets a late read put back what a later one has replaced', async () => {
    const { cache, held, feed, other } = await opened()
    held.isHolding = true
    const early = cache.read(ID)
    await arrivals(held, 1)
    await other.change(ID, { set: new Map([['cart', '["milk"]']]) })
    feed.tell((watcher) => watcher.onSession(ID))
    const late = cache.read(ID)
    await arrivals(held, 2)
    held.underWay[1]?.()
    await late
    held.underWay[0]?.()
    await early
    expect(recordOf(cache.peek(ID)).data.get('cart')?.json).toBe('["milk"]')
  })
})

type Scene = ReturnType<typeof open>

async function arrivals(held: Scene['held'], count: number): Promise<void> {
  await expect.poll(() => held.underWay.length, { interval: 1 }).toBe(count)
}

const ROTATION: Rotation = {
  seedDigest: 'seed',
  generation: 1,
  client: undefined,
  grace: 0,
  forgiveFor: 0,
  idleTimeout: undefined,
  isSeen: false,
}

describe('a change made through the near cache', () => {
  const verbs: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
    change: (store) => store.change(ID, { set: new Map([['cart', '[]']]) }),
    'change of a trait': (store) => store.change(ID, { seen: true, traits: { agent: 'Firefox' } }),
    'change of a generation': (store) => store.change(ID, { seen: true, presentedGeneration: 1 }),
    rotate: (store) => store.rotate(ID, ROTATION),
    end: (store) => store.end(ID, 'logged_out'),
    'end later': (store) => store.end(ID, 'logged_out', { after: HOUR }),
    endAll: (store) => store.endAll('ann', 'logged_out_elsewhere'),
    'endAll but this': (store) => store.endAll('ann', 'logged_out_elsewhere', ID),
    disable: (store) => store.changeSubject('ann', { isDisabled: true }),
    attributes: (store) => store.changeSubject('ann', { set: new Map([['role', '"admin"']]) }),
  }

  for (const [name, call] of Object.entries(verbs)) {
    it(`is seen at once by this process, without the feed: ${name}`, async () => {
      const { store, clock, other, held } = open()
      const family = { seedDigest: 'seed', lifetime: 24 * HOUR }
      await other.create(session('one', { family }))
      const { now: _, ...fresh } = await other.read(ID)
      const gate = openable()
      const slow = createNearCache(slowed(store, gate.whenOpen), { clock })
      await slow.read(ID)
      expect(slow.peek(ID)).toMatchObject(fresh)
      held.isHolding = true
      const before = slow.read(ID)
      const calling = call(slow)
      expect(slow.peek(ID), 'served while it was about to change').toBeUndefined()
      const during = slow.read(ID)
      await arrivals(held, 2)
      gate.open()
      await calling
      for (const arrive of held.underWay) arrive()
      await Promise.all([before, during])
      expect(slow.peek(ID), 'served from a read that was older').toBeUndefined()
    })
  }

  it('is forgotten when it fails, too: it may have happened', async () => {
    for (const call of Object.values(verbs)) {
      const { store, clock, held } = await opened()
      const gate = openable()
      const failing = gate.whenOpen.then(() => Promise.reject(new StoreUnavailable('gone')))
      failing.catch(() => undefined)
      const cache = createNearCache(slowed(store, failing), { clock })
      await cache.read(ID)
      held.isHolding = true
      const calling = call(cache)
      const during = cache.read(ID)
      await arrivals(held, 1)
      gate.open()
      await expect(calling).rejects.toThrow(StoreUnavailable)
      held.underWay.shift()?.()
      await during
      expect(cache.peek(ID)).toBeUndefined()
    }
  })

  it('forgets whom create evicts and what reap buries', async () => {
    const { cache, other, clock } = await filled()
    const limit = { max: 1, whenFull: 'evict-oldest' } as const
    await cache.create(session('two', { limit, absoluteTimeout: MINUTE }))
    expect(cache.peek(ID)).toBeUndefined()
    expect(cache.stats().entries).toBe(0)
    await cache.read('AA.two')
    clock.advance(MINUTE)
    expect(cache.stats().entries).toBe(1)
    expect((await cache.reap('ann', 10)).reaped).toHaveLength(1)
    expect(cache.stats().entries).toBe(0)
    expect((await other.read('AA.two')).status).toBe('ended')
  })

  it('keeps the entry of a session that was only seen, and marks it', async () => {
    const { cache, clock, calls } = await filled()
    const before = recordOf(cache.peek(ID))
    for (const seen of [{ seen: true }, { seen: true, traits: {} }] satisfies Change[]) {
      clock.advance(HOUR - 1)
      await cache.change(ID, seen)
      expect(recordOf(cache.peek(ID))).toEqual({ ...before, lastSeenAt: clock.now() })
      expect(cache.peek(ID)?.now).toBe(clock.now())
    }
    clock.advance(HOUR - 1)
    expect(cache.peek(ID)).toBeDefined()
    expect(calls).toHaveLength(1)
    clock.advance(1)
    expect(cache.peek(ID)).toBeUndefined()
    expect(cache.stats()).toMatchObject({ flushes: 0 })
  })

  it('drops the entry where the session turns out to be gone as it is marked as seen', async () => {
    const { cache, other } = await filled()
    await other.end(ID, 'logged_out')
    expect(cache.peek(ID)).toBeDefined()
    expect((await cache.change(ID, { seen: true })).status).toBe('gone')
    expect(cache.peek(ID)).toBeUndefined()
    // Nor does it fail where there is no entry.
    expect((await cache.change('AA.nobody', { seen: true })).status).toBe('gone')
  })
})

function openable(): { readonly whenOpen: Promise<void>; open(): void } {
  let open = (): void => undefined
  const whenOpen = new Promise<void>((resolve) => (open = resolve))
  return { whenOpen, open: () => open() }
}

/** Writes wait for `gate`, and fail with it. */
function slowed(store: Store, gate: Promise<unknown>): Store {
  return altered(store, {
    change: (...args) => gate.then(() => store.change(...args)),
    rotate: (...args) => gate.then(() => store.rotate(...args)),
    end: (...args) => gate.then(() => store.end(...args)),
    endAll: (...args) => gate.then(() => store.endAll(...args)),
    changeSubject: (...args) => gate.then(() => store.changeSubject(...args)),
    writeDocument: (...args) => gate.then(() => store.writeDocument(...args)),
  })
}

describe('a new idle time', () => {
  it('of this process is served with the next read, and never the one before', async () => {
    const { cache, clock } = await filled()
    await cache.change(ID, { seen: true, idleTimeout: MINUTE })
    expect(cache.peek(ID)).toBeUndefined()
    expect(recordOf(await cache.read(ID)).idleTimeout).toBe(MINUTE)
    clock.advance(MINUTE - 1)
    expect(cache.peek(ID)).toBeDefined()
    clock.advance(1)
    expect(cache.peek(ID)).toBeUndefined()
  })

  it('of another process is heard of', async () => {
    const { one, two } = openTwo()
    const cache = createNearCache(two)
    await one.create(session('one'))
    await cache.read(ID)
    await one.change(ID, { seen: true, idleTimeout: HOUR })
    expect(cache.peek(ID)).toBeDefined()
    await one.change(ID, { seen: true, idleTimeout: MINUTE })
    expect(cache.peek(ID)).toBeUndefined()
    await cache.close()
  })
})

describe('a walk past a near cache', () => {
  it('gives what the store gives, and keeps nothing of it', async () => {
    const { cache, other } = await opened()
    const { records } = (await cache.walk?.({ limit: 10 })) ?? {}
    expect(records).toEqual([recordOf(await other.read(ID))])
    expect(cache.stats().entries).toBe(0)
  })

  it('is absent where the store has none', () => {
    const { store } = open()
    const { walk: _, ...rest } = store
    expect(createNearCache(rest).walk).toBeUndefined()
  })
})

describe('time in a near cache', () => {
  it('is over to the millisecond: idle', async () => {
    const { cache, clock } = await filled()
    clock.advance(HOUR - 1)
    expect(cache.peek(ID)).toBeDefined()
    clock.advance(1)
    expect(cache.peek(ID)).toBeUndefined()
  })

  it('is over to the millisecond: absolute, and the end that was put off', async () => {
    const { cache, clock, other } = open()
    await other.create(session('short', { absoluteTimeout: MINUTE }))
    await other.create(session('ending'))
    await other.end('AA.ending', 'signed_in_again', { after: MINUTE })
    for (const id of ['AA.short', 'AA.ending']) await cache.read(id)
    clock.advance(MINUTE - 1)
    for (const id of ['AA.short', 'AA.ending']) expect(cache.peek(id)).toBeDefined()
    clock.advance(1)
    for (const id of ['AA.short', 'AA.ending']) expect(cache.peek(id)).toBeUndefined()
  })

  it('is never behind the store: it counts from when the read was sent', async () => {
    const { cache, clock, held } = await opened()
    held.isHolding = true
    const reading = cache.read(ID)
    await arrivals(held, 1)
    clock.advance(HOUR - 1)
    held.underWay.shift()?.()
    await reading
    expect(cache.peek(ID)?.now).toBe(clock.now())
    clock.advance(1)
    expect(cache.peek(ID)).toBeUndefined()
  })

  it('counts a part of a millisecond as a whole one', async () => {
    let elapsed = 100
    const clock = { ...createManualClock(), elapsed: () => elapsed }
    const { cache } = await filled({ clock })
    const start = cache.peek(ID)?.now ?? 0
    elapsed += 0.25
    expect(cache.peek(ID)?.now).toBe(start + 1)
  })

  it('goes on for a session that another process has seen: that is for a read to find out', async () => {
    const { cache, clock, other } = await filled()
    clock.advance(HOUR - 1)
    await other.change(ID, { seen: true })
    clock.advance(1)
    expect(cache.peek(ID)).toBeUndefined()
    expect((await cache.read(ID)).status).toBe('found')
    expect(recordOf(cache.peek(ID)).lastSeenAt).toBe(clock.now() - 1)
  })
})

describe('the size of a near cache', () => {
  it('has a bound, and whoever was not used for a while leaves', async () => {
    const { cache, other } = open({ maxEntries: 100 })
    const id = (index: number): string => `AA.s${index}`
    for (let index = 0; index < 400; index += 1) {
      await other.create(session(`s${index}`, { subject: `subject ${index % 7}` }))
    }
    for (let index = 0; index < 100; index += 1) await cache.read(id(index))
    expect(cache.stats().entries).toBe(100)
    const used = Array.from({ length: 20 }, (_, index) => id(index * 5))
    for (let index = 100; index < 400; index += 1) {
      for (const each of used) expect(cache.peek(each), each).toBeDefined()
      await cache.read(id(index))
      expect(cache.stats().entries).toBe(100)
    }
  })

  it('is kept when all are used, and when there is room for one alone', async () => {
    const { cache, other } = open({ maxEntries: 1 })
    await other.create(session('one'))
    await other.create(session('two', { subject: undefined }))
    for (const id of [ID, 'AA.two', ID, 'AA.two']) {
      await cache.read(id)
      expect(cache.peek(id)).toBeDefined()
      expect(cache.stats().entries).toBe(1)
    }
    const many = open({ maxEntries: 300 })
    for (let index = 0; index < 301; index += 1) {
      await many.other.create(session(`s${index}`))
      await many.cache.read(`AA.s${index}`)
      expect(many.cache.peek(`AA.s${index}`)).toBeDefined()
    }
    expect(many.cache.stats().entries).toBe(300)
  })

  it('lets all sessions of a subject go, in whatever order they came and went', async () => {
    const { cache, other, feed } = open({ maxEntries: 50 })
    for (let index = 0; index < 200; index += 1) {
      const subject = `subject ${index % 3}`
      await other.create(session(`s${index}`, { subject }))
      await cache.read(`AA.s${index}`)
      if (index % 4 === 0) feed.tell((watcher) => watcher.onSession(`AA.s${index - 8}`))
      if (index % 31 === 0) feed.tell((watcher) => watcher.onSubject('subject 1'))
    }
    const kept = () =>
      Array.from({ length: 200 }, (_, index) => cache.peek(`AA.s${index}`)).filter(
        (found) => found !== undefined,
      )
    const before = kept()
    expect(before).toHaveLength(cache.stats().entries)
    feed.tell((watcher) => watcher.onSubject('subject 2'))
    const without = before.filter(({ record }) => record.subject !== 'subject 2')
    expect(kept().map(({ record }) => record.id)).toEqual(without.map(({ record }) => record.id))
    expect(cache.stats().entries).toBe(without.length)
    expect(without.length).toBeGreaterThan(0)
    expect(without.length).toBeLessThan(before.length)
  })
})

describe('documents in a near cache', () => {
  it('are kept until they are told of, that there is none as well', async () => {
    const { cache, other, feed, calls } = open()
    expect(cache.peekDocument('ring')).toBeUndefined()
    await cache.readDocument('ring')
    expect(cache.peekDocument('ring')).toMatchObject({ document: undefined })
    const document = await other.writeDocument('ring', 'first', 0)
    feed.tell((watcher) => watcher.onDocument('ring'))
    expect(cache.peekDocument('ring')).toBeUndefined()
    expect(await cache.readDocument('ring')).toEqual(document)
    feed.tell((watcher) => watcher.onDocument('another'))
    feed.tell((watcher) => watcher.onSession('ring'))
    expect(cache.peekDocument('ring')?.document).toEqual({ text: 'first', revision: 1 })
    expect(calls).toHaveLength(2)
    feed.tell((watcher) => watcher.onEverything())
    expect(cache.peekDocument('ring')).toBeUndefined()
  })

  it('are not served past the bound, and are read again once a day', async () => {
    const { cache, feed, clock } = open()
    await cache.readDocument('ring')
    feed.isAged = 501
    expect(cache.peekDocument('ring')).toBeUndefined()
    feed.isAged = 0
    clock.advance(24 * HOUR - 1)
    expect(cache.peekDocument('ring')).toBeDefined()
    clock.advance(1)
    expect(cache.peekDocument('ring')).toBeUndefined()
  })

  it('are forgotten by who writes them, and not kept by a read that was under way', async () => {
    const { cache, held, other, store, clock } = open()
    const gate = openable()
    const slow = createNearCache(slowed(store, gate.whenOpen), { clock })
    await slow.readDocument('ring')
    held.isHolding = true
    const early = slow.readDocument('ring')
    await arrivals(held, 1)
    const writing = slow.writeDocument('ring', 'first', 0)
    expect(slow.peekDocument('ring')).toBeUndefined()
    gate.open()
    expect(await writing).toEqual({ text: 'first', revision: 1 })
    held.underWay.shift()?.()
    await early
    expect(slow.peekDocument('ring')).toBeUndefined()
    held.isHolding = false
    await cache.readDocument('ring')
    expect(cache.peekDocument('ring')?.document).toEqual(await other.readDocument('ring'))
  })

  it('are few', async () => {
    const { cache } = open()
    for (let index = 0; index < 65; index += 1) await cache.readDocument(`d${index}`)
    expect(cache.peekDocument('d0')).toBeUndefined()
    for (let index = 1; index < 65; index += 1) {
      expect(cache.peekDocument(`d${index}`)).toBeDefined()
    }
  })
})
