/** Redis behind TLS: it works with the right certificate, and with no other is there any connection. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  freePort,
  startRedis,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import { makeCertificates, type Certificates } from '../../../library/test/support/certificates.js'
import { createLogger } from '../../src/log/index.js'
import { openSessionStore } from '../../src/session-store.js'
import { development, load } from '../unit/config/support.js'
import { runToEnd, startService, type Environment } from '../support/service.js'

let certificates: Certificates
let tlsPort: number
let server: RedisServer

async function startTlsRedis(certificate: string, port: number): Promise<RedisServer> {
  const { key, authority } = certificates
  return startRedis({
    args: [
      ...['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key],
      ...['--tls-ca-cert-file', authority, '--tls-auth-clients', 'no'],
    ],
  })
}

beforeAll(async () => {
  certificates = makeCertificates()
  tlsPort = await freePort()
  server = await startTlsRedis(certificates.good, tlsPort)
})
afterAll(async () => {
  await server.stop()
  certificates.remove()
})

const overTls = (more: Environment = {}): Environment => ({
  REDIS_URL: `rediss://localhost:${String(tlsPort)}`,
  REDIS_CA_FILE: certificates.authority,
  ...more,
})

describe('Redis over TLS', () => {
  it('S3-50, S3-61: serves sessions by rediss:// and by REDIS_SSL, with the authority of REDIS_CA_FILE', async () => {
    const ways: readonly Environment[] = [
      overTls(),
      {
        REDIS_HOST: 'localhost',
        REDIS_PORT: String(tlsPort),
        REDIS_SSL: 'true',
        REDIS_CA_FILE: certificates.authority,
      },
    ]
    for (const [at, environment] of ways.entries()) {
      await using service = await startService(environment)
      const client = service.client()
      const person = { username: `ada${String(at)}`, password: 'a password that is long enough' }
      expect((await client.post('/register', person)).status).toBe(201)
      expect((await client.get('/session')).status).toBe(200)
      // What was written came by TLS: nobody speaks plainly but the one who asks here.
      expect(await server.cli('dbsize')).not.toBe('0')
      const clients = await server.cli('client', 'list')
      expect(clients.split('\n').length).toBeGreaterThanOrEqual(2)
    }
  })

  it('ASVS 12.3.2: is refused with a wrong authority, a wrong host, or out of time: with the reason, and nothing is tried without the check', async () => {
    const port = await freePort()
    const stale = await startTlsRedis(certificates.expired, port)
    const otherPort = await freePort()
    const elsewhere = await startTlsRedis(certificates.otherHost, otherPort)
    try {
      const plain = async (): Promise<string> =>
        /total_commands_processed:(\d+)/.exec(await server.cli('info', 'stats'))?.[1] ?? ''
      const wrong: readonly (readonly [string, Environment, RegExp])[] = [
        [
          'a foreign authority',
          overTls({ REDIS_CA_FILE: certificates.foreignAuthority }),
          /self-signed certificate|unable to verify|unable to get (?:local )?issuer/,
        ],
        [
          'no authority',
          overTls({ REDIS_CA_FILE: undefined }),
          /self-signed certificate|unable to verify|unable to get/,
        ],
        [
          'another host',
          overTls({ REDIS_URL: `rediss://localhost:${String(otherPort)}` }),
          /not in the cert|altnames/,
        ],
        [
          'a certificate out of time',
          overTls({ REDIS_URL: `rediss://localhost:${String(port)}` }),
          /expired/,
        ],
      ]
      for (const [name, environment, reason] of wrong) {
        const before = Number(await plain())
        const { code, stderr, stdout } = await runToEnd(environment, /Server running/)
        expect([name, code]).toEqual([name, 78])
        expect(stderr).toContain('STORE_TLS')
        expect(stderr).toMatch(reason)
        expect(stdout).not.toContain('Server running')
        // Only our own question was answered in between.
        expect([name, Number(await plain()) - before]).toEqual([name, 1])
      }
      // Nor does a plain port get anything from who was told to use TLS.
      const { code } = await runToEnd(
        overTls({ REDIS_URL: `rediss://localhost:${String(server.port)}` }),
        /Server running/,
      )
      expect(code).not.toBe(0)
      // And Node's own switch is refused.
      const off = await runToEnd(overTls({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }), /Server running/)
      expect([off.code, off.stderr]).toEqual([78, expect.stringContaining('CONFIG_TLS_VERIFY')])
    } finally {
      await Promise.all([stale.stop(), elsewhere.stop()])
    }
  })

  it('ASVS 12.3.2: so it is with the nodes of a cluster and with Sentinels, whose clients tell of faults in other ways', async () => {
    for (const name of ['REDIS_CLUSTER_NODES', 'REDIS_SENTINELS']) {
      const environment = {
        REDIS_SSL: 'true',
        [name]: `localhost:${String(tlsPort)}`,
        REDIS_CA_FILE: certificates.foreignAuthority,
      }
      const opening = openSessionStore(
        load(development(environment)),
        createLogger({ level: 'silent' }),
      )
      await expect(opening).rejects.toMatchObject({
        name: 'StoreRefused',
        code: 'STORE_TLS',
        message: expect.stringMatching(/self-signed certificate|unable to/),
      })
    }
  })
})
