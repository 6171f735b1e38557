/**
 * What the running service tells of itself: a script of sign-ins, refreshes, ends and refusals, after which every number is
 * exactly what was done; and the same to a collector of OpenTelemetry, which may be away.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { disagreements } from '../../../library/test/telemetry/agreement.js'
import { promtool } from '../../../library/test/telemetry/promtool.js'
import { growth, samplesOf } from '../../../library/test/telemetry/samples.js'
import { ALL_SERIES } from '../../src/metrics/index.js'
import type { Answer, Client } from '../support/client.js'
import { startCollector, type Collector } from '../support/collector.js'
import { foundIn, Tape } from '../support/records.js'
import { startService, type Service } from '../support/service.js'

const newSecret = (): string => randomBytes(32).toString('base64url')
const ADMIN_TOKEN = newSecret()
const PASSWORD = `canary password ${newSecret()}`
const AGENT = 'CanaryAgent/1.0'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

let collector: Collector
let service: Service
const tape = new Tape()
/** What must not be found again: names, ids, tokens, passwords. */
const canaries = new Set<string>([PASSWORD, ADMIN_TOKEN, AGENT])
/** Requests that were answered, by class of status. */
const answered = new Map<string, number>()

beforeAll(async () => {
  collector = await startCollector()
  service = await startService({
    ADMIN_TOKEN,
    RATE_LIMIT: '1000',
    MAX_LOGIN_ATTEMPTS: '3',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await collector.close()
})

function somebody(): Client {
  const onAnswer = (answer: Answer): void => {
    tape.hear(answer)
    const statusClass = `${String(answer.status)[0] ?? ''}xx`
    answered.set(statusClass, (answered.get(statusClass) ?? 0) + 1)
  }
  return service.client({ headers: { 'User-Agent': AGENT }, onAnswer, isDescribed: false })
}

async function read(accept = '*/*'): Promise<string> {
  const answer = await fetch(`${service.url}/metrics`, { headers: { accept } })
  return answer.text()
}

/** Events are told, and answers closed, a moment after the answer: a text after which nothing more comes. */
async function settled(): Promise<string> {
  let text = await read()
  for (;;) {
    await pause(100)
    const next = await read()
    const grown = growth(text, next)
    if (Object.keys({ ...restful(grown), ...counted(grown) }).length === 0) return next
    text = next
  }
}

interface Person {
  readonly name: string
  readonly client: Client
  readonly id: string
  readonly refreshToken: string
}

async function register(name: string): Promise<Person> {
  canaries.add(name)
  const client = somebody()
  const body = { username: name, password: PASSWORD, deliver: 'token' }
  const answer = await client.post('/register', body)
  expect([name, answer.status]).toEqual([name, 201])
  const { user, tokens } = answer.json()
  for (const secret of [user.id, tokens.accessToken, tokens.refreshToken]) canaries.add(secret)
  return { name, client, id: user.id, refreshToken: tokens.refreshToken }
}

async function signIn(name: string, password = PASSWORD, client = somebody()): Promise<Client> {
  canaries.add(name)
  await client.post('/login', { username: name, password })
  return client
}

async function refresh(client: Client, refreshToken: string): Promise<string | undefined> {
  const answer = await client.post('/refresh', { refreshToken }, { cookie: '' })
  const next: unknown = answer.json().refreshToken ?? answer.json().refresh_token
  if (typeof next !== 'string') return undefined
  canaries.add(next)
  return next
}

const EVIL = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }

/** Each thing a known number of times. */
async function script(): Promise<void> {
  const alice = await register('canary-alice')
  const bob = await register('canary-bob')
  const carol = await register('canary-carol')

  // Good sign-ins and bad ones: bob's third locks, so that the fourth is not looked at.
  const second = await signIn(alice.name)
  const third = await signIn(carol.name)
  await signIn('canary-nobody')
  for (const guess of ['one', 'two', 'three', 'four']) await signIn(bob.name, `canary ${guess}`)

  // Twice on, once the same answer again, and then a token that was spent long ago.
  const one = (await refresh(alice.client, alice.refreshToken)) ?? ''
  const two = (await refresh(alice.client, one)) ?? ''
  expect(await refresh(alice.client, one)).toBe(two)
  expect(await refresh(alice.client, alice.refreshToken)).toBeUndefined()
  expect(await refresh(alice.client, 'canary-token')).toBeUndefined()

  // One signs out, one device is ended from another, and one person leaves everywhere.
  await second.post('/logout')
  const sessions: any[] = (await carol.client.get('/sessions')).json()
  const other = sessions.find((device) => device.current !== true && device.isCurrent !== true)
  for (const { id } of sessions) canaries.add(id)
  expect((await carol.client.delete(`/sessions/${String(other.id)}`)).status).toBeLessThan(300)
  await bob.client.post('/logout-all')

  // What guards refuse, each by its own.
  const page = carol.client
  for (const _ of [1, 2])
    expect((await page.post('/logout', {}, { headers: EVIL })).status).toBe(403)
  const inUrl = `/dashboard?access_token=${newSecret()}`
  expect((await page.get(inUrl)).status).toBe(400)
  const embedded = {
    'Sec-Fetch-Site': 'cross-site',
    'Sec-Fetch-Mode': 'no-cors',
    'Sec-Fetch-Dest': 'image',
  }
  expect((await page.get('/dashboard', { headers: embedded })).status).toBe(403)
  expect((await third.get('/dashboard')).status).toBe(401)
  const wrong = { Authorization: `Bearer ${newSecret()}` }
  expect((await somebody().get('/admin/users', { headers: wrong })).status).toBe(401)
  // Nobody at all is no incident.
  expect((await somebody().get('/dashboard')).status).toBe(401)
  expect((await somebody().get('/nowhere/canary-path')).status).toBe(404)
}

/** What the script makes of the counters: all of them that grow, and nothing else. */
const EXPECTED = {
  'sojourn_sessions_started_total{kind="signed_in"}': 5,
  'sojourn_sessions_ended_total{reason="logged_out"}': 1,
  'sojourn_sessions_ended_total{reason="logged_out_elsewhere"}': 2,
  'sojourn_sessions_ended_total{reason="refresh_reuse"}': 1,
  'sojourn_subjects_revoked_total{reason="logged_out_elsewhere"}': 1,
  'sojourn_refreshes_total{outcome="rotated"}': 2,
  'sojourn_refreshes_total{outcome="replayed"}': 1,
  'sojourn_refreshes_refused_total{reason="reused"}': 1,
  'sojourn_refreshes_refused_total{reason="unknown"}': 1,
  sojourn_refresh_reuse_total: 1,
  'sojourn_sign_ins_total{outcome="ok"}': 2,
  'sojourn_sign_ins_total{outcome="failed"}': 4,
  'sojourn_sign_ins_total{outcome="limited"}': 1,
  'sojourn_sign_in_failures_total{reason="credentials_invalid"}': 4,
  'sojourn_sign_in_lockouts_total{scope="account_network"}': 1,
  'sojourn_sign_ins_suspicious_total{kind="new_device"}': 2,
  'sojourn_requests_refused_total{guard="csrf",outcome="refused"}': 2,
  'sojourn_requests_refused_total{guard="credential_in_url",outcome="refused"}': 1,
  'sojourn_requests_refused_total{guard="embedding",outcome="refused"}': 1,
  'sojourn_requests_refused_total{guard="authorization",outcome="refused"}': 1,
  'sojourn_requests_refused_total{guard="sign_in",outcome="refused"}': 1,
  'sojourn_requests_refused_total{guard="admin",outcome="refused"}': 1,
  // The wrong admin token is no access token of ours either.
  'sojourn_credentials_rejected_total{code="token_malformed"}': 1,
  'sojourn_limit_decisions_total{policy="sign-in",outcome="allowed",by="store"}': 10,
  'sojourn_limit_decisions_total{policy="refresh",outcome="allowed",by="store"}': 5,
  'sojourn_limit_decisions_total{policy="sessions",outcome="allowed",by="store"}': 1,
  // Three are hashed, and of those that are looked at each is compared once.
  sojourn_password_hash_seconds_count: 9,
  sojourn_password_wait_seconds_count: 9,
}

/** Grows with time, with the network, or with how often somebody looks. */
const RESTLESS =
  /^(?:process|nodejs|http|sojourn_(?:store_calls|cache|audit|sqlite|secret))|_(?:bucket|sum|live)\b/

function restful(grown: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(grown).filter(([name]) => !RESTLESS.test(name)))
}

/** How many answers were counted, by class of status; readings of the metrics are not among them. */
function counted(grown: Record<string, number>): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [name, count] of Object.entries(grown)) {
    const [, statusClass] = /^http_requests_total.*status_class="(\w+)"/.exec(name) ?? []
    if (statusClass === undefined || name.includes('/metrics')) continue
    sums[statusClass] = (sums[statusClass] ?? 0) + count
  }
  return sums
}

/** A thousand requests whose paths, methods and credentials nobody has foreseen. */
async function oddities(): Promise<void> {
  const client = somebody()
  const methods = ['GET', 'POST', 'PROPFIND', 'MKCOL', 'LINK', 'PURGE', 'REPORT', 'DELETE']
  for (let round = 0; round < 20; round += 1) {
    const batch = Array.from({ length: 50 }, async (_, index) => {
      const odd = `canary-${String(round)}-${String(index)}`
      const path = index % 2 === 0 ? `/${odd}/${odd}` : `/sessions/${odd}`
      const headers = { Cookie: `${odd}=1`, Authorization: `Bearer ${odd}`, 'User-Agent': odd }
      await client.request(methods[index % methods.length] ?? 'GET', path, { headers, cookie: odd })
    })
    await Promise.all(batch)
  }
}

const PATIENCE = { timeout: 10_000 }

describe('the metrics of the running service', () => {
  it('S1-09, behaviour 30a: counters reconcile with a scripted run exactly, hold no ids, names or tokens, and stay bounded', async () => {
    const before = await settled()
    await script()
    const grown = async () => growth(before, await settled())
    await expect.poll(async () => restful(await grown()), PATIENCE).toEqual(EXPECTED)
    const all = Object.fromEntries(answered)
    await expect.poll(async () => counted(await grown()), PATIENCE).toEqual(all)
    const after = await settled()

    const series = samplesOf(after).size
    await oddities()
    const withOdd = Object.fromEntries(answered)
    await expect.poll(async () => counted(await grown()), PATIENCE).toEqual(withOdd)
    const end = await settled()
    // A few methods, classes and codes came for the first time; a thousand of anything did not.
    expect(samplesOf(end).size - series).toBeLessThan(80)
    // This reading alone is being answered.
    expect(samplesOf(end).get('http_requests_in_flight')).toBe(1)
    const openMetrics = await read('application/openmetrics-text; version=1.0.0')
    expect(openMetrics).toContain('# {trace_id="')
    for (const text of [end, openMetrics]) expect(foundIn(text, secrets())).toEqual([])
    expect(promtool(['check', 'metrics'], end)).toEqual({ code: 0, output: '' })
  }, 60_000)

  it('are what the catalogue of the service and the library says', async () => {
    const isShown = ({ name }: { name: string }): boolean =>
      !/^sojourn_(?:redis|store_journal|legacy|sessions_adopted)/.test(name)
    expect(disagreements(await read(), ALL_SERIES, isShown)).toEqual([])
  })

  it('send a span for each request and each verb to the collector, and the numbers, and no secrets', async () => {
    const client = await signIn('canary-alice')
    await client.get('/profile', { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } })
    await client.get('/profile', { headers: { traceparent: `00-${TRACE}-canary` } })
    const last = await settled()
    expect(await service.stop()).toBe(0)

    const spans = collector.spans()
    const named = (name: string) => spans.filter((span) => span.name === name)
    const [below] = spans.filter(({ parentSpanId }) => parentSpanId === PARENT)
    expect(below).toMatchObject({ name: 'GET /profile', traceId: TRACE, kind: 2, status: 0 })
    expect(Object.fromEntries(below?.attributes ?? [])).toEqual({
      'http.request.method': 'GET',
      'http.route': '/profile',
      'http.response.status_code': '200',
    })
    expect(named('GET /profile').filter(({ traceId }) => traceId === TRACE)).toHaveLength(1)
    const parents = new Map(spans.map(({ spanId, name }) => [spanId, name]))
    const parentOf = (name: string) => parents.get(named(name)[0]?.parentSpanId ?? '')
    expect(parentOf('sojourn.session.signIn')).toMatch(/^POST \/(?:register|login)$/)
    expect(parentOf('sojourn.store.create')).toBe('sojourn.session.signIn')
    expect(parentOf('sojourn.tokens.refresh')).toBe('POST /refresh')
    expect(parentOf('sojourn.store.rotate')).toBe('sojourn.tokens.refresh')
    expect(parentOf('sojourn.revokeAll')).toBe('POST /logout-all')
    const rotations = named('sojourn.store.rotate').map(({ attributes }) =>
      attributes.get('sojourn.outcome'),
    )
    expect(rotations).toEqual(expect.arrayContaining(['rotated', 'replayed', 'reused']))

    // The same numbers as Prometheus saw, but for the readings themselves.
    const numbers = collector.numbers()
    for (const [name, value] of samplesOf(last)) {
      if (/^sojourn_(?:sessions_(?:started|ended)|refresh|sign_in|requests|log)/.test(name)) {
        expect([name, numbers.get(name)]).toEqual([name, value])
      }
    }
    expect(foundIn(collector.said(), secrets())).toEqual([])
  }, 60_000)
})

/** What must not be found in what machines read. */
function secrets(): readonly string[] {
  return [...canaries, ...tape.secrets, 'canary', '127.0.0.1'].filter((text) => text.length > 5)
}

describe('a service on Redis whose collector is away', () => {
  let redis: RedisServer
  let lonely: Service

  beforeAll(async () => {
    redis = await startRedis()
    lonely = await startService({
      REDIS_URL: redis.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: await nobodyAt(),
    })
  })
  afterAll(async () => {
    await lonely[Symbol.asyncDispose]()
    await redis.stop()
  })

  it('S1-17: answers, tells of Redis what the catalogue says, and stops as ever', async () => {
    const client = lonely.client()
    const body = { username: 'alice', password: PASSWORD }
    expect((await client.post('/register', body)).status).toBe(201)
    let text = ''
    const read = async (): Promise<string> =>
      (text = await (await fetch(`${lonely.url}/metrics`)).text())
    // Both are asked of the store beside a reading, and shown by the next one.
    await expect.poll(read, PATIENCE).toMatch(/^sojourn_secret_age_seconds\{/m)
    const isShown = ({ name }: { name: string }): boolean =>
      !/^sojourn_(?:sqlite|legacy|limit|sessions_adopted|redis_replication_lag)/.test(name)
    expect(disagreements(text, ALL_SERIES, isShown)).toEqual([])
    expect(samplesOf(text).get('sojourn_store_up')).toBe(1)
    expect(samplesOf(text).get('sojourn_redis_memory_used_bytes{shard="all"}')).toBeGreaterThan(0)
    expect(samplesOf(text).get('sojourn_redis_evicted_keys_total{shard="all"}')).toBe(0)
    expect(text).toMatch(/^sojourn_store_calls_seconds_bucket\{.*verb="create"/m)
    expect(text).toMatch(/^sojourn_cache_lookups_total\{outcome="hit"\}/m)
    expect(text).toMatch(/^sojourn_sessions_live\{shard="all"\}/m)
    expect(promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' })
    expect(await lonely.stop()).toBe(0)
  }, 60_000)
})

/** An address at which nothing listens any more. */
async function nobodyAt(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${String(port)}`
}
