import assert from 'node:assert/strict'
import session from 'express-session'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisStore } from '../../../src/compat/connect-redis/index.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { closeAll, connect, load } from './clients.js'

/**
 * The same steps over connect-redis itself and over ours, on the same client and a real Redis: what they call back, and what
 * rests in Redis afterwards, is the same.
 */

let server: RedisServer
let admin: Awaited<ReturnType<typeof connectAdmin>>
const connectAdmin = (port: number) =>
  createClient({ url: `redis://127.0.0.1:${String(port)}` }).connect()

beforeAll(async () => {
  server = await startRedis()
  admin = await connectAdmin(server.port)
})
afterAll(async () => {
  await closeAll()
  admin.destroy()
  await server.stop()
})

interface Major {
  readonly name: string
  readonly client: string
  /** Its callbacks carry what Redis said, or nothing at all, where later majors say `null`. */
  readonly isOld?: true
  readonly hasPromises?: true
  readonly original: () => any
  /** How an application of that time gets at ours. */
  readonly ours: () => any
}

const MAJORS: readonly Major[] = [
  {
    name: 'connect-redis 6, node-redis 4 in legacy mode',
    client: 'node-redis 4, legacy mode',
    isOld: true,
    original: () => load('connect-redis6')(session),
    ours: () => RedisStore(session),
  },
  {
    name: 'connect-redis 6, ioredis 5',
    client: 'ioredis 5',
    isOld: true,
    original: () => load('connect-redis6')(session),
    ours: () => RedisStore(session),
  },
  {
    name: 'connect-redis 7, node-redis 4',
    client: 'node-redis 4',
    isOld: true,
    original: () => load('connect-redis7').default,
    ours: () => RedisStore.default,
  },
  {
    name: 'connect-redis 7, ioredis 5',
    client: 'ioredis 5',
    isOld: true,
    original: () => load('connect-redis7').default,
    ours: () => RedisStore.default,
  },
  {
    name: 'connect-redis 8, node-redis 4',
    client: 'node-redis 4',
    hasPromises: true,
    original: () => load('connect-redis8').RedisStore,
    ours: () => RedisStore.RedisStore,
  },
  {
    name: 'connect-redis 8, ioredis 6',
    client: 'ioredis 6',
    hasPromises: true,
    original: () => load('connect-redis8').RedisStore,
    ours: () => RedisStore.RedisStore,
  },
  {
    name: 'connect-redis 9, node-redis 5',
    client: 'node-redis 5',
    hasPromises: true,
    original: () => load('connect-redis').RedisStore,
    ours: () => RedisStore,
  },
  {
    name: 'connect-redis 9, node-redis 6',
    client: 'node-redis 6',
    hasPromises: true,
    original: () => load('connect-redis').RedisStore,
    ours: () => RedisStore,
  },
]

const at = (milliseconds: number): Date => new Date(Date.now() + milliseconds)
const same = { cookie: {}, same: true }

type Step = readonly [method: string, ...args: unknown[]]

/** Made anew for each run: some hold instants. */
const steps = (): Step[] => [
  ['get', 'none'],
  ['length'],
  ['ids'],
  ['all'],
  ['set', 'plain', { user: 'ann', list: [], deep: { a: null } }],
  ['get', 'plain'],
  ['set', 'date', { cookie: { expires: at(61_500) } }],
  ['set', 'text', { cookie: { expires: at(62_001).toISOString() }, z: 'ü😀' }],
  ['set', 'short', { cookie: { expires: at(1_500) } }],
  ['set', 'no-expiry', { cookie: { expires: null, originalMaxAge: null } }],
  ['set', 'false', { cookie: { expires: false } }],
  ['set', 'with:colon{and}*', { cookie: {}, n: 1 }],
  ['set', 'past', { cookie: { expires: at(60_000) } }],
  ['set', 'past', { cookie: { expires: at(-1) } }],
  ['get', 'past'],
  ['set', 'none', { cookie: { expires: at(-60_000) } }],
  ['touch', 'date', { cookie: { expires: at(120_400) } }],
  ['touch', 'plain', {}],
  ['touch', 'none', { cookie: { expires: at(60_000) } }],
  ['get', 'none'],
  ['set', 'touched-away', { cookie: {} }],
  ['touch', 'touched-away', { cookie: { expires: at(-5_000) } }],
  ['set', 'same', same],
  ['destroy', 'same'],
  ['get', 'same'],
  ['set', 'same', same],
  ['get', 'same'],
  ['destroy', 'none'],
  ['length'],
  ['ids'],
  ['all'],
]

const OPTIONS: readonly (readonly [
  string,
  object,
  { readonly not6?: true; readonly notOld?: true },
])[] = [
  ['the defaults', {}, {}],
  ['a prefix', { prefix: 'my(app):' }, {}],
  ['an empty prefix', { prefix: '' }, {}],
  ['no prefix said', { prefix: null }, {}],
  ['a ttl', { ttl: 30 }, {}],
  ['no ttl', { ttl: 0 }, {}],
  ['a ttl for each', { ttl: (each: any) => (each?.user === 'ann' ? 12 : 34) }, { not6: true }],
  ['a ttl of nought for some', { ttl: (each: any) => (each?.user ? 0 : 9) }, { not6: true }],
  ['disableTTL', { disableTTL: true }, { not6: true }],
  ['disableTouch', { disableTouch: true }, {}],
  ['a small scanCount', { scanCount: 1 }, {}],
  [
    'a serializer',
    {
      serializer: {
        parse: (text: string) => JSON.parse(text.slice(3)) as unknown,
        stringify: (value: unknown) => `XXX${JSON.stringify(value)}`,
      },
    },
    {},
  ],
  [
    'a serializer that fails',
    {
      serializer: {
        parse: JSON.parse,
        stringify: () => {
          throw new RangeError('no')
        },
      },
    },
    // They make the text before they look at the expiry.
    { notOld: true },
  ],
]

interface Outcome {
  readonly step: string
  readonly error: unknown
  readonly value: unknown
}

function byCallback(store: any, [method, ...args]: Step): Promise<readonly [unknown, unknown]> {
  return new Promise((resolve) => {
    store[method](...args, (error: unknown, value: unknown) => resolve([error, value]))
  })
}

async function byPromise(store: any, [method, ...args]: Step): Promise<[unknown, unknown]> {
  try {
    return [null, await store[method](...args)]
  } catch (error) {
    return [error, null]
  }
}

type Call = typeof byCallback

/** Runs all steps over a fresh database; answers what was called back, and what rests there. */
async function run(store: any, call: Call, tidy: (outcome: Outcome) => Outcome): Promise<object> {
  await admin.flushAll()
  const outcomes: Outcome[] = []
  for (const step of steps()) {
    const [error, value] = await call(store, step)
    const sorted = Array.isArray(value) ? value.toSorted(byText) : value
    outcomes.push(tidy({ step: step.slice(0, 2).join(' '), error, value: sorted }))
  }
  const rest = await atRest()
  if (outcomes.length > 0) await call(store, ['clear'])
  return { outcomes, rest, afterClear: await atRest() }
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
}

/** Every key with its value and the seconds it has left. */
async function atRest(): Promise<[string, string | null, number][]> {
  const keys = (await admin.keys('*')).toSorted()
  return Promise.all(
    keys.map(async (key): Promise<[string, string | null, number]> => [
      key,
      await admin.get(key),
      await admin.ttl(key),
    ]),
  )
}

/** connect-redis 6 and 7 call back with less or with Redis' own words; middleware never looks at them. */
function asNow(outcome: Outcome): Outcome {
  const { step, error } = outcome
  const isCommand = /^(set|touch|destroy|clear)/.test(step)
  const value = isCommand ? null : (outcome.value ?? null)
  return { step, error: error ?? null, value }
}

/** Two runs are seconds apart; the lives differ by one at most, and so do the dates inside. */
function assertSame(mine: any, theirs: any): void {
  const without = (run: any, part: 'rest' | 'afterClear') =>
    run[part].map(([key, text]: [string, string]) => [key, withoutDates(text)])
  assert.deepEqual(withoutDates(mine.outcomes), withoutDates(theirs.outcomes))
  assert.deepEqual(without(mine, 'rest'), without(theirs, 'rest'))
  assert.deepEqual(without(mine, 'afterClear'), without(theirs, 'afterClear'))
  for (const [index, [key, , ttl]] of mine.rest.entries()) {
    const [, , expected] = theirs.rest[index]
    assert.ok(Math.abs(ttl - expected) <= 1, `${key} lives ${ttl}, not ${expected} seconds`)
  }
}

function withoutDates<Value>(value: Value): Value {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Error ? `${part.name}: ${part.message}` : part,
  )
  return JSON.parse(text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a date')) as Value
}

describe.each(MAJORS)('as $name', ({ name, client, isOld, hasPromises, original, ours }) => {
  const options = OPTIONS.filter(([, , { not6, notOld }]) => {
    if (notOld === true && isOld === true) return false
    return !(not6 === true && name.startsWith('connect-redis 6'))
  })

  it.each(options)('with %s, every method answers and writes the same', async (_, given) => {
    const connected = await connect(client, server.port)
    const tidy = isOld === true ? asNow : (outcome: Outcome) => outcome
    const theirs = await run(new (original())({ client: connected, ...given }), byCallback, tidy)
    const mine = await run(new (ours())({ client: connected, ...given }), byCallback, tidy)
    assertSame(mine, theirs)
    if (hasPromises !== true) return
    assertSame(await run(new (ours())({ client: connected, ...given }), byPromise, tidy), mine)
    assertSame(await run(new (original())({ client: connected, ...given }), byPromise, tidy), mine)
  })

  it('each reads what the other wrote, and has its fields', async () => {
    await admin.flushAll()
    const connected = await connect(client, server.port)
    const theirs = new (original())({ client: connected, prefix: 'x:' })
    const mine = new (ours())({ client: connected, prefix: 'x:' })
    const cookie = { originalMaxAge: 60_000, expires: at(60_000).toISOString(), path: '/' }
    await byCallback(theirs, ['set', 'a', { cookie, from: 'theirs' }])
    await byCallback(mine, ['set', 'b', { cookie, from: 'mine' }])
    for (const store of [mine, theirs]) {
      const [, a] = await byCallback(store, ['get', 'a'])
      const [, b] = await byCallback(store, ['get', 'b'])
      expect([a, b]).toEqual([
        { cookie, from: 'theirs' },
        { cookie, from: 'mine' },
      ])
    }
    const { client: _theirs, ...fields } = Object.fromEntries(Object.entries(theirs))
    const { client: own, ...ownFields } = Object.fromEntries(Object.entries(mine))
    expect(own).toBe(connected)
    expect(ownFields).toEqual(fields)
  })
})

it('walks over thousands, each once', async () => {
  await admin.flushAll()
  const client = await connect('node-redis 6', server.port)
  const store = new RedisStore({ client, scanCount: 10 })
  for (let at = 0; at < 3_000; at += 500) {
    const ids = Array.from({ length: 500 }, (_, index) => String(at + index))
    await Promise.all(ids.map((sid) => store.set(sid, { cookie: {} })))
  }
  expect(await store.length()).toBe(3_000)
  expect(new Set((await store.all()).map(({ id }) => id)).size).toBe(3_000)
  await store.clear()
  expect(await admin.dbSize()).toBe(0)
})
