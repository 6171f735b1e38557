/** What administrators watch: events, keys and limits, on SQLite. One service for the whole file. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../../library/test/support/redis-server.js'
import type { Client } from '../support/client.js'
import { startService, type Service } from '../support/service.js'

const ADMIN_TOKEN = randomBytes(32).toString('base64url')
const SESSION_SECRET = randomBytes(32).toString('base64url')
const PASSWORD = 'correct horse battery 9'
const ADMIN = { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } }

let service: Service
let desk: Client
beforeAll(async () => {
  service = await startService({
    ADMIN_TOKEN,
    SESSION_SECRET,
    TRUST_PROXY: '1',
    MAX_LOGIN_ATTEMPTS: '3',
    RATE_LIMIT: '500',
    AUDIT_AGENT: 'full',
  })
  desk = service.client()
})
afterAll(() => service[Symbol.asyncDispose]())

const from = (address: string, agent = 'Test/1.0'): Client =>
  service.client({ headers: { 'X-Forwarded-For': address, 'User-Agent': agent } })

async function register(client: Client, username: string): Promise<any> {
  const answer = await client.post('/register', { username, password: PASSWORD, deliver: 'token' })
  expect(answer.status).toBe(201)
  return answer.json()
}

const get = async (path: string): Promise<any> => {
  const answer = await desk.get(path, ADMIN)
  expect([path, answer.status]).toEqual([path, 200])
  return answer.json()
}
const post = (path: string, body: object = {}) => desk.post(path, body, ADMIN)

/** Records are written a moment after what they tell of. */
async function records(query: string, count: number): Promise<any[]> {
  const path = `/admin/audit?${query}`
  await waitFor(query, async () => (await get(path)).records.length >= count)
  return (await get(path)).records
}

describe('events', () => {
  let ada: any
  let session: string

  beforeAll(async () => {
    const client = from('203.0.113.7')
    ada = (await register(client, 'feed-ada')).user
    const evil = from('198.51.100.9', '=cmd|"/c calc"!A1')
    await evil.post('/login', { username: 'feed-ada', password: 'wrong, and long enough' })
    const [started] = await records(`event=session.started&person=feed-ada`, 1)
    session = started.sessionId
    await records('event=signin.failed&person=feed-ada', 1)
  })

  it('are narrowed down by event, group, outcome, person, actor, session, network and period', async () => {
    const names = async (query: string): Promise<string[]> =>
      (await records(query, 1)).map(({ event }) => event)
    expect(await names('outcome=failure&person=FEED-ADA')).toEqual(['signin.failed'])
    expect(await names(`event=sign-ins&userId=${ada.id}`)).toEqual([
      'signin.failed',
      'session.started',
    ])
    expect(await names(`session=${session}`)).toEqual(['session.started'])
    expect(await names('address=198.51.100.200')).toEqual(['signin.failed'])
    expect(await names('address=198.51.100.0/24&event=&person=')).toEqual(['signin.failed'])
    expect(new Set(await names('actor=admin_token'))).toEqual(new Set(['admin.acted']))
    const [failed] = await records('event=signin.failed&person=feed-ada', 1)
    const at = failed.at as string
    const after = new Date(Date.parse(at) + 1).toISOString()
    expect(await names(`from=${at}&to=${after}&address=198.51.100.0`)).toEqual(['signin.failed'])
    expect((await get(`/admin/audit?to=${at}&event=signin.failed`)).records).toEqual([])
    expect((await get('/admin/audit?from=2020-01-01&to=2020-01-02T03:04')).records).toEqual([])
  })

  it('filters that are none are refused by the service itself, one by one', async () => {
    for (const [query, status, code] of [
      ['event=nothing', 400, 'field_invalid'],
      ['outcome=maybe', 400, 'field_invalid'],
      ['address=somewhere', 400, 'field_invalid'],
      ['address=1.2.3.4/x', 400, 'field_invalid'],
      ['session=../..', 400, 'field_invalid'],
      ['from=yesterday', 400, 'field_invalid'],
      ['to=2026-13-45', 400, 'field_invalid'],
      ['follow=made-up', 400, 'field_invalid'],
      ['cursor=x', 400, 'field_invalid'],
      ['person=nobody-of-that-name', 404, 'user_unknown'],
      ['event=signin.failed&event=signin.locked', 400, 'query_invalid'],
    ] as const) {
      const answer = await desk.get(`/admin/audit?${query}`, ADMIN)
      expect([query, answer.status, answer.json().code]).toEqual([query, status, code])
    }
  })

  it('are followed without leaving a trace for each look, by whoever began, with the same filters', async () => {
    const follower = from('203.0.113.9', 'Follower/1.0')
    const look = async (path: string): Promise<any> => (await follower.get(path, ADMIN)).json()
    const filters = '/admin/audit?event=sign-ins&person=feed-ada'
    const first = await look(filters)
    const path = `${filters}&follow=${encodeURIComponent(first.follow)}`
    expect((await look(path)).records).toEqual([])
    await from('203.0.113.8').post('/login', { username: 'feed-ada', password: PASSWORD })
    await waitFor('what is new', async () => (await look(path)).records.length === 2)
    const found = await look(path)
    expect(found.records.map(({ event }: any) => event).sort()).toEqual([
      'session.started',
      'signin.suspicious',
    ])
    expect((await look(`${filters}&follow=${encodeURIComponent(found.follow)}`)).records).toEqual(
      [],
    )
    const foreign = await follower.get(path.replace('event=sign-ins', 'event=alarms'), ADMIN)
    expect([foreign.status, foreign.json().field]).toEqual([400, 'follow'])
    // What comes behind all of the looks is told, and of them the first one.
    await look('/admin/keys')
    const told = async (): Promise<string[]> =>
      (await get('/admin/audit?event=admin.acted&limit=100')).records
        .filter(({ agent }: any) => agent === 'Follower/1.0')
        .map(({ code }: any) => code)
    await waitFor('the last look to be told', async () => (await told()).includes('keys.read'))
    expect(await told()).toEqual(['keys.read', 'audit.read'])
  })

  it('are exported with the same filters as CSV, JSON and lines of JSON; each export is told', async () => {
    const answer = await desk.get('/admin/audit/export?format=csv&person=feed-ada', ADMIN)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
    expect(answer.headers['content-disposition']).toMatch(
      /^attachment; filename="sojourn-audit-\d{4}-\d\d-\d\d\.csv"$/,
    )
    const lines = answer.text.split('\r\n')
    expect(lines[0]).toBe(
      'id,at,event,outcome,subject,actor,sessionId,address,agent,code,requestId,method,path,details',
    )
    const failed = lines.find((line) => line.includes('signin.failed'))
    expect(failed).toContain(`"'=cmd|""/c calc""!A1"`)
    const { records: all } = await get('/admin/audit?person=feed-ada&limit=100')
    expect(lines.slice(1, -1).map((line) => line.split(',')[0])).toEqual(
      all.map(({ id }: any) => id),
    )
    const json = await get('/admin/audit/export?format=json&person=feed-ada')
    expect(json).toEqual({ records: all, next: null })
    const some = await desk.get('/admin/audit/export?format=ndjson&person=feed-ada&limit=2', ADMIN)
    const two = some.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(two).toEqual(all.slice(0, 2))
    expect(some.headers['content-disposition']).toContain('-newest-2.ndjson"')
    const [, rest = ''] = /^<([^>]+)>; rel="next"$/.exec(String(some.headers['link'])) ?? []
    const others = await desk.get(rest.replace('limit=2', 'limit=100'), ADMIN)
    expect(others.text.trim().split('\n')).toHaveLength(all.length - 2)
    await waitFor('the exports to be told', async () => {
      const told = await records(`event=admin.acted&person=feed-ada&limit=100`, 1)
      return told.filter(({ code }) => code === 'audit.exported').length === 4
    })
    const none = await desk.get(
      '/admin/audit/export?format=csv&from=2020-01-01&to=2020-01-02',
      ADMIN,
    )
    expect(none.text.split('\r\n')).toHaveLength(2)
    const empty = await get('/admin/audit/export?from=2020-01-01&to=2020-01-02')
    expect(empty).toEqual({ records: [], next: null })
  })
})

describe('keys', () => {
  it('are shown without anything of them, rotated, and retired; old tokens are good until they are refused', async () => {
    const client = from('203.0.113.20')
    const { tokens } = await register(client, 'key-ada')
    const { kid } = JSON.parse(
      Buffer.from(tokens.accessToken.split('.')[0], 'base64url').toString(),
    )
    const isGood = async (token: string): Promise<boolean> => {
      const headers = { Authorization: `Bearer ${token}` }
      return (await service.client().get('/dashboard', { headers })).status === 200
    }
    const shown = await desk.get('/admin/keys', ADMIN)
    const { keys, secrets } = shown.json()
    expect(keys).toMatchObject([{ kid, isSigning: true, state: 'active', acceptedUntil: null }])
    expect(secrets.map(({ name, count, isOld }: any) => [name, count, isOld])).toEqual([
      ['SESSION_SECRET', 1, false],
      ['REFRESH_SECRET', 1, false],
      ['JWT_SECRET', 1, false],
    ])
    for (const hidden of [SESSION_SECRET, 'PRIVATE', '"d"', 'sealed']) {
      expect(shown.text).not.toContain(hidden)
    }
    // Only said.
    const would = await get('/admin/keys/rotate')
    expect(would).toMatchObject({ isDryRun: true, kid: null })
    expect((await post('/admin/keys/rotate', { dryRun: true })).json().isDryRun).toBe(true)
    expect((await get('/admin/keys')).keys).toHaveLength(1)
    // Done.
    const rotated = (await post('/admin/keys/rotate', { now: true })).json()
    expect(rotated).toMatchObject({ isDryRun: false, impact: [{ kid }] })
    const fresh = await from('203.0.113.21').post('/login', {
      username: 'key-ada',
      password: PASSWORD,
      deliver: 'token',
    })
    const token = fresh.json().tokens.accessToken as string
    const head = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
    expect(head.kid).toBe(rotated.kid)
    expect([await isGood(tokens.accessToken), await isGood(token)]).toEqual([true, true])
    const again = await post(`/admin/keys/${kid}/retire`)
    expect([again.status, again.json().code]).toEqual([409, 'key_state'])
    const asked = await get(`/admin/keys/${kid}/retire?now=true`)
    expect(asked).toMatchObject({ isDryRun: true, transitions: [{ kid, to: 'retired' }] })
    expect(await isGood(tokens.accessToken)).toBe(true)
    expect((await post(`/admin/keys/${kid}/retire`, { now: true })).status).toBe(200)
    await expect.poll(() => isGood(tokens.accessToken)).toBe(false)
    expect(await isGood(token)).toBe(true)
    const unknown = await post('/admin/keys/no-such-key/retire', { now: true })
    expect([unknown.status, unknown.json().code]).toEqual([404, 'key_unknown'])
    // The two of them, newest first, and nothing of what was only asked.
    await expect
      .poll(async () => {
        const told = await records('event=admin.acted&limit=100', 1)
        return told.filter(({ code }) => /^key\./.test(code)).map(({ code }) => code)
      })
      .toEqual(['key.refused', 'key.rotated'])
  })
})

describe('limits', () => {
  const login = (client: Client, password = PASSWORD) =>
    client.post('/login', { username: 'limit-ada', password })
  const lockedIn = (counts: any[]): string[] =>
    counts.filter(({ isLocked }) => isLocked).map(({ limit }) => limit)

  it('somebody who is locked out is looked up, cleared, and gets in; looking counts nothing', async () => {
    await register(from('192.0.2.1'), 'limit-ada')
    const client = from('192.0.2.77')
    for (let count = 0; count < 3; count += 1) await login(client, 'wrong, and long enough')
    expect((await login(client)).status).toBe(429)
    const path = '/admin/limits?person=limit-ada&address=192.0.2.77'
    const { rules, counts } = await get(path)
    expect(lockedIn(counts)).toEqual(['account_network'])
    expect(counts[0]).toMatchObject({ remaining: 0, quota: 3, whose: 'limit-ada from 192.0.2.77' })
    expect(rules.map(({ limit, quota }: any) => [limit, quota])).toEqual([
      ['account_network', 3],
      ['account', 12],
      ['account_day', 60],
      ['network', 12],
      ['sign-in', 500],
      ['password', 500],
      ['refresh', 2_500],
      ['token-status', 50_000],
      ['sessions', 5_000],
      ['admin', 10],
    ])
    expect(lockedIn((await get('/admin/limits?address=192.0.2.77')).counts)).toEqual([])
    expect((await get('/admin/limits')).counts).toBe(null)
    expect((await get(path)).counts[0].remaining).toBe(0)
    const cleared = await post('/admin/limits/clear', {
      person: 'limit-ada',
      address: '192.0.2.77',
    })
    expect([cleared.status, cleared.json().success]).toEqual([200, true])
    const after = (await get(path)).counts
    expect(lockedIn(after)).toEqual([])
    for (const { remaining, quota } of after) expect(remaining).toBe(quota)
    expect((await login(client)).status).toBe(200)
    await waitFor('the clearing to be told', async () => {
      const told = await records('event=admin.acted&person=limit-ada', 1)
      return told.some(({ code }) => code === 'limits.cleared')
    })
  })

  it('a network that tried many accounts, and one with wrong admin tokens, get a fresh start', async () => {
    const client = from('192.0.2.200')
    for (let count = 0; count < 12; count += 1) {
      await client.post('/login', { username: `nobody-${count}`, password: 'wrong, long enough' })
    }
    const wrong = { headers: { Authorization: 'Bearer wrong' } }
    for (let count = 0; count < 10; count += 1) await client.get('/admin/keys', wrong)
    const path = '/admin/limits?address=192.0.2.200'
    expect(lockedIn((await get(path)).counts)).toEqual(['network', 'admin'])
    expect((await post('/admin/limits/clear', { address: '192.0.2.200' })).status).toBe(200)
    expect(lockedIn((await get(path)).counts)).toEqual([])
    expect((await client.get('/admin/keys', ADMIN)).status).toBe(200)
  })

  it('nothing is cleared for nobody', async () => {
    for (const [body, status, code] of [
      [{}, 400, 'field_invalid'],
      [{ address: 'here' }, 400, 'field_invalid'],
      [{ person: 'nobody-at-all' }, 404, 'user_unknown'],
      [{ everybody: true }, 400, 'field_unknown'],
    ] as const) {
      const answer = await post('/admin/limits/clear', body)
      expect([body, answer.status, answer.json().code]).toEqual([body, status, code])
    }
  })
})
