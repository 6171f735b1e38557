/** How often the service lets itself be asked, over all its processes, and what it says to who asks too often. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseFields } from '../../../library/test/guard/rate-limit/parse-fields.js'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { Client, type Answer } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { startService, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'

const isLimited = ({ status, text }: Answer): boolean =>
  status === 429 && (JSON.parse(text) as { code: string }).code === 'rate_limited'

describe('several processes on one Redis', () => {
  let redis: RedisServer
  let services: readonly Service[] = []

  beforeAll(async () => {
    redis = await startRedis()
    const environment = {
      REDIS_URL: redis.url,
      SESSION_SECRET: 'the one secret they share: pZ7q-Xw2v',
      TRUST_PROXY: 'loopback',
      RATE_LIMIT: '4',
    }
    services = await Promise.all([1, 2].map(() => startService(environment)))
  })
  afterAll(async () => {
    for (const service of services) await service[Symbol.asyncDispose]()
    await redis.stop()
  })

  it('behaviour 19f: of 200 requests at once four of them let the quota through, and tell the others when to come back', async () => {
    const quota = 50
    const processes = await Promise.all([1, 2, 3, 4].map(() => startProcess(redis.url, quota)))
    try {
      const answers = await Promise.all(
        Array.from(
          { length: 200 },
          (_, at) => processes[at % 4]?.client.get('/') as Promise<Answer>,
        ),
      )
      const passed = answers.filter(({ status }) => status === 200)
      expect(Math.abs(passed.length - quota)).toBeLessThanOrEqual(1)
      const limited = answers.filter(isLimited)
      expect(passed.length + limited.length).toBe(200)
      for (const { headers } of limited) {
        const wait = Number(headers['retry-after'])
        expect(wait).toBeGreaterThan(0)
        expect(wait).toBeLessThanOrEqual(72)
        expect(parseFields(headers['ratelimit-policy'])).toMatchObject([
          { name: 'shared', q: quota, w: 3_600 },
        ])
        expect(parseFields(headers['ratelimit'])).toMatchObject([{ r: 0, t: wait }])
      }
    } finally {
      for (const { stop } of processes) stop()
    }
  })

  it.each([
    ['/login', 4],
    ['/refresh', 20],
    ['/password', 4],
  ])('S0-11: the service limits %s over its processes', async (path, quota) => {
    const clients = services.map((service) => service.client())
    const start = performance.now()
    let passed = 0
    for (let at = 0; at < quota + 10; at += 1) {
      const headers = { 'X-Forwarded-For': `192.0.2.${quota + path.length}` }
      const answer = await clients[at % 2]?.post(path, {}, { headers })
      if (answer !== undefined && !isLimited(answer)) passed += 1
    }
    // What came back meanwhile.
    const came = Math.ceil(((performance.now() - start) / 60_000) * quota)
    expect(passed).toBeGreaterThanOrEqual(quota)
    expect(passed).toBeLessThanOrEqual(quota + came)
  })

  it('behaviour 4f: with Redis gone each still throttles sign-ins, more strictly', async () => {
    await redis.kill()
    try {
      for (const service of services) {
        const headers = { 'X-Forwarded-For': '192.0.2.9' }
        const client = service.client()
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => client.post('/login', {}, { headers })),
        )
        // A quarter of four.
        expect(answers.filter((answer) => !isLimited(answer))).toHaveLength(1)
        expect(answers.every(({ status }) => status < 500)).toBe(true)
        await expect.poll(() => service.log()).toContainEqual(FALLBACK)
      }
    } finally {
      await redis.restart()
    }
  })
})

const FALLBACK: unknown = expect.objectContaining({
  event: 'request.refused',
  check: 'sign-in:fallback',
})

/** An application of its own on the built library. */
async function startProcess(redisUrl: string, quota: number) {
  const script = fileURLToPath(new URL('limits-process.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, redisUrl, String(quota)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      resolve(/(\d+)/.exec(text)?.[1] ?? '')
    })
    child.once('close', () => {
      reject(new Error('it did not start'))
    })
  })
  return {
    client: new Client(`http://127.0.0.1:${port}`, { isDescribed: false }),
    stop() {
      child.stdin.end()
    },
  }
}

describe('one service', () => {
  let service: Service
  let person: Client

  beforeAll(async () => {
    service = await startService({ RATE_LIMIT: '2' })
    person = service.client()
    await person.post('/register', { username: 'ada', password: PASSWORD })
  })
  afterAll(async () => service[Symbol.asyncDispose]())

  /** How often one can ask until one is refused. */
  async function count(ask: () => Promise<Answer>): Promise<number> {
    for (let at = 0; at < 400; at += 1) if (isLimited(await ask())) return at
    return 400
  }

  it('ASVS 2.4.1: signing in, passwords, refreshing, introspection and the list of sessions are limited', async () => {
    const expected: readonly [least: number, () => Promise<Answer>][] = [
      // Registering took one of them.
      [1, () => service.client().post('/login', { username: 'ada', password: PASSWORD })],
      [2, () => person.post('/reauthenticate', { password: PASSWORD })],
      [10, () => service.client().post('/refresh', { refreshToken: 'x' })],
      [20, () => person.get('/sessions')],
      [200, () => service.client().post('/oauth/introspect', { token: 'x' })],
    ]
    for (const [least, ask] of expected) {
      const start = performance.now()
      const found = await count(ask)
      const came = Math.ceil(((performance.now() - start) / 60_000) * (least + 1))
      expect(found).toBeGreaterThanOrEqual(least)
      expect(found).toBeLessThanOrEqual(least + came)
    }
    // The other paths of the same limits share them.
    const also = [
      await service.client().post('/register', { username: 'eve', password: PASSWORD }),
      await person.post('/password', { current: PASSWORD, next: PASSWORD }),
    ]
    expect(also.map(isLimited)).toEqual([true, true])
    // Nothing else is.
    expect((await person.get('/dashboard')).status).toBe(200)
    expect((await person.get('/health')).headers['ratelimit']).toBeUndefined()
  })

  it('tells scripts by problem+json, and people by a page that says how long to wait', async () => {
    const { status, headers, text } = await service.client().post('/login', {})
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 429,
      type: 'application/problem+json',
    })
    const wait = Number(headers['retry-after'])
    expect(JSON.parse(text)).toMatchObject({
      code: 'rate_limited',
      check: 'sign-in',
      detail: `Too many attempts. Try again in ${wait} seconds.`,
    })
    const page = await service.client().form('/login', { username: 'ada', password: PASSWORD })
    expect(page.status).toBe(429)
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    expect(Number(page.headers['retry-after'])).toBeGreaterThan(0)
    expect(page.text).toMatch(/Try again in \d+ seconds\./)
    expect(parseFields(page.headers['ratelimit'])).toMatchObject([{ name: 'sign-in', r: 0 }])
    const metrics = await service.client().get('/metrics')
    expect(metrics.text).toMatch(
      /sojourn_limit_decisions_total\{policy="sign-in",outcome="refused",by="store"\} [1-9]/,
    )
  })
})

it('production is limited without being told, development and tests are not', async () => {
  const [live, test] = await Promise.all([startService(production()), startService()])
  try {
    const answer = await live.client({ headers: BY_HTTPS }).post('/login', {})
    expect(parseFields(answer.headers['ratelimit-policy'])).toMatchObject([
      { name: 'sign-in', q: 60, w: 60 },
    ])
    expect((await test.client().post('/login', {})).headers['ratelimit-policy']).toBeUndefined()
  } finally {
    await Promise.all([live[Symbol.asyncDispose](), test[Symbol.asyncDispose]()])
  }
})
