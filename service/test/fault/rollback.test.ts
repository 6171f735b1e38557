/** A Redis that is back with an older file, and takes no writes at first: seen by the service. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  startRedis,
  waitFor,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import { startProxy, type TcpProxy } from '../../../library/test/support/tcp-proxy.js'
import type { Client } from '../support/client.js'
import { insideRedis } from '../support/inside.js'
import { startService, type Service } from '../support/service.js'

const SECRET = 'one secret for rollbacks: pZ7q-Xw2v-Lk9d'
const PEOPLE = 40

let redis: RedisServer
let proxy: TcpProxy
let service: Service

beforeAll(async () => {
  redis = await startRedis()
  proxy = await startProxy(redis.port)
  service = await startService({
    SESSION_SECRET: SECRET,
    REDIS_URL: `redis://127.0.0.1:${String(proxy.port)}`,
  })
})

afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await proxy.close()
  await redis.stop()
})

/** What a load balancer is told: the status, and the word for sessions. */
async function readiness(): Promise<readonly [status: number, word: unknown]> {
  const answer = await fetch(`${service.url}/health/ready`)
  const { sessions } = (await answer.json()) as { sessions?: unknown }
  return [answer.status, sessions]
}

async function metric(series: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? Number.NaN)
}

/** What they are answered; asked again where a busy machine took longer than the deadline. */
async function statuses(clients: readonly Client[]): Promise<readonly number[]> {
  const ask = async (client: Client): Promise<number> => {
    for (let turn = 0; ; turn += 1) {
      const { status } = await client.get('/dashboard')
      if (status !== 503 || turn === 20) return status
      await pause(100)
    }
  }
  return [...new Set(await Promise.all(clients.map(ask)))]
}

it('fault F5: is not ready until all that had ended is ended again, and lets nobody in meanwhile', async () => {
  const registered = await service.client().post('/register', {
    username: 'ada',
    password: 'correct horse battery 9',
  })
  const { id } = registered.json<{ user: { id: string } }>().user
  const inside = await insideRedis(redis.url, SECRET)
  const people = await Promise.all(
    Array.from({ length: PEOPLE }, async () => {
      const client = service.client()
      const [name = '', value = ''] = (await inside.signIn(id)).split(/=(.*)/s)
      client.jar.set(name, value)
      return client
    }),
  )
  await inside.close()
  const [stays, ...leavers] = people as [Client, ...Client[]]
  await redis.cli('save')
  const before = leavers.map((client) => client.copy())
  for (const client of leavers) expect((await client.post('/logout')).status).toBe(200)
  expect(await readiness()).toEqual([200, 'ok'])
  expect(await metric('sojourn_store_journal_entries{kind="sessions"}')).toBe(leavers.length)

  // SIGKILL, and the file from before; nobody may write until there is a replica.
  await proxy.refuse()
  await redis.restart()
  await redis.cli('config', 'set', 'min-replicas-to-write', '1')
  await proxy.accept()
  await waitFor('the rollback to be noticed', async () => (await readiness())[1] === 'restoring')
  expect(await readiness()).toEqual([503, 'restoring'])
  expect(await metric('sojourn_store_journal_restoring')).toBe(1)
  expect(await statuses(before)).toEqual([401])
  // Once more, where a busy machine took longer than the deadline.
  await waitFor('who stayed to be served', async () => (await statuses([stays]))[0] === 200)
  expect((await readiness())[0]).toBe(503)

  await redis.cli('config', 'set', 'min-replicas-to-write', '0')
  await waitFor('all to be ended again', async () => (await readiness())[0] === 200)
  expect(await readiness()).toEqual([200, 'ok'])
  expect(await metric('sojourn_store_journal_restoring')).toBe(0)
  expect(await metric('sojourn_store_journal_pending')).toBe(0)
  expect(await metric('sojourn_store_rollbacks_total')).toBe(1)
  expect(await statuses(before)).toEqual([401])
  expect(await statuses([stays])).toEqual([200])
  // Whoever knew nothing of it finds the same in Redis.
  await service.restart(undefined, 'SIGKILL')
  expect(await statuses(before)).toEqual([401])
  expect(await statuses([stays])).toEqual([200])
})

it('an end that Redis refused is tried once more as the service stops', async () => {
  const ada = service.client()
  await ada.post('/login', { username: 'ada', password: 'correct horse battery 9' })
  const before = ada.copy()
  await redis.cli('config', 'set', 'min-replicas-to-write', '1')
  expect((await ada.post('/logout')).status).toBe(503)
  expect(await metric('sojourn_store_journal_pending')).toBe(1)
  expect(await statuses([before])).toEqual([401])
  // The tries in between come less and less often; the last one has to do it.
  await pause(800)
  await redis.cli('config', 'set', 'min-replicas-to-write', '0')
  expect(await service.stop()).toBe(0)
  await service.restart()
  expect(await statuses([before])).toEqual([401])
})
