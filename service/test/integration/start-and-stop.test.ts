/** The process itself: what it reads, what it says, what it refuses to start with, and how it ends. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  freePort,
  startRedis,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import { ROOT } from '../../../tools/workspace/places.mjs'
import { production } from '../support/https.js'
import { speak } from '../support/raw.js'
import { runToEnd, startService, type Environment } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const EXIT_CONFIG = 78

const document = (name: string): string => readFileSync(join(ROOT, name), 'utf8')

describe('what is read', () => {
  it('S0-24, S2-14, S2-15: listens on PORT, 3000 where it is not set, and says where', async () => {
    const port = await freePort()
    await using service = await startService({ PORT: String(port) })
    expect(service.output()).toContain(`Server running on http://localhost:${port}\n`)
    expect((await fetch(`http://localhost:${port}/health`)).status).toBe(200)
    const { stdout } = await runToEnd({ PORT: '' }, /port \d+\)/)
    expect(stdout).toContain('address: http://localhost:3000 (')
  })

  it('S0-25, S2-14: SESSION_SECRET signs; a new one in front of the list signs nobody out, and is said not to encrypt', async () => {
    const [old, fresh] = [
      'one secret: pZ7q-Xw2v-Lk9d-Tn4s-Hb6y',
      'another: Qe3r-Vt8u-Zi1o-Pa5s-Df7g',
    ]
    await using service = await startService({ SESSION_SECRET: old })
    const client = service.client()
    await client.post('/register', { username: 'ada', password: PASSWORD })
    const before = client.copy()
    await service.restart({ SESSION_SECRET: `${fresh},${old}` })
    expect((await client.get('/dashboard')).status).toBe(200)
    expect(client.cookie).not.toBe(before.cookie)
    await service.restart({ SESSION_SECRET: fresh })
    const [name, value] = [...client.jar].find(([, text]) => !before.cookie.includes(text)) ?? []
    expect((await client.get('/dashboard', { cookie: `${name}=${value}` })).status).toBe(200)
    expect((await before.get('/dashboard')).status).toBe(401)
    expect(document('.env.example')).toMatch(/Signs session cookies[^]*It does not encrypt\./)
  })

  it('S0-27, S0-28: REDIS_HOST and REDIS_PORT lead to Redis, on 6379 where nothing else is said', async () => {
    const redis = await startRedis()
    try {
      const environment = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) }
      await using service = await startService(environment)
      await service.client().post('/register', { username: 'ada', password: PASSWORD })
      expect(await redis.cli('--scan', '--pattern', 'sojourn:*')).toMatch(/sojourn:/)
    } finally {
      await redis.stop()
    }
    const { stdout } = await runToEnd({ REDIS_HOST: '127.0.0.1' }, /sessions: .*\n/)
    expect(stdout).toContain('Redis at 127.0.0.1:6379')
  })

  it('S0-29: NODE_ENV decides between development and production, and what is not set is said', async () => {
    const { stdout } = await runToEnd({ NODE_ENV: '' }, /Server running/)
    expect(stdout).toMatch(/mode: development\n/)
    expect(stdout).toMatch(/NODE_ENV is not set/)
    const refused = await runToEnd({ NODE_ENV: 'production' })
    expect(refused.code).toBe(EXIT_CONFIG)
    await using service = await startService(production())
    expect(service.output()).toContain('mode: production')
  })
})

describe('what is said', () => {
  it('S3-36: starting lists the ways in, and every one of them is there', async () => {
    await using service = await startService()
    const lines = [...service.output().matchAll(/^ {2}([A-Z]+) +(\/\S*) {2,}\S/gm)]
    const listed = lines.map(([, method = '', path = '']) => [method, path] as const)
    const wanted = 'GET /health|POST /register|POST /login|GET /profile|GET /public'.split('|')
    expect(listed.map((route) => route.join(' '))).toEqual(
      expect.arrayContaining([...wanted, 'POST /logout', 'POST /logout-all', 'GET /dashboard']),
    )
    for (const [method, path] of listed) {
      const { status } = await service.client().request(method, path)
      expect([method, path, [404, 405].includes(status)]).toEqual([method, path, false])
    }
  })
})

describe('what is refused, with 78 and one line for each mistake', () => {
  const PORT = /^sojourn: CONFIG_PORT: PORT must be a whole number from 0 to 65535\.$/m
  const UNSET =
    /^sojourn: CONFIG_SECRET_MISSING: SESSION_SECRET is not set\. Create one: node -e .+$/m
  const SHORT =
    /^sojourn: CONFIG_SECRET_SHORT: SESSION_SECRET has 31 bytes; 32 or more are required\. .+$/m

  it.each<readonly [string, Environment, RegExp]>([
    ['env-01: a secret that is not set', { SESSION_SECRET: undefined }, UNSET],
    ['S2-16: a secret of 31', { SESSION_SECRET: 'Zr4u7x-A%D*G-KaPdSgVkYp3s6v9y-B' }, SHORT],
    ...['abc', '0.5', '70000', '-1'].map((text) => [`env-12: PORT=${text}`, { PORT: text }, PORT]),
  ] as never)('%s', async (_name, environment, line) => {
    const { code, stderr, stdout } = await runToEnd({ ...production(), ...environment })
    expect(stderr).toMatch(line)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(EXIT_CONFIG)
    expect(stdout).not.toContain('Server running')
  })

  describe('a Redis that will not do', () => {
    let redis: RedisServer
    let notRedis: Server
    beforeAll(async () => {
      redis = await startRedis({ args: ['--databases', '4'] })
      const weak = ['weak', 'on', '>weak-pass', '~*', '+auth', '+hello']
      await redis.cli('acl', 'setuser', ...weak)
      await redis.cli('config', 'set', 'requirepass', 'the-right-one')
      notRedis = createServer((_request, response) => response.end('hello'))
      await new Promise<void>((resolve) => notRedis.listen(0, '127.0.0.1', resolve))
    })
    afterAll(async () => {
      notRedis.close()
      await redis.stop()
    })
    const at = (login: string, path = '', port = redis.port): string =>
      `redis://${login}127.0.0.1:${port}${path}`

    it.each([
      [
        'a wrong password',
        () => at(':the-wrong-one@'),
        'STORE_AUTH',
        /Redis refused the login \(WRONGPASS\)\. Check REDIS_URL\./,
      ],
      ['no password', () => at(''), 'STORE_AUTH', /Redis refused the login \(NOAUTH\)/],
      [
        'a user without rights',
        () => at('weak:weak-pass@'),
        'STORE_AUTH',
        /Redis refused the login \(NOPERM\)/,
      ],
      [
        'a database that is not there',
        () => at(':the-right-one@', '/15'),
        'STORE_PROTOCOL',
        /no such database/,
      ],
      [
        'a web server',
        () => at('', '', (notRedis.address() as AddressInfo).port),
        'STORE_PROTOCOL',
        /What answers at REDIS_URL is not Redis/,
      ],
    ] as const)('env-17: %s', async (_name, url, word, message) => {
      const { code, stderr, stdout, milliseconds } = await runToEnd({ REDIS_URL: url() })
      const lines = stderr.trim().split('\n')
      expect(lines).toEqual([expect.stringMatching(message)])
      expect(lines[0]).toMatch(new RegExp(`^sojourn: ${word}: `))
      expect(code).toBe(EXIT_CONFIG)
      expect(stderr + stdout).not.toMatch(/the-wrong-one|the-right-one|weak-pass/)
      expect(milliseconds).toBeLessThan(6_000)
    })
  })
})

describe('SIGTERM', () => {
  it('answers what is under way, says that it is leaving, takes nothing new, and ends with 0', async () => {
    await using service = await startService()
    const client = service.client()
    await client.post('/register', { username: 'ada', password: PASSWORD })
    // Twenty sign-ins wait for their turn to be hashed; one request has only begun to arrive.
    const signIns = Array.from({ length: 20 }, () =>
      client.post('/login', { username: 'ada', password: PASSWORD }, { cookie: '' }),
    )
    const half = connect(service.port, '127.0.0.1')
    half.write('GET /health/ready HTTP/1.1\r\n')
    await pause(50)
    const ended = service.stop('SIGTERM')
    await pause(50)
    let ready = ''
    half.on('data', (chunk: Buffer) => (ready += chunk.toString()))
    half.write('Host: localhost\r\n\r\n')
    await pause(400)
    expect(await speak(service.port, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')).toBe('')
    expect((await Promise.all(signIns)).map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(await ended).toBe(0)
    expect(ready).toMatch(/^HTTP\/1\.1 503 /)
    expect(ready).toContain('"status":"draining"')
    // What was answered was kept.
    await service.restart()
    expect((await client.get('/sessions')).json()).toHaveLength(21)
  })

  it('under the load of fifty clients drops no request that was sent', async () => {
    await using service = await startService()
    const client = service.client()
    await client.post('/register', { username: 'ada', password: PASSWORD })
    let answered = 0
    const untilItLeaves = async (): Promise<void> => {
      const own = client.copy()
      for (let isStaying = true; isStaying;) {
        const { status, headers } = await own.get('/dashboard')
        expect(status).toBe(200)
        answered += 1
        isStaying = headers.connection !== 'close'
      }
    }
    const all = Promise.all(Array.from({ length: 50 }, untilItLeaves))
    await pause(500)
    expect(answered).toBeGreaterThan(50)
    const ended = service.stop('SIGTERM')
    await all
    expect(await ended).toBe(0)
  })

  it('twice ends it at once', async () => {
    await using service = await startService()
    const hanging = connect(service.port, '127.0.0.1')
    hanging.on('error', () => undefined)
    hanging.write('GET /health HTTP/1.1\r\n')
    await pause(50)
    const ended = service.stop('SIGTERM')
    await pause(300)
    process.kill(service.pid, 'SIGTERM')
    const start = performance.now()
    expect(await ended).toBe(1)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})

describe('every Node from the floor on', () => {
  const run = promisify(execFile)

  it.each(['20.19.0', '22', '24'])(
    'S0-21: runs the service: %s',
    async (version) => {
      expect(document('README.md')).toMatch(/Node\.js 20\.19 or newer[^]*asked for Node 14/)
      const tool = [join(ROOT, 'tools/with-node.mjs'), version, '--', 'node']
      const { stdout } = await run(process.execPath, [...tool, '-p', 'process.execPath'])
      await using service = await startService({}, { node: stdout.trim() })
      const client = service.client()
      const body = { username: 'ada', password: PASSWORD }
      expect((await client.post('/register', body)).status).toBe(201)
      expect((await client.page('/dashboard')).status).toBe(200)
      expect((await client.post('/logout')).json()).toMatchObject({ success: true })
      expect(await service.stop()).toBe(0)
    },
    60_000,
  )
})
