/** What a browser without JavaScript sees: pages, forms and redirects of one service on SQLite. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Client } from '../support/client.js'
import { startService, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service[Symbol.asyncDispose]())

const browser = (): Client => service.client({ headers: { 'User-Agent': CHROME } })

async function registered(username: string): Promise<Client> {
  const client = browser()
  const answer = await client.form('/register', { username, password: PASSWORD })
  expect([answer.status, answer.headers.location]).toEqual([303, '/dashboard'])
  return client
}

async function signedIn(username: string): Promise<Client> {
  const client = browser()
  const answer = await client.form('/login', { username, password: PASSWORD })
  expect([answer.status, answer.headers.location]).toEqual([303, '/dashboard'])
  return client
}

/** The text of a page, without its marks. */
const words = ({ text }: Answer): string =>
  text
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;|&#x27;/g, "'")
    .replace(/\s+/g, ' ')

/** Where the forms of a page lead. */
const forms = ({ text }: Answer): string[] =>
  [...text.matchAll(/<form[^>]* action="([^"]+)"/g)].map(([, action = '']) => action)

describe('a person with a browser', () => {
  it('registers, sees the dashboard once welcomed, and stays signed in', async () => {
    const client = browser()
    expect(forms(await client.page('/register'))).toContain('/register')
    const done = await client.form('/register', { username: 'ada', password: PASSWORD })
    const dashboard = await client.follow(done)
    expect(dashboard.status).toBe(200)
    expect(words(dashboard)).toMatch(/ada/)
    const notice = /<div[^>]*role="status"/
    expect(dashboard.text).toMatch(notice)
    expect((await client.page('/dashboard')).text).not.toMatch(notice)
    expect((await client.page('/login')).headers.location).toBe('/dashboard')
  })

  it('is told what is wrong beside the form, and nothing typed but the password is lost', async () => {
    await registered('grace')
    const taken = await browser().form('/register', { username: 'grace', password: PASSWORD })
    expect(taken.status).toBe(400)
    expect(taken.text).toContain('value="grace"')
    const short = await browser().form('/register', { username: 'new', password: 'abc' })
    expect(short.status).toBe(400)
    expect(words(short)).toMatch(/at least 6 characters/)
    const wrong = await browser().form('/login', { username: 'grace', password: 'not it' })
    expect(wrong.status).toBe(401)
    expect(wrong.text).toContain('value="grace"')
    expect(wrong.text).not.toContain('not it')
    expect(wrong.cookies).toEqual([])
  })

  it('sees two devices, ends the other, and that one is told why', async () => {
    const [here, there] = [await registered('joan'), await signedIn('joan')]
    const devices = await here.page('/sessions')
    expect(words(devices)).toMatch(/Chrome 140 on Linux/)
    const [, asking = ''] = /href="(\/sessions\/[^"]+\/end)"/.exec(devices.text) ?? []
    const asked = await here.page(asking)
    expect(words(asked)).toContain('End the session on Chrome 140 on Linux? Signed in just now')
    expect(words(asked)).toContain('cannot be undone')
    expect(forms(asked)).toContain(asking)
    const done = await here.form(asking)
    expect([done.status, done.headers.location]).toEqual([303, '/sessions'])
    const out = await there.page('/dashboard')
    expect(out.headers.location).toBe('/login?returnTo=%2Fdashboard&reason=logged_out_elsewhere')
    expect(words(await there.follow(out))).toMatch(/another device|elsewhere/i)
    expect((await here.page('/dashboard')).status).toBe(200)
  })

  it('is asked before sessions end, which no link, no other person and no program sets off', async () => {
    const [here, there] = [await registered('emmy'), await signedIn('emmy')]
    const [{ id }] = (await there.get('/sessions')).json() as unknown as [{ id: string }]
    const all = await here.page('/sessions/revoke-others')
    expect(forms(all)).toContain('/sessions/revoke-others')
    expect(words(all)).toContain('every session except this one')
    expect((await there.page('/dashboard')).status, 'asking ends nothing').toBe(200)
    // One's own leaves by signing out.
    expect((await there.page(`/sessions/${id}/end`)).headers.location).toBe('/logout')

    const stranger = await registered('noether')
    for (const unknown of [id, 'no-such-id', 'aa.bb']) {
      const answer = await stranger.page(`/sessions/${unknown}/end`)
      expect([answer.status, answer.headers.location]).toEqual([303, '/sessions'])
    }
    expect(words(await stranger.page('/sessions'))).toContain('was already signed out')

    for (const path of ['/sessions/revoke-others', `/sessions/${id}/end`]) {
      const program = await here.get(path, { headers: { Accept: 'application/json' } })
      expect([program.status, program.json()]).toEqual([
        406,
        expect.objectContaining({ code: 'not_acceptable' }),
      ])
      const guest = await browser().page(path)
      expect(guest.headers.location).toBe(`/login?returnTo=${encodeURIComponent(path)}`)
    }
  })

  it('a script that looks at the devices takes no message from the person', async () => {
    const client = await registered('katherine')
    const passive = { headers: { Accept: 'text/html', 'Sojourn-Passive': '1' } }
    const notice = 'Your account is ready'
    expect(words(await client.get('/sessions', passive))).not.toContain(notice)
    expect(words(await client.page('/sessions'))).toContain(notice)
  })

  it('is asked before signing out, and told afterwards that it is done', async () => {
    const client = await registered('mary')
    const asked = await client.page('/logout')
    expect(asked.status).toBe(200)
    expect(forms(asked)).toEqual(expect.arrayContaining(['/logout', '/logout-all']))
    expect((await client.page('/dashboard')).status).toBe(200)
    const done = await client.form('/logout')
    expect(done.headers.location).toBe('/signed-out?reason=logged_out')
    expect(client.jar.size).toBe(0)
    expect(words(await client.follow(done))).toMatch(/signed out/i)
    expect((await client.page('/dashboard')).headers.location).toBe('/login?returnTo=%2Fdashboard')
  })

  it('changes the password, and every other browser has to sign in again', async () => {
    const [here, there] = [await registered('hedy'), await signedIn('hedy')]
    expect(forms(await here.page('/security'))).toContain('/password')
    const done = await here.form('/password', {
      currentPassword: PASSWORD,
      newPassword: 'another horse battery 9',
    })
    expect([done.status, done.headers.location]).toEqual([303, '/security'])
    expect((await here.page('/security')).status).toBe(200)
    expect((await there.page('/sessions')).headers.location).toContain('reason=password_changed')
  })
})

describe('the way back after a sign-in', () => {
  /** Addresses of other hosts in all their disguises. */
  const FOREIGN = [
    '//evil.example',
    '/\\evil.example',
    'https:evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/%09/evil.example',
    '/%2f%2fevil.example',
    '/%5cevil.example',
    'http://good@evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\u2024\u2024//evil.example',
    '/\u3002evil.example/../\\evil',
    `/${'a'.repeat(5_000)}`,
  ]

  it.each(FOREIGN)(
    'query-02, ASVS 3.7.2: %j is another host, or too long: the dashboard it is',
    async (wanted) => {
      const query = `?returnTo=${encodeURIComponent(wanted)}`
      const signed = await home()
      expect((await signed.page(`/login${query}`)).headers.location).toBe('/dashboard')
      expect((await signed.page(`/register${query}`)).headers.location).toBe('/dashboard')
      const page = await browser().page(`/login${query}`)
      expect(page.status).toBe(200)
      expect(page.text).not.toMatch(/evil|a{2500}/)
    },
  )

  it('query-02, ASVS 3.7.2: the form is judged as the address is', async () => {
    await registered('rear')
    for (const returnTo of ['//evil.example', '/%2f%2fevil.example']) {
      const client = browser()
      const answer = await client.form('/login', { username: 'rear', password: PASSWORD, returnTo })
      expect([answer.status, answer.headers.location]).toEqual([303, '/dashboard'])
    }
  })

  it('query-03: /a?b=c#d is taken as it is', async () => {
    const wanted = '/a?b=c#d'
    const query = `?returnTo=${encodeURIComponent(wanted)}`
    expect((await (await home()).page(`/login${query}`)).headers.location).toBe(wanted)
    const client = browser()
    const page = await client.page(`/login${query}`)
    expect(page.text).toContain(`name="returnTo" value="${wanted}"`)
    await registered('back')
    const fields = { username: 'back', password: PASSWORD, returnTo: wanted }
    expect((await client.form('/login', fields)).headers.location).toBe(wanted)
  })

  let signed: Client | undefined
  const home = async (): Promise<Client> => (signed ??= await registered('returner'))
})

describe('every answer', () => {
  /** One of each kind that this service gives. */
  let answers: readonly (readonly [name: string, answer: Answer])[]

  beforeAll(async () => {
    const [client, stranger] = [await registered('kinds'), browser()]
    const style = /href="(\/assets\/style[^"]+)"/.exec((await stranger.page('/')).text)?.[1] ?? ''
    const icon = /href="(\/assets\/icon[^"]+)"/.exec((await stranger.page('/')).text)?.[1] ?? ''
    const json = { 'Content-Type': 'application/json' }
    answers = await Promise.all(
      Object.entries({
        ...{ home: stranger.page('/'), 'home, JSON': stranger.get('/') },
        ...{ 'sign-in page': stranger.page('/login'), 'register page': stranger.page('/register') },
        ...{ dashboard: client.page('/dashboard'), 'dashboard, JSON': client.get('/dashboard') },
        ...{ profile: client.page('/profile'), security: client.page('/security') },
        ...{ devices: client.page('/sessions'), 'devices, JSON': client.get('/sessions') },
        ...{ 'confirm sign-out': client.page('/logout'), again: client.page('/reauthenticate') },
        ...{ 'signed out': stranger.page('/signed-out'), data: client.get('/session') },
        ...{ public: stranger.get('/public'), head: client.request('HEAD', '/dashboard') },
        'to sign-in': stranger.page('/dashboard'),
        'to dashboard': client.page('/login'),
        '201': stranger.copy().post('/register', { username: 'kind', password: PASSWORD }),
        '400': stranger.post('/login', {}),
        '400 page': stranger.form('/register', { username: 'kinds', password: PASSWORD }),
        '401': stranger.get('/dashboard'),
        '403': stranger.post('/login', {}, { headers: { Origin: 'https://evil.example' } }),
        '404': stranger.get('/nowhere'),
        '404 page': stranger.page('/nowhere'),
        '405': stranger.delete('/login'),
        '413': stranger.post('/login', { password: 'x'.repeat(20_000) }),
        '415': stranger.request('POST', '/login', { body: 'x' }),
        'broken JSON': stranger.request('POST', '/login', { headers: json, body: '{' }),
        options: stranger.request('OPTIONS', '/login'),
        ...{ style: stranger.get(style), icon: stranger.get(icon) },
        ...{ metrics: stranger.get('/metrics'), health: stranger.get('/health') },
      }).map(async ([name, answer]) => [name, await answer] as const),
    )
  })

  /** The names of answers that do not hold what they should. */
  const without = (isRight: (answer: Answer, name: string) => boolean): string[] =>
    answers.filter(([name, answer]) => !isRight(answer, name)).map(([name]) => name)

  it('ASVS 3.4.4: forbids to guess its type', () => {
    expect(without(({ headers }) => headers['x-content-type-options'] === 'nosniff')).toEqual([])
  })

  it('ASVS 3.4.5: tells other hosts nothing of its address', () => {
    expect(without(({ headers }) => headers['referrer-policy'] === 'strict-origin')).toEqual([])
  })

  it('ASVS 3.4.6: cannot be framed', () => {
    const isUnframed = ({ headers }: Answer): boolean =>
      /(?:^|;)\s*frame-ancestors 'none'/.test(String(headers['content-security-policy']))
    expect(without(isUnframed)).toEqual([])
  })

  it('ASVS 3.4.8: has a window of its own where it is a page', () => {
    const pages = answers.filter(([, { headers }]) => /html/.test(headers['content-type'] ?? ''))
    expect(pages.length).toBeGreaterThan(10)
    for (const [, { headers }] of pages) {
      expect(headers['cross-origin-opener-policy']).toBe('same-origin')
    }
  })

  it('ASVS 4.1.1: says what type it is of, and in which charset', () => {
    const isNamed = ({ headers, text }: Answer): boolean => {
      const type = headers['content-type'] ?? ''
      if (text === '') return true
      // JSON is UTF-8 by definition (RFC 8259): its problems have no such parameter.
      return (
        /^(?:text\/|image\/svg\+xml|application\/json).*; charset=utf-8$/.test(type) ||
        type === 'application/problem+json'
      )
    }
    expect(without(isNamed)).toEqual([])
    for (const [, { headers, text }] of answers) {
      if (/json/.test(headers['content-type'] ?? '') && text !== '') JSON.parse(text)
      if (/html/.test(headers['content-type'] ?? '')) expect(text).toMatch(/^(<!doctype html>|$)/i)
    }
  })

  it('ASVS 14.3.2, 14.2.2: is kept by nobody where it is about a session, and varies with the cookie', () => {
    const isForAll = (name: string): boolean => ['style', 'icon'].includes(name)
    const isKeptBack = ({ headers }: Answer): boolean => headers['cache-control'] === 'no-store'
    expect(without((answer, name) => isKeptBack(answer) || isForAll(name))).toEqual([])
    const readers = ['home', 'dashboard', 'profile', 'devices', 'data', 'public', '201', '401']
    for (const [name, { headers }] of answers) {
      const isReader = readers.some((reader) => name.startsWith(reader)) || name.startsWith('to ')
      if (isReader) expect([name, headers.vary]).toEqual([name, expect.stringContaining('Cookie')])
    }
  })

  it('is under 15 KB where it is a page', () => {
    for (const [, { headers, text }] of answers) {
      if (/html/.test(headers['content-type'] ?? '')) {
        expect(Buffer.byteLength(text)).toBeLessThan(15 * 1_024)
      }
    }
  })

  it('header-33: is whole and new, whatever a client says it has', async () => {
    const client = await registered('ranger')
    for (const path of ['/session', '/dashboard', '/sessions', '/profile', '/public']) {
      const whole = await client.get(path)
      expect(whole.headers).not.toHaveProperty('etag')
      expect(whole.headers).not.toHaveProperty('last-modified')
      const headers = {
        'If-None-Match': '*',
        'If-Modified-Since': new Date(Date.now() + 60_000).toUTCString(),
        Range: 'bytes=0-3',
      }
      for (const page of [false, true]) {
        const asked = page
          ? await client.page(path, { headers })
          : await client.get(path, { headers })
        expect([path, asked.status, asked.text.length > 4]).toEqual([path, 200, true])
      }
    }
  })
})
