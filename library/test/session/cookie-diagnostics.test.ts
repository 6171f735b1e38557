import type { ServerResponse } from 'node:http'
import { createServer, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import type { SojournOptions } from '../../src/options.js'
import { isPublicSuffix, siteOf } from '../../src/request/site.js'
import { explainLostCookie, type LostCookieFacts } from '../../src/response/lost-cookie.js'
import { createCookieWatch } from '../../src/session/cookieless.js'
import { createManualClock } from '../../src/testing/manual-clock.js'
import { Browser, type RequestFacts } from '../support/browser.js'
import { hearing, scene } from '../support/sojourn.js'

const MINUTE = 60_000

function messages({ told }: Pick<ReturnType<typeof scene>, 'told'>): readonly string[] {
  return told
    .filter(({ name }) => name === 'cookie.diagnostic')
    .map(({ event }) => (event as { message: string }).message)
}

/** A client that never sends a cookie writes to its session `times` times. */
async function comeWithout(
  { sojourn }: Pick<ReturnType<typeof scene<Record<string, unknown>>>, 'sojourn'>,
  times: number,
  facts: RequestFacts = {},
): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await new Browser(sojourn).visit((session) => {
      session.set('views', time)
    }, facts)
  }
  await hearing()
}

describe('a client whose cookies do not come back', () => {
  it('behaviour 8c: many new sessions in a minute are one diagnostic, with the likely cause', async () => {
    const here = scene()
    await comeWithout(here, 9)
    expect(messages(here)).toEqual([])
    await comeWithout(here, 1)
    expect(messages(here)).toEqual([
      expect.stringMatching(
        /^Cookies do not come back: .* the client keeps no cookies, or its fetch leaves them out: call with credentials: "include"/,
      ),
    ])
    await comeWithout(here, 30)
    expect(messages(here)).toHaveLength(1)
    here.clock.advance(61 * MINUTE)
    await comeWithout(here, 10)
    expect(messages(here)).toHaveLength(2)
  })

  it('behaviour 8c: who keeps cookies, comes slowly or is somebody else is not meant', async () => {
    const here = scene()
    const browser = new Browser(here.sojourn)
    for (let time = 0; time < 30; time += 1) {
      await browser.visit((session) => {
        session.set('views', time)
      })
      await comeWithout(here, 1, { address: `203.0.113.${String(time)}` })
      await comeWithout(here, 1, { userAgent: `browser ${String(time)}` })
    }
    for (let time = 0; time < 5; time += 1) {
      await comeWithout(here, 5, { address: '198.51.100.1' })
      here.clock.advance(MINUTE)
    }
    expect(messages(here)).toEqual([])
  })

  const facts = (
    headers: Readonly<Record<string, string>> = {},
    rest: Partial<LostCookieFacts> = {},
  ): LostCookieFacts => ({
    host: 'api.shop.example',
    isSecure: true,
    header: (name) => headers[name],
    ...rest,
  })
  const shop = { origin: 'https://www.shop.example', 'sec-fetch-site': 'same-site' }
  const other = { origin: 'https://shop.vercel.app', 'sec-fetch-site': 'cross-site' }

  it.each([
    ['credentials: include', {}, facts(shop), /of another origin .*credentials: "include"/],
    [
      'credentials: include, across sites',
      { sameSite: 'none' },
      facts(other),
      /credentials: "include"/,
    ],
    [
      'SameSite',
      {},
      facts(other),
      /of another site .* SameSite is lax: .* cookie.sameSite to none/,
    ],
    [
      'SameSite=None without Secure',
      { sameSite: 'none', secure: false },
      facts(other),
      /SameSite=None needs Secure/,
    ],
    ['an http page', {}, facts({ origin: 'http://www.shop.example' }), /the page is plain http/],
    [
      'a wrong Domain',
      { domain: 'other.example' },
      facts(),
      /other\.example does not cover api\.shop\.example/,
    ],
    ['a public suffix', { domain: '.vercel.app' }, facts(), /vercel\.app is a public suffix/],
    ['no browser at all', {}, facts(), /the client keeps no cookies/],
    ['nonsense for an origin', {}, facts({ origin: 'null' }), /the client keeps no cookies/],
    [
      'colours in an origin',
      {},
      facts({ origin: 'https://a\u001b[31m' }),
      /the client keeps no cookies/,
    ],
  ] as const)('behaviour 8c: the cause is named: %s', (_name, cookie, incoming, expected) => {
    expect(explainLostCookie(cookie, incoming)).toMatch(expected)
  })

  it('sites are told apart by their public suffix', () => {
    expect([siteOf('a.b.co.uk'), siteOf('x.github.io'), siteOf('www.a.example')]).toEqual([
      'b.co.uk',
      'x.github.io',
      'a.example',
    ])
    expect([
      isPublicSuffix('com'),
      isPublicSuffix('github.io'),
      isPublicSuffix('a.example'),
    ]).toEqual([true, true, false])
  })

  it('its memory is bounded, whoever comes and whatever they call themselves', () => {
    const clock = createManualClock()
    const watch = createCookieWatch(clock)
    for (let client = 0; client < 5_000; client += 1) watch.isCookieless(`client ${String(client)}`)
    for (let time = 0; time < 9; time += 1) expect(watch.isCookieless('me')).toBe(false)
    expect(watch.isCookieless('me')).toBe(true)
    const said = Array.from({ length: 5_000 }, (_one, at) => watch.isNew(`host ${String(at)}`))
    expect(said.filter(Boolean)).toHaveLength(100)
    clock.advance(61 * MINUTE)
    expect(watch.isNew('another')).toBe(true)
  })
})

let close = async (): Promise<void> => Promise.resolve()
afterEach(async () => close())

/** An application at a host that is not localhost, asked over plain http by a proxy that says it was https. */
async function askPlain(cookie: SojournOptions['cookie'], times = 1, host = 'app.example') {
  const here = scene({ ...(cookie === undefined ? {} : { cookie }) })
  const web = createExpressAdapter(here.sojourn)
  const server = createServer((request, response: ServerResponse) => {
    web.sessions(request, response, () => {
      web.sessionOf(request).set('views', 1)
      response.end('hello')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close = async () => new Promise((resolve) => server.close(() => resolve()))
  const { port } = server.address() as AddressInfo
  const headers = { host, 'x-forwarded-proto': 'https', connection: 'close' }
  const answers = []
  for (let time = 0; time < times; time += 1) {
    answers.push(
      await new Promise<{ status: number | undefined; told: unknown; cookies: unknown }>(
        (resolve) => {
          ask({ port, host: '127.0.0.1', headers }, (reply) => {
            reply.resume()
            const { 'sojourn-diagnostic': told, 'set-cookie': cookies } = reply.headers
            resolve({ status: reply.statusCode, told, cookies })
          }).end()
        },
      ),
    )
  }
  await hearing()
  return { answers, here }
}

describe('a Secure cookie on a connection that is not', () => {
  const cause =
    'No session cookie can be set: x-forwarded-proto=https from 127.0.0.1 ignored: trustProxy is not set; set trustProxy to the number or the addresses of your proxies.'

  it('behaviour 8a: one warning with cause and fix, and an error instead of a session without cookie', async () => {
    const { answers, here } = await askPlain({}, 3)
    expect(messages(here)).toEqual([cause])
    for (const answer of answers) {
      expect(answer).toEqual({ status: 403, told: undefined, cookies: undefined })
    }
  })

  it('behaviour 8a: the answer itself says so where that is asked for', async () => {
    const { answers } = await askPlain({ diagnostics: true })
    expect(answers[0]).toEqual({ status: 403, told: cause, cookies: undefined })
  })

  it('behaviour 8c: by real requests, each of which is answered', async () => {
    const { answers, here } = await askPlain({}, 12, 'localhost')
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect(messages(here)).toEqual([expect.stringContaining('the client keeps no cookies')])
  })

  it('behaviour 8a: that is the default in development alone', async () => {
    const before = process.env['NODE_ENV']
    try {
      process.env['NODE_ENV'] = 'development'
      expect((await askPlain({})).answers[0]?.told).toBe(cause)
      await close()
      process.env['NODE_ENV'] = 'production'
      expect((await askPlain({})).answers[0]?.told).toBeUndefined()
    } finally {
      process.env['NODE_ENV'] = before
    }
  })
})
