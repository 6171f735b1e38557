/** Redis behind TLS that is not what it should be: at the start, and while the service runs. */
import { createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates, type Certificates } from '../../../library/test/support/certificates.js'
import {
  startRedis,
  waitFor,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import { runToEnd, startService, type Environment } from '../support/service.js'

const PASSWORD = 'the-password-of-redis'
let certificates: Certificates
let redis: RedisServer

beforeAll(async () => {
  certificates = makeCertificates()
  redis = await startRedis({ tls: { certificates } })
})
afterAll(async () => {
  await redis.stop()
  certificates.remove()
})

/** Somebody who takes whatever is said, and notes it. */
interface Listener {
  readonly port: number
  readonly heard: () => string
  close(): void
}

async function listen(create: (note: (chunk: Buffer) => void) => Server): Promise<Listener> {
  let heard = ''
  const server = create((chunk) => (heard += chunk.toString('latin1')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    close: () => server.close(),
  }
}

/** Shows a certificate, and notes what is said inside of TLS. */
const behindTls = (certificate: string): Promise<Listener> =>
  listen((note) => {
    const pair = { cert: readFileSync(certificate), key: readFileSync(certificates.key) }
    return createTlsServer(pair, (socket) =>
      socket.on('data', note).on('error', () => undefined),
    ).on('tlsClientError', () => undefined)
  })

/** A Redis without TLS: answers whatever comes as one that wants a password does. */
const withoutTls = (): Promise<Listener> =>
  listen((note) =>
    createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (chunk: Buffer) => {
          note(chunk)
          if (chunk[0] !== 0x16) socket.write('-NOAUTH Authentication required.\r\n')
        })
    }),
  )

const at = (port: number, scheme = 'rediss'): Environment => ({
  REDIS_URL: `${scheme}://:${PASSWORD}@localhost:${String(port)}`,
  ...(scheme === 'rediss' ? { REDIS_CA_FILE: certificates.authority } : {}),
})

describe('a Redis that cannot be trusted', () => {
  it('fault F15: at the start ends it within five seconds, with the cause and 78, and no password reaches anybody; while it runs it is away, and comes back', async () => {
    // How long this machine takes to start and say no at all.
    const none = await runToEnd({ REDIS_URL: 'nonsense' })
    const listeners = await Promise.all([
      behindTls(certificates.expired),
      behindTls(certificates.otherHost),
      behindTls(certificates.good),
      withoutTls(),
    ])
    const [expired, otherHost, good, plain] = listeners.map(({ port }) => port) as [
      number,
      number,
      number,
      number,
    ]
    const foreign = { ...at(good), REDIS_CA_FILE: certificates.foreignAuthority }
    const wrong: readonly (readonly [Environment, RegExp])[] = [
      [at(expired), /expired/],
      [at(otherHost), /not in the cert|altnames/],
      [foreign, /self-signed|unable to verify|unable to get/],
      [at(plain), /answers without TLS, and is asked for TLS/],
      [at(redis.port, 'redis'), /speaks TLS, and is not asked to/],
    ]
    const runs = []
    for (const [environment, cause] of wrong) {
      const run = await runToEnd(environment, /Server running/)
      expect([run.code, run.stderr]).toEqual([78, expect.stringMatching(cause)])
      expect(run.stderr).toContain('STORE_TLS')
      expect(run.stdout + run.stderr).not.toContain(PASSWORD)
      runs.push(run.milliseconds - none.milliseconds)
    }
    expect(Math.max(...runs)).toBeLessThan(5_000)
    for (const { heard, close } of listeners) {
      expect(heard()).not.toContain(PASSWORD)
      close()
    }
    await runsOn()
  }, 120_000)
})

/** The certificate runs out while the service runs. */
async function runsOn(): Promise<void> {
  const environment = { REDIS_URL: redis.url, REDIS_CA_FILE: certificates.authority }
  await using service = await startService(environment)
  const client = service.client()
  const person = { username: 'ada', password: 'a password that is long enough' }
  expect((await client.post('/register', person)).status).toBe(201)
  const cookie = client.cookie
  const isIn = async (): Promise<boolean> => (await client.get('/dashboard')).status === 200
  const show = (certificate: string): Promise<string> =>
    redis.cli('config', 'set', 'tls-cert-file', certificate)
  expect(await isIn()).toBe(true)

  await show(certificates.expired)
  await redis.cli('--insecure', 'client', 'kill', 'type', 'normal')
  await waitFor('the store to be away', async () => !(await isIn()))
  const denied = await client.get('/dashboard')
  expect([denied.status, denied.cookies]).toEqual([503, []])
  expect(denied.headers['retry-after']).toBe('1')
  expect(denied.milliseconds).toBeLessThan(1_000)
  expect((await service.client().post('/login', person)).status).toBe(503)
  const isTold = (event: string, what: RegExp): boolean =>
    service.log().some((line) => line['event'] === event && what.test(JSON.stringify(line)))
  await waitFor('the cause to be told', async () => isTold('redis.fault', /expired/))
  await waitFor('the cause to be told', async () => isTold('store.failed', /CERT_HAS_EXPIRED/))

  await redis.cli('--insecure', 'config', 'set', 'tls-cert-file', certificates.good)
  const backAt = performance.now()
  await waitFor('the service to recover', isIn)
  expect(performance.now() - backAt).toBeLessThan(2_000)
  expect(client.cookie).toBe(cookie)
}
