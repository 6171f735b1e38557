import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { createSojourn } from '../../src/sojourn.js'
import { SECRET } from '../support/sojourn.js'
import { listen as listenForClients, WebClient, type RunningServer } from '../support/web.js'
import { bareApp, bareStyles, expressApp, expressStyles, type Middleware } from './node/styles.js'
import { exchange, joined, listen, requestText, type Running } from './node/wire.js'

const running: (Running | RunningServer)[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function bytesOf(
  listener: Parameters<typeof listen>[0],
  style: { method?: string; headers?: Readonly<Record<string, string>> },
): Promise<string> {
  const server = await listen(listener)
  running.push(server)
  // Guest cookies are possible on localhost alone; Host is not part of an answer.
  const headers = { Host: 'localhost', ...style.headers }
  return joined(await exchange(server.port, requestText(style.method ?? 'GET', '/', headers)))
}

const sojourn = createSojourn({ secrets: SECRET, anonymous: { perMinute: 100_000 } })
const web = createExpressAdapter(sojourn)

const untouched: Middleware = web.sessions
const using =
  (use: (session: ReturnType<typeof web.sessionOf>) => unknown): Middleware =>
  (request, response, next) => {
    web.sessions(request, response, () => {
      Promise.resolve(use(web.sessionOf(request))).then(() => {
        next()
      }, next)
    })
  }
const MODES: readonly (readonly [string, Middleware])[] = [
  ['that nobody looks at', untouched],
  ['that is read', using((session) => session.get('a'))],
  [
    'that is written, and saved while the answer waits',
    using((session) => {
      session.set('a', 1)
    }),
  ],
]

/** What sessions add on purpose: their cookie, and two headers against sharing a personal answer. */
function withoutOurs(bytes: string): string {
  return sorted(stripped(bytes))
}

/** Lines of different names may change places: adding one can make Node write the others in another order. */
function sorted(bytes: string): string {
  const [head = '', ...body] = bytes.split('\r\n\r\n')
  const [status = '', ...lines] = head.split('\r\n')
  return [[status, ...lines.sort()].join('\r\n'), ...body].join('\r\n\r\n')
}

function stripped(bytes: string): string {
  return bytes
    .replace(/\r\n(?:Set-Cookie: sid-[^\r]*|Cache-Control: no-store|Vary: Cookie)(?=\r\n)/g, '')
    .replace(/\r\nVary: Cookie, /g, '\r\nVary: ')
    .replace(/(\r\nVary: [^\r]*), Cookie(?=\r\n)/g, '$1')
}

describe('answers with sessions', () => {
  for (const [mode, middleware] of MODES) {
    it(`behaviour 5e, CVE-2025-7339: with a session ${mode}, every way to answer leaves the same bytes as without the middleware`, async () => {
      for (const style of bareStyles) {
        const without = await bytesOf(bareApp(undefined, style.answer), style)
        const bytes = await bytesOf(bareApp(middleware, style.answer), style)
        expect([style.name, withoutOurs(bytes)]).toEqual([style.name, withoutOurs(without)])
        if (mode.includes('nobody')) expect(bytes).toBe(without)
      }
      for (const family of ['express4', 'express5'] as const) {
        for (const style of expressStyles) {
          const without = await bytesOf(expressApp(family, undefined, style.answer), style)
          const bytes = await bytesOf(expressApp(family, middleware, style.answer), style)
          expect([style.name, withoutOurs(bytes)]).toEqual([style.name, withoutOurs(without)])
        }
      }
    }, 60_000)
  }

  it('behaviour 8b: a spoofed x-forwarded-proto from an untrusted peer never yields a cookie marked by it', async () => {
    const server = await listenForClients((request, response) => {
      web.sessions(request, response, () => {
        web
          .sessionOf(request)
          .signIn('alice')
          .then(
            () => response.end('in'),
            (error: Error & { code?: string; status?: number }) => {
              response.statusCode = error.status ?? 500
              response.end(error.code)
            },
          )
      })
    })
    running.push(server)
    const spoofed = {
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'proto=https',
    }
    const local = await new WebClient(server).get('/', { headers: spoofed })
    expect(local.cookies).toHaveLength(1)
    expect(local.cookies[0]).toMatch(/^sid-/)
    expect(local.cookies[0]).not.toMatch(/Secure|__Host-/)
    const remote = await new WebClient(server).get('/', {
      headers: { ...spoofed, host: 'app.example' },
    })
    expect([remote.status, remote.body, remote.cookies]).toEqual([403, 'tls_required', []])
  })
})
