import { rateLimit, type Options } from 'express-rate-limit'
import { afterEach, describe, expect, it } from 'vitest'
import {
  SojournRateLimitStore,
  type RateLimitStoreOptions,
} from '../../../src/compat/express-rate-limit/index.js'
import { InvalidOption, StoreUnavailable } from '../../../src/errors.js'
import { parseFields } from '../../guard/rate-limit/parse-fields.js'
import { scene } from '../../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../../support/web.js'
import { limited } from './http.js'

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function serve(options: Partial<Options> = {}, given: Partial<RateLimitStoreOptions> = {}) {
  const { sojourn } = scene({ clock: undefined as never })
  const { app, store, log } = limited({ sojourn, ...given }, options)
  const server = await listen(app)
  running.push(server)
  const client = new WebClient(server)
  const statuses = async (...paths: string[]): Promise<number[]> => {
    const answers = []
    for (const path of paths) answers.push((await client.get(path)).status)
    return answers
  }
  return { sojourn, store, log, client, statuses }
}

const NONE = Array<string>(4).fill('/')

describe('under the real express-rate-limit', () => {
  it('S0-12: refuses beyond the limit, tells what is left, and passes all its validations', async () => {
    const { client, statuses, log } = await serve()
    const { headers } = await client.get('/')
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '2' })
    expect(parseFields(headers['ratelimit'])).toMatchObject([{ name: '3-in-1min', r: 2, t: 20 }])
    expect(parseFields(headers['ratelimit-policy'])).toMatchObject([{ q: 3, w: 60 }])
    expect(await statuses('/', '/', '/', '/')).toEqual([200, 200, 429, 429])
    const refused = await client.get('/')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(18)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(20)
    expect(log).toEqual([])
  })

  it('tells clients apart, and IPv6 by networks', async () => {
    const { client } = await serve()
    const from = async (address: string): Promise<number> =>
      (await client.get('/', { headers: { 'x-forwarded-for': address } })).status
    for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'])
      expect(await from(address)).toBe(200)
    expect(await from('192.0.2.1')).toBe(429)
    for (const last of ['1', '2', '3']) expect(await from(`2001:db8::${last}`)).toBe(200)
    expect(await from('2001:db8::4')).toBe(429)
  })

  it('two limiters on one request count for themselves, and are not taken for double counting', async () => {
    const { sojourn } = scene()
    const one = limited({ sojourn, prefix: 'one' })
    const log = one.log
    const note = (error: unknown): void => void log.push(String(error))
    const outer = rateLimit({
      limit: 5,
      store: new SojournRateLimitStore({ sojourn, prefix: 'outer' }),
      logger: { error: note, warn: note },
    })
    const { default: express } = await import('express')
    const app = express()
    app.set('trust proxy', 'loopback')
    app.use(outer, one.app)
    const server = await listen(app)
    running.push(server)
    const client = new WebClient(server)
    for (const status of [200, 200, 200, 429, 429])
      expect((await client.get('/')).status).toBe(status)
    expect((await client.get('/')).headers['x-ratelimit-limit']).toBe('5')
    expect(log).toEqual([])
  })

  it('skipSuccessfulRequests: only failures count', async () => {
    const { statuses, store } = await serve({ skipSuccessfulRequests: true })
    expect(await statuses(...NONE, ...NONE)).toEqual(Array<number>(8).fill(200))
    await settled(store, 0)
    const bad = '/?status=401'
    expect(await statuses(bad, bad, bad, bad)).toEqual([401, 401, 401, 429])
  })

  it('skipFailedRequests: refusing gives nothing back, however often', async () => {
    const { statuses, store } = await serve({ skipFailedRequests: true })
    const bad = '/?status=500'
    expect(await statuses(bad, bad, bad, bad, bad)).toEqual(Array<number>(5).fill(500))
    await settled(store, 0)
    expect(await statuses('/', '/', '/')).toEqual([200, 200, 200])
    expect(await statuses(...NONE, ...NONE)).toEqual(Array<number>(8).fill(429))
    await settled(store, 3)
  })

  it('limit: 0 refuses everybody, and a limit may be a function where the largest is known', async () => {
    expect(await (await serve({ limit: 0 })).statuses('/', '/')).toEqual([429, 429])
    const limit: Options['limit'] = (req) => (req.query['plan'] === 'big' ? 5 : 1)
    const { statuses, log } = await serve({ limit }, { quota: 5 })
    const big = '/?plan=big'
    expect(await statuses('/', '/', big, big, big, big)).toEqual([200, 429, 200, 200, 200, 429])
    expect(log).toEqual([])
  })

  it('a limit that is a function without quota is an error, not unlimited', async () => {
    const { statuses, log } = await serve({ limit: () => 5 })
    expect(log.join()).toMatch(/needs quota/)
    expect(await statuses('/')).toEqual([500])
  })

  it('resetKey and getKey', async () => {
    const { statuses, store } = await serve()
    expect(await store.get('127.0.0.1')).toBeUndefined()
    expect(await statuses('/', '/', '/', '/')).toEqual([200, 200, 200, 429])
    expect(await store.get('127.0.0.1')).toMatchObject({ totalHits: 3 })
    await store.resetKey('127.0.0.1')
    expect(await store.get('127.0.0.1')).toBeUndefined()
    expect(await statuses('/')).toEqual([200])
  })
})

/** express-rate-limit takes hits back when the answer has left. */
async function settled(store: SojournRateLimitStore, hits: number): Promise<void> {
  await expect
    .poll(async () => (await store.get('127.0.0.1'))?.totalHits ?? 0, { timeout: 2_000 })
    .toBe(hits)
}

describe('the store away', () => {
  const away = {
    spend: async () => Promise.reject(new StoreUnavailable('away')),
    attempt: async () => Promise.reject(new StoreUnavailable('away')),
    look: async () => Promise.reject(new StoreUnavailable('away')),
    forget: async () => Promise.reject(new StoreUnavailable('away')),
  }
  const place = { counters: away, deriveKeys: () => [Buffer.alloc(32)] }

  it('is 503 with Retry-After, or whatever passOnStoreError says', async () => {
    const { client } = await serve({}, { sojourn: place })
    const { status, headers } = await client.get('/')
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '1' })
    const open = await serve({ passOnStoreError: true }, { sojourn: place })
    expect(await open.statuses(...NONE)).toEqual([200, 200, 200, 200])
    expect(open.log).toHaveLength(4)
  })
})

describe('wrong options', () => {
  const { sojourn } = scene()

  it.each(['', 'a b', 'a:b', 'x'.repeat(33)])('prefix %j', (prefix) => {
    expect(() => new SojournRateLimitStore({ sojourn, prefix })).toThrow(InvalidOption)
  })

  it.each([0, -1, NaN, Infinity, 31 * 86_400_000])('windowMs %s', (windowMs) => {
    const store = new SojournRateLimitStore({ sojourn })
    expect(() => {
      store.init({ windowMs, limit: 5 })
    }).toThrow(/windowMs/)
  })

  it('what is asked before init is an error, and not a number', async () => {
    await expect(new SojournRateLimitStore({ sojourn }).increment('a')).rejects.toThrow(
      InvalidOption,
    )
  })
})
