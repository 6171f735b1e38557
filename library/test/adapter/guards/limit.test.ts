import { request as httpRequest, createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter, createNodeIncoming } from '../../../src/adapter/express.js'
import { StoreUnavailable } from '../../../src/errors.js'
import type { LimitedSession } from '../../../src/guard/rate-limit/index.js'
import type { SojournOptions } from '../../../src/options.js'
import type { Incoming } from '../../../src/request/incoming.js'
import { createSojourn } from '../../../src/sojourn.js'
import type { Store } from '../../../src/store/store.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { parseFields } from '../../guard/rate-limit/parse-fields.js'
import { SECRET } from '../../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../../support/web.js'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

const keep = (server: RunningServer): RunningServer => {
  stops.push(() => server.close())
  return server
}

const HOUR = { window: '1h' } as const

/** An application with limits in front of and behind `web.sessions`. */
function application(create: typeof express5, options: Partial<SojournOptions> = {}) {
  const sojourn = createSojourn({ secrets: SECRET, cache: false, ...options })
  const web = createExpressAdapter(sojourn)
  const app = create()
  app.set('env', 'test')
  const ok = web.handler((req, res) => {
    const { address, isSecure, host } = createNodeIncoming(req, sojourn.proxyTrust)
    res.json({ address, isSecure, host })
  })
  app.post('/early', web.limit({ name: 'early', quota: 2, ...HOUR }), ok)
  app.use(web.sessions)
  app.post(
    '/login',
    web.handler(async (req, res) => {
      await req.session.signIn(req.query['as'] as string)
      res.json({})
    }),
  )
  const both = [
    { name: 'person', quota: 2, by: 'account', ...HOUR },
    { name: 'net', quota: 100, ...HOUR },
  ] as const
  app.get('/mine', web.limit(both), web.requireSession(), ok)
  app.get('/own', web.limit({ name: 'own', quota: 2, by: 'session', ...HOUR }), ok)
  const again = web.limit([
    { name: 'person', quota: 2, by: 'account', ...HOUR },
    { name: 'more', quota: 5, ...HOUR },
  ])
  app.get('/twice', web.limit(both[1]), web.limit({ ...both[1], name: 'b' }), again, ok)
  return { app, sojourn }
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('web.limit on %s', (_, create) => {
  it('works without a session: 429 with Retry-After, the fields and problem+json', async () => {
    const client = new WebClient(keep(await listen(application(create).app)))
    const first = await client.post('/early')
    expect(first.status).toBe(200)
    expect(parseFields(first.headers['ratelimit-policy'])).toMatchObject([
      { name: 'early', q: 2, w: 3_600 },
    ])
    expect(parseFields(first.headers['ratelimit'])).toMatchObject([{ name: 'early', r: 1 }])
    await client.post('/early')
    const { status, headers, body } = await client.post('/early')
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 429, retry: '1800' })
    expect(headers['content-type']).toBe('application/problem+json')
    expect(JSON.parse(body)).toMatchObject({
      status: 429,
      code: 'rate_limited',
      detail: 'Too many attempts. Try again in 1800 seconds.',
      check: 'early',
      retryAfter: 1_800,
    })
    expect(parseFields(headers['ratelimit'])).toMatchObject([{ name: 'early', r: 0, t: 1_800 }])
    expect(headers['set-cookie']).toBeUndefined()
  })

  it('knows who is signed in, and loads the session for that', async () => {
    const server = keep(await listen(application(create).app))
    const [ada, bob, guest] = [new WebClient(server), new WebClient(server), new WebClient(server)]
    await ada.post('/login?as=ada')
    await bob.post('/login?as=bob')
    const statuses = async (client: WebClient, path: string) => {
      const answers = []
      for (let at = 0; at < 3; at += 1) answers.push((await client.get(path)).status)
      return answers
    }
    expect(await statuses(ada, '/mine')).toEqual([200, 200, 429])
    expect(await statuses(bob, '/mine')).toEqual([200, 200, 429])
    expect(await statuses(guest, '/mine')).toEqual([401, 401, 429])
    // A second session of the same person is another session, and the same account.
    const second = new WebClient(server)
    await second.post('/login?as=ada')
    expect(await statuses(second, '/mine')).toEqual([429, 429, 429])
    expect(await statuses(ada, '/own')).toEqual([200, 200, 429])
    expect(await statuses(second, '/own')).toEqual([200, 200, 429])
  })

  it('a function decides with or without a session, and what needs one says so where there is none', async () => {
    const sojourn = createSojourn({ secrets: SECRET })
    const web = createExpressAdapter(sojourn)
    const app = create()
    app.set('env', 'test')
    const by = (incoming: Incoming, session?: LimitedSession): string | undefined =>
      session?.subject ?? incoming.header('x-tenant')
    const limit = web.limit({ name: 'tenant', quota: 1, by, ...HOUR })
    app.get('/early', limit, (_req, res) => void res.json({}))
    app.get('/wrong', web.limit({ name: 'w', quota: 1, by: 'session', ...HOUR }))
    app.use(web.sessions)
    app.post(
      '/login',
      web.handler(async (req, res) => {
        await req.session.signIn('ada')
        res.json({})
      }),
    )
    app.get('/late', limit, (_req, res) => void res.json({}))
    const client = new WebClient(keep(await listen(app)))
    const ask = async (path: string, tenant: string): Promise<number> =>
      (await client.get(path, { headers: { 'x-tenant': tenant } })).status
    expect([await ask('/early', 'a'), await ask('/early', 'a')]).toEqual([200, 429])
    expect([await ask('/late', 'a'), await ask('/late', 'b')]).toEqual([429, 200])
    await client.post('/login')
    expect([await ask('/late', 'c'), await ask('/late', 'd')]).toEqual([200, 429])
    expect(await ask('/wrong', 'a')).toBe(500)
  })

  it('tells of all limiters that a request went through, also where the last refuses', async () => {
    const client = new WebClient(keep(await listen(application(create).app)))
    const names = (header: unknown): string[] => parseFields(header).map(({ name }) => name)
    const { headers } = await client.get('/twice')
    expect(names(headers['ratelimit'])).toEqual(['net', 'b', 'person', 'more'])
    await client.get('/twice')
    const refused = await client.get('/twice')
    expect(refused.status).toBe(429)
    expect(names(refused.headers['ratelimit'])).toEqual(['net', 'b', 'person', 'more'])
    expect(names(refused.headers['ratelimit-policy'])).toEqual(['net', 'b', 'person', 'more'])
  })

  it('where the store is away, neither the session nor the count is an error', async () => {
    const { store, leave } = leaving()
    const client = new WebClient(keep(await listen(application(create, { store }).app)))
    await client.post('/login?as=ada')
    expect(client.cookie).not.toBe('')
    leave()
    expect((await client.get('/own')).status).toBe(200)
    const refused = await client.get('/own')
    expect(refused.status).toBe(429)
    expect(parseFields(refused.headers['ratelimit-policy'])).toMatchObject([{ q: 1 }])
  })
})

/** A store that answers nothing from some moment on. */
function leaving() {
  let isAway = false
  const guard = <Value extends object>(target: Value): Value =>
    new Proxy(target, {
      get(_, name) {
        if (name === 'changes') return undefined
        const value = Reflect.get(target, name) as unknown
        if (name === 'counters') return guard(value as object)
        if (typeof value !== 'function' || name === 'bucketOf') return value
        return async (...args: unknown[]) => {
          if (isAway) throw new StoreUnavailable('away')
          return Reflect.apply(value, target, args) as unknown
        }
      },
    })
  const leave = (): void => {
    isAway = true
  }
  return { store: guard<Store>(createMemoryStore()), leave }
}

describe('where requests come from', () => {
  interface Sent {
    readonly host?: string
    readonly localAddress?: string
    readonly headers?: IncomingHttpHeaders
  }

  async function dualStack(options: Partial<SojournOptions> = {}) {
    const { app } = application(express5, options)
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '::', resolve))
    stops.push(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    const { port } = server.address() as AddressInfo
    const send = ({ host = '127.0.0.1', ...sent }: Sent) =>
      new Promise<{ status: number; body: string }>((resolve, reject) => {
        const request = httpRequest(
          { host, port, path: '/early', method: 'POST', agent: false, ...sent },
          (answer) => {
            let body = ''
            answer.setEncoding('utf8').on('data', (text: string) => (body += text))
            answer.on('end', () => {
              resolve({ status: answer.statusCode ?? 0, body })
            })
          },
        )
        request.on('error', reject).end()
      })
    const statuses = async (sent: readonly Sent[]): Promise<number[]> => {
      const answers = []
      for (const one of sent) answers.push((await send(one)).status)
      return answers
    }
    return Object.assign(statuses, { one: send })
  }

  it('CVE-2026-30827: on a dual-stack socket, two clients of IPv4 have an allowance each', async () => {
    const send = await dualStack()
    const [one, two] = [{ localAddress: '127.0.0.2' }, { localAddress: '127.0.0.3' }]
    expect(await send([one, one, one])).toEqual([200, 200, 429])
    expect(await send([two, two, two])).toEqual([200, 200, 429])
    expect(await send([{ host: '::1' }, { host: '::1' }, one])).toEqual([200, 200, 429])
  })

  const forwarded = (...addresses: string[]): Sent[] =>
    addresses.map((one) => ({ headers: { 'x-forwarded-for': one } }))

  it('header-22, behaviour 19b: a client that moves within its /64, or spells itself anew, has one allowance', async () => {
    const send = await dualStack({ trustProxy: ['loopback'] })
    const rotating = Array.from({ length: 20 }, (_, at) => `2001:db8:0:1::${at.toString(16)}`)
    expect(await send(forwarded(...rotating))).toEqual([200, 200, ...Array<number>(18).fill(429)])
    const spellings = [
      '2001:DB8:0:1::1',
      '2001:0db8:0000:0001:0000:0000:0000:0001',
      '[2001:db8::1:0:0:0:1]:4711',
    ]
    expect(await send(forwarded(...spellings))).toEqual([429, 429, 429])
    expect(await send(forwarded('2001:db8:0:2::1'))).toEqual([200])
    const mapped = ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201', '192.0.2.2']
    expect(await send(forwarded(...mapped))).toEqual([200, 200, 429, 200])
    const [again = {}] = forwarded('2001:db8:0:1:ffff::1')
    expect(JSON.parse((await send.one(again)).body)).toMatchObject({
      code: 'rate_limited',
      detail: expect.stringMatching(/^Too many attempts\. Try again in \d+ seconds\.$/) as string,
    })
  })

  it('behaviour 19b: where providers hand out a /56, that can be one client', async () => {
    const sojourn = createSojourn({ secrets: SECRET, trustProxy: ['loopback'] })
    const web = createExpressAdapter(sojourn)
    const app = express5()
    app.use(web.limit({ name: 'wide', quota: 2, ...HOUR }, { ipv6Prefix: 56 }))
    app.use((_req, res) => void res.json({}))
    const client = new WebClient(keep(await listen(app)))
    const statuses = []
    for (const address of ['2001:db8:0:1200::1', '2001:db8:0:12ff::1', '2001:db8:0:1280::1'])
      statuses.push((await client.get('/', { headers: { 'x-forwarded-for': address } })).status)
    expect(statuses).toEqual([200, 200, 429])
    const other = { headers: { 'x-forwarded-for': '2001:db8:0:1300::1' } }
    expect((await client.get('/', other)).status).toBe(200)
  })

  const SPOOFED: readonly Record<string, string>[] = [
    { 'x-forwarded-for': '198.51.100.1' },
    { 'x-forwarded-for': '198.51.100.2, 198.51.100.3' },
    { 'x-real-ip': '198.51.100.4' },
    { forwarded: 'for=198.51.100.5' },
    { 'x-client-ip': '198.51.100.6' },
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    { 'cf-connecting-ip': '198.51.100.7', 'true-client-ip': '198.51.100.7' },
  ]

  it('behaviour 19a, ASVS 4.1.3, ASVS 15.3.4: what somebody writes who is no proxy of ours changes nothing', async () => {
    const spoofed = SPOOFED.map((headers) => ({ headers, localAddress: '127.0.0.2' }))
    const refused = spoofed.map(() => 429)
    // Nobody is trusted; other networks are; a host beside this one is.
    for (const trustProxy of [undefined, ['10.0.0.0/8', '2001:db8::/32'], ['127.0.0.3']]) {
      const send = await dualStack(trustProxy === undefined ? {} : { trustProxy })
      const plain = { localAddress: '127.0.0.2' }
      for (const headers of SPOOFED) {
        const fresh = await dualStack(trustProxy === undefined ? {} : { trustProxy })
        const answer = await fresh.one({ headers, localAddress: '127.0.0.2' })
        expect(JSON.parse(answer.body)).toEqual({
          address: '127.0.0.2',
          isSecure: false,
          host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
        })
      }
      expect(await send([plain, plain, ...spoofed])).toEqual([200, 200, ...refused])
    }
  })

  it('behaviour 19a, ASVS 4.1.3: of a chain the right-most that is no proxy of ours counts, by lists of networks', async () => {
    const send = await dualStack({ trustProxy: ['127.0.0.3', '10.0.0.0/8'] })
    const via = (chain: string): Sent => ({
      localAddress: '127.0.0.3',
      headers: { 'x-forwarded-for': chain },
    })
    expect(await send([via('192.0.2.1, 10.1.2.3'), via('192.0.2.1')])).toEqual([200, 200])
    // Whatever the client wrote in front of what our proxies added is not looked at.
    expect(
      await send([via('203.0.113.9, 192.0.2.1, 10.9.9.9'), via('1.1.1.1, 192.0.2.1')]),
    ).toEqual([429, 429])
    expect(await send([via('192.0.2.1, 203.0.113.9, 10.9.9.9')])).toEqual([200])
    // Headers besides count no more from a proxy than from anybody.
    const other = { localAddress: '127.0.0.3', headers: { 'x-real-ip': '192.0.2.77' } }
    expect(await send([other, other, other])).toEqual([200, 200, 429])
  })
})
