/** What people are told about the safety of their account, and what they answer: the routes of one service on SQLite. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Answer, Client } from '../support/client.js'
import { mmdb, town } from '../support/mmdb.js'
import { startService, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const LISBON = '203.0.113.7'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-security-'))
let service: Service
beforeAll(async () => {
  const file = join(folder, 'towns.mmdb')
  writeFileSync(file, mmdb({ '203.0.113.0/24': town('Lisbon', 'Portugal', 'PT') }))
  service = await startService({ PLACES_FILE: file, TRUST_PROXY: 'loopback' })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const browser = (agent = CHROME, address = '198.51.100.9'): Client =>
  service.client({ headers: { 'User-Agent': agent, 'X-Forwarded-For': address } })
const ok = (answer: Answer): Answer => {
  expect(answer.status, answer.text).toBeLessThan(400)
  return answer
}
let count = 0
/** Somebody at home, and the name they go by. */
async function somebody(): Promise<{ readonly home: Client; readonly username: string }> {
  const [home, username] = [browser(), `person-${String((count += 1))}`]
  ok(await home.form('/register', { username, password: PASSWORD }))
  return { home, username }
}
async function signIn(client: Client, username: string): Promise<Client> {
  ok(await client.form('/login', { username, password: PASSWORD }))
  return client
}
const words = ({ text }: Answer): string =>
  text
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;|&#x27;/g, "'")
    .replace(/\s+/g, ' ')

interface Told {
  readonly kind: string
  readonly count: number
  readonly device: { readonly name: string } | null
  readonly ip: string | null
  readonly place: string | null
}
const eventsOf = async (client: Client, query = ''): Promise<readonly Told[]> =>
  ok(await client.get(`/security/events${query}`)).json() as readonly Told[]
/** Records are written a moment after what they tell of. */
const eventually = async (client: Client, kinds: readonly string[]): Promise<readonly Told[]> => {
  let told: readonly Told[] = []
  await vi.waitFor(
    async () => {
      told = await eventsOf(client)
      expect(told.map(({ kind }) => kind)).toEqual(kinds)
    },
    { timeout: 5_000, interval: 50 },
  )
  return told
}
const waiting = async (client: Client) =>
  ok(await client.get('/security/new-sign-ins')).json() as readonly { readonly id: string }[]

it('a person is told what happened to the account, from where and when, and nobody else is', async () => {
  const { home, username } = await somebody()
  const stranger = browser(FIREFOX, LISBON)
  for (const password of ['guess one', 'guess two']) {
    expect((await stranger.form('/login', { username, password })).status).toBe(401)
  }
  await signIn(stranger, username)
  expect(await waiting(home)).toHaveLength(1)
  ok(await home.post('/password', { currentPassword: PASSWORD, newPassword: `${PASSWORD} !` }))
  const told = await eventually(home, [
    'passwordChanged',
    'signedInNew',
    'signInFailed',
    'signedIn',
  ])
  expect(told[2]).toMatchObject({
    count: 2,
    device: { name: 'Firefox 140 on Windows', kind: 'desktop' },
    ip: '203.0.113.0/24',
    place: 'Lisbon, Portugal',
  })
  expect(await waiting(home), 'nothing is left to ask about').toEqual([])
  const page = words(await home.page('/security'))
  expect(page).toContain('2 sign-ins failed')
  expect(page).toMatch(
    /just now · Firefox 140 on Windows · 203\.0\.113\.0\/24 \(Lisbon, Portugal\)/,
  )
  const { home: other } = await somebody()
  await eventually(other, ['signedIn'])
  expect(words(await other.page('/security'))).not.toContain('Firefox')
})

it('events come a page at a time; a cursor is good for the person who got it', async () => {
  const { home } = await somebody()
  const { home: other } = await somebody()
  for (let index = 0; index < 12; index += 1) {
    ok(await home.post('/reauthenticate', { password: PASSWORD }))
  }
  await eventually(home, [...Array<string>(12).fill('confirmed'), 'signedIn'])
  const first = await home.page('/security')
  const link = /href="(\/security\/events\?cursor=[^"]+)"/.exec(first.text)?.[1] ?? ''
  const second = await home.page(link)
  expect(words(second)).toMatch(/Back to the newest events/)
  expect(second.text.match(/class="event[ "]/g)).toHaveLength(3)
  expect(first.text.match(/class="event[ "]/g)).toHaveLength(10)
  const listed = await home.get('/security/events?limit=5')
  const next = /<([^>]+)>; rel="next"/.exec(String(listed.headers['link']))?.[1] ?? ''
  expect(next).toContain('limit=5')
  expect((await eventsOf(home, next.slice('/security/events'.length))).length).toBe(5)
  expect((await other.get(next)).json()).toMatchObject({ code: 'field_invalid', field: 'cursor' })
  expect((await home.get('/security/events?cursor=x')).status).toBe(400)
  const devices = await home.get('/sessions?limit=1')
  expect(devices.status).toBe(200)
  expect((await service.client().get('/security/events')).status).toBe(401)
})

it('a sign-in on a new device is asked about on the other ones, until its person says whose it was', async () => {
  const { home, username } = await somebody()
  expect(await waiting(home)).toEqual([])
  const phone = await signIn(browser(FIREFOX, LISBON), username)
  const asked = 'New sign-in: Firefox 140 on Windows, 203.0.113.0/24 (Lisbon, Portugal)'
  for (const path of ['/', '/dashboard', '/profile', '/sessions', '/security']) {
    const page = words(await home.page(path))
    expect(page, path).toContain(asked)
    expect(page).toMatch(/just now ?\. Was it you\?/)
    expect(words(await phone.page(path)), 'the device itself is not asked').not.toContain(asked)
  }
  const [{ id = '' } = {}] = await waiting(home)
  expect(await waiting(phone)).toEqual([])
  const answered = { returnTo: '/profile' }
  const own = await phone.form(`/security/new-sign-ins/${id}/confirm`, answered)
  expect(own.headers.location, 'nobody answers for themselves').toBe('/security')
  const { home: other } = await somebody()
  const others = await other.post(`/security/new-sign-ins/${id}/confirm`)
  expect([others.status, others.json()]).toMatchObject([404, { code: 'session_unknown' }])
  expect(await waiting(home)).toHaveLength(1)
  const done = await home.form(`/security/new-sign-ins/${id}/confirm`, answered)
  expect(done.headers.location).toBe('/profile')
  const after = words(await home.page('/profile'))
  expect(after).toContain('We will not ask about that sign-in again')
  expect(after).not.toContain('New sign-in:')
  expect((await phone.get('/profile')).status).toBe(200)
  // The device is known by now: signing in on it again is no news.
  await signIn(phone, username)
  expect(await waiting(home)).toEqual([])
  expect((await home.post(`/security/new-sign-ins/${id}/confirm`)).status).toBe(404)
})

it('where it was not, that device is signed out after a fresh look at the password', async () => {
  const { home, username } = await somebody()
  const thieves = [
    await signIn(browser(FIREFOX, LISBON), username),
    await signIn(browser(FIREFOX, '203.0.113.99'), username),
  ]
  const [{ id = '' } = {}, ...more] = await waiting(home)
  expect(more, 'one device, one network: asked about once').toEqual([])
  expect((await waiting(home))[0]).toMatchObject({ count: 2 })
  const done = await home.form(`/security/new-sign-ins/${id}/deny`)
  expect(done.headers.location).toBe('/security#change')
  for (const thief of thieves) {
    expect((await thief.get('/profile')).json()).toMatchObject({ reason: 'logged_out_elsewhere' })
  }
  expect(words(await home.page('/security'))).toContain('Now change your password')
  expect(await waiting(home)).toEqual([])
})

it('the list of devices tells places; private networks have none', async () => {
  const { home, username } = await somebody()
  await signIn(browser(FIREFOX, LISBON), username)
  await signIn(browser(FIREFOX, '192.168.1.5'), username)
  expect(words(await home.page('/sessions'))).toContain(`${LISBON} (Lisbon, Portugal)`)
  const listed = ok(await home.get('/sessions')).json() as readonly {
    readonly ip: string
    readonly place: string | null
  }[]
  const places = Object.fromEntries(listed.map(({ ip, place }) => [ip, place]))
  expect(places).toMatchObject({ [LISBON]: 'Lisbon, Portugal', '192.168.1.5': null })
})

it('a browser that keeps no cookie is told so, and the session that began for nothing is ended', async () => {
  const { home, username } = await somebody()
  const navigates = {
    headers: {
      'User-Agent': FIREFOX,
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Site': 'same-origin',
    },
  }
  const blind = service.client(navigates)
  const signedIn = await blind.form('/login', {
    username,
    password: PASSWORD,
    returnTo: '/profile',
  })
  const target = signedIn.headers.location ?? ''
  expect(target).toMatch(/^\/login\?returnTo=%2Fprofile&began=/)
  expect(await waiting(home), 'a password that is known is news all the same').toHaveLength(1)
  const kept = [...blind.jar.values(), ...blind.devices.values()]
  expect(kept.length).toBeGreaterThan(0)
  for (const secret of kept) expect(target).not.toContain(secret)
  const page = await service.client(navigates).page(target)
  expect([page.status, page.cookies]).toEqual([200, []])
  expect(words(page)).toContain('Your browser keeps no cookies for this site')
  expect((await blind.get('/profile')).json(), 'it is over').toMatchObject({ reason: 'logged_out' })
  // Who keeps cookies comes to where they wanted, past the same address.
  const seeing = service.client(navigates)
  const next = await seeing.form('/login', { username, password: PASSWORD, returnTo: '/profile' })
  expect((await seeing.follow(next)).headers.location).toBe('/profile')
  expect((await seeing.get('/profile')).status).toBe(200)
  // A reference that somebody made up, or with cookies beside it, ends and says nothing.
  const madeUp = target.replace(/began=..../, 'began=AAAA')
  for (const [client, path] of [
    [service.client(), madeUp],
    [service.client({ headers: { Cookie: 'other=1' } }), target],
  ] as const) {
    expect(words(await client.page(path))).not.toContain('keeps no cookies')
  }
  const list = await seeing.get('/security/events?limit=3')
  expect(list.status).toBe(200)
})
