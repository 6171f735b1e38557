/**
 * What the built service writes down: that every sign-in, failure, refusal and fault is there once, and that no secret is. Each
 * service of this file runs in production mode, behind a proxy that speaks https.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSqliteDriver } from '../../../library/src/store/sqlite/index.js'
import type { Answer, Client } from '../support/client.js'
import { dumpFolder, foundIn, Tape } from '../support/records.js'
import { startService, type LogLine, type Service } from '../support/service.js'

const newSecret = (): string => randomBytes(32).toString('base64url')
const PEM = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
/** All secrets of the service itself. */
const SECRETS = {
  SESSION_SECRET: newSecret(),
  REFRESH_SECRET: newSecret(),
  ADMIN_TOKEN: newSecret(),
  METRICS_TOKEN: newSecret(),
}
const CLIENT_SECRET = newSecret()
const PASSWORD = `canary password ${newSecret()}`
const HTTPS = { 'X-Forwarded-Proto': 'https', Host: 'app.example', Origin: 'https://app.example' }

let service: Service
let people = 0
const tape = new Tape()

beforeAll(async () => {
  service = await startService({
    ...SECRETS,
    NODE_ENV: 'production',
    JWT_SECRET: PEM,
    OAUTH_CLIENTS: `api:${CLIENT_SECRET}`,
    PUBLIC_URL: 'https://app.example',
    TRUST_PROXY: '1',
    HOST: '127.0.0.1',
    RATE_LIMIT: '10000',
    AUDIT_ADDRESS: 'full',
    AUDIT_AGENT: 'full',
  })
})
afterAll(async () => service[Symbol.asyncDispose]())

/** Each from an address of their own. */
const somebody = (headers: Record<string, string> = {}): Client => {
  people += 1
  const address = `198.51.${people >> 8}.${people & 255}`
  return service.client({
    headers: { ...HTTPS, 'X-Forwarded-For': address, 'User-Agent': 'Audit/1.0 (X11)', ...headers },
    onAnswer: tape.hear,
  })
}

async function register(username: string): Promise<{ client: Client; tokens: any; id: string }> {
  const client = somebody()
  const body = { username, password: PASSWORD, deliver: 'token' }
  const answer = await client.post('/register', body)
  expect(answer.status).toBe(201)
  return { client, tokens: answer.json().tokens, id: answer.json().user.id }
}

/** The rows of the trail, read beside the service. */
async function rows(): Promise<any[]> {
  await new Promise((resolve) => setTimeout(resolve, 600))
  const { DatabaseSync } = await findSqliteDriver()
  const database = new DatabaseSync(join(service.dataDir, 'sojourn.db'))
  try {
    return database.prepare('select * from audit order by id').all()
  } finally {
    database.close()
  }
}

const named = (name: string) => (line: LogLine) => line['event'] === name

describe('what is written down', () => {
  it('ASVS 16.3.1: of every sign-in and every failed one there is one record and one line', async () => {
    const before = { rows: await rows(), log: service.log() }
    await register('counted')
    const attempt = (password: string, username = 'counted') =>
      somebody().post('/login', { username, password })
    const outcomes = await Promise.all([
      ...Array.from({ length: 7 }, () => attempt(PASSWORD)),
      ...Array.from({ length: 3 }, () => attempt('a wrong one')),
      ...Array.from({ length: 4 }, (_, at) => attempt(PASSWORD, `nobody-${at}`)),
    ])
    const ok = outcomes.filter(({ status }) => status === 200).length
    expect(ok).toBe(7)
    const all = await rows()
    const of = (event: string, list: readonly any[]) =>
      list.filter((row) => row.event === event).length
    for (const [event, count] of [
      // Registering signs in, too.
      ['session.started', 8],
      ['signin.failed', 7],
    ] as const) {
      expect([event, of(event, all) - of(event, before.rows)]).toEqual([event, count])
      expect([event, of(event, service.log()) - of(event, before.log)]).toEqual([event, count])
    }
    for (const row of all) expect(row).toMatchObject({ agent: 'Audit/1.0 (X11)', method: 'POST' })
  })

  it('ASVS 16.3.2, S3-65: who is not let in is written down with address, path, agent and time; who brings nothing is not', async () => {
    const { client, tokens } = await register('refused')
    const before = (await rows()).length
    await somebody().get('/dashboard')
    expect((await rows()).length).toBe(before)
    await client.post('/logout')
    const stale = somebody({ 'User-Agent': 'Stale/2.0' })
    expect(
      (
        await stale.get('/dashboard?x=1', {
          headers: { Authorization: `Bearer ${tokens.accessToken}` },
        })
      ).status,
    ).toBe(401)
    expect(
      (await somebody().get('/admin/users', { headers: { Authorization: 'Bearer wrong' } })).status,
    ).toBe(401)
    const refusals = (await rows()).filter(({ event }) => event === 'request.refused')
    const [byGuard, byAdmin] = refusals.slice(-2)
    expect(byGuard).toMatchObject({
      outcome: 'refused',
      method: 'GET',
      path: '/dashboard',
      agent: 'Stale/2.0',
      address: expect.stringMatching(/^198\.51\./) as string,
      request_id: expect.any(String) as string,
    })
    expect(JSON.parse(byGuard.details)).toMatchObject({ guard: 'authorization' })
    expect(Math.abs(Date.now() - byGuard.at)).toBeLessThan(10_000)
    expect(byAdmin).toMatchObject({ code: 'admin_token_required', path: '/admin/users' })
    const lines = service.log().filter(named('request.refused'))
    expect(lines.at(-2)).toMatchObject({
      path: '/dashboard',
      guard: 'authorization',
      level: 'warn',
    })
    const request = service
      .log()
      .find(({ requestId, event }) => event === 'request' && requestId === byGuard.request_id)
    expect(request).toMatchObject({ status: 401, agent: 'Stale/2.0' })
  })

  it('behaviour 28b: the line of a request names whose session it was', async () => {
    const { client, id } = await register('named')
    await client.get('/dashboard')
    const ofDashboard = (line: LogLine) => line['subject'] === id && line['url'] === '/dashboard'
    // The line comes when the connection has taken the answer.
    await expect.poll(() => service.log().filter(ofDashboard)).toHaveLength(1)
    const line = service.log().find(ofDashboard)
    expect(line).toMatchObject({ sessionId: expect.any(String), status: 200 })
    expect(line).not.toHaveProperty('actor')
  })

  it('a database that is locked for a while costs no request and no record', async () => {
    const { client } = await register('locked-out')
    const { DatabaseSync } = await findSqliteDriver()
    const before = (await rows()).length
    const database = new DatabaseSync(join(service.dataDir, 'sojourn.db'))
    database.exec('begin immediate')
    try {
      for (let at = 0; at < 20; at += 1) {
        const answer = await somebody().get('/dashboard', {
          cookie: client.cookie.replace(/.$/, '_'),
        })
        expect(answer.status).toBe(401)
        expect(answer.milliseconds).toBeLessThan(400)
      }
      await new Promise((resolve) => setTimeout(resolve, 1_500))
    } finally {
      database.exec('rollback')
      database.close()
    }
    await expect
      .poll(async () => (await rows()).length - before, { timeout: 8_000 })
      .toBeGreaterThanOrEqual(20)
    expect(service.log().some(named('audit.failed'))).toBe(true)
  }, 20_000)
})

describe('what is never written down', () => {
  it('ASVS 16.2.5, behaviour 24a, ASVS 16.4.1: secrets in every input are in no line, record, number, page and answer, and nothing breaks a line', async () => {
    const { client, tokens } = await register('canary')
    const other = (await register('canary-2')).client
    const jwt = tokens.accessToken as string
    const refresh = tokens.refreshToken as string
    const cookie = client.cookie
    const credentials = [jwt, refresh, cookie.split('=')[1] ?? '']
    const evil = '\u001b[31m {"event":"forged"}'
    const plant = async (secret: string): Promise<void> => {
      const text = encodeURIComponent(secret)
      const headers = {
        'User-Agent': `${secret} ${evil.replace('\u001b', '')}`,
        'X-Request-Id': secret,
        Referer: `https://x.example/?t=${secret}`,
        'X-Api-Key': secret,
      }
      await other.get(`/dashboard?access_token=${text}`, { headers })
      await other.get(`/public?q=${text}&password=${text}`, { headers })
      await other.page(`/login?returnTo=%2F${text}&reason=${text}`)
      await other.get(`/sessions/${text}`)
      await other.delete(`/sessions/${text}`)
      await other.get('/dashboard', { headers: { Authorization: `Bearer ${secret}` } })
      await other.get('/dashboard', { headers: { Authorization: secret } })
      await other.get('/dashboard', { cookie: `sid=${secret}; ${cookie.split('=')[0]}=${secret}x` })
      await other.post('/login', { username: 'canary', password: secret })
      await other.form('/login', { username: 'canary', password: secret })
      await other.request('POST', '/login', {
        headers: { 'Content-Type': 'application/json' },
        body: `{"password":"${secret}`,
      })
      await other.post('/login', {
        username: 'canary',
        password: PASSWORD,
        [secret.slice(0, 20)]: 1,
      })
      await other.post('/refresh', { refreshToken: `${secret}x` })
      await other.post('/password', { currentPassword: secret, newPassword: secret.slice(0, 3) })
      await other.get('/admin/users', { headers: { Authorization: `Bearer ${secret}x` } })
      await other.get('/metrics', { headers: { Authorization: `Bearer ${secret}x` } })
      const basic = Buffer.from(`api:${secret}`).toString('base64')
      await other.post(
        '/oauth/introspect',
        { token: secret },
        { headers: { Authorization: `Basic ${basic}` } },
      )
    }
    const ownSecrets = [...Object.values(SECRETS), CLIENT_SECRET]
    for (const secret of credentials) await plant(secret)
    // What somebody chose has no form to be known by: only where a secret belongs can it be told from any other text.
    for (const secret of [PASSWORD, ...ownSecrets]) {
      await other.post('/login', { username: 'canary', password: secret })
      await other.post('/password', { currentPassword: secret, newPassword: 'short' })
      await other.get('/dashboard', { headers: { Authorization: `Bearer ${secret}` } })
      await other.get(`/public?password=${encodeURIComponent(secret)}`)
      await other.get('/dashboard', { cookie: `sid=${encodeURIComponent(secret)}` })
    }
    const said: Answer[] = []
    for (const path of [
      '/dashboard',
      '/profile',
      '/sessions',
      '/session',
      '/security',
      '/public',
    ]) {
      said.push(await client.get(path), await client.page(path))
    }
    const metrics = await somebody().get('/metrics', {
      headers: { Authorization: `Bearer ${SECRETS.METRICS_TOKEN}` },
    })
    expect(metrics.status).toBe(200)
    const written = {
      log: service.output(),
      rows: JSON.stringify(await rows()),
      store: dumpFolder(service.dataDir),
      metrics: metrics.text,
      answers: said
        .map(({ text, headers }) => text + JSON.stringify({ ...headers, 'set-cookie': '' }))
        .join(),
    }
    for (const text of [written.store, written.answers]) expect(text).toContain('canary')
    expect(written.log).toContain('[redacted]')
    const parts = credentials.flatMap((one) => [one, one.split('.').at(-1)?.slice(0, 40) ?? one])
    const texts = [...parts, PASSWORD, ...ownSecrets, ...tape.secrets]
    const searched = [...texts, ...texts.map(encodeURIComponent)]
    for (const [place, text] of Object.entries(written)) {
      expect([place, foundIn(text, searched)]).toEqual([place, []])
    }
    // One line is one object, and nobody has written one of their own.
    const lines = service
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
    for (const line of lines) expect(JSON.parse(line)).not.toMatchObject({ event: 'forged' })
    // eslint-disable-next-line no-control-regex
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
  }, 30_000)
})

/** A 500 is none of the answers that the API describes. */
const FAULTY = { isDescribed: false } as const

describe('what is said in production', () => {
  it('ASVS 16.5.1, ASVS 13.4.2, ASVS 16.3.4, S3-42: a fault is one line with all of it in the log, and a code and a safe sentence outside', async () => {
    const { client } = await register('faults')
    const { DatabaseSync } = await findSqliteDriver()
    const database = new DatabaseSync(join(service.dataDir, 'sojourn.db'))
    database.exec('alter table account rename to account_away')
    try {
      const before = service.log().filter(named('request.failed')).length
      const answers = [
        await client.get('/profile', FAULTY),
        await client.page('/profile', FAULTY),
        await somebody().post('/login', { username: 'faults', password: PASSWORD }, FAULTY),
      ]
      for (const { status, text } of answers) {
        expect([500, 503]).toContain(status)
        expect(text).not.toMatch(
          /no such table|account_away|sqlite|\.js:\d|at \w+ \(|node_modules|stack/i,
        )
      }
      const { code, detail, stack } = answers[0]!.json()
      expect([code, detail, stack]).toEqual(['internal', 'Internal server error', undefined])
      const faults = service.log().filter(named('request.failed')).slice(before)
      expect(faults).toHaveLength(3)
      expect(JSON.stringify(faults[0])).toContain('no such table')
      expect(faults[0]).toMatchObject({ level: 'error', method: 'GET' })
    } finally {
      database.exec('alter table account_away rename to account')
      database.close()
    }
  })
})
