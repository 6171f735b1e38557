/**
 * What a person does from registering to leaving, by JSON as a script does it, on each ground that sessions and
 * accounts may rest on. One service a ground; the last test looks into everything that the others left behind.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.js'
import { dumpFolder, foundIn, Tape } from '../support/records.js'
import { startService, type Service } from '../support/service.js'
import { VARIANTS, type Ground } from '../support/variants.js'

const PASSWORD = 'correct horse battery 9'
/** What a client that is no browser gets beside its cookie. */
const TOKENS: unknown = {
  accessToken: expect.any(String),
  refreshToken: expect.any(String),
  expiresIn: expect.any(Number),
  tokenType: 'Bearer',
}

describe.each(VARIANTS)('the service on $name', (variant) => {
  let ground: Ground
  let service: Service
  const tape = new Tape()

  beforeAll(async () => {
    ground = await variant.start()
    service = await startService(ground.environment)
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await ground.stop()
  })

  const somebody = (): Client =>
    service.client({ onAnswer: tape.hear, headers: { 'User-Agent': 'Walk/1.0 (X11; Linux)' } })

  async function register(username: string, password = PASSWORD): Promise<Client> {
    const client = somebody()
    expect((await client.post('/register', { username, password })).status).toBe(201)
    return client
  }

  async function signIn(username: string, password = PASSWORD): Promise<Client> {
    const client = somebody()
    expect((await client.post('/login', { username, password })).status).toBe(200)
    return client
  }

  const isSignedIn = async (client: Client): Promise<boolean> =>
    (await client.get('/dashboard')).status === 200

  it('S1-01: a person registers, leaves and signs in again', async () => {
    const client = somebody()
    const registered = await client.post('/register', { username: 'ada', password: PASSWORD })
    expect(registered.status).toBe(201)
    expect(registered.json()).toEqual({
      message: 'User registered successfully',
      user: { id: expect.any(String), username: 'ada', email: null },
      tokens: TOKENS,
    })
    expect(await isSignedIn(client)).toBe(true)
    await client.post('/logout')
    expect(await isSignedIn(client)).toBe(false)
    const again = await client.post('/login', { username: 'ada', password: PASSWORD })
    expect(again.status).toBe(200)
    expect(again.json()).toEqual({
      message: 'Login successful',
      user: registered.json().user,
      tokens: TOKENS,
    })
    expect(await isSignedIn(client)).toBe(true)
  })

  it('a name that is taken is refused however it is spelt, and nothing is signed in', async () => {
    await register('Ärmel')
    for (const username of ['Ärmel', 'ärmel', ' ÄRMEL ', 'A\u0308rmel']) {
      const client = somebody()
      const answer = await client.post('/register', { username, password: 'another long one' })
      expect(answer.status).toBe(400)
      expect(answer.json()).toMatchObject({ error: 'User already exists', code: 'user_exists' })
      expect(answer.cookies).toEqual([])
      expect(await isSignedIn(client)).toBe(false)
    }
  })

  it('a wrong password is refused in the words of the source document, without a cookie', async () => {
    await register('grace')
    const client = somebody()
    const answer = await client.post('/login', { username: 'grace', password: 'wrong' })
    expect(answer.status).toBe(401)
    expect(answer.json()).toMatchObject({ error: 'Invalid credentials' })
    expect(answer.cookies).toEqual([])
  })

  it('S1-03: signing in sets a session cookie, with a new id each time', async () => {
    await register('mary')
    const [one, two] = [await signIn('mary'), await signIn('mary')]
    const ids = await Promise.all(
      [one, two].map(async (client) => (await client.get('/session')).json().id as string),
    )
    expect(new Set(ids).size).toBe(2)
    const before = one.cookie
    const answer = await one.post('/login', { username: 'mary', password: PASSWORD })
    expect(answer.cookies).toHaveLength(1)
    expect(answer.cookies[0]).toMatch(/^sid-[\w-]{4}=[\w.-]+; .*HttpOnly/)
    expect(one.cookie).not.toBe(before)
    expect((await one.get('/session')).json().id).not.toBe(ids[0])
  })

  it('S1-04: the dashboard is for whom the cookie knows: 200 with it, 401 or a redirect without', async () => {
    const client = await register('joan')
    const known = await client.get('/dashboard')
    expect(known.status).toBe(200)
    expect(known.json()).toMatchObject({ user: { username: 'joan' } })
    const stranger = somebody()
    expect((await stranger.get('/dashboard')).status).toBe(401)
    const page = await stranger.page('/dashboard')
    expect(page.status).toBe(303)
    expect(page.headers.location).toBe('/login?returnTo=%2Fdashboard')
  })

  it('S2-09: the front page counts views in the words of the source document', async () => {
    const client = somebody()
    expect((await client.get('/')).json().message).toBe('Welcome, first visit!')
    for (const views of [2, 3]) {
      const { message, sessionId } = (await client.get('/')).json()
      expect(message).toBe(`Views: ${views}. Session ID: ${sessionId}`)
      expect(sessionId).toMatch(/^[\w-]{2}\.[\w-]{22}$/)
    }
  })

  it('S2-10, S2-13, ASVS 7.2.4: a sign-in rotates the id by itself and keeps the data; what was planted gets nobody in', async () => {
    await register('hedy')
    const client = somebody()
    await client.get('/')
    await client.get('/')
    const planted = client.cookie
    const before = (await client.get('/')).json().sessionId
    await client.post('/login', { username: 'hedy', password: PASSWORD })
    expect(client.cookie).not.toContain(planted.split('=')[1])
    const home = (await client.get('/')).json()
    expect(home).toMatchObject({ signedIn: true, views: 4 })
    expect(home.sessionId).not.toBe(before)
    const thief = await somebody().get('/dashboard', { cookie: planted })
    expect(thief.status).toBe(401)
    expect(thief.json()).toMatchObject({ code: 'session_rotated' })

    // The same for a signed-in session: once more by sign-in, and by a step-up.
    for (const path of ['/login', '/reauthenticate']) {
      const old = client.cookie
      const body = { ...(path === '/login' ? { username: 'hedy' } : {}), password: PASSWORD }
      expect((await client.post(path, body)).status).toBe(200)
      expect(client.cookie).not.toBe(old)
      expect(await isSignedIn(client)).toBe(true)
      expect((await somebody().get('/dashboard', { cookie: old })).status).toBe(401)
    }
  })

  it('S3-29: the profile says who, and which session', async () => {
    const client = await register('katherine')
    const answer = await client.get('/profile')
    const { id, createdAt, lastSeenAt } = (await client.get('/session')).json()
    expect(answer.json()).toEqual({
      message: 'Profile data',
      user: { id: expect.any(String), username: 'katherine', email: null },
      sessionInfo: expect.objectContaining({ sessionId: id, createdAt, lastActivity: lastSeenAt }),
    })
    expect((await somebody().get('/profile')).status).toBe(401)
  })

  it('S3-30: the public page is for anybody, and says who you are', async () => {
    const client = await register('radia')
    const { user } = (await client.get('/dashboard')).json()
    const message = 'This is public content'
    expect((await client.get('/public')).json()).toEqual({ message, authenticated: true, user })
    const stranger = await somebody().get('/public')
    expect(stranger.json()).toEqual({ message, authenticated: false, user: null })
  })

  it('S3-32: signing out ends the session, and its cookies go', async () => {
    const client = await register('barbara')
    const cookie = client.cookie
    const answer = await client.post('/logout')
    expect(answer.json()).toEqual({ success: true, message: 'Logged out successfully' })
    expect(client.jar.size).toBe(0)
    expect(await isSignedIn(client)).toBe(false)
    const replayed = await somebody().get('/dashboard', { cookie })
    expect(replayed.status).toBe(401)
    expect(replayed.json()).toMatchObject({ code: 'session_ended', reason: 'logged_out' })
  })

  it('S3-33: signing out everywhere ends all sessions of this person and of nobody else', async () => {
    const [other, first] = [await register('ruth'), await register('frances')]
    const more = [await signIn('frances'), await signIn('frances')]
    const answer = await first.post('/logout-all')
    expect(answer.json()).toEqual({
      success: true,
      message: 'Logged out from all sessions',
      count: 3,
    })
    expect(first.jar.size).toBe(0)
    for (const client of more) expect(await isSignedIn(client)).toBe(false)
    expect(await isSignedIn(other)).toBe(true)
    expect(await isSignedIn(await signIn('frances'))).toBe(true)
  })

  it('S3-34: health says that all is well, and when', async () => {
    const { status, timestamp } = (await somebody().get('/health')).json()
    expect(status).toBe('ok')
    expect(Math.abs(Date.now() - Date.parse(timestamp))).toBeLessThan(5_000)
    expect((await somebody().get('/health/ready')).json()).toEqual({
      status: 'ok',
      sessions: 'ok',
      accounts: 'ok',
    })
  })

  it('ASVS 7.5.2, 8.2.2: people see and end their own sessions, and nobody else’s', async () => {
    const [client, stranger] = [await register('annie'), await register('mallory')]
    const phone = await signIn('annie')
    const list = (await client.get('/sessions')).json<Device[]>()
    expect(list).toHaveLength(2)
    const { id: own } = (await client.get('/session')).json()
    expect(list.filter(({ current }) => current).map(({ id }) => id)).toEqual([own])
    for (const device of list) {
      expect(Object.keys(device).sort()).toEqual(
        'actedIn createdAt current device expiresAt id ip lastSeenAt methods place'.split(' '),
      )
      expect(device).toMatchObject({ ip: '127.0.0.1', methods: ['pwd'] })
    }
    const { id } = (await phone.get('/session')).json()

    const foreign = await stranger.delete(`/sessions/${id}`)
    expect(foreign.status).toBe(404)
    expect(foreign.json()).toMatchObject({ code: 'session_unknown', message: 'No such session.' })
    expect(await isSignedIn(phone)).toBe(true)
    expect((await stranger.get('/sessions')).text).not.toContain(id)

    expect((await client.delete(`/sessions/${id}`)).json()).toEqual({ success: true, id })
    const out = await phone.get('/dashboard')
    expect(out.status).toBe(401)
    expect(out.json()).toMatchObject({ reason: 'logged_out_elsewhere' })
    expect((await client.get('/sessions')).json()).toHaveLength(1)
    expect((await client.delete(`/sessions/${id}`)).status).toBe(404)
  })

  it('all sessions but this one end with one and with many, and those begun afterwards live', async () => {
    const client = await register('sophie')
    expect((await client.post('/sessions/revoke-others')).json()).toMatchObject({ count: 0 })
    expect(await isSignedIn(client)).toBe(true)
    const others = await Promise.all(Array.from({ length: 20 }, () => signIn('sophie')))
    expect((await client.post('/sessions/revoke-others')).json()).toMatchObject({ count: 20 })
    for (const other of others) expect(await isSignedIn(other)).toBe(false)
    expect(await isSignedIn(client)).toBe(true)
    expect(await isSignedIn(await signIn('sophie'))).toBe(true)
    expect((await client.get('/sessions')).json()).toHaveLength(2)
  })

  it('ASVS 7.4.3: a new password ends all other sessions, and rotates this one', async () => {
    const client = await register('emmy')
    const others = [await signIn('emmy'), await signIn('emmy')]
    const before = client.cookie
    const answer = await client.post('/password', {
      currentPassword: PASSWORD,
      newPassword: 'another horse battery 9',
    })
    expect(answer.json()).toEqual({ success: true, message: 'Password changed', count: 2 })
    for (const other of others) {
      expect((await other.get('/dashboard')).json()).toMatchObject({ reason: 'password_changed' })
    }
    expect(client.cookie).not.toBe(before)
    expect(await isSignedIn(client)).toBe(true)
    expect((await somebody().get('/dashboard', { cookie: before })).status).toBe(401)
    const event = service.log().findLast((line) => line['event'] === 'subject.revoked')
    expect(event).toMatchObject({ reason: 'password_changed', count: 2 })
    const old = await somebody().post('/login', { username: 'emmy', password: PASSWORD })
    expect(old.status).toBe(401)
    await signIn('emmy', 'another horse battery 9')
  })

  it('ASVS 6.2.9: a password may have 64 and 128 characters, and 1 MB of it is refused unread', async () => {
    for (const length of [64, 128]) {
      const password = 'é'.repeat(length - 1) + 'x'
      await register(`long${length}`, password)
      await signIn(`long${length}`, password)
    }
    const huge = await somebody().post('/login', { username: 'ada', password: 'x'.repeat(1 << 20) })
    expect(huge.status).toBe(413)
  })

  it('session data is merged key by key, and only what was named is written', async () => {
    const client = await register('maria')
    const [one, two] = [client.copy(), client.copy()]
    await one.patch('/session', { theme: 'dark', cart: { tea: 1 } })
    await two.patch('/session', { cart: { milk: 2 }, theme: null })
    const { data } = (await client.get('/session')).json()
    expect(data).toEqual({ cart: { milk: 2 } })
  })

  it('a crash of the service signs nobody out, and loses nothing', async () => {
    const client = await register('lise')
    await client.patch('/session', { kept: 'through the crash' })
    await service.restart(undefined, 'SIGKILL')
    expect((await client.get('/session')).json().data).toEqual({ kept: 'through the crash' })
    expect(await isSignedIn(client)).toBe(true)
  })

  it('behaviour 24a, ASVS 3.3.4: nothing at rest and nothing said can be presented', async () => {
    const metrics = await service.client().get('/metrics')
    const atRest = (await ground.dump()) + dumpFolder(service.dataDir)
    const everything = [atRest, service.output(), metrics.text, tape.said].join('\n')
    // The search finds what is there: public ids at rest, in lists and in the log; hashes of passwords.
    const [, id = ''] = [...tape.tokens].at(-1)?.match(/^..\.([\w-]{22})/) ?? []
    for (const text of [atRest, service.output(), tape.said]) expect(text).toContain(id)
    expect(atRest).toContain('$argon2id$v=19$m=19456')
    expect(tape.tokens.size).toBeGreaterThan(50)
    const secrets = [...tape.secrets, PASSWORD, 'another horse battery 9', 'another long one']
    expect(foundIn(everything, secrets)).toEqual([])
  })
})

interface Device {
  readonly id: string
  readonly current: boolean
}
