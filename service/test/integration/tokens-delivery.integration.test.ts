/** Who gets tokens, in what, and what a browser does with them; signing out; one session for cookie and token. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from 'redis'
import { startRedis } from '../../../library/test/support/redis-server.js'
import type { Answer, Client } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { startService, type Service } from '../support/service.js'
import {
  bearing,
  flip,
  FROM_OWN_PAGE,
  open,
  PASSWORD,
  refresh,
  register,
  signIn,
  signingKey,
  type Pair,
} from '../support/tokens.js'

const MINUTE = 60_000
const SHAPE = {
  accessToken: expect.stringMatching(/^eyJ/),
  refreshToken: expect.stringMatching(/^rt\./),
  expiresIn: expect.any(Number),
  tokenType: 'Bearer',
}

let service: Service
/** Without cookies. */
let phone: Client

beforeAll(async () => {
  service = await startService({}, { movingClock: true })
  phone = service.client()
  await register(service.client(), 'ada')
})
afterAll(async () => service[Symbol.asyncDispose]())

/** A browser, on a page of the service. */
const browser = (): Client => service.client({ headers: FROM_OWN_PAGE })

async function signedIn(client: Client = browser()): Promise<Client> {
  const answer = await client.post('/login', { username: 'ada', password: PASSWORD })
  expect(answer.status).toBe(200)
  return client
}

const authRefresh = (client: Client, facts = {}): Promise<Answer> =>
  client.post('/auth/refresh', undefined, facts)

const nameOf = (client: Client, end: string): string =>
  [...client.jar.keys()].find((name) => name.endsWith(end)) ?? `none ends with ${end}`

describe('who gets tokens', () => {
  it('behaviour 39a: the sender chooses; a browser gets cookies only unless it asks, anybody else gets both unless it asks', async () => {
    const login = { username: 'ada', password: PASSWORD }
    const cases = [
      [browser(), {}, false],
      [browser(), { deliver: 'cookie' }, false],
      [browser(), { deliver: 'token' }, true],
      [service.client(), {}, true],
      [service.client(), { deliver: 'cookie' }, false],
      [service.client(), { deliver: 'token' }, true],
    ] as const
    for (const [client, more, hasTokens] of cases) {
      const answer = await client.post('/login', { ...login, ...more })
      const { tokens } = answer.json<{ tokens?: Pair }>()
      expect([more, tokens !== undefined]).toEqual([more, hasTokens])
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.cookies.some((line) => /^sid-[\w-]{4}=/.test(line))).toBe(true)
      if (tokens === undefined) continue
      expect(tokens).toEqual(SHAPE)
      // One session, whichever of the two presents it.
      const [byToken, byCookie] = await Promise.all([
        phone.get('/session', bearing(tokens.accessToken)),
        client.get('/session'),
      ])
      expect(byToken.json().id).toBe(byCookie.json().id)
      await phone.request('PATCH', '/session', {
        headers: {
          Authorization: `Bearer ${tokens.accessToken}`,
          'Content-Type': 'application/json',
        },
        body: '{"cart":["book"]}',
        cookie: '',
      })
      expect((await client.get('/session')).json().data.cart).toEqual(['book'])
      const both = { headers: { Authorization: `Bearer ${tokens.accessToken}` } }
      expect((await client.get('/dashboard', both)).status).toBe(200)
      const stranger = await signedIn()
      const conflict = await stranger.get('/dashboard', both)
      expect([conflict.status, conflict.json().code]).toEqual([400, 'credentials_conflict'])
      // Ending one ends all.
      expect((await client.post('/logout')).status).toBe(200)
      expect((await phone.get('/dashboard', bearing(tokens.accessToken))).status).toBe(401)
      expect((await refresh(phone, tokens.refreshToken)).status).toBe(400)
    }
  })

  it('registering answers as signing in does, with the words of the source document', async () => {
    const answer = await service.client().post('/register', { username: 'bob', password: PASSWORD })
    expect(answer.status).toBe(201)
    expect(answer.json()).toEqual({
      message: 'User registered successfully',
      user: { id: expect.any(String), username: 'bob', email: null },
      tokens: SHAPE,
    })
    const page = await browser().form('/register', { username: 'carl', password: PASSWORD })
    expect([page.status, page.headers.location]).toEqual([303, '/dashboard'])
    expect(page.text).not.toContain('eyJ')
    expect(page.cookies.join()).not.toContain('eyJ')
  })

  it('an unknown way of delivery is refused, and nobody is signed in', async () => {
    const body = { username: 'ada', password: PASSWORD, deliver: 'both' }
    const answer = await service.client().post('/login', body)
    expect([answer.status, answer.json().field, answer.cookies]).toEqual([400, 'deliver', []])
  })
})

describe('refreshing by token', () => {
  it('S3-24, S3-31: takes the refresh token as bearer, in the body and from its cookie, and answers a new pair', async () => {
    for (const path of ['/refresh', '/auth/refresh']) {
      const one = await signIn(service.client(), 'ada')
      const byHeader = await phone.post(path, undefined, bearing(one.refreshToken))
      expect([byHeader.status, byHeader.json()]).toEqual([200, SHAPE])
      expect(byHeader.cookies).toEqual([])
      const { refreshToken } = byHeader.json<Pair>()
      const byBody = await phone.post(path, { refreshToken }, { cookie: '' })
      expect([byBody.status, byBody.json()]).toEqual([200, SHAPE])
      expect(byBody.headers['cache-control']).toBe('no-store')
      const last = byBody.json<Pair>()
      expect((await phone.get('/dashboard', bearing(last.accessToken))).status).toBe(200)
    }
    const client = await signedIn()
    await authRefresh(client)
    const byCookie = await authRefresh(client)
    expect([byCookie.status, byCookie.json().success]).toEqual([200, true])
  })

  it('S3-02: rotates each time, and notices a spent token that comes again', async () => {
    const first = await signIn(service.client(), 'ada')
    const tokens = [first]
    for (let round = 0; round < 5; round += 1) {
      const answer = await refresh(phone, tokens.at(-1)?.refreshToken ?? '')
      tokens.push(answer.json<Pair>())
    }
    expect(new Set(tokens.map(({ refreshToken }) => refreshToken)).size).toBe(6)
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(6)
    const again = await refresh(phone, tokens[2]?.refreshToken ?? '')
    expect([again.status, again.json().reason]).toEqual([400, 'refresh_reuse'])
    expect((await refresh(phone, tokens.at(-1)?.refreshToken ?? '')).status).toBe(400)
    expect((await phone.get('/dashboard', bearing(tokens.at(-1)?.accessToken ?? ''))).status).toBe(
      401,
    )
  })

  it('S0-08: is refused once the session has been idle too long, is too old or was revoked', async () => {
    const ways = {
      expired_idle: { SESSION_IDLE: '10m' },
      expired_absolute: { SESSION_IDLE: '10m', SESSION_TTL: '15m' },
      logged_out: {},
    }
    for (const [reason, environment] of Object.entries(ways)) {
      await using other = await startService(environment, { movingClock: true })
      const client = other.client()
      let pair = await register(client, 'ada')
      const again = async (): Promise<Answer> => {
        const answer = await refresh(other.client(), pair.refreshToken)
        if (answer.status === 200) pair = answer.json<Pair>()
        return answer
      }
      expect((await again()).status).toBe(200)
      if (reason === 'logged_out') await client.post('/logout')
      else {
        await other.advance(8 * MINUTE)
        expect((await again()).status).toBe(200)
        await other.advance((reason === 'expired_idle' ? 11 : 8) * MINUTE)
      }
      const refused = await again()
      expect([refused.status, refused.json().code, refused.json().reason]).toEqual([
        400,
        'invalid_grant',
        reason,
      ])
    }
  })

  it('S0-03, S3-20: an access token opens every guarded route, and says who comes where everybody may', async () => {
    const { accessToken } = await signIn(service.client(), 'ada')
    for (const path of ['/dashboard', '/profile', '/session', '/sessions']) {
      expect([path, (await phone.get(path, bearing(accessToken))).status]).toEqual([path, 200])
      expect([path, (await phone.get(path, { cookie: '' })).status]).toEqual([path, 401])
    }
    const open = await phone.get('/public', bearing(accessToken))
    expect(open.json()).toMatchObject({ authenticated: true, user: { username: 'ada' } })
    for (const facts of [{ cookie: '' }, bearing(flip(accessToken))]) {
      const answer = await phone.get('/public', facts)
      expect([answer.status, answer.json().authenticated]).toEqual([200, false])
    }
  })

  it('S3-16: leaving everywhere by token ends all sessions and tokens of the person, and of nobody else', async () => {
    await register(service.client(), 'zoe')
    const pairs = [await signIn(service.client(), 'zoe'), await signIn(service.client(), 'zoe')]
    const other = await signIn(service.client(), 'ada')
    const answer = await phone.post('/logout-all', undefined, bearing(pairs[0]?.accessToken ?? ''))
    expect(answer.json()).toMatchObject({ success: true, message: expect.any(String) })
    for (const { accessToken, refreshToken } of pairs) {
      expect((await phone.get('/dashboard', bearing(accessToken))).status).toBe(401)
      expect((await refresh(phone, refreshToken)).status).toBe(400)
    }
    expect((await phone.get('/dashboard', bearing(other.accessToken))).status).toBe(200)
  })

  it('leaving by token ends the session, also by one whose time is over and by the refresh token', async () => {
    for (const kind of ['access', 'expired', 'refresh'] as const) {
      const client = service.client()
      const pair = await signIn(client, 'ada')
      if (kind === 'expired') {
        await service.advance(16 * MINUTE)
        expect((await client.get('/dashboard')).status).toBe(200)
        expect((await phone.get('/dashboard', bearing(pair.accessToken))).status).toBe(401)
      }
      const token = kind === 'refresh' ? pair.refreshToken : pair.accessToken
      const answer = await phone.post('/logout', undefined, bearing(token))
      expect([kind, answer.status, answer.json().success]).toEqual([kind, 200, true])
      expect([kind, (await client.get('/dashboard')).status]).toEqual([kind, 401])
      expect([kind, (await refresh(phone, pair.refreshToken)).status]).toEqual([kind, 400])
    }
  })

  it('ASVS 10.4.9: the devices page ends the tokens of a device', async () => {
    const lost = await signIn(service.client(), 'ada')
    const client = await signedIn()
    const { sid } = open(lost.accessToken).claims
    const page = await client.page('/sessions')
    expect(page.text).toContain(`/sessions/${String(sid)}/end`)
    const ended = await client.form(`/sessions/${String(sid)}/end`)
    expect(ended.status).toBe(303)
    const refused = await refresh(phone, lost.refreshToken)
    expect([refused.status, refused.json().reason]).toEqual([400, 'logged_out_elsewhere'])
    expect((await phone.get('/dashboard', bearing(lost.accessToken))).status).toBe(401)
  })
})

describe('refreshing by cookie', () => {
  it('S4-08: the first call gives a browser with a session its pair as cookies, each further one rotates them; scripts see neither', async () => {
    const client = await signedIn()
    const first = await authRefresh(client)
    expect([first.status, first.json()]).toEqual([
      200,
      { success: true, expiresIn: expect.any(Number) },
    ])
    const lines = first.cookies.map((line) => line.replace(/=[^;]+/, '=…'))
    expect(lines).toEqual([
      expect.stringMatching(
        /^sid-[\w-]{4}-access=…; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
      ),
      expect.stringMatching(
        /^sid-[\w-]{4}-refresh=…; Path=\/auth\/refresh; HttpOnly; SameSite=Strict$/,
      ),
    ])
    const [access, refreshCookie] = [nameOf(client, '-access'), nameOf(client, '-refresh')]
    const before = client.jar.get(refreshCookie)
    const second = await authRefresh(client)
    expect([second.status, second.json().success]).toEqual([200, true])
    expect(client.jar.get(refreshCookie)).not.toBe(before)
    // The access cookie alone presents the session, where a gateway wants a token.
    const gateway = await phone.get('/dashboard', {
      cookie: `${access}=${client.jar.get(access) ?? ''}`,
    })
    expect(gateway.status).toBe(200)
  })

  it('on https the cookies have their prefixes, and together with the session stay within what proxies take', async () => {
    await using other = await startService({ ...production(), JWT_SECRET: signingKey() })
    const client = other.client({ headers: { ...BY_HTTPS, ...FROM_OWN_PAGE } })
    await client.post('/register', { username: 'ada', password: PASSWORD })
    const own = client.cookie.length
    const answer = await authRefresh(client)
    expect(answer.cookies.map((line) => line.replace(/=[^;]+/, '=…'))).toEqual([
      expect.stringMatching(
        /^__Host-sid-[\w-]{4}-access=…; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
      expect.stringMatching(
        /^__Secure-sid-[\w-]{4}-refresh=…; .*Path=\/auth\/refresh; HttpOnly; Secure; SameSite=Strict$/,
      ),
    ])
    const size = (end: string): number =>
      [...client.jar]
        .filter(([name]) => name.endsWith(end))
        .map((pair) => pair.join('=').length)[0] ?? 0
    const sizes = {
      session: own,
      access: size('-access'),
      refresh: size('-refresh'),
      all: client.cookie.length,
    }
    console.info('bytes of cookies', JSON.stringify(sizes))
    expect(sizes.session + sizes.refresh).toBeLessThan(512)
    expect(sizes.all).toBeLessThan(1_024)
  })

  it('S4-09, behaviour 3e: a refusal says so in the words of the recipe, and touches no cookie', async () => {
    const client = await signedIn()
    await authRefresh(client)
    const name = nameOf(client, '-refresh')
    const good = client.jar.get(name) ?? ''
    const spent = good
    await authRefresh(client)
    await authRefresh(client)
    const cases = {
      garbage: `${name}=garbage`,
      altered: `${name}=${flip(good)}`,
      nothing: '',
      spent: `${name}=${spent}`,
      ended: client.cookie,
    }
    for (const [kind, cookie] of Object.entries(cases)) {
      const answer = await authRefresh(client, { cookie })
      expect([kind, answer.status]).toEqual([kind, 401])
      expect(answer.json()).toMatchObject({ error: 'Invalid refresh token' })
      expect([kind, answer.cookies]).toEqual([kind, []])
      expect(answer.headers['clear-site-data']).toBeUndefined()
    }
  })

  it('tabs that race get one successor, whichever cookie arrives last; none of them is signed out', async () => {
    const client = await signedIn()
    await authRefresh(client)
    for (let round = 0; round < 5; round += 1) {
      const tabs = Array.from({ length: 20 }, () => client.copy())
      const answers = await Promise.all(tabs.map((tab) => authRefresh(tab)))
      expect(answers.map(({ status }) => status)).toEqual(tabs.map(() => 200))
      const successors = new Set(tabs.map((tab) => tab.jar.get(nameOf(tab, '-refresh'))))
      expect(successors.size).toBe(1)
      client.keep(answers.at(-1)?.cookies ?? [])
    }
    expect((await client.get('/dashboard')).status).toBe(200)
  })

  it('tabs that race for the very first pair get the same one', async () => {
    const client = await signedIn()
    const tabs = Array.from({ length: 10 }, () => client.copy())
    const answers = await Promise.all(tabs.map((tab) => authRefresh(tab)))
    expect(answers.map(({ status }) => status)).toEqual(tabs.map(() => 200))
    expect(new Set(tabs.map((tab) => tab.jar.get(nameOf(tab, '-refresh')))).size).toBe(1)
    expect((await authRefresh(tabs[3] ?? client)).status).toBe(200)
  })

  it('behaviour 3g: another site’s request is refused before anything is exchanged, and costs the person no cookie', async () => {
    const client = await signedIn()
    await authRefresh(client)
    const before = new Map(client.jar)
    const foreign = [
      { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none', Origin: 'https://evil.example' },
    ]
    for (const headers of foreign) {
      const answer = await authRefresh(client, { headers })
      expect([answer.status, answer.cookies]).toEqual([403, []])
    }
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const plain = service.client()
    for (const [name, value] of client.jar) plain.jar.set(name, value)
    const answer = await plain.request('POST', '/auth/refresh', { headers: form, body: '' })
    expect([answer.status, answer.cookies]).toEqual([403, []])
    expect(client.jar).toEqual(before)
    expect((await authRefresh(client)).status).toBe(200)
  })

  it('behaviour 15d: a request by token alone needs no proof of its origin, one with a cookie always does', async () => {
    const client = service.client()
    const { accessToken } = await signIn(client, 'ada')
    const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
    const bearer = { Authorization: `Bearer ${accessToken}` }
    const body = { 'Content-Type': 'application/json' }
    const change = (headers: Record<string, string>, cookie: string): Promise<Answer> =>
      client.request('PATCH', '/session', {
        headers: { ...body, ...headers },
        body: '{"a":1}',
        cookie,
      })
    expect((await change({ ...foreign, ...bearer }, '')).status).toBe(200)
    expect((await change({ ...foreign }, client.cookie)).status).toBe(403)
    expect((await change({ ...foreign, ...bearer }, client.cookie)).status).toBe(403)
    const access = `${nameOf(client, '').replace(/^(sid-[\w-]{4}).*/, '$1')}-access=${accessToken}`
    expect((await change(foreign, access)).status).toBe(403)
    expect((await change(FROM_OWN_PAGE, access)).status).toBe(200)
  })

  it('signing out deletes the cookies that hold tokens, signing in anew those of the session before', async () => {
    const client = await signedIn()
    await authRefresh(client)
    const old = new Map(client.jar)
    const again = await client.post('/login', { username: 'ada', password: PASSWORD })
    expect(again.cookies.filter((line) => /-(?:access|refresh)=;/.test(line))).toHaveLength(2)
    expect([...client.jar.keys()].filter((name) => /-(?:access|refresh)$/.test(name))).toEqual([])
    await authRefresh(client)
    const out = await client.post('/logout')
    expect(out.cookies.filter((line) => /-(?:access|refresh)=;/.test(line))).toEqual([
      expect.stringMatching(/-access=; Max-Age=0; .*Path=\/; /),
      expect.stringMatching(/-refresh=; Max-Age=0; .*Path=\/auth\/refresh; /),
    ])
    expect(client.jar.size).toBe(0)
    // And what somebody kept of them is dead.
    for (const [name, value] of old) {
      const answer = await phone.get('/dashboard', { cookie: `${name}=${value}` })
      expect([name, answer.status]).toEqual([name, 401])
    }
  })
})

describe('pages', () => {
  it('are as before: forms lead on, and no page or its cookies hold a token', async () => {
    const client = service.client({ headers: { 'User-Agent': 'Pages/1.0' } })
    const wrong = await client.form('/login', { username: 'ada', password: 'wrong' })
    expect(wrong.status).toBe(401)
    const right = await client.form('/login', { username: 'ada', password: PASSWORD })
    expect([right.status, right.headers.location]).toEqual([303, '/dashboard'])
    expect(right.cookies).toHaveLength(1)
    for (const path of ['/dashboard', '/profile', '/security', '/sessions', '/']) {
      const page = await client.page(path)
      expect([path, page.status]).toEqual([path, 200])
      expect(page.text).not.toMatch(/eyJ|rt\.[\w-]{2}\./)
    }
    const out = await client.form('/logout')
    expect([out.status, out.headers.location]).toEqual([303, '/signed-out?reason=logged_out'])
    const closed = await client.page('/dashboard')
    expect([closed.status, closed.headers.location]).toEqual([303, '/login?returnTo=%2Fdashboard'])
  })
})

describe('at rest', () => {
  it('S3-03: in Redis everything has an end of its own, and the list of a person forgets what is over', async () => {
    const redis = await startRedis()
    try {
      await using other = await startService({ REDIS_URL: redis.url })
      await register(other.client(), 'ada')
      const pairs = await Promise.all(
        Array.from({ length: 5 }, () => signIn(other.client(), 'ada')),
      )
      for (const { refreshToken } of pairs) await refresh(other.client(), refreshToken)
      const client = createClient({ url: redis.url })
      await client.connect()
      const keys = await client.keys('*')
      expect(keys.length).toBeGreaterThan(6)
      for (const key of keys) expect([key, (await client.pTTL(key)) > 0]).toEqual([key, true])
      const sizes = async (): Promise<number> => {
        const index = await Promise.all(
          (await client.keys('*')).map(async (key) =>
            (await client.type(key)) === 'zset' ? client.zCard(key) : 0,
          ),
        )
        return Math.max(0, ...index)
      }
      expect(await sizes()).toBeGreaterThanOrEqual(6)
      for (const { accessToken } of pairs)
        await other.client().post('/logout', undefined, bearing(accessToken))
      const list = await signIn(other.client(), 'ada')
      const sessions = await other.client().get('/sessions', bearing(list.accessToken))
      expect(sessions.json()).toHaveLength(2)
      expect(await sizes()).toBe(2)
      // Nothing that could be presented rests there.
      const dump = JSON.stringify(
        await Promise.all((await client.keys('*')).map((key) => client.dump(key).catch(() => ''))),
      )
      for (const { refreshToken, accessToken } of pairs) {
        expect(dump.includes(refreshToken.split('.')[3] ?? refreshToken)).toBe(false)
        expect(dump.includes(accessToken.slice(-40))).toBe(false)
      }
      await client.close()
    } finally {
      await redis.stop()
    }
  })
})
