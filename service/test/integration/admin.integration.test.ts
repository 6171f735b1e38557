/** The admin API of the built service, and what it leaves in the audit trail. One service for the whole file. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from 'redis'
import { Browser } from '../../../library/test/support/browser.js'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { createSojourn, type Sojourn } from '../../../library/src/sojourn.js'
import { createRedisStore } from '../../../library/src/store/redis/index.js'
import { CHAPTERS } from '../../src/api/index.js'
import { startService, type Service } from '../support/service.js'
import type { Answer, Client, RequestFacts } from '../support/client.js'
import { run } from '../unit/cli/support.js'

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

/** Who may come, and what the routes say to them. */
type Answered = (route: AdminRoute) => readonly [status: number, code: string | undefined]

/** A route that asks `requireAdmin`, as the description has it. */
interface AdminRoute {
  readonly method: string
  readonly path: string
}

const ROUTES: readonly AdminRoute[] = CHAPTERS.flatMap(({ paths }) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { who }]) => who === 'admin')
      .map(([method]) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{\w+\}/g, 'nobody-has-this-id-xxx'),
      })),
  ),
)
const isAct = ({ method }: AdminRoute): boolean => method !== 'GET'
/** Goes on until somebody leaves. */
const STREAM = '/admin/stream'

/** No route knows the field: whoever is let in hears of that, and nothing is done. */
async function knock(client: Client, route: AdminRoute, facts: RequestFacts = {}) {
  const { method, path } = route
  const body = isAct(route) ? { body: JSON.stringify({ noSuchField: 1 }) } : {}
  const headers = { 'Content-Type': 'application/json', ...facts.headers }
  return client.request(method, path, { ...facts, ...body, headers })
}

/** Moves the instant at which somebody proved who they are into the past; see store/redis/record-fields.ts. */
async function forgetSignIn(client: Client): Promise<void> {
  const { id } = (await client.get('/session')).json()
  const [bucket = '', own = ''] = (id as string).split('.')
  const key = `sojourn:s{${bucket}}${own}`
  for (const [name, by] of [
    ['C', -1],
    ['T', 1],
    ['X', 1],
  ] as const) {
    await redis.cli('hincrby', key, name, String(by * 3_600_000))
  }
  await redis.cli('publish', 'sojourn:changes', `c ${id as string}`)
}

/** Not let in; looking at some things, such as the whole trail, needs a recent sign-in, too. */
function isTurnedAway({ status, json }: Answer, isOld: boolean): boolean {
  if (status !== 401 && status !== 403) return false
  return !isOld || json().code !== 'reauthentication_required'
}

async function setRole(id: string, role: 'user' | 'admin'): Promise<void> {
  const answer = await service.client().post(`/admin/users/${id}/role`, { role }, ADMIN)
  expect([answer.status, answer.json().role]).toEqual([200, role])
}

const signIn = async (name: string, client = somebody()): Promise<Client> => {
  const answer = await client.post('/login', { username: name, password: PASSWORD })
  expect(answer.status).toBe(200)
  return client
}

/** An administrator who has just signed in with a browser. */
async function administrator(name: string): Promise<{ client: Client; id: string }> {
  const { id } = await person(name)
  await setRole(id, 'admin')
  return { client: await signIn(name), id }
}

const FORM = 'application/x-www-form-urlencoded'

describe('the way in', () => {
  it('ASVS 8.2.1, CVE-2026-123800: each route lets in the token and administrators of the moment, and tells everybody else what is missing', async () => {
    const { client: member, tokens } = await person('way-in')
    const { client: present } = await administrator('way-in-present')
    const { client: old } = await administrator('way-in-old')
    await forgetSignIn(old)
    const { client: acting } = await administrator('way-in-acting')
    const { id: helped } = await person('way-in-helped')
    const reason = { reason: 'ticket 17' }
    expect((await acting.post(`/admin/users/${helped}/impersonate`, reason)).status).toBe(200)
    const off = await administrator('way-in-off')
    await service.client().post(`/admin/users/${off.id}/disable`, undefined, ADMIN)
    const former = await administrator('way-in-former')
    await setRole(former.id, 'user')
    const again = await signIn('way-in-former')

    const nobody: Answered = () => [401, 'admin_token_required']
    const stranger: Answered = () => [403, 'forbidden']
    const letIn: Answered = (route) => (isAct(route) ? [400, 'field_unknown'] : [0, undefined])
    const tooLong: Answered = (route) =>
      isAct(route) ? [401, 'reauthentication_required'] : [0, undefined]
    const elsewhere = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
    const visitors: readonly (readonly [string, Client, RequestFacts, Answered])[] = [
      ['nobody', somebody(), {}, nobody],
      ['a member', member, {}, stranger],
      ['a member by token', somebody(), bearer(tokens.accessToken), stranger],
      ['an administrator who acts for somebody', acting, {}, stranger],
      ['an administrator who is switched off', off.client, {}, nobody],
      ['a former administrator, in the session from before', former.client, {}, nobody],
      ['a former administrator', again, {}, stranger],
      ['an administrator whose sign-in is old', old, {}, tooLong],
      ['an administrator', present, {}, letIn],
      ['the holder of the token', somebody(), ADMIN, letIn],
    ]
    expect(ROUTES.filter(isAct).length).toBeGreaterThan(10)
    for (const [who, client, facts, answered] of visitors) {
      for (const route of ROUTES) {
        const [status, code] = answered(route)
        if (status === 0 && route.path === STREAM) continue
        const answer = await knock(client, route, facts)
        const what = [who, route.method, route.path]
        if (status === 0)
          expect([what, isTurnedAway(answer, client === old)]).toEqual([what, false])
        else expect([what, answer.status, answer.json().code]).toEqual([what, status, code])
        if (code === 'admin_token_required') {
          expect(answer.headers['www-authenticate']).toBe('Bearer realm="admin"')
        }
      }
    }
    for (const route of ROUTES.filter(isAct)) {
      // A page of another site, in the browser of an administrator; it cannot send JSON without asking first.
      const headers = { ...elsewhere, 'Content-Type': FORM }
      const { method, path } = route
      const forged = await present.request(method, path, { headers, body: 'role=admin' })
      expect([path, forged.status]).toEqual([path, 403])
      expect(['csrf_invalid', 'cross_origin']).toContain(forged.json().code)
    }
    expect(await isSignedIn(present)).toBe(true)
  }, 60_000)

  it('a browser that is nobody is shown where to sign in, and comes back', async () => {
    for (const path of [
      '/admin',
      '/admin/users?q=ada',
      '/admin/sessions',
      '/admin/confirm?act=x',
    ]) {
      const answer = await somebody().page(path)
      expect([answer.status, answer.headers.location]).toEqual([
        303,
        `/login?returnTo=${encodeURIComponent(path)}`,
      ])
    }
    const { client } = await person('looks-at-it')
    const refused = await client.page('/admin/users')
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('This is not open to you')
    expect(refused.text).not.toContain('href="/admin"')
  })

  it('nothing else is the admin token, and it opens nothing else', async () => {
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

  it('ASVS 6.3.2: a fresh service has no user and no console; admin/admin is refused. The first administrator is made by the command', async () => {
    await using fresh = await startService()
    const client = fresh.client()
    for (const path of ['/admin', '/admin/users', '/admin/audit']) {
      expect((await client.get(path, bearer('admin'))).status).toBe(404)
      expect((await client.page(path)).status).toBe(404)
    }
    for (const name of ['admin', 'root', 'user', 'test', 'sojourn']) {
      const answer = await client.post('/login', { username: name, password: name })
      expect([answer.status, answer.json().code]).toEqual([401, 'credentials_invalid'])
    }
    const ada = { username: 'ada', password: PASSWORD }
    expect((await client.post('/register', ada)).status).toBe(201)
    expect((await client.get('/admin/users')).status).toBe(404)
    const said: string[] = []
    const code = await run(['people', 'role', 'ada', 'admin'], {
      environment: () => ({ NODE_ENV: 'test', DATA_DIR: fresh.dataDir }),
      write: (text) => void said.push(text),
      writeError: (text) => void said.push(text),
      readInput: () => Promise.resolve(''),
      columns: undefined,
    })
    expect([code, said.join('')]).toEqual([
      0,
      'ada is an administrator now. 1 session has ended.\n',
    ])
    // The session from before is over, and the console is there: for who signs in now.
    await expect.poll(async () => (await client.get('/admin/users')).status).toBe(401)
    expect((await client.page('/admin')).headers.location).toBe('/login?returnTo=%2Fadmin')
    expect((await client.post('/login', ada)).status).toBe(200)
    const { users } = (await client.get('/admin/users?role=admin')).json()
    expect(users).toMatchObject([{ username: 'ada', role: 'admin' }])
    const { records } = (await client.get('/admin/audit?event=admin.acted')).json()
    expect(records).toContainEqual(
      expect.objectContaining({ actor: 'cli', code: 'user.made_admin', subject: users[0].id }),
    )
    // Nobody else is one: that stays so until there is another.
    for (const [act, body] of [
      ['role', { role: 'user' }],
      ['disable', undefined],
    ] as const) {
      const answer = await client.post(`/admin/users/${users[0].id}/${act}`, body)
      expect([act, answer.status, answer.json().code]).toEqual([act, 409, 'last_administrator'])
    }
    expect((await client.get('/admin/users')).status).toBe(200)
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

describe('an administrator in a browser', () => {
  let admin: Client
  let adminId: string
  beforeAll(async () => {
    ;({ client: admin, id: adminId } = await administrator('console-grace'))
  })

  it('finds people by name and by role, page after page, and only by what can be shown', async () => {
    const { id } = await person('console-<ada>')
    const found = await admin.page('/admin/users?q=console-%3Cada')
    expect(found.status).toBe(200)
    expect(found.text).toContain(`href="/admin/users/${id}"`)
    expect(found.text).toContain('console-&lt;ada>')
    expect(found.text).toContain('value="console-&lt;ada"')
    const administrators = await admin.page('/admin/users?role=admin&q=console-')
    expect(administrators.text).toContain(adminId)
    expect(administrators.text).not.toContain(id)
    const first = await admin.page('/admin/users?limit=1')
    const [, next = ''] = /href="(\/admin\/users\?cursor=[^"]+)">Next page/.exec(first.text) ?? []
    const second = await admin.page(`${next}&limit=1`)
    expect(second.text).toContain('href="/admin/users">First page')
    expect((await admin.page('/admin/users?q=nobody-is-called-so')).text).toContain('Nobody fits')
    expect((await admin.page('/admin/users?role=king')).status).toBe(400)
  })

  it('sees a person, is asked before each act, and reads what came of it', async () => {
    const ada = await person('console-acts')
    const path = `/admin/users/${ada.id}`
    const page = await admin.page(path)
    expect(page.text).toContain('<h1>console-acts</h1>')
    const sessions = (await admin.get(`${path}/sessions`)).json().sessions
    expect(page.text).toContain(sessions[0].id)
    const acts = [
      ['unlock', 'unlock', 'can try again now'],
      ['make-admin', 'role', 'is an administrator now'],
      ['make-user', 'role', 'no longer an administrator'],
      ['end-sessions', 'end-sessions', 'There was nothing left to end'],
      ['disable', 'disable', 'is switched off, and 0 sessions have ended'],
      ['enable', 'enable', 'can sign in again'],
    ] as const
    for (const [act, route, said] of acts) {
      const asked = await admin.page(`/admin/confirm?act=${act}&of=${ada.id}`)
      expect([act, asked.status]).toEqual([act, 200])
      expect(asked.text).toMatch(/<div [^>]*data-ask="confirm"/)
      expect(asked.text).toContain(`action="${path}/${route}"`)
      expect(asked.text).toContain(`href="${path}" data-cancel`)
      const role = /name="role" value="(\w+)"/.exec(asked.text)?.[1]
      const done = await admin.form(`${path}/${route}`, role === undefined ? {} : { role })
      expect([act, done.status, done.headers.location]).toEqual([act, 303, path])
      expect((await admin.follow(done)).text).toContain(said)
    }
    // What a program would be told of the same.
    const told = (await admin.get(`/admin/confirm?act=make-admin&of=${ada.id}`)).json()
    expect(told).toMatchObject({ method: 'POST', path: `${path}/role`, body: { role: 'admin' } })
    const { users } = (await admin.get('/admin/users?q=console-acts')).json()
    expect(users[0]).toMatchObject({ role: 'user', disabledAt: null })
    for (const query of ['act=disable&of=nobody', 'act=end-session&of=Ab.x', 'act=end-selected']) {
      expect([400, 404]).toContain((await admin.page(`/admin/confirm?${query}`)).status)
    }
    const acted = (await trail(`&userId=${ada.id}&event=admin.acted`)).map(({ code }) => code)
    expect(acted).toEqual(
      expect.arrayContaining([
        ...['user.unlocked', 'user.made_admin', 'user.made_user'],
        ...['user.disabled', 'user.enabled', 'sessions.ended'],
      ]),
    )
  })

  it('a role begins with a new sign-in, and ends at once with the session that had it', async () => {
    const ada = await person('console-role')
    await setRole(ada.id, 'admin')
    expect(await isSignedIn(ada.client)).toBe(false)
    expect((await ada.client.get('/admin/users')).status).toBe(401)
    const client = await signIn('console-role')
    expect((await client.page('/admin/users')).text).toContain('href="/admin"')
    const answer = await admin.post(`/admin/users/${ada.id}/role`, { role: 'user' })
    expect(answer.json()).toEqual({ success: true, role: 'user', count: 1 })
    expect((await client.get('/admin/users')).status).toBe(401)
    expect(await isSignedIn(client)).toBe(false)
  })

  it('has to prove again who it is where the sign-in is old, and is back where it was', async () => {
    const { client } = await administrator('console-old')
    const { id } = await person('console-old-ada')
    await forgetSignIn(client)
    const refused = await client.form(`/admin/users/${id}/disable`)
    const ask = `/admin/confirm?act=disable&of=${id}`
    const stepUp = `/reauthenticate?returnTo=${encodeURIComponent(ask)}`
    expect([refused.status, refused.headers.location]).toEqual([303, stepUp])
    expect((await client.page(stepUp)).text).toContain(`value="${ask.replace('&', '&amp;')}"`)
    const proven = await client.form('/reauthenticate', { password: PASSWORD, returnTo: ask })
    expect([proven.status, proven.headers.location]).toEqual([303, ask])
    expect((await client.form(`/admin/users/${id}/disable`)).status).toBe(303)
    expect((await client.page(`/admin/users/${id}`)).text).toContain('Switched off')
  })

  it('looks sessions up by id, by person, and a page of all; ends one, those picked, and its own', async () => {
    const ada = await person('console-sessions')
    await signIn('console-sessions')
    const of = async (q: string) => (await admin.get(`/admin/sessions?q=${q}`)).json()
    const { sessions } = await of('console-sessions')
    expect(sessions).toHaveLength(2)
    const [one, other] = sessions.map(({ id }: { id: string }) => id)
    expect((await of(one)).sessions).toMatchObject([{ id: one, userId: ada.id, actor: null }])
    expect(await of('Ab.0123456789abcdefghijkl')).toEqual({ sessions: [], next: null, over: null })
    const page = await admin.page('/admin/sessions?q=console-sessions')
    for (const id of [one, other]) {
      expect(page.text).toContain(`<input type="checkbox" name="${id}" value="on"`)
    }
    // Every page of all there are has some, and together they are all.
    const met = new Set<string>()
    let cursor: string | null = ''
    do {
      const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { sessions: some, next }: any = (
        await admin.get(`/admin/sessions?limit=20${at}`)
      ).json()
      for (const { id } of some) met.add(id)
      cursor = next
    } while (cursor !== null)
    expect([met.has(one), met.has(other)]).toEqual([true, true])
    expect((await admin.get('/admin/sessions?cursor=x')).status).toBe(400)

    const asked = await admin.page(`/admin/confirm?act=end-selected&${one}=on&x=on`)
    expect(asked.text).toContain(`name="ids" value="${one}"`)
    const picked = await admin.form('/admin/sessions/revoke', { ids: one })
    expect((await admin.follow(picked)).text).toContain('One session has ended.')
    expect((await of(one)).over).toMatchObject({ reason: 'revoked_admin', userId: ada.id })
    expect((await admin.page(`/admin/sessions?q=${one}`)).text).toContain('This session is over.')
    const ended = await admin.form(`/admin/sessions/${other}/end`)
    expect([ended.status, ended.headers.location]).toEqual([303, `/admin/users/${ada.id}`])
    expect((await admin.follow(ended)).text).toContain('One session has ended.')
    expect((await of('console-sessions')).sessions).toEqual([])

    const { client } = await administrator('console-own')
    const { id } = (await client.get('/session')).json()
    const over = await client.form(`/admin/sessions/${id}/end`)
    expect(over.headers.location).toMatch(/^\/login\?returnTo=.*&reason=revoked_admin$/)
    expect(await isSignedIn(client)).toBe(false)
  })

  it('has to type a word before everybody is signed out', async () => {
    const { client } = await administrator('console-all')
    const page = await client.form('/admin/end-all-sessions', { confirm: 'Everybody' })
    expect(page.status).toBe(400)
    expect(page.text).toContain('Nothing has happened.')
    const answer = await client.post('/admin/end-all-sessions', {})
    expect([answer.status, answer.json().field]).toEqual([400, 'confirm'])
    expect(await isSignedIn(client)).toBe(true)
  })
})

describe('acting for somebody', () => {
  it('behaviour 28a: is a session of its own, with a banner and no proof of who one is; stopping goes back to the own one, and ending that one ends both', async () => {
    const { client, id: actor } = await administrator('acting-grace')
    const ada = await person('acting-ada')
    const before = (await client.get('/session')).json()
    const path = `/admin/users/${ada.id}`
    const reason = 'ticket 1734: "invoices" & more'
    const begun = await client.form(`${path}/impersonate`, { reason: `  ${reason} ` })
    expect([begun.status, begun.headers.location]).toEqual([303, '/dashboard'])

    // On every page, with the reason and the way back.
    for (const shown of ['/', '/dashboard', '/sessions', '/profile', '/security', '/nowhere']) {
      const { text } = await client.page(shown)
      expect(text).toContain('You act as acting-ada')
      expect(text).toContain('ticket 1734: &quot;invoices&quot; &amp; more')
      expect(text).toContain('action="/impersonation/stop"')
      expect(text).not.toContain('href="/admin"')
    }
    const during = (await client.get('/session')).json()
    expect(during.subject).toBe(ada.id)
    expect(during.id).not.toBe(before.id)
    const lasts = Date.parse(during.expiresAt) - Date.parse(during.createdAt)
    expect(lasts).toBeGreaterThan(29 * 60_000)
    expect(lasts).toBeLessThanOrEqual(30 * 60_000)

    // No step-up, not even with the password; no new password; no role; no ending of devices, which wants a step-up.
    const proof = { password: PASSWORD }
    const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD} too` }
    for (const [asked, body] of [
      ['/reauthenticate', proof],
      ['/password', change],
    ] as const) {
      const answer = await client.post(asked, body)
      expect([asked, answer.status, answer.json().code]).toEqual([asked, 403, 'impersonation'])
    }
    expect((await client.page('/reauthenticate')).status).toBe(403)
    const others = await client.post('/sessions/revoke-others')
    expect(others.json().code).toBe('reauthentication_required')
    const third = await client.post(`${path}/impersonate`, { reason: 'ticket 18' })
    expect([third.status, third.json().code]).toEqual([403, 'forbidden'])

    const stopped = await client.form('/impersonation/stop')
    expect([stopped.status, stopped.headers.location]).toEqual([303, path])
    expect((await client.follow(stopped)).text).toContain('You no longer act as acting-ada.')
    expect((await client.get('/session')).json()).toMatchObject({ id: before.id, subject: actor })
    expect((await client.post('/impersonation/stop')).json().code).toBe('not_impersonating')
    expect(await isSignedIn(ada.client)).toBe(true)

    // An end of the administrator's own session, by another administrator, ends what was opened from it.
    await client.post(`${path}/impersonate`, { reason })
    expect(await isSignedIn(client)).toBe(true)
    await service.client().delete(`/admin/sessions/${before.id}`, ADMIN)
    await expect.poll(() => isSignedIn(client)).toBe(false)
  })

  it("behaviour 28b: both people are in the record and the line of each request, and the person's own list says who acts and why", async () => {
    const { client, id: actor } = await administrator('seen-grace')
    const ada = await person('seen-ada')
    const reason = { reason: 'ticket 42' }
    const { id } = (await client.post(`/admin/users/${ada.id}/impersonate`, reason)).json()
    await client.get('/profile', { headers: { 'User-Agent': 'acting/1' } })
    const own = (await ada.client.get('/sessions')).json()
    expect(own.find((device: { id: string }) => device.id === id)).toMatchObject({
      current: false,
      actedIn: { reason: 'ticket 42' },
    })
    const page = (await ada.client.page('/sessions')).text
    expect(page).toContain('An administrator, acting as you')
    expect(page).toContain('ticket 42')
    expect(page).not.toContain('You act as')
    const held = (await service.client().get(`/admin/users/${ada.id}/sessions`, ADMIN)).json()
    expect(held.sessions).toContainEqual(
      expect.objectContaining({ id, actor, purpose: 'ticket 42' }),
    )
    await client.post('/impersonation/stop')
    const lines = () =>
      service.log().filter((line) => line['url'] === '/profile' && line['subject'] === ada.id)
    await expect.poll(lines).toMatchObject([{ subject: ada.id, actor, sessionId: id }])
    const records = await trail(`&userId=${ada.id}`)
    const both = { subject: ada.id, actor }
    expect(records).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: 'impersonation.started', ...both }),
        expect.objectContaining({ code: 'user.impersonated', ...both }),
        expect.objectContaining({ code: 'impersonation.stopped', ...both }),
        expect.objectContaining({ event: 'session.ended', ...both, sessionId: id }),
      ]),
    )
    const started = records.find(({ event }) => event === 'impersonation.started')
    expect(started.details).toMatchObject({ purpose: 'ticket 42' })
  })

  it('is for administrators who have signed in with a browser, with a reason, and not for administrators', async () => {
    const { client } = await administrator('rules-grace')
    const { id: other } = await administrator('rules-edsger')
    const { id } = await person('rules-ada')
    const ask = async (
      by: Client,
      of: string,
      body: unknown = { reason: 'ticket' },
      facts: RequestFacts = {},
    ) => {
      const answer = await by.post(`/admin/users/${of}/impersonate`, body, facts)
      return [answer.status, answer.json().code]
    }
    for (const reason of ['', 'ab', ' a ', 'x'.repeat(201), '   ']) {
      expect(await ask(client, id, { reason })).toEqual([400, 'field_invalid'])
    }
    expect(await ask(client, other)).toEqual([409, 'is_administrator'])
    expect(await ask(client, 'x'.repeat(22))).toEqual([404, 'user_unknown'])
    expect(await ask(somebody(), id, undefined, ADMIN)).toEqual([403, 'forbidden'])
    const body = { username: 'rules-grace', password: PASSWORD, deliver: 'token' }
    const { tokens } = (await somebody().post('/login', body)).json()
    const byToken = bearer(tokens.accessToken)
    expect(await ask(somebody(), id, undefined, byToken)).toEqual([403, 'forbidden'])
    await service.client().post(`/admin/users/${id}/disable`, undefined, ADMIN)
    expect(await ask(client, id)).toEqual([403, 'subject_disabled'])
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
      // A store that is behind its work has not said anything yet.
      const ask = async (cookie: string): Promise<Answer> => {
        const answer = await admin.get('/session', { cookie })
        return answer.status === 503 ? ask(cookie) : answer
      }
      const answers = await Promise.all(some.map(ask))
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
