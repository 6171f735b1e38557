import { describe, expect, it } from 'vitest'
import originalSession from 'express-session'
import { StoreUnavailable } from '../../../src/errors.js'
import { keepSessions, type KeepSessionsOptions } from '../../../src/compat/kept/index.js'
import { restingName } from '../../../src/compat/kept/sid.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { createManualClock } from '../../../src/testing/manual-clock.js'
import { hindered } from '../../support/slow-store.js'
import { hearing, recording } from '../../support/sojourn.js'

function scene(options: Partial<KeepSessionsOptions> = {}) {
  const clock = createManualClock()
  const calls: string[] = []
  const inner = options.store ?? createMemoryStore({ clock })
  const store = recording(inner, calls)
  const kept = keepSessions({ clock, cache: false, ...options, store })
  return { clock, calls, inner, kept }
}

const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }
const request = (sid: string, store: unknown) =>
  ({ sessionID: sid, sessionStore: store, headers: {} }) as never

/** The session of a request, as a middleware has it. */
async function sessionOf(kept: ReturnType<typeof keepSessions>, sid: string) {
  const session = await kept.load(sid)
  if (session === undefined) throw new Error('no session')
  return session
}

describe('the callback interface', () => {
  it('behaviour 34a: every method calls its callback back, and without one answers a promise that is fulfilled when it is durable and rejected on failure', async () => {
    const { kept, inner } = scene()
    const called = <T>(call: (done: (error?: unknown, value?: T) => void) => unknown) =>
      new Promise<T | undefined>((resolve, reject) => {
        const answer = call((error, value) => {
          if (error) reject(error instanceof Error ? error : new Error('no error'))
          else resolve(value)
        })
        expect(answer).toBeUndefined()
      })
    await called((done) => kept.set('one', { cookie, a: 1 }, done))
    expect(await called((done) => kept.get('one', done))).toEqual({ cookie, a: 1 })
    await called((done) => kept.touch('one', { cookie }, done))
    expect(await called((done) => kept.length(done))).toBe(1)
    const { id } = restingName('one')
    expect(await called((done) => kept.ids(done))).toEqual([id])
    expect(await called((done) => kept.all(done))).toEqual([{ cookie, a: 1, id }])
    expect(await called((done) => kept.load('one', done))).toMatchObject({ a: 1, id: 'one' })
    await called((done) => kept.destroy('one', done))
    await called((done) => kept.clear(done))

    await kept.set('two', { cookie, b: 2 })
    expect((await inner.read(restingName('two').id)).status).toBe('found')
    await kept.touch('two', { cookie })
    expect(await kept.get('two')).toEqual({ cookie, b: 2 })
    expect([await kept.length(), await kept.ids()]).toEqual([1, [restingName('two').id]])
    expect(await kept.all()).toEqual([{ cookie, b: 2, id: restingName('two').id }])
    const session = await sessionOf(kept, 'two')
    session['b'] = 3
    await session.save()
    expect(await kept.get('two')).toMatchObject({ b: 3 })
    await session.reload()
    await (session.req.session as typeof session).destroy()
    expect(await kept.get('two')).toBeNull()
    await kept.set('three', { cookie })
    await kept.clear()
    expect(await kept.length()).toBe(0)

    const down = hindered(createMemoryStore())
    const failing = keepSessions({ store: down.store, cache: false })
    await failing.set('four', { cookie, c: 3 })
    const held = await sessionOf(failing, 'four')
    for (const verb of ['read', 'create', 'change', 'end', 'walk'] as const) down.failing.add(verb)
    held['c'] = 4
    for (const broken of [
      held.save(),
      held.reload(),
      failing.get('four'),
      failing.set('five', { cookie }),
      failing.destroy('four'),
      failing.regenerate(request('four', failing)),
      failing.load('four'),
      failing.all(),
      failing.ids(),
      failing.length(),
      failing.clear(),
      failing.login(request('four', failing), ''),
    ]) {
      await expect(broken).rejects.toThrow()
    }
    await expect(called((done) => failing.get('four', done))).rejects.toMatchObject({ status: 503 })
  })

  it('keeps what JSON keeps, with odd keys and values', async () => {
    const { kept } = scene()
    const data = JSON.parse(
      '{"":1,"~own":2,"~~twice":3,"~cookie":4,"constructor":5,"a.b":[],"c":{},"d":null,"é\\u0000":"x","__proto__":{"polluted":true}}',
    ) as object
    const when = new Date(0)
    await kept.set('odd', { cookie, ...data, when, none: undefined, call: () => 1 })
    const { ['__proto__']: _, ...shown } = data as Record<string, unknown>
    const stored = await kept.get('odd')
    expect(stored).toEqual({ cookie, ...shown, when: when.toISOString() })
    expect(Object.getPrototypeOf(stored)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    await expect(kept.set('cycle', { cookie, cycle })).rejects.toThrow(TypeError)
    await expect(kept.set('big', { cookie, big: 1n })).rejects.toThrow(TypeError)
    expect(await kept.length()).toBe(1)
  })

  it('keeps no session id: what rests and what is listed opens nothing, but ends it', async () => {
    const { kept, inner } = scene()
    const sid = 'a session id that a person has'
    await kept.set(sid, { cookie, a: 1 })
    const { id } = restingName(sid)
    const answer = await inner.read(id)
    if (answer.status !== 'found') throw new Error('not there')
    expect(JSON.stringify([answer.record, [...answer.record.data]])).not.toContain(sid)
    expect(id).toMatch(/^[\w-]{2}\.[\w-]{22}$/)
    for (const known of [id, answer.record.secretDigest]) {
      expect(await kept.get(known)).toBeNull()
    }
    // Somebody who may write to the store, but knows no session id, cannot make a record fit one.
    expect(restingName('xy.rest').id.slice(0, 3)).toBe('xy.')
    await kept.destroy(id)
    expect(await kept.get(sid)).toBeNull()
  })

  it('says so where a store cannot walk', async () => {
    const { inner } = scene()
    const poor = new Proxy(inner, {
      get: (target, name) =>
        name === 'walk'
          ? undefined
          : (Reflect.get(target, name) as (() => unknown) | undefined)?.bind?.(target),
      has: (target, name) => name !== 'walk' && name in target,
    })
    const kept = keepSessions({ store: poor, cache: false })
    await expect(kept.all()).rejects.toThrow(/cannot walk/)
    await expect(kept.length()).rejects.toThrow(/cannot walk/)
  })

  it('walks over its own sessions alone, each once', async () => {
    const { kept, inner } = scene()
    for (let index = 0; index < 1_200; index += 1) await kept.set(`s${String(index)}`, { cookie })
    await inner.create({
      id: 'xx.0123456789012345678901',
      subject: undefined,
      secretDigest: 'x',
      idleTimeout: 1_000,
      absoluteTimeout: 1_000,
      traits: {},
      data: new Map([['a', '1']]),
    })
    expect(await kept.length()).toBe(1_200)
    expect(new Set(await kept.ids()).size).toBe(1_200)
    await kept.clear()
    expect(await kept.length()).toBe(0)
  })
})

describe('what is written', () => {
  it('is what the object changed since it was read or last stored, and nothing else', async () => {
    const { kept, inner, calls } = scene()
    await kept.set('one', { cookie, a: 1, b: { deep: [1] }, c: 'x' })
    const session = await sessionOf(kept, 'one')
    ;(session['b'] as { deep: number[] }).deep.push(2)
    delete session['c']
    session['d'] = undefined
    const other = await sessionOf(kept, 'one')
    other['a'] = 2
    await other.save()
    calls.length = 0
    await session.save()
    expect(calls).toEqual(['change'])
    expect(await kept.get('one')).toEqual({ cookie, a: 2, b: { deep: [1, 2] } })
    const answer = await inner.read(restingName('one').id)
    if (answer.status !== 'found') throw new Error('not there')
    // Revision 2 wrote `a`, revision 3 wrote `b`: nobody wrote what they had not changed.
    expect([...answer.record.data].map(([key, { revision }]) => [key, revision])).toEqual(
      expect.arrayContaining([
        ['a', 2],
        ['b', 3],
        ['~cookie', 1],
      ]),
    )
    calls.length = 0
    await session.save()
    expect(calls).toEqual([])
    expect(kept.stats().conflicts).toBe(0)
  })

  it('follows in turn where one object is stored twice at once', async () => {
    const { kept, calls } = scene()
    await kept.set('one', { cookie })
    const session = await sessionOf(kept, 'one')
    calls.length = 0
    session['a'] = 1
    const first = session.save()
    session['b'] = 2
    await Promise.all([first, session.save(), session.save()])
    expect(calls).toEqual(['change', 'change'])
    expect(kept.stats().conflicts).toBe(0)
    expect(await kept.get('one')).toEqual({ cookie, a: 1, b: 2 })
  })

  it('is everything where a program hands in data', async () => {
    const { kept } = scene()
    await kept.set('one', { cookie, a: 1, b: 2 })
    await kept.set('one', { cookie, b: 3 })
    expect(await kept.get('one')).toEqual({ cookie, b: 3 })
  })

  it('never goes under an id that has ended', async () => {
    const { kept } = scene()
    await kept.set('one', { cookie, a: 1 })
    const session = await sessionOf(kept, 'one')
    await kept.destroy('one')
    const refusal = { code: 'session_ended', status: 401, reason: 'logged_out' }
    session['a'] = 2
    expect(kept.isGone(session)).toBe(false)
    await expect(session.save()).rejects.toMatchObject(refusal)
    expect(kept.isGone(session)).toBe(true)
    await expect(kept.set('one', { cookie })).rejects.toMatchObject(refusal)
    await kept.destroy('one')
    expect(await kept.get('one')).toBeNull()
    expect(kept.stats().refused).toBe(2)
  })

  it('comes in the order of the calls: a destroy right behind a first save leaves nothing', async () => {
    const { kept } = scene()
    const saved = kept.set('one', { cookie, a: 1 })
    const destroyed = kept.destroy('one')
    await Promise.all([saved, destroyed])
    expect(await kept.get('one')).toBeNull()
  })
})

describe('time', () => {
  it('a session expires when its cookie says, or after the option idle, and never after the option absolute', async () => {
    const { kept, clock } = scene({ idle: '1h', absolute: '2h', touchEvery: '1ms' })
    await kept.set('short', { cookie: { ...cookie, originalMaxAge: 60_000 } })
    await kept.set('plain', { cookie })
    await kept.set('fixed', { cookie: { expires: new Date(clock.now() + 90_000) } })
    const stored = await kept.get('short')
    expect(stored?.cookie.expires).toBe(new Date(clock.now() + 60_000).toISOString())
    clock.advance('61s')
    expect([await kept.get('short'), await kept.get('plain')]).toEqual([null, { cookie }])
    expect(await kept.get('fixed')).not.toBeNull()
    clock.advance('30s')
    expect(await kept.get('fixed')).toBeNull()
    clock.advance('50m')
    await kept.touch('plain', await sessionOf(kept, 'plain'))
    clock.advance('50m')
    expect(await kept.get('plain')).not.toBeNull()
    await kept.touch('plain', await sessionOf(kept, 'plain'))
    clock.advance('30m')
    expect(await kept.get('plain')).toBeNull()
  })

  it('a changed maxAge is carried by a save and by a touch; no time at all ends the session', async () => {
    const { kept, clock, inner } = scene({ idle: '1h' })
    await kept.set('one', { cookie, a: 1 })
    const idle = async () => {
      const answer = await inner.read(restingName('one').id)
      return answer.status === 'found' ? answer.record.idleTimeout : answer.status
    }
    const session = await sessionOf(kept, 'one')
    session.cookie.originalMaxAge = 5_000
    await kept.touch('one', session)
    expect(await idle()).toBe(5_000)
    session.cookie.originalMaxAge = 7_000
    session['a'] = 2
    await session.save()
    expect(await idle()).toBe(7_000)
    expect((await kept.get('one'))?.cookie.originalMaxAge).toBe(7_000)
    clock.advance('6s')
    expect(await kept.get('one')).not.toBeNull()
    session.cookie.originalMaxAge = 0
    await session.save()
    expect(await idle()).toBe('ended')
  })

  it('behaviour 11a: on the drop-in, 1,000 requests that only read in a minute mark the session once in each interval, and it never expires early by more than that', async () => {
    const { kept, clock, calls } = scene({ idle: '10m' })
    await kept.set('one', { cookie, a: 1 })
    calls.length = 0
    for (let index = 0; index < 1_000; index += 1) {
      clock.advance(60)
      await kept.touch('one', await sessionOf(kept, 'one'))
    }
    // min(60 s, 10 min / 10)
    expect(calls.filter((verb) => verb === 'change')).toHaveLength(1)
    expect(calls.filter((verb) => !['change', 'read'].includes(verb))).toEqual([])
    clock.advance('9m')
    expect(await kept.get('one')).not.toBeNull()
    for (let index = 0; index < 30; index += 1) {
      await kept.touch('one', await sessionOf(kept, 'one'))
      clock.advance('30s')
    }
    clock.advance('8m')
    expect(await kept.get('one')).not.toBeNull()
    const quick = scene({ idle: '20s' })
    await quick.kept.set('one', { cookie })
    for (let index = 0; index < 100; index += 1) {
      quick.clock.advance('1s')
      await quick.kept.touch('one', await sessionOf(quick.kept, 'one'))
    }
    expect(quick.kept.stats().touches).toBe(50)
  })

  it('behaviour 11c: on the drop-in, the touches of twenty requests at one time are one', async () => {
    const { kept, clock, calls } = scene()
    await kept.set('one', { cookie })
    clock.advance('5m')
    const sessions = await Promise.all(Array.from({ length: 20 }, () => sessionOf(kept, 'one')))
    calls.length = 0
    await Promise.all(sessions.slice(0, 10).map((session) => kept.touch('one', session)))
    await Promise.all(sessions.slice(10).map((session) => kept.touch('one', session)))
    expect(calls).toEqual(['change'])
  })
})

describe('what cannot be read', () => {
  it('is no session, an event and a count, and stays as it is', async () => {
    const { kept, inner } = scene()
    const told: unknown[] = []
    kept.events.on('store.corrupt', (event) => told.push(event))
    await kept.set('one', { cookie, a: 1 })
    const { id } = restingName('one')
    await inner.change(id, { set: new Map([['a', '{broken']]) })
    expect(await kept.get('one')).toBeNull()
    await inner.change(id, { set: new Map([['a', '1']]), delete: ['~cookie'] })
    expect(await kept.get('one')).toBeNull()
    await hearing()
    expect(told).toEqual([{ id }, { id }])
    expect(kept.stats().corrupt).toBe(2)
    expect((await inner.read(id)).status).toBe('found')
  })

  it('a store that does not answer is an error that an error handler can send as it is', async () => {
    const down = hindered(createMemoryStore())
    const kept = keepSessions({ store: down.store, cache: false })
    down.failing.add('read')
    const fault: unknown = await kept.get('one').then(undefined, (error: unknown) => error)
    expect(fault).toBeInstanceOf(StoreUnavailable)
    expect(fault).toMatchObject({ status: 503, statusCode: 503, headers: { 'Retry-After': '1' } })
  })
})

describe('under the original express-session', () => {
  it('keeps, patches and ends', async () => {
    const { kept } = scene({ cache: {} })
    const middleware = originalSession({
      secret: 'x'.repeat(32),
      resave: false,
      saveUninitialized: false,
      store: kept as never,
    })
    const response = { on: () => undefined, setHeader: () => undefined, getHeader: () => undefined }
    const visit = async (sid: string | undefined, deed: (request: any) => unknown) => {
      const incoming: any = { headers: {}, url: '/', connection: {}, signedCookies: {} }
      if (sid !== undefined) incoming.signedCookies['connect.sid'] = sid
      await new Promise((resolve) => middleware(incoming, response as never, resolve))
      await deed(incoming)
      return incoming.sessionID as string
    }
    const save = ({ session }: any) =>
      new Promise<void>((resolve, reject) =>
        session.save((error: Error | undefined) => (error ? reject(error) : resolve())),
      )
    const sid = await visit(undefined, (incoming) => {
      incoming.session.a = 1
      return save(incoming)
    })
    await visit(sid, async (incoming) => {
      expect(incoming.session.a).toBe(1)
      incoming.session.b = 2
      await kept.set(sid, { cookie, a: 5 })
      await save(incoming)
    })
    expect(await kept.get(sid)).toMatchObject({ a: 5, b: 2 })
    await visit(sid, (incoming) => new Promise((resolve) => incoming.session.destroy(resolve)))
    expect(await kept.get(sid)).toBeNull()
  })
})

describe('options', () => {
  it('are refused by name', () => {
    const store = createMemoryStore()
    expect(() => keepSessions({ store, idle: 'soon' as never })).toThrow(/idle/)
    expect(() => keepSessions({ store, idle: '2h', absolute: '1h' })).toThrow(/idle/)
    expect(() => keepSessions({ store, absolute: '401d' })).toThrow(/400 days/)
    expect(() => keepSessions({ store, touchEvery: '-1s' })).toThrow(/touchEvery/)
    expect(() => keepSessions({ store, limit: { max: 0, whenFull: 'refuse' } })).toThrow(/limit/)
  })
})
