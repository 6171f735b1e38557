import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createJwtRedisSessions } from '../../../src/compat/jwt-redis-sessions/sessions.js'
import { freePort, startRedis, type RedisServer } from '../../support/redis-server.js'
import { outcome, SECRET } from './original.js'

let folder: string
let redis: RedisServer
let port: number

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1'
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', [...words.split(' '), '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  })
  port = await freePort()
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
  redis = await startRedis({
    args: ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'],
  })
  await redis.cli('acl', 'setuser', 'app', 'on', '>pw', '~*', '&*', '+@all')
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
})

it.each([
  [
    'S3-50, S3-61: rediss:// with user and password',
    () => ({ REDIS_URL: `rediss://app:pw@127.0.0.1:${port}` }),
  ],
  [
    'S3-53: REDIS_SSL=true with host and port (trap T12)',
    () => ({ REDIS_SSL: 'true', REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port) }),
  ],
  [
    'S3-53: REDIS_SSL=true with an address (trap T12)',
    () => ({ REDIS_SSL: 'true', REDIS_URL: `redis://app:pw@127.0.0.1:${port}` }),
  ],
])('%s', async (_name, env) => {
  const make = () => createJwtRedisSessions({ JWT_SECRET: SECRET, ...env() })
  // The certificate is its own authority: refused, unless the process trusts it.
  expect(await outcome(async () => make().generateToken())).toMatchObject({
    thrown: { name: 'RedisError', message: expect.stringContaining('self-signed') as string },
  })
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const one = make()
  const { accessToken } = await one.generateToken({ userId: 'tls' })
  expect((await one.verifyToken(accessToken)).valid).toBe(true)
  expect(await redis.cli('client', 'list')).toContain('user=')
  await one.closeRedisConnection()
  vi.unstubAllEnvs()
})
