/** Each thing that csurf's own documentation says, done to csurf 1.11 and to ours: the answers must be the same. */
import { afterEach, describe, expect, it } from 'vitest'
import type { WebAnswer, WebClient } from '../../support/web.js'
import {
  client,
  closeAll,
  EXPRESS,
  parseCookies,
  realCsurf,
  serve,
  SESSIONS,
  sessionsInCookies,
  sojournCsurf,
  tokenFor,
  type Wiring,
} from './apps.js'

afterEach(closeAll)

type Walk = (browser: WebClient, another: () => WebClient) => Promise<unknown>

/** Runs the same walk against both, each with a server of its own. */
async function both(wiring: Omit<Wiring, 'csurf'>, walk: Walk): Promise<unknown> {
  const [theirs, ours] = await Promise.all(
    [realCsurf, sojournCsurf].map(async (csurf) => {
      const server = await serve({ csurf, ...wiring })
      return walk(client(server), () => client(server))
    }),
  )
  expect(ours).toEqual(theirs)
  return ours
}

/** What an answer says, without what only ours says. */
function told({ status, body }: WebAnswer): unknown {
  if (!body.startsWith('{')) return [status, body]
  return [status, { ...JSON.parse(body), reason: undefined }]
}

const REFUSED = [
  403,
  {
    name: 'ForbiddenError',
    message: 'invalid csrf token',
    code: 'EBADCSRFTOKEN',
    status: 403,
    statusCode: 403,
    expose: true,
    text: 'ForbiddenError: invalid csrf token',
  },
]

const MODES: Record<string, () => Omit<Wiring, 'csurf'>> = {
  'in express-session': () => ({ before: [SESSIONS['express-session']?.()] }),
  'in sojourn/express-session': () => ({ before: [SESSIONS['sojourn/express-session']?.()] }),
  'in a session that rests in its cookie': () => ({ before: [sessionsInCookies()] }),
  'in a cookie': () => ({ before: [parseCookies()], options: { cookie: true } }),
  'in a signed cookie': () => ({ before: [parseCookies()], options: { cookie: { signed: true } } }),
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** Every place that a token may be sent in. */
const PLACES: Record<string, (browser: WebClient, token: string) => Promise<WebAnswer>> = {
  'body, JSON': (browser, token) => browser.post('/x', { _csrf: token }),
  'body, form': (browser, token) =>
    browser.send('/x', {
      method: 'POST',
      headers: FORM,
      body: `_csrf=${encodeURIComponent(token)}`,
    }),
  query: (browser, token) => browser.post(`/x?_csrf=${encodeURIComponent(token)}`),
  'csrf-token': (browser, token) => browser.post('/x', {}, { headers: { 'csrf-token': token } }),
  'xsrf-token': (browser, token) => browser.post('/x', {}, { headers: { 'xsrf-token': token } }),
  'x-csrf-token': (browser, token) =>
    browser.post('/x', {}, { headers: { 'x-csrf-token': token } }),
  'x-xsrf-token': (browser, token) =>
    browser.post('/x', {}, { headers: { 'x-xsrf-token': token } }),
}

for (const [version, express] of Object.entries(EXPRESS)) {
  for (const [mode, wiring] of Object.entries(MODES)) {
    describe(`${version}, secret ${mode}`, () => {
      it('takes a good token from every documented place, and from no other', async () => {
        const answers = await both({ express, ...wiring() }, async (browser) => {
          const token = await tokenFor(browser)
          const seen: unknown[] = []
          for (const send of Object.values(PLACES)) seen.push(told(await send(browser, token)))
          seen.push(told(await browser.post('/x', { csrf: token })))
          seen.push(told(await browser.post('/x', {}, { headers: { 'x-token': token } })))
          return seen
        })
        expect(answers).toEqual([
          ...Object.keys(PLACES).map(() => [200, 'done']),
          ...[REFUSED, REFUSED],
        ])
      })

      it('refuses without a token, with a wrong one, with one of somebody else', async () => {
        const answers = await both({ express, ...wiring() }, async (browser, another) => {
          const token = await tokenFor(browser)
          const wrong = [
            '',
            'x',
            'a-b',
            '-',
            token.slice(1),
            `${token}x`,
            await tokenFor(another()),
          ]
          const seen: unknown[] = [told(await browser.post('/x'))]
          for (const text of wrong) seen.push(told(await browser.post('/x', { _csrf: text })))
          seen.push(told(await browser.post('/x', { _csrf: [token] })))
          seen.push(told(await browser.post('/x', { _csrf: { token } })))
          seen.push(told(await browser.post(`/x?_csrf=${token}&_csrf=${token}`)))
          // Who comes without cookies has no session that a token could be of.
          seen.push(told(await another().post('/x', { _csrf: token })))
          return seen
        })
        for (const answer of answers as unknown[]) expect(answer).toEqual(REFUSED)
      })

      it('looks in the body first, then in the query, then in the headers, and no further', async () => {
        await both({ express, ...wiring() }, async (browser) => {
          const token = await tokenFor(browser)
          const names = ['csrf-token', 'xsrf-token', 'x-csrf-token', 'x-xsrf-token']
          const seen: unknown[] = []
          for (let first = -2; first < names.length; first += 1) {
            for (const [one, other] of [
              [token, 'wrong'],
              ['wrong', token],
            ] as const) {
              const pick = (place: number): string => (place === first ? one : other)
              const headers = Object.fromEntries(
                names.flatMap((name, place) => (place >= first ? [[name, pick(place)]] : [])),
              )
              const body = first === -2 ? { _csrf: pick(-2) } : {}
              const query = first <= -1 ? `?_csrf=${pick(-1)}` : ''
              seen.push(told(await browser.post(`/x${query}`, body, { headers })))
            }
          }
          return seen
        })
      })

      it('lets GET, HEAD and OPTIONS through, and asks all others for a token', async () => {
        await both({ express, ...wiring() }, async (browser) => {
          const token = await tokenFor(browser)
          const seen: unknown[] = []
          for (const method of [
            'GET',
            'HEAD',
            'OPTIONS',
            'POST',
            'PUT',
            'PATCH',
            'DELETE',
            'TRACE',
            'PROPFIND',
          ]) {
            seen.push([method, (await browser.send('/x', { method })).status])
            const headers = { 'csrf-token': token }
            seen.push([method, (await browser.send('/x', { method, headers })).status])
          }
          return seen
        })
      })

      it('gives the same token all through a request, and takes those of earlier requests', async () => {
        const routes = (app: any): void => {
          app.get('/twice', (request: any, response: any) =>
            response.json(request.csrfToken() === request.csrfToken()),
          )
        }
        await both({ express, routes, ...wiring() }, async (browser) => {
          const early = await tokenFor(browser)
          const late = await tokenFor(browser)
          return [
            (await browser.get('/twice')).body,
            early !== late,
            told(await browser.post('/x', { _csrf: early })),
            told(await browser.post('/x', { _csrf: late })),
          ]
        })
      })
    })
  }
}

describe('options', () => {
  const sessions = (): any => SESSIONS['express-session']?.()

  it('ignoreMethods: those and no others, in any case', async () => {
    for (const ignoreMethods of [['POST'], ['post', 'get'], []]) {
      await both({ before: [sessions()], options: { ignoreMethods } }, async (browser) => {
        const seen: unknown[] = []
        for (const method of ['GET', 'HEAD', 'POST', 'PUT']) {
          seen.push([method, (await browser.send('/x', { method })).status])
        }
        return seen
      })
    }
  })

  it('value: its answer is the token, whatever stands in the usual places', async () => {
    const value = ({ body }: any): unknown => body?.secretly
    await both({ before: [sessions()], options: { value } }, async (browser) => {
      const token = await tokenFor(browser)
      return [
        told(await browser.post('/x', { secretly: token })),
        told(await browser.post('/x', { _csrf: token })),
        told(await browser.post('/x', { secretly: 7 })),
      ]
    })
  })

  it('value: what it throws is passed on', async () => {
    const value = (): never => {
      throw new Error('no value today')
    }
    await both({ before: [sessions()], options: { value } }, async (browser) => [
      told(await browser.get('/x')),
      told(await browser.post('/x')),
    ])
  })

  it('sessionKey: another property of the request', async () => {
    const bag: Record<string, unknown> = {}
    const keep = (request: any, _response: unknown, next: () => void): void => {
      request.mine = bag
      next()
    }
    await both({ before: [keep], options: { sessionKey: 'mine' } }, async (browser) => {
      const token = await tokenFor(browser)
      return [typeof bag['csrfSecret'], told(await browser.post('/x', { _csrf: token }))]
    })
  })

  it('a session that is not there, cookies nobody parsed, no secret to sign with: misconfigured', async () => {
    const wirings: Omit<Wiring, 'csurf'>[] = [
      {},
      { options: { cookie: true } },
      { options: { sessionKey: 'other' }, before: [sessions()] },
      { options: { cookie: { signed: true } } },
      { options: { cookie: { signed: true } }, before: [withoutSecret()] },
      { options: { cookie: false }, before: [parseCookies()] },
    ]
    for (const wiring of wirings) {
      const answers = await both(wiring, async (browser) => [
        told(await browser.get('/x')),
        told(await browser.post('/x')),
      ])
      expect(answers).toMatchObject([
        [500, { message: 'misconfigured csrf' }],
        [500, {}],
      ])
    }
  })

  it('a session that was destroyed has no token: misconfigured', async () => {
    const routes = (app: any): void => {
      app.get('/gone', (request: any, response: any) => {
        request.session.destroy(() => {
          try {
            response.send(request.csrfToken())
          } catch (error) {
            response.send(String(error))
          }
        })
      })
    }
    await both({ before: [sessions()], routes }, async (browser) => {
      await tokenFor(browser)
      return told(await browser.get('/gone'))
    })
  })

  it('wrong ones throw the same', () => {
    const wrong: unknown[] = [
      { ignoreMethods: 'POST' },
      { ignoreMethods: null },
      { ignoreMethods: {} },
      { saltLength: 'x' },
      { saltLength: 0 },
      { saltLength: Number.POSITIVE_INFINITY },
      { secretLength: '18' },
      { secretLength: -1 },
      { secretLength: Number.NaN },
    ]
    for (const options of wrong) {
      expect([options, thrown(() => sojournCsurf(options))]).toEqual([
        options,
        thrown(() => realCsurf(options)),
      ])
      expect(thrown(() => sojournCsurf(options))).toMatch(/^TypeError: option /)
    }
    for (const options of [
      undefined,
      null,
      {},
      { cookie: null },
      { cookie: 'yes' },
      { saltLength: 1 },
    ]) {
      expect(typeof sojournCsurf(options)).toBe(typeof realCsurf(options))
    }
  })
})

describe('the cookie', () => {
  const attributes = (answer: WebAnswer): unknown =>
    answer.cookies.map((line) =>
      line
        .replace(/^([^=]+)=[^;]*/, '$1=…')
        .toLowerCase()
        .split('; ')
        .sort(),
    )

  it('is set as its options say', async () => {
    // What they leave out differs on purpose, and is tested where our own ground is.
    const said = { httpOnly: false, sameSite: false }
    const cookies: Record<string, unknown>[] = [
      said,
      { ...said, key: '_mine' },
      { ...said, key: undefined, path: undefined },
      { ...said, path: '/admin' },
      { ...said, domain: 'example.com' },
      { ...said, maxAge: 3600 },
      { ...said, maxAge: 1.9 },
      { ...said, secure: true },
      { ...said, httpOnly: true },
      { ...said, sameSite: true },
      { ...said, sameSite: 'lax' },
      { ...said, sameSite: 'Strict' },
      { ...said, sameSite: 'none', secure: true },
      { ...said, expires: new Date(2e12) },
      { ...said, signed: true },
    ]
    for (const cookie of cookies) {
      const answers = await both(
        { before: [parseCookies()], options: { cookie } },
        async (browser) => {
          const first = await browser.get('/token')
          const send = { headers: { 'csrf-token': first.body } }
          const posted = await browser.post('/x', {}, send)
          const again = await browser.get('/token')
          return [attributes(first), posted.status, attributes(again)]
        },
      )
      expect([cookie, answers]).toMatchObject([cookie, [[expect.anything()], 200, []]])
    }
  })

  it('stands beside those that are set already', async () => {
    for (const present of ['a=1', ['a=1', 'b=2']]) {
      const before = (_request: unknown, response: any, next: () => void): void => {
        response.setHeader('set-cookie', present)
        next()
      }
      const wiring = {
        before: [parseCookies(), before],
        options: { cookie: { sameSite: false, httpOnly: false } },
      }
      await both(wiring, async (browser) => attributes(await browser.get('/token')))
    }
  })

  it('that is signed and was changed on the way is none', async () => {
    const wiring = { before: [parseCookies()], options: { cookie: { signed: true } } }
    const answers = await both(wiring, async (browser) => {
      const token = await tokenFor(browser)
      const value = browser.jar.get('_csrf') ?? ''
      browser.jar.set('_csrf', value.replace(/^s%3A./, 's%3A!'))
      const refused = told(await browser.post('/x', { _csrf: token }))
      const other = await tokenFor(browser)
      return [refused, told(await browser.post('/x', { _csrf: other }))]
    })
    expect(answers).toEqual([REFUSED, [200, 'done']])
  })

  it('with attributes that cannot be: the same errors, ours before the first request', async () => {
    const wrong: Record<string, unknown>[] = [
      { sameSite: 'sometimes' },
      { domain: 'exam\nple' },
      { path: '/\n' },
      { key: 'a\n' },
      { maxAge: 'soon' },
      { expires: 'tomorrow' },
    ]
    for (const cookie of wrong) {
      const server = await serve({
        csurf: realCsurf,
        before: [parseCookies()],
        options: { cookie },
      })
      const { text } = JSON.parse((await client(server).get('/token')).body) as { text: string }
      expect([cookie, thrown(() => sojournCsurf({ cookie }))]).toEqual([cookie, text])
    }
  })
})

function withoutSecret(): any {
  return (request: any, _response: unknown, next: () => void) => {
    request.cookies = {}
    request.signedCookies = {}
    next()
  }
}

function thrown(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return String(error)
  }
  return 'nothing'
}
