import express, { type Express } from 'express'
import { describe, expect, it, vi } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { StoreUnavailable } from '../../src/errors.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { createMemoryStore, MemoryStore } from '../../src/store/memory.js'
import { Tables } from '../../src/store/memory/tables.js'
import { STORE_DEFAULTS, type Store } from '../../src/store/store.js'
import * as testing from '../../src/testing/index.js'
import { SECRET } from '../support/sojourn.js'
import { BREAKAGES } from './broken-stores.js'
import { send, type MemoryAnswer } from './in-memory.js'

const build = (given: Store): { app: Express; sojourn: Sojourn<Record<string, unknown>> } => {
  // A deadline that no machine is too slow for: how long a gate is shut must not matter.
  const resilience = { commandDeadline: '30s' } as const
  const sojourn = createSojourn({ secrets: SECRET, store: given, cache: false, resilience })
  const web = createExpressAdapter(sojourn)
  const app = express()
  app.use(web.sessions)
  app.get(
    '/save',
    web.handler((request, response) => {
      request.session.set('page', 1)
      response.send('saved')
    }),
  )
  app.get(
    '/logout',
    web.handler(async (request, response) => {
      await request.session.signOut()
      response.send('bye')
    }),
  )
  return { app, sojourn }
}

/** A store whose save brings back what has ended meanwhile, as express-session with connect-redis does. */
function naiveStore(): Store {
  const clock = testing.createManualClock()
  const tables = new Tables(STORE_DEFAULTS)
  const sound = new MemoryStore({ clock }, tables)
  const [resurrecting] = BREAKAGES
  const broken = resurrecting?.breakIt({ sound, tables, clock }) ?? {}
  return new Proxy<Store>(sound, {
    get(target, name) {
      const value: unknown = Reflect.get(name in broken ? broken : target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** A sign-out that overtakes a save which stands at the gate. Answers what the save was told. */
async function race(
  app: Express,
  store: testing.GatedStore,
  headers: { readonly cookie: string },
): Promise<MemoryAnswer> {
  const gate = store.pause('change')
  const saving = send(app, '/save', { ...headers })
  await gate.reached
  const leaving = await send(app, '/logout', { ...headers })
  expect(leaving.status).toBe(200)
  gate.release()
  return saving
}

describe('a gated store', () => {
  it('behaviour 35b: pauses a save, so that the sign-out that overtakes it can be tested', async () => {
    const store = testing.createGatedStore(createMemoryStore())
    const { app, sojourn } = build(store)
    const ada = await testing.login(app, { user: 'ada', data: { page: 0 } })
    const saved = await race(app, store, ada.headers)
    // The save came last, and found the session ended: nothing brings it back, and no cookie does.
    expect(saved.cookies).toEqual([])
    await testing.expectEnded(sojourn, ada, 'logged_out')
    expect(store.calls.filter((verb) => verb === 'change' || verb === 'end')).toEqual([
      'change',
      'end',
    ])

    // The same race against a store whose save creates what is missing: the assertion catches it.
    const naive = testing.createGatedStore(naiveStore())
    const other = build(naive)
    const eve = await testing.login(other.app, { user: 'eve' })
    await race(other.app, naive, eve.headers)
    await expect(testing.expectRevoked(other.sojourn, eve)).rejects.toThrow('cookie: active')
  })

  it('passes everything else on to the store, and keeps what it lacks absent', async () => {
    const plain = createMemoryStore()
    const store = testing.createGatedStore(plain)
    expect([store.name, store.changes, store.counters]).toEqual([
      plain.name,
      plain.changes,
      plain.counters,
    ])
    expect(store.bucketOf('ada')).toBe(plain.bucketOf('ada'))
    expect(store.shardOf).toBeUndefined()
    expect('walk' in store).toBe(true)
    expect(await store.readSubject('ada')).toEqual(await plain.readSubject('ada'))
    expect(store.calls).toEqual(['readSubject'])
  })

  it('stops one call for each pause, before or after the store did it, and lets it go on or fail', async () => {
    const store = testing.createGatedStore(createMemoryStore())
    const before = store.pause('writeDocument')
    const after = store.pause('writeDocument', { at: 'after' })
    const first = store.writeDocument('a', 'one', 0)
    const second = store.writeDocument('b', 'two', 0)
    const third = store.writeDocument('c', 'three', 0)
    await Promise.all([before.reached, after.reached, third])
    expect(before.isReached).toBe(true)
    expect(await store.readDocument('a')).toBeUndefined()
    expect(await store.readDocument('b')).toMatchObject({ text: 'two' })
    expect(await store.readDocument('c')).toMatchObject({ text: 'three' })
    before.release()
    expect(await first).toMatchObject({ revision: 1 })
    // It was done, and whoever asked is told that it failed.
    after.fail()
    await expect(second).rejects.toThrow(StoreUnavailable)
    const open = store.pause('check')
    open.release()
    await store.check()
    await open.reached
  })

  it('says so where no call comes to the gate', async () => {
    vi.useFakeTimers()
    try {
      const gate = testing.createGatedStore(createMemoryStore()).pause('end')
      const waiting = expect(gate.reached).rejects.toThrow(/No call of end came to the gate in 5 s/)
      await vi.advanceTimersByTimeAsync(5_000)
      await waiting
      expect(gate.isReached).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })

  it('fails as often as it was told, and what fails signs nobody in or out', async () => {
    const store = testing.createGatedStore(createMemoryStore())
    const { app, sojourn } = build(store)
    const ada = await testing.login(app, { user: 'ada' })
    store.fail('change', { times: 2 })
    for (const status of [503, 503, 200]) {
      const answer = await send(app, '/save', ada.headers)
      expect([answer.status, answer.cookies]).toEqual([status, []])
    }
    store.fail('end', { times: Infinity })
    expect((await send(app, '/logout', ada.headers)).status).toBe(503)
    store.restore()
    await testing.expectActive(sojourn, ada)
    // Carried out, though nobody was told: the answer was lost.
    store.fail('end', { at: 'after' })
    const lost = await send(app, '/logout', ada.headers)
    expect([lost.status, lost.cookies]).toEqual([503, []])
    await testing.expectRevoked(sojourn, ada)
  })

  it('goes silent and slow, for one verb or all, until it is restored', async () => {
    const store = testing.createGatedStore(createMemoryStore())
    store.silence('read')
    const unread = store.read('aa.bbbbbbbbbbbbbbbbbbbbbb')
    let isAnswered = false
    unread.catch(() => undefined).finally(() => (isAnswered = true))
    await store.check()
    store.silence()
    const unchecked = store.check()
    const gate = store.pause('list')
    const reading = testing.createGatedStore(createMemoryStore())
    const shut = reading.pause('check')
    const standing = reading.check()
    await shut.reached
    reading.restore()
    await standing
    await new Promise((resolve) => setImmediate(resolve))
    expect(isAnswered).toBe(false)
    store.restore()
    await expect(unread).rejects.toThrow(StoreUnavailable)
    await expect(unchecked).rejects.toThrow(/silent/)
    await store.list('ada', { limit: 1 })
    expect(gate.isReached).toBe(false)

    vi.useFakeTimers()
    try {
      store.slow(400)
      store.slow(100, 'check')
      const order: string[] = []
      const list = store.list('ada', { limit: 1 }).then(() => order.push('list'))
      const check = store.check().then(() => order.push('check'))
      await vi.advanceTimersByTimeAsync(100)
      expect(order).toEqual(['check'])
      await vi.advanceTimersByTimeAsync(300)
      await Promise.all([list, check])
      expect(order).toEqual(['check', 'list'])
    } finally {
      vi.useRealTimers()
    }
  })
})
