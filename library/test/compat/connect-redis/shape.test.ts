import type { SessionData, Store as ForeignStore } from 'express-session'
import session from 'express-session'
import { createClient } from 'redis'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import Default, * as module from '../../../src/compat/connect-redis/index.js'
import { Store } from '../../../src/compat/express-session/store.js'
import { InvalidOption, StoreUnavailable } from '../../../src/errors.js'

const { RedisStore } = module

/** A client as tests of applications make them: four methods on a map, and a list of what was asked. */
function standIn() {
  const records = new Map<string, string>()
  const calls: unknown[][] = []
  const client = {
    get: async (key: string) => {
      calls.push(['get', key])
      return records.get(key) ?? null
    },
    set: async (key: string, text: string, ...rest: unknown[]): Promise<string | null> => {
      calls.push(['set', key, text, ...rest])
      if (JSON.stringify(rest).includes('XX') && !records.has(key)) return null
      records.set(key, text)
      return 'OK'
    },
    expire: async (...args: unknown[]) => {
      calls.push(['expire', ...args])
      return 1
    },
    del: async ([key]: string[]) => {
      calls.push(['del', key])
      return Number(records.delete(key ?? ''))
    },
  }
  return { client, calls, records }
}

const clockAt = (now: number) => ({ now: () => now, elapsed: () => performance.now() })

describe('the class', () => {
  it('is the same however it is imported, and can be inherited from', () => {
    expect(
      new Set([Default, module['module.exports'], RedisStore.default, RedisStore.RedisStore]),
    ).toEqual(new Set([RedisStore]))
    class Mine extends RedisStore {
      mine = true
    }
    const mine = new Mine(standIn())
    expect([mine instanceof Mine, mine instanceof RedisStore, mine instanceof Store]).toEqual([
      true,
      true,
      true,
    ])
    expect(new RedisStore(standIn()).constructor).toBe(RedisStore)
    expect(RedisStore.name).toBe('RedisStore')
  })

  it('is called with express-session as old majors were, and with nothing else', async () => {
    const Old = RedisStore(session)
    const store = new Old(standIn())
    expect(store).toBeInstanceOf(RedisStore)
    expect(new Set([Old, Old.default, Old.RedisStore]).size).toBe(1)
    expect(store.constructor).toBe(Old)
    expect(RedisStore.default).toBe(RedisStore)
    await store.set('x', { cookie: { originalMaxAge: 5 }, user: 'ann' })
    const loaded = await new Promise((resolve) => store.load('x', (_error, got) => resolve(got)))
    expect(loaded).toBeInstanceOf((session as unknown as { Session: new () => object }).Session)
    for (const wrong of [undefined, {}, () => undefined, { client: {} }]) {
      expect(() => (RedisStore as (given: unknown) => unknown)(wrong)).toThrow(TypeError)
    }
  })

  it('refuses what is no client, and numbers that are none', () => {
    const make = (options: unknown) => () => new RedisStore(options as { client: object })
    for (const options of [undefined, {}, { client: null }, { client: {} }, { client: 'redis' }]) {
      expect(make(options)).toThrow(InvalidOption)
    }
    expect(make({})).toThrow('A client must be directly provided to the RedisStore')
    for (const name of ['commandDeadline', 'failuresToOpen', 'probeEvery']) {
      expect(make({ ...standIn(), [name]: 0 })).toThrow(name)
    }
  })

  it('shows nothing of its client in a log', () => {
    const client = createClient({ url: 'redis://user:hunter2@127.0.0.1:1' })
    const store = new RedisStore({ client })
    expect(inspect({ store }, { depth: 9 })).toBe(`{ store: RedisStore { prefix: 'sess:' } }`)
  })

  it('has the types that applications written for connect-redis rely on', () => {
    const client = createClient()
    const store = new RedisStore({
      client,
      ttl: (data: SessionData) => data.cookie.originalMaxAge ?? 1,
      serializer: {
        parse: (text: string): SessionData => JSON.parse(text) as SessionData,
        stringify: (data: SessionData) => JSON.stringify(data),
      },
    })
    const typed: module.RedisStore<typeof client> = store
    const ping: () => Promise<string> = () => typed.client.ping()
    const foreign: ForeignStore = store
    expect(
      session({ secret: 'x', store: foreign, resave: false, saveUninitialized: false }),
    ).toBeTypeOf('function')
    expect(ping).toBeTypeOf('function')
  })
})

describe('a client that is stood in for', () => {
  it('is asked by the methods that connect-redis calls', async () => {
    const { client, calls } = standIn()
    const now = Date.parse('2026-01-01')
    const store = new RedisStore({ client, clock: clockAt(now) })
    const cookie = { expires: new Date(now + 1_001) }
    await store.set('x', { cookie })
    await store.get('x')
    await store.touch('x', { cookie })
    await store.destroy('x')
    const text = '{"cookie":{"expires":"2026-01-01T00:00:01.001Z"}}'
    expect(calls).toEqual([
      ['set', 'sess:x', text, { EX: 2, expiration: { type: 'EX', value: 2 } }],
      ['get', 'sess:x'],
      ['expire', 'sess:x', 2],
      ['del', 'sess:x'],
    ])
  })

  it('is asked in the words of ioredis where it has its names', async () => {
    const { client, calls } = standIn()
    const store = new RedisStore({ client: { ...client, mget: async () => [] }, ttl: 9 })
    const data = { cookie: {} }
    await store.set('x', data)
    await store.set('x', (await store.get('x')) as never)
    expect(calls).toEqual([
      ['set', 'sess:x', '{"cookie":{}}', 'EX', 9],
      ['get', 'sess:x'],
      ['set', 'sess:x', '{"cookie":{}}', 'EX', 9, 'XX'],
    ])
  })

  it('may be replaced at run time, and so may its methods and the fields', async () => {
    const [one, two] = [standIn(), standIn()]
    const store = new RedisStore(one)
    await store.set('x', { cookie: {} })
    const { get } = one.client
    one.client.get = (key) => get(key).then(() => '{"cookie":{},"from":"a wrapper"}')
    expect(await store.get('x')).toMatchObject({ from: 'a wrapper' })
    store.client = two.client
    store.prefix = 'p:'
    store.ttl = 5
    store.disableTouch = true
    await store.set('x', { cookie: {} })
    await store.touch('x', { cookie: {} })
    expect(two.calls).toEqual([
      ['set', 'p:x', '{"cookie":{}}', { EX: 5, expiration: { type: 'EX', value: 5 } }],
    ])
  })

  it('without SCAN serves requests all the same', async () => {
    const store = new RedisStore(standIn())
    await expect(store.length()).rejects.toThrow('SCAN')
    expect(await store.get('x')).toBeNull()
  })

  it('that never answers is an error after the deadline, and once', async () => {
    const { client } = standIn()
    client.get = () => new Promise(() => undefined)
    const store = new RedisStore({ client, commandDeadline: 20 })
    const begin = performance.now()
    await expect(store.get('x')).rejects.toThrow(StoreUnavailable)
    expect(performance.now() - begin).toBeLessThan(200)
  })

  it('that gets connected after the deadline carries nothing out any more', async () => {
    const { client, calls } = standIn()
    const store = new RedisStore({
      client: Object.assign(client, { isReady: false }),
      commandDeadline: 20,
    })
    await expect(store.set('x', { cookie: {} })).rejects.toThrow('was not connected within 20 ms')
    store.client.isReady = true
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(calls).toEqual([])
    await store.set('x', { cookie: {} })
    expect(calls).toHaveLength(1)
  })

  it('that answers too late is not heard any more', async () => {
    const { client } = standIn()
    const { get } = client
    client.get = (key) => new Promise((resolve) => setTimeout(() => resolve(get(key)), 60))
    const store = new RedisStore({ client, commandDeadline: 20 })
    const heard: unknown[] = []
    await store.get('x', (error) => heard.push(error))
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(heard).toEqual([expect.any(StoreUnavailable)])
  })
})

describe('the circuit', () => {
  it('opens after faults in a row, lets one through in a while, and closes on an answer', async () => {
    const { client } = standIn()
    let asked = 0
    let isDown = true
    client.get = async () => {
      asked += 1
      if (isDown) throw new Error('Socket closed unexpectedly')
      return null
    }
    let elapsed = 0
    const clock = { now: () => Date.now(), elapsed: () => elapsed }
    const store = new RedisStore({ client, failuresToOpen: 3, probeEvery: 100, clock })
    const ask = () => store.get('x').catch((error: unknown) => String(error))
    for (let call = 0; call < 6; call += 1) await ask()
    expect(asked).toBe(3)
    elapsed = 100
    await Promise.all([ask(), ask()])
    expect(asked).toBe(4)
    elapsed = 150
    expect(await ask()).toContain('was not asked')
    elapsed = 200
    isDown = false
    expect(await ask()).toBeNull()
    expect(await ask()).toBeNull()
    expect(store.counts.faults).toBe(9)
  })
})

describe('what a method calls back', () => {
  it('comes once, and what the callback throws is not called back', async () => {
    const store = new RedisStore(standIn())
    let calls = 0
    const thrown = store.get('x', () => {
      calls += 1
      throw new Error('from the application')
    })
    await expect(thrown).rejects.toThrow('from the application')
    expect(calls).toBe(1)
  })

  it('is an error where the serializer or the ttl fails', async () => {
    const fail = (): never => {
      throw new RangeError('no')
    }
    const stores = [
      new RedisStore({ ...standIn(), ttl: fail }),
      new RedisStore({ ...standIn(), serializer: { parse: JSON.parse, stringify: fail } }),
    ]
    for (const store of stores) {
      const heard: unknown[] = []
      await store.set('x', { cookie: {} }, (error) => heard.push(error))
      expect(heard).toEqual([expect.any(RangeError)])
      await expect(store.set('x', { cookie: {} })).rejects.toThrow(RangeError)
    }
  })
})
