/**
 * Production: https by a proxy in front or by the service itself, and what then holds for every answer and
 * every cookie.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { ROOT } from '../../../tools/workspace/places.mjs'
import type { Answer, Client } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'
import { speak } from '../support/raw.js'

const PASSWORD = 'correct horse battery 9'
describe('behind a proxy that ends TLS', () => {
  let service: Service
  let redis: RedisServer
  const heard: Answer[] = []

  beforeAll(async () => {
    redis = await startRedis()
    service = await startService({ ...production(), REDIS_URL: redis.url })
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await redis.stop()
  })

  const somebody = (headers: Readonly<Record<string, string>> = BY_HTTPS): Client =>
    service.client({
      headers,
      // What comes by plain http is sent on before there is any operation.
      ...(headers === BY_HTTPS ? {} : { isDescribed: false }),
      onAnswer: (answer) => heard.push(answer),
    })

  it('S0-13, S0-14, S3-60, cookie-19, ASVS 4.1.2, 12.2.1: plain http is sent on to https, and never gets a session or a cookie', async () => {
    const client = somebody()
    await client.post('/register', { username: 'ada', password: PASSWORD })
    const plain = service.client({ headers: { Host: 'evil.example' }, isDescribed: false })
    const page = await plain.page('/dashboard?tab=1', { cookie: client.cookie })
    expect(page.status).toBe(308)
    expect(page.headers.location).toBe('https://app.example/dashboard?tab=1')
    expect(page.cookies).toEqual([])

    const commands = await commandsOf(redis)
    const answers = [
      await plain.get('/dashboard', { cookie: client.cookie }),
      await plain.get('/', { cookie: client.cookie }),
      await plain.post('/login', { username: 'ada', password: PASSWORD }),
      await plain.form('/login', { username: 'ada', password: PASSWORD }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(403)
      expect(answer.cookies).toEqual([])
    }
    expect(answers[0]?.json()).toMatchObject({ code: 'tls_required', message: 'Use https.' })
    expect(await commandsOf(redis)).toBe(commands)
    expect((await client.get('/dashboard')).status).toBe(200)
  })

  it('S0-15, S1-14, ASVS 3.3.1, 3.3.2: every cookie is Secure, HttpOnly, of this host alone, with SameSite', async () => {
    const client = somebody()
    await client.get('/')
    await client.post('/register', { username: 'grace', password: PASSWORD })
    await client.post('/reauthenticate', { password: PASSWORD })
    await client.post('/login', { username: 'grace', password: PASSWORD, remember: true })
    await client.post('/logout')
    const cookies = heard.flatMap((answer) => answer.cookies)
    expect(cookies.length).toBeGreaterThan(6)
    for (const cookie of cookies) {
      // A refresh token goes to one path alone, which the prefix __Host- does not allow.
      const isRefresh = cookie.includes('-refresh=')
      const prefix = isRefresh ? '__Secure-' : '__Host-'
      expect(cookie).toMatch(new RegExp(`^${prefix}sid-[\\w-]{4}(-guest|-access|-refresh)?=`))
      expect(cookie).toContain(isRefresh ? '; Path=/auth/refresh;' : '; Path=/;')
      expect(cookie).toMatch(/; HttpOnly(;|$)/)
      expect(cookie).toMatch(/; Secure(;|$)/)
      expect(cookie).toMatch(isRefresh ? /; SameSite=Strict(;|$)/ : /; SameSite=Lax(;|$)/)
      expect(cookie).not.toMatch(/Domain/i)
    }
    // Where it is not so, start-up says it.
    await using development = await startService({ NODE_ENV: 'development' })
    expect(development.output()).toContain('mode: development')
    expect((await development.client().get('/')).cookies[0]).not.toMatch(/Secure|__Host/)
  })

  it('header-23, header-24: X-Forwarded-Proto counts only from whom TRUST_PROXY names, and only where it is clear', async () => {
    await using open = await startService({ ...production(), TRUST_PROXY: '192.0.2.1' })
    const answer = await open.client({ headers: BY_HTTPS }).get('/dashboard')
    const refusal = { status: 403, code: 'tls_required', message: 'Use https.' }
    expect(answer.json()).toMatchObject(refusal)
    const doubled = { ...BY_HTTPS, 'X-Forwarded-Proto': 'https, http' }
    const unclear = await somebody(doubled).post('/login', { username: 'ada', password: PASSWORD })
    expect(unclear.json()).toMatchObject(refusal)
    expect([...answer.cookies, ...unclear.cookies]).toEqual([])
  })

  it('tells nothing of its inside: no metrics without a token, no stack', async () => {
    expect((await somebody().get('/metrics')).status).toBe(404)
    const broken = await somebody().request('POST', '/login', { body: '{' })
    expect(broken.text).not.toMatch(/stack|node_modules|\.js:/)
  })

  it('ASVS 3.4.1: every answer keeps browsers on https for a year, subdomains too', async () => {
    const client = somebody()
    await client.post('/register', { username: 'mary', password: PASSWORD })
    const evil = { headers: { Origin: 'https://evil.example' } }
    for (const ask of [
      () => client.page('/dashboard'),
      () => client.get('/dashboard'),
      () => somebody().page('/dashboard'),
      () => somebody().get('/dashboard'),
      () => somebody().get('/nowhere'),
      () => somebody().post('/login', {}),
      () => somebody().post('/login', {}, evil),
      () => somebody().delete('/login'),
      () => somebody().post('/login', { password: 'x'.repeat(20_000) }),
      () => somebody().request('POST', '/login', { body: 'x' }),
      () => somebody({ Host: 'app.example' }).page('/'),
      () => somebody({ Host: 'app.example' }).get('/'),
      () => somebody().get('/health'),
      () => client.post('/logout'),
    ]) {
      await ask()
    }
    await redis.kill()
    const cookie = '__Host-sid-none=x'
    await client.get('/dashboard', { cookie })
    await somebody().post('/register', { username: 'late', password: PASSWORD })
    await somebody().page('/')
    const statuses = new Set(heard.map(({ status }) => status))
    for (const status of [200, 201, 303, 308, 400, 401, 403, 404, 405, 413, 415, 503]) {
      expect(statuses).toContain(status)
    }
    const year = 'max-age=31536000; includeSubDomains'
    for (const { status, headers } of heard) {
      expect([status, headers['strict-transport-security']]).toEqual([status, year])
    }
    // And what never becomes a request.
    for (const wrong of [
      'NONSENSE\r\n\r\n',
      'post / HTTP/1.1\r\n\r\n',
      `GET / HTTP/1.1\r\nCookie: ${'x'.repeat(20_000)}\r\n\r\n`,
    ]) {
      expect(await speak(service.port, wrong)).toContain(`Strict-Transport-Security: ${year}`)
    }
  })
})

describe('with a certificate of its own', () => {
  it('S0-16: speaks TLS by itself, and sets the same cookies', async () => {
    const folder = temporaryFolder()
    const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-days', '2', '-subj', '/CN=app.example', '-addext', 'subjectAltName=DNS:app.example'],
        ...['-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    )
    const { TRUST_PROXY: _, ...rest } = production()
    const environment = { ...rest, HTTPS_CERT_FILE: certificate, HTTPS_KEY_FILE: key }
    await using service = await startService(environment, { certificate })
    const { status, cookies, protocol } = await registerByTls(service.port, certificate)
    expect(status).toBe(201)
    expect(protocol).toMatch(/^TLSv1\.[23]$/)
    expect(cookies.some((line) => /^__Host-sid-.*Secure/.test(line))).toBe(true)
    // A proxy may do it instead; how is said where people look first.
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toMatch(/`TRUST_PROXY`.*proxies/)
    // Nothing but TLS is spoken there.
    expect(await speak(service.port, 'GET / HTTP/1.1\r\nHost: app.example\r\n\r\n')).not.toMatch(
      /^HTTP/,
    )
  })
})

async function commandsOf(redis: RedisServer): Promise<number> {
  const stats = await redis.cli('info', 'commandstats')
  const calls = [...stats.matchAll(/cmdstat_(?:get|set|hgetall|hmget):calls=(\d+)/g)]
  return calls.reduce((sum, [, count]) => sum + Number(count), 0)
}

function registerByTls(
  port: number,
  certificate: string,
): Promise<{ status: number; cookies: readonly string[]; protocol: string | null }> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ username: 'ada', password: PASSWORD })
    const outgoing = httpsRequest(
      {
        ...{ host: '127.0.0.1', port, path: '/register', method: 'POST' },
        ...{ servername: 'app.example', ca: readFileSync(certificate) },
        headers: { Host: 'app.example', 'Content-Type': 'application/json' },
      },
      (incoming) => {
        const protocol = (incoming.socket as import('node:tls').TLSSocket).getProtocol()
        const cookies = incoming.headers['set-cookie'] ?? []
        incoming.resume().on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, cookies, protocol })
        })
      },
    )
    outgoing.on('error', reject).end(body)
  })
}
