import express from 'express'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../../src/adapter/express.js'
import type { ResilienceOptions } from '../../../src/options.js'
import { createSojourn } from '../../../src/sojourn.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import { createMetrics, observeLimits } from '../../../src/telemetry/index.js'
import { connectNodeRedis, type Connected } from '../../store/redis/harness.js'
import { dumpRedis } from '../../support/backends.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { SECRET } from '../../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../../support/web.js'
import { parseFields } from './parse-fields.js'

let redis: RedisServer
const connected: Connected[] = []
const running: RunningServer[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await Promise.all(running.map((server) => server.close()))
  await Promise.all(connected.map((one) => one.close()))
  await redis.stop()
})

const QUOTA = 40
let path = 0
beforeEach(() => {
  path += 1
})

/** A busy machine must not look like a Redis that is away, where only the count is looked at. */
const PATIENT = { commandDeadline: '10s' } as const

/** An application with connections of its own, as a process has them. */
async function instance(resilience: ResilienceOptions = {}) {
  const connection = await connectNodeRedis(redis.port)
  connected.push(connection)
  const sojourn = createSojourn({
    secrets: SECRET,
    store: createRedisStore({ client: connection.client }),
    trustProxy: ['loopback'],
    resilience,
  })
  const refused: (string | undefined)[] = []
  sojourn.on('request.refused', ({ check }) => refused.push(check))
  const web = createExpressAdapter(sojourn)
  const metrics = createMetrics()
  const name = `p${String(path)}`
  const onDecision = observeLimits(metrics, [name])
  const app = express()
  app.use(web.sessions)
  app.use(web.limit({ name, quota: QUOTA, window: '1h' }, { onDecision }))
  app.use((_req, res) => void res.json({}))
  const server = await listen(app)
  running.push(server)
  const client = new WebClient(server)
  const send = (times: number, address = '192.0.2.1') =>
    Promise.all(
      Array.from({ length: times }, () =>
        client.get('/', { headers: { 'x-forwarded-for': address } }),
      ),
    )
  return { send, refused, text: () => metrics.text() }
}

const allowed = (answers: readonly { status: number }[]): number =>
  answers.filter(({ status }) => status === 200).length

describe('on one Redis', () => {
  it('CVE-2024-1722: of 200 requests at once over two applications exactly the quota gets through', async () => {
    const [one, two] = [await instance(PATIENT), await instance(PATIENT)]
    const answers = (await Promise.all([one.send(100), two.send(100)])).flat()
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array<number>(QUOTA).fill(200),
      ...Array<number>(200 - QUOTA).fill(429),
    ])
    const left = answers
      .filter(({ status }) => status === 200)
      .map(({ headers }) => Number(parseFields(headers['ratelimit'])[0]?.['r']))
    // Each was told another number: nobody was counted with somebody else.
    expect(left.sort((a, b) => a - b)).toEqual(Array.from({ length: QUOTA }, (_, at) => at))
    expect(await dumpRedis([redis.port])).not.toMatch(/192\.0\.2\.1/)
  })

  it('behaviour 4f: with Redis gone a stricter limiter in the process takes over, until it is back', async () => {
    const one = await instance()
    expect(allowed(await one.send(1))).toBe(1)
    await redis.kill()
    const during = await one.send(60)
    expect(allowed(during)).toBe(QUOTA / 4)
    expect(during.filter(({ status }) => status === 429)).toHaveLength(60 - QUOTA / 4)
    // Somebody else still gets through, and has no more than that either.
    expect(allowed(await one.send(60, '192.0.2.2'))).toBe(QUOTA / 4)
    const name = `p${String(path)}`
    expect(new Set(one.refused)).toEqual(new Set([`${name}:fallback`]))
    const series = (outcome: string, by: string): string =>
      `sojourn_limit_decisions_total{policy="${name}",outcome="${outcome}",by="${by}"}`
    expect(one.text()).toContain(`${series('allowed', 'process')} ${String(QUOTA / 2)}\n`)
    expect(one.text()).toContain(`${series('refused', 'process')} ${String(120 - QUOTA / 2)}\n`)
    expect(one.text()).toContain(`${series('allowed', 'store')} 1\n`)
    await redis.restart()
    await expect
      .poll(async () => allowed(await one.send(1)), { timeout: 10_000, interval: 50 })
      .toBe(1)
    // The store counts again (it forgot what it knew), and with the whole quota.
    expect(allowed(await one.send(60))).toBe(QUOTA - 1)
    expect(one.refused.at(-1)).toBe(name)
  })

  it('behaviour 4f: a Redis that hangs makes nobody wait for longer than the deadline, and nothing unlimited', async () => {
    const one = await instance()
    await one.send(1)
    redis.pause()
    try {
      const start = performance.now()
      const during = await one.send(60)
      expect(performance.now() - start).toBeLessThan(1_500)
      expect(allowed(during)).toBe(QUOTA / 4)
      expect(during.every(({ status }) => status === 200 || status === 429)).toBe(true)
    } finally {
      redis.resume()
    }
  })
})
