/** The admin API of the built service, and what it leaves in the audit trail. One service for the whole file. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from 'redis'
import { Browser } from '../../../library/test/support/browser.js'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { createSojourn, type Sojourn } from '../../../library/src/sojourn.js'
import { createRedisStore } from '../../../library/src/store/redis/index.js'
import { startService, type Service } from '../support/service.js'
import type { Client } from '../support/client.js'

const ADMIN_TOKEN = randomBytes(32).toString('base64url')
const METRICS_TOKEN = randomBytes(32).toString('base64url')
const CLIENT_SECRET = randomBytes(32).toString('base64url')
const SESSION_SECRET = randomBytes(32).toString('base64url')
const PASSWORD = 'correct horse battery 9'

let redis: RedisServer
let service: Service
/** The session core on the same Redis, as one more process of the service would have it. */
let beside: Sojourn<Record<string, unknown>>
let disconnect: () => Promise<void>
let people = 0

beforeAll(async () => {
  redis = await startRedis()
  const client = createClient({ url: redis.url })
  await client.connect()
  disconnect = async () => client.close()
  beside = createSojourn({
    secrets: SESSION_SECRET,
    store: createRedisStore({ client, keyPrefix: 'sojourn:' }),
    limit: false,
    cache: false,
    resilience: { commandDeadline: 5 },
  })
  service = await startService({
    REDIS_URL: redis.url,
    ADMIN_TOKEN,
    METRICS_TOKEN,
    SESSION_SECRET,
    OAUTH_CLIENTS: `api:${CLIENT_SECRET}`,
    TRUST_PROXY: '1',
    SESSION_MAX_PER_USER: '10000',
  })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await disconnect()
  await redis.stop()
})

const PLAIN = { isSecure: false, host: 'localhost' }

/** A session for each of these people; answers their cookies. */
async function startMany(subjects: readonly string[]): Promise<string[]> {
  const cookies: string[] = []
  for (let at = 0; at < subjects.length; at += 500) {
    const some = subjects.slice(at, at + 500).map(async (subject) => {
      const browser = new Browser(beside)
      await browser.visit((session) => session.signIn(subject), PLAIN)
      return browser.cookie ?? ''
    })
    cookies.push(...(await Promise.all(some)))
  }
  return cookies
}

async function liveAmong(cookies: readonly string[]): Promise<number> {
  let count = 0
  for (let at = 0; at < cookies.length; at += 500) {
    const states = cookies.slice(at, at + 500).map(async (cookie) => {
      const browser = new Browser(beside)
      let state = ''
      await browser.visit(
        async (session) => {
          await session.load()
          state = session.state
        },
        { ...PLAIN, cookie },
      )
      return state
    })
    count += (await Promise.all(states)).filter((state) => state !== 'revoked').length
  }
  return count
}

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
const ADMIN = bearer(ADMIN_TOKEN)

/** Each from a network of their own: no test shall run into the limits of another. */
const somebody = (): Client => {
  people += 1
  const address = `198.51.${people >> 8}.${people & 255}`
  return service.client({ headers: { 'X-Forwarded-For': address } })
}

async function person(name: string): Promise<{ client: Client; id: string; tokens: any }> {
  const client = somebody()
  const body = { username: name, password: PASSWORD, deliver: 'token' }
  const answer = await client.post('/register', body)
  expect(answer.status).toBe(201)
  return { client, id: answer.json().user.id, tokens: answer.json().tokens }
}

/** What is in the trail once all that has happened so far was written: looking is an act, and comes behind it. */
async function trail(query = ''): Promise<any[]> {
  const start = new Date().toISOString()
  const last = async (): Promise<string> => {
    const acts = await service.client().get('/admin/audit?limit=1&event=admin.acted', ADMIN)
    return acts.json().records[0]?.at ?? ''
  }
  await expect.poll(async () => (await last()) >= start, { timeout: 10_000 }).toBe(true)
  const answer = await service.client().get(`/admin/audit?limit=100${query}`, ADMIN)
  expect(answer.status).toBe(200)
  return answer.json().records
}

const isSignedIn = async (client: Client) => (await client.get('/dashboard')).status === 200

describe('the way in', () => {
  it('ASVS 8.2.1, CVE-2026-123800: nothing but the admin token opens it: 401 without, 403 for who is signed in', async () => {
    const { client, tokens } = await person('way-in')
    const stranger = somebody()
    const paths = ['/admin/users', '/admin/audit', '/admin/users/x', '/admin/users/x/sessions']
    const acts = ['/admin/users/x/disable', '/admin/end-all-sessions', '/admin/sessions/revoke']
    for (const [method, list] of [
      ['GET', paths],
      ['POST', acts],
    ] as const) {
      for (const path of list) {
        const without = await stranger.request(method, path)
        expect([path, without.status, without.json().code]).toEqual([
          path,
          401,
          'admin_token_required',
        ])
        expect(without.headers['www-authenticate']).toBe('Bearer realm="admin"')
        const byCookie = await client.request(method, path)
        expect([path, byCookie.status, byCookie.json().code]).toEqual([path, 403, 'forbidden'])
        const byToken = await stranger.request(method, path, bearer(tokens.accessToken))
        expect([path, byToken.status]).toEqual([path, 403])
      }
    }
    for (const other of [
      METRICS_TOKEN,
      CLIENT_SECRET,
      ADMIN_TOKEN.slice(0, -1),
      `${ADMIN_TOKEN}x`,
    ]) {
      expect((await somebody().get('/admin/users', bearer(other))).status).toBe(401)
    }
    const elsewhere = [{ Cookie: `admin_token=${ADMIN_TOKEN}` }, { 'X-Admin-Token': ADMIN_TOKEN }]
    for (const headers of elsewhere) {
      expect((await somebody().get('/admin/users', { headers })).status).toBe(401)
    }
    // Nor does it open what is for others.
    expect((await somebody().get('/metrics', ADMIN)).status).toBe(401)
    expect((await somebody().get('/dashboard', ADMIN)).status).toBe(401)
    expect((await somebody().get('/admin/users', ADMIN)).status).toBe(200)
  })

  it('wrong tokens are counted, and then even the right one has to wait', async () => {
    const guesser = somebody()
    for (let at = 0; at < 10; at += 1) {
      expect((await guesser.get('/admin/users', bearer(`wrong-${at}`))).status).toBe(401)
    }
    const answer = await guesser.get('/admin/users', ADMIN)
    expect([answer.status, answer.json().code]).toEqual([429, 'rate_limited'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(90)
    expect((await somebody().get('/admin/users', ADMIN)).status).toBe(200)
  })

  it('ASVS 8.3.1: a role that a client claims changes nothing', async () => {
    const client = somebody()
    const forged = { username: 'mallory', password: PASSWORD, role: 'admin' }
    const refused = await client.post('/register', forged)
    expect([refused.status, refused.json().code]).toEqual([400, 'field_unknown'])
    const { client: mallory, tokens } = await person('mallory')
    await mallory.patch('/session', { role: 'admin', isAdmin: true })
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const [, claims = ''] = (tokens.accessToken as string).split('.')
    const whole = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), role: 'admin' }
    const unsigned = `${part({ alg: 'none', typ: 'at+jwt' })}.${part(whole)}.`
    const headers = { 'X-Role': 'admin', 'X-User-Role': 'admin' }
    expect((await mallory.get('/admin/users', { headers })).status).toBe(403)
    expect((await somebody().get('/admin/users', bearer(unsigned))).status).toBe(401)
  })

  it('ASVS 6.3.2: a fresh service has no user and no admin API; admin/admin is refused', async () => {
    await using fresh = await startService()
    const client = fresh.client()
    for (const path of ['/admin', '/admin/users', '/admin/audit']) {
      expect((await client.get(path, bearer('admin'))).status).toBe(404)
    }
    for (const name of ['admin', 'root', 'user', 'test', 'sojourn']) {
      const answer = await client.post('/login', { username: name, password: name })
      expect([answer.status, answer.json().code]).toEqual([401, 'credentials_invalid'])
    }
  })
})

describe('people and their sessions', () => {
  it('query-07: an id that is none of ours is nobody, in the path as in the query', async () => {
    const admin = service.client()
    for (const id of ['../../x', '*', '{slot}', 'a:b', "' or 1=1--", '%00', 'x'.repeat(22)]) {
      const given = encodeURIComponent(id)
      for (const path of [
        `/admin/users/${given}`,
        `/admin/users/${given}/sessions`,
        `/admin/audit?userId=${given}`,
      ]) {
        const answer = await admin.get(path, ADMIN)
        expect([path, answer.status]).toEqual([path, 404])
        expect(answer.json()).toMatchObject({ code: 'user_unknown', detail: 'No such user.' })
      }
    }
  })

  it('query-08: a search is literal, and no pattern makes it slow', async () => {
    const { id } = await person('100%_[a-z]+*(x)')
    await person('1000 of them')
    const admin = service.client()
    const idsFor = async (q: string) => {
      const answer = await admin.get(`/admin/users?q=${encodeURIComponent(q)}`, ADMIN)
      expect(answer.status).toBe(200)
      return answer.json().users.map((user: { id: string }) => user.id)
    }
    expect(await idsFor('100%_')).toEqual([id])
    expect(await idsFor('[A-Z]+*(X')).toEqual([id])
    expect(await idsFor(id)).toEqual([id])
    const nobody = ['100__', '10%', '.*', '!', '\\', '%', '\0', 'a'.repeat(254)]
    for (const q of nobody.filter((one) => one !== '%')) expect(await idsFor(q)).toEqual([])
    expect(await idsFor('%')).toEqual([id])
    const slow = [`${'a'.repeat(200)}!`, '(a+)+$', '(.*a){30}', '%'.repeat(254), '_%'.repeat(100)]
    for (const q of slow) {
      const times: number[] = []
      for (let round = 0; round < 5; round += 1) {
        const answer = await admin.get(`/admin/users?q=${encodeURIComponent(q)}`, ADMIN)
        expect(answer.status).toBe(200)
        times.push(answer.milliseconds)
      }
      expect(Math.min(...times)).toBeLessThan(20)
    }
    const long = await admin.get(`/admin/users?q=${'a'.repeat(255)}`, ADMIN)
    expect([long.status, long.json().code]).toEqual([400, 'field_invalid'])
  })

  it('pages go through everybody once', async () => {
    const wanted = await Promise.all(['page-a', 'page-b', 'page-c'].map((name) => person(name)))
    const admin = service.client()
    const found: string[] = []
    let cursor = ''
    do {
      const answer = await admin.get(`/admin/users?q=page-&limit=2${cursor}`, ADMIN)
      found.push(...answer.json().users.map((user: { id: string }) => user.id))
      const { next } = answer.json()
      cursor = next === null ? '' : `&cursor=${next}`
    } while (cursor !== '')
    expect(found.sort()).toEqual(wanted.map(({ id }) => id).sort())
    expect((await admin.get('/admin/users?cursor=x', ADMIN)).json().code).toBe('field_invalid')
  })

  it('ASVS 7.4.2: who is switched off has no session and no token left, gets none, and starts anew when switched on', async () => {
    const { client, id, tokens } = await person('switched-off')
    const pairs = [tokens]
    const others: Client[] = []
    for (let at = 0; at < 4; at += 1) {
      const other = somebody()
      const body = { username: 'switched-off', password: PASSWORD, deliver: 'token' }
      pairs.push((await other.post('/login', body)).json().tokens)
      others.push(other)
    }
    const admin = service.client()
    expect((await admin.get(`/admin/users/${id}/sessions`, ADMIN)).json().sessions).toHaveLength(5)
    const answer = await admin.post(`/admin/users/${id}/disable`, undefined, ADMIN)
    expect(answer.json()).toEqual({ success: true, count: 5 })
    for (const one of [client, ...others]) expect(await isSignedIn(one)).toBe(false)
    for (const { accessToken, refreshToken } of pairs) {
      expect((await somebody().get('/dashboard', bearer(accessToken))).status).toBe(401)
      expect([400, 401]).toContain((await somebody().post('/refresh', { refreshToken })).status)
    }
    expect((await admin.get(`/admin/users/${id}/sessions`, ADMIN)).json().sessions).toEqual([])
    const again = { username: 'switched-off', password: PASSWORD }
    expect((await somebody().post('/login', again)).status).toBe(401)
    await admin.post(`/admin/users/${id}/enable`, undefined, ADMIN)
    expect(await isSignedIn(client)).toBe(false)
    expect((await somebody().post('/login', again)).status).toBe(200)
    const acts = (await trail(`&userId=${id}`)).filter(({ event }) => event === 'admin.acted')
    expect(acts.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['user.disabled', 'user.enabled', 'sessions.read']),
    )
    for (const act of acts) expect(act).toMatchObject({ actor: 'admin_token', subject: id })
  })

  it('one session, or a list of them, ends; a list may hold 100', async () => {
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map((n) => person(`end-${n}`)),
    )
    const admin = service.client()
    const idOf = async ({ id }: { id: string }): Promise<string> =>
      (await admin.get(`/admin/users/${id}/sessions`, ADMIN)).json().sessions[0].id
    const first = await idOf(one!)
    expect((await admin.delete(`/admin/sessions/${first}`, ADMIN)).json()).toEqual({
      success: true,
      id: first,
    })
    expect((await admin.delete(`/admin/sessions/${first}`, ADMIN)).json().code).toBe(
      'session_unknown',
    )
    const ids = [await idOf(two!), first, '*', '../x']
    const ended = await admin.post('/admin/sessions/revoke', { ids }, ADMIN)
    expect(ended.json()).toEqual({ success: true, count: 1, ended: [ids[0]] })
    expect(await Promise.all([one!, two!, three!].map(({ client }) => isSignedIn(client)))).toEqual(
      [false, false, true],
    )
    const told = (await trail()).filter(({ code }) => code === 'session.ended')
    expect(told.map(({ sessionId }) => sessionId)).toEqual(expect.arrayContaining([first, ids[0]]))
  })

  it('json-21: ten thousand ids at once are refused, as a list and with commas between them', async () => {
    const ids = Array.from({ length: 10_000 }, () => `ab.${randomBytes(16).toString('base64url')}`)
    for (const given of [ids, ids.join(','), ids.slice(0, 101)]) {
      const answer = await service.client().post('/admin/sessions/revoke', { ids: given }, ADMIN)
      expect(answer.status).toBe(400)
      expect(answer.json()).toMatchObject({
        code: 'field_invalid',
        detail: 'ids may hold at most 100 entries.',
      })
    }
  })

  it('CVE-2025-71402: people end sessions of their own alone', async () => {
    const [ada, bob] = [await person('own-ada'), await person('own-bob')]
    const { sessions } = (
      await service.client().get(`/admin/users/${ada.id}/sessions`, ADMIN)
    ).json()
    const target = sessions[0].id
    for (const cookie of [
      bob.client.cookie,
      `${bob.client.cookie}; session=${target}; sids=${target}`,
    ]) {
      const answer = await bob.client.delete(`/sessions/${target}`, { cookie })
      expect([answer.status, answer.json().code]).toEqual([404, 'session_unknown'])
    }
    await bob.client.post('/sessions/revoke-others')
    expect(await isSignedIn(ada.client)).toBe(true)
  })

  it('CVE-2025-61928: a user id in a body never says who somebody is', async () => {
    const [ada, bob] = [await person('body-ada'), await person('body-bob')]
    for (const name of ['userId', 'user', 'subject', 'id']) {
      const body = { currentPassword: PASSWORD, newPassword: `${PASSWORD} new`, [name]: ada.id }
      const stranger = await somebody().post('/password', { ...body, [name]: ada.id })
      expect([400, 401]).toContain(stranger.status)
      expect((await bob.client.post('/password', body)).json().code).toBe('field_unknown')
      expect((await bob.client.post('/logout-all', { [name]: ada.id })).json().code).toBe(
        'field_unknown',
      )
    }
    expect((await somebody().post('/logout-all', undefined)).status).not.toBe(500)
    expect((await somebody().get(`/profile?userId=${ada.id}`)).status).toBe(401)
    const seen = await bob.client.get(`/profile?userId=${ada.id}&subject=${ada.id}`)
    expect(seen.json().user.id).toBe(bob.id)
    expect(await isSignedIn(ada.client)).toBe(true)
    expect(
      (await somebody().post('/login', { username: 'body-ada', password: PASSWORD })).status,
    ).toBe(200)
  })
})

describe('everybody at once', () => {
  it('ASVS 7.4.5: one call ends ten thousand sessions of one person, one call those of everybody; both are in the trail', async () => {
    const { id } = await person('many')
    const people = Array.from(
      { length: 5_000 },
      (_, at) => `person-${String(at).padStart(15, '0')}`,
    )
    const ofOne = await startMany(Array.from({ length: 5_000 }, () => id))
    const ofMany = await startMany(people)
    const admin = service.client()
    const alive = async (cookies: readonly string[]): Promise<number> => {
      const some = cookies.filter((_, at) => at % 100 === 0)
      const answers = await Promise.all(some.map((cookie) => admin.get('/session', { cookie })))
      return answers.filter(({ status }) => status !== 401).length
    }
    expect(await alive([...ofOne, ...ofMany])).toBe(100)
    const one = await admin.post(`/admin/users/${id}/end-sessions`, undefined, ADMIN)
    expect(one.json()).toEqual({ success: true, count: 5_001 })
    expect(one.milliseconds).toBeLessThan(500)
    expect(await alive(ofOne)).toBe(0)
    expect(await alive(ofMany)).toBe(50)
    const all = await admin.post('/admin/end-all-sessions', undefined, ADMIN)
    expect(all.status).toBe(200)
    expect(all.json().count).toBeGreaterThanOrEqual(5_000)
    expect(await alive(ofMany)).toBe(0)
    // Every single one of the ten thousand, as another process of the service sees them.
    expect(await liveAmong([...ofOne, ...ofMany])).toBe(0)
    const told = await trail('&event=admin.acted')
    expect(told).toContainEqual(
      expect.objectContaining({ code: 'sessions.ended', subject: id, actor: 'admin_token' }),
    )
    expect(told).toContainEqual(
      expect.objectContaining({ code: 'everybody.ended', actor: 'admin_token' }),
    )
  }, 60_000)
})

describe('what is left in the trail', () => {
  it('says who, what, when and where of an act, and its line in the log has the same request', async () => {
    const { id } = await person('left-in-the-trail')
    await service.client().post(`/admin/users/${id}/unlock`, undefined, {
      headers: { ...ADMIN.headers, 'X-Forwarded-For': '203.0.113.77', 'User-Agent': 'curl/8.5.0' },
    })
    const act = (await trail(`&userId=${id}`)).find(({ code }) => code === 'user.unlocked')
    expect(act).toMatchObject({
      event: 'admin.acted',
      outcome: 'success',
      actor: 'admin_token',
      subject: id,
      address: '203.0.113.0',
      method: 'POST',
      path: `/admin/users/${id}/unlock`,
    })
    const lines = service.log().filter(({ requestId }) => requestId === act.requestId)
    expect(lines).toHaveLength(1)
  })
})
