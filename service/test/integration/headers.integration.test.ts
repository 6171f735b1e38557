/** What every answer of a production service says to browsers, and what it does with what they say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../../tools/workspace/places.mjs'
import type { Answer, Client } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { startService, type Service } from '../support/service.js'
import { speak } from '../support/raw.js'

const LOGIN = { username: 'ada', password: 'correct horse battery 9' }

let service: Service
let ada: Client
beforeAll(async () => {
  service = await startService(production())
  ada = somebody()
  await ada.post('/register', LOGIN)
})
afterAll(() => service[Symbol.asyncDispose]())

const somebody = (headers: Readonly<Record<string, string>> = {}): Client =>
  service.client({ headers: { ...BY_HTTPS, ...headers } })

/** The one script of a page: a file of ours, let in by the answer's nonce. */
const OWN_SCRIPT = (nonce: string): RegExp =>
  new RegExp(
    `<script type="module" src="/assets/\\w+\\.[0-9a-f]{12}\\.js" nonce="${nonce}"></script>`,
  )

/** The directives of an answer's policy. */
function policyOf({ headers }: Answer): ReadonlyMap<string, readonly string[]> {
  const text = String(headers['content-security-policy'])
  return new Map(
    text.split('; ').map((part) => {
      const [name = '', ...sources] = part.split(' ')
      return [name, sources]
    }),
  )
}

describe('pages', () => {
  const PATHS = ['/', '/dashboard', '/profile', '/security', '/sessions', '/logout']
  const FOR_GUESTS = ['/', '/login', '/register', '/signed-out', '/nowhere']
  const askAll = (): Promise<Answer[]> => {
    const guest = somebody()
    return Promise.all([
      ...[...PATHS, '/reauthenticate'].map((path) => ada.page(path)),
      ...FOR_GUESTS.map((path) => guest.page(path)),
    ])
  }

  it('ASVS 3.4.3: have a policy without plug-ins, base or inline code, and a nonce that no other answer has', async () => {
    const answers = [...(await askAll()), ...(await askAll())]
    const nonces = new Set<string>()
    for (const answer of answers) {
      expect(answer.headers['content-type']).toContain('text/html')
      const policy = policyOf(answer)
      for (const name of ['object-src', 'base-uri', 'frame-ancestors', 'default-src']) {
        expect([name, policy.get(name)]).toEqual([name, ["'none'"]])
      }
      expect(String(answer.headers['content-security-policy'])).not.toMatch(/unsafe-|\*|https?:/)
      const [source = '', ...others] = policy.get('style-src') ?? []
      expect(others).toEqual([])
      const nonce = /^'nonce-([\w-]{22})'$/.exec(source)?.[1] ?? ''
      expect(answer.text).toMatch(new RegExp(`<link rel="stylesheet" [^>]*nonce="${nonce}"`))
      expect(policy.get('script-src')).toEqual([source])
      expect(answer.text).toMatch(OWN_SCRIPT(nonce))
      expect(answer.text.replace(OWN_SCRIPT(nonce), '')).not.toMatch(
        /<script|<style|\son\w+=|\sstyle=|javascript:/i,
      )
      nonces.add(nonce)
    }
    expect(nonces).not.toContain('')
    expect(nonces.size).toBe(answers.length)
  })

  it('ASVS 3.7.4: preloading is described, and asked for by nobody who did not say so', async () => {
    const { headers } = await ada.page('/')
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    const guide = readFileSync(join(ROOT, 'docs/guide/https.md'), 'utf8')
    expect(guide).toMatch(/HSTS_PRELOAD/)
    await using preloaded = await startService({ ...production(), HSTS_PRELOAD: 'true' })
    const answer = await preloaded.client({ headers: BY_HTTPS }).page('/')
    const year = 'max-age=31536000; includeSubDomains; preload'
    expect(answer.headers['strict-transport-security']).toBe(year)
    expect(await speak(preloaded.port, 'NONSENSE\r\n\r\n')).toContain(year)
  })
})

describe('answers that are no page', () => {
  it('ASVS 3.2.1: are JSON, say so, and are a sandbox where somebody opens them as a page', async () => {
    const asDocument = {
      headers: { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate', Accept: '*/*' },
    }
    const evil = '<img src=x onerror=alert(1)>'
    await ada.patch('/session', { evil })
    for (const path of ['/session', '/dashboard', '/sessions', '/profile', '/public', '/nowhere']) {
      const answer = await ada.get(path, asDocument)
      expect(answer.headers['content-type']).toMatch(/^application\/(?:problem\+)?json/)
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      const policy = policyOf(answer)
      expect(policy.get('default-src')).toEqual(["'none'"])
      expect(policy.has('sandbox')).toBe(true)
    }
    expect((await ada.get('/session', asDocument)).json().data).toMatchObject({ evil })
  })

  it('ASVS 3.5.6: callback is a parameter like any other: nothing is wrapped', async () => {
    for (const path of ['/session', '/public', '/sessions', '/health', '/.well-known/jwks.json']) {
      for (const name of ['callback', 'jsonp', 'cb', '_callback']) {
        const answer = await ada.get(`${path}?${name}=steal`)
        expect([path, answer.status]).toEqual([path, 200])
        expect(answer.headers['content-type']).toMatch(/^application\/(?:jwk-set\+)?json/)
        expect(answer.text).not.toContain('steal')
        answer.json()
      }
    }
  })

  it('CVE-2026-44457: no cache keeps what the session had to do with, nor gives it to another', async () => {
    const [guest, grace] = [somebody(), somebody()]
    const answers = [
      await guest.get('/'),
      await guest.get('/public'),
      await grace.post('/register', { ...LOGIN, username: 'grace' }),
      await grace.post('/login', { ...LOGIN, username: 'grace' }),
      await grace.patch('/session', { x: 1 }),
      await grace.post('/session/extend'),
      ...(await Promise.all(
        ['/session', '/sessions', '/dashboard'].map((path) => grace.get(path)),
      )),
      ...(await Promise.all(
        ['/session', '/sessions', '/dashboard'].map((path) => guest.get(path)),
      )),
      await guest.page('/dashboard'),
      await grace.page('/profile'),
      await grace.post('/logout'),
    ]
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201, 303, 401]))
    for (const { headers } of answers) {
      expect(headers['cache-control']).toBe('no-store')
      expect(String(headers.vary).split(/, ?/)).toContain('Cookie')
    }
  })
})

describe('pages of other sites', () => {
  const from = (site: string, mode: string, destination: string) => ({
    headers: {
      'Sec-Fetch-Site': site,
      'Sec-Fetch-Mode': mode,
      'Sec-Fetch-Dest': destination,
      Accept: '*/*',
    },
  })

  it('ASVS 3.5.8: can show nothing of a person as an image or in a frame', async () => {
    for (const site of ['cross-site', 'same-site']) {
      for (const path of ['/dashboard', '/profile', '/sessions', '/session', '/']) {
        for (const [mode, destination] of [
          ['no-cors', 'image'],
          ['no-cors', 'video'],
          ['no-cors', 'style'],
          ['navigate', 'iframe'],
          ['navigate', 'object'],
          ['no-cors', 'embed'],
        ] as const) {
          const answer = await ada.get(path, from(site, mode, destination))
          expect([path, destination, answer.status]).toEqual([path, destination, 403])
          expect(answer.json()).toMatchObject({ code: 'cross_origin' })
          expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin')
          expect(answer.headers['x-frame-options']).toBe('DENY')
        }
        // A link leads here all the same.
        const link = await ada.get(path, from(site, 'navigate', 'document'))
        expect([path, link.status]).toEqual([path, 200])
      }
    }
    const own = await ada.get('/profile', from('same-origin', 'no-cors', 'image'))
    expect(own.status).toBe(200)
  })

  it('ASVS 3.5.7: get nothing by a script tag, and nothing they could run', async () => {
    for (const path of ['/session', '/sessions', '/dashboard', '/profile', '/public']) {
      const refused = await ada.get(path, from('cross-site', 'no-cors', 'script'))
      expect([path, refused.status]).toEqual([path, 403])
      // A browser without Fetch Metadata is told enough to keep it from the page.
      const { headers } = await ada.get(path)
      expect(headers['content-type']).toMatch(/^application\/json/)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
    }
    // The one script is a file of ours, and knows nobody.
    const [, path = ''] =
      /<script type="module" src="([^"]+)"/.exec((await ada.page('/')).text) ?? []
    const script = await ada.get(path, { isDescribed: false })
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(script.text).not.toContain('ada')
  })
})

describe('what is asked from inside', () => {
  it('ASVS 13.4.5, query-09: metrics are not there for the public, and health tells nothing, whatever is asked', async () => {
    for (const path of ['/metrics', '/metrics?name[]=x', '/metrics/', '/Metrics']) {
      const answer = await ada.get(path)
      expect([path, answer.status]).toEqual([path, path.includes('?') ? 400 : 404])
      expect(answer.text).not.toContain('# TYPE')
    }
    for (const path of ['/health', '/health/live', '/health/ready']) {
      for (const query of ['', '?verbose', '?verbose=1&full=true', '?name[]=x']) {
        const answer = await somebody().get(path + query)
        expect(answer.status).toBe(200)
        const told = Object.keys(answer.json()).filter((name) => name !== 'timestamp')
        expect(['status', 'sessions', 'accounts']).toEqual(expect.arrayContaining(told))
        expect(answer.text).not.toMatch(/redis|sqlite|version|node|path|host|error/i)
      }
    }
    const METRICS_TOKEN = 'MWQ5ZjQ3YmYyYjU1NGE0MzkxZjI4ZjA1ZjkwZQ'
    await using watched = await startService({ ...production(), METRICS_TOKEN })
    const client = watched.client({ headers: BY_HTTPS })
    expect((await client.get('/metrics?name[]=x')).status).toBe(401)
    const Authorization = `Bearer ${METRICS_TOKEN}`
    const plain = await client.get('/metrics', { headers: { Authorization } })
    const asked = await client.get('/metrics?name[]=x', { headers: { Authorization } })
    expect([plain.status, asked.status]).toEqual([200, 200])
    const names = ({ text }: Answer): string[] => text.match(/^# TYPE .*$/gm) ?? []
    expect(names(asked)).toEqual(names(plain))
  })
})

describe('what clients say of themselves', () => {
  it('header-26: an agent of 8 KB, with line breaks and escapes in it, is cut and shown as text', async () => {
    // U+2028 in UTF-8, as the bytes that a client would send.
    const nasty = 'Evil\\r\\nX-Injected: yes%0d%0aY: z \u00e2\u0080\u00a8<script>alert(1)</script>'
    const agents = [nasty, 'A'.repeat(8_000), `${'B'.repeat(300)}`]
    for (const [index, agent] of agents.entries()) {
      const client = somebody({ 'User-Agent': agent })
      await client.post('/register', { ...LOGIN, username: `agent${index}` })
      const answers = [await client.get('/sessions'), await client.page('/sessions')]
      for (const answer of answers) {
        expect(answer.status).toBe(200)
        expect(answer.headers).not.toHaveProperty('x-injected')
        expect(answer.text).not.toMatch(/A{257}|B{257}/)
      }
      expect(answers[1]?.text).not.toContain('<script>')
    }
    // A terminal would obey this one; Node refuses it before anybody sees it.
    const escape = 'GET / HTTP/1.1\r\nHost: app.example\r\nUser-Agent: \u001b[31mred\r\n\r\n'
    const answer = await speak(service.port, escape, 500)
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|403) /)
    expect(service.output()).not.toMatch(/\p{Cc}(?<!\n)|\u2028|A{257}|B{257}/u)
    for (const line of service.output().split('\n')) {
      if (line.startsWith('{')) JSON.parse(line)
    }
  })

  it('header-27: languages and client hints that are garbage change nothing', async () => {
    const garbage = {
      'Accept-Language': `${'x'.repeat(3_000)};q=NaN,,;;*`,
      'Sec-CH-UA': '"\\"',
      'Sec-CH-UA-Platform': '(1 2 3);a=*',
      'Sec-CH-UA-Mobile': '?7',
    }
    const client = somebody(garbage)
    const answers = [
      await client.page('/'),
      await client.post('/register', { ...LOGIN, username: 'garbage' }),
      await client.get('/session'),
      await client.page('/sessions'),
      await client.post('/logout'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 201, 200, 200, 200])
    expect(service.output()).not.toMatch(/"level":(?:50|60)|"level":"(?:error|fatal)"/)
  })
})

it('ASVS 3.5.4: applications on one host are advised against, and sharing the cookie is warned of at start', async () => {
  const guide = readFileSync(join(ROOT, 'docs/guide/https.md'), 'utf8')
  expect(guide).toMatch(/host of its own/)
  const shared = { ...production(), COOKIE_DOMAIN: 'app.example' }
  await using sharing = await startService(shared)
  expect(sharing.output()).toMatch(/warning: CONFIG_COOKIE_DOMAIN: .*every subdomain/)
  expect(service.output()).not.toContain('CONFIG_COOKIE_DOMAIN')
})
