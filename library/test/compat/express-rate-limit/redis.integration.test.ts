import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSojourn } from '../../../src/sojourn.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import { connectNodeRedis, type Connected } from '../../store/redis/harness.js'
import { dumpRedis } from '../../support/backends.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { SECRET } from '../../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../../support/web.js'
import { limited } from './http.js'

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

async function instance(options: Parameters<typeof limited>[1] = {}): Promise<WebClient> {
  const connection = await connectNodeRedis(redis.port)
  connected.push(connection)
  const sojourn = createSojourn({
    secrets: SECRET,
    store: createRedisStore({ client: connection.client }),
    // A busy machine must not look like a Redis that is away.
    resilience: { commandDeadline: '10s' },
  })
  const server = await listen(limited({ sojourn }, { windowMs: 3_600_000, ...options }).app)
  running.push(server)
  return new WebClient(server)
}

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

it('S0-12: two instances on one Redis let exactly the limit through, whoever comes at once', async () => {
  const [one, two] = [await instance({ limit: 20 }), await instance({ limit: 20 })]
  const answers = await Promise.all(
    Array.from({ length: 120 }, (_, at) => (at % 2 === 0 ? one : two).get('/', from('192.0.2.1'))),
  )
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(20)
  expect(answers.filter((answer) => answer.status === 429)).toHaveLength(100)
  expect(await dumpRedis([redis.port])).not.toContain('192.0.2.1')
})

it('with Redis gone requests are refused by 503, and counted again when it is back', async () => {
  const [strict, open] = [await instance(), await instance({ passOnStoreError: true })]
  expect((await strict.get('/', from('192.0.2.2'))).status).toBe(200)
  await redis.kill()
  const { status, headers } = await strict.get('/', from('192.0.2.2'))
  expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '1' })
  expect((await open.get('/', from('192.0.2.2'))).status).toBe(200)
  await redis.restart()
  await expect
    .poll(async () => (await strict.get('/', from('192.0.2.2'))).status, { timeout: 10_000 })
    .toBe(200)
})
