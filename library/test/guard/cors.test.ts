import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { createCors, type CorsOptions } from '../../src/guard/cors.js'
import { createSojourn } from '../../src/sojourn.js'
import { listen, type RunningServer } from '../support/web.js'

/** The types of `fetch` and those of the DOM differ in what a `Headers` can do. */
function linesOf(response: Response): readonly (readonly [string, string])[] {
  const lines: [string, string][] = []
  response.headers.forEach((value, name) => lines.push([name, value]))
  return lines
}
const namesOf = (response: Response): string[] => linesOf(response).map(([name]) => name)

const GOOD = 'https://app.example'

/** Origins that are not the named one, however near. */
const OTHERS = [
  'https://evil.example',
  'null',
  'https://app.example.evil.example',
  'https://evil-app.example',
  'https://evil.app.example',
  'https://app.exampl',
  'https://app.example:8443',
  'https://app.example:443',
  'http://app.example',
  'https://app.example/',
  'https://APP.example',
  'https://app.example, https://evil.example',
  'https://app%2eexample',
  'file://',
  '*',
  '',
]

describe('an application that names one origin', () => {
  let server: RunningServer
  beforeAll(async () => {
    const sojourn = createSojourn({ secrets: 'x'.repeat(32) })
    const web = createExpressAdapter(sojourn)
    const app = express()
    app.use(web.cors({ origins: [GOOD, 'http://localhost:5173'] }))
    app.use((_request, response) => {
      response.vary('Accept').json({ ok: true })
    })
    server = await listen(app)
  })
  afterAll(() => server.close())

  const ask = (origin: string | undefined, init: RequestInit = {}): Promise<Response> => {
    const headers = { ...init.headers, ...(origin === undefined ? {} : { Origin: origin }) }
    return fetch(server.url, { ...init, headers })
  }
  const granted = (response: Response): string[] =>
    namesOf(response).filter((name) => name.startsWith('access-control-'))

  it('lets it read answers with cookies, and nobody keeps the answer for another', async () => {
    for (const origin of [GOOD, 'http://localhost:5173']) {
      const answer = await ask(origin)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
      expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After')
      expect(answer.headers.get('vary')).toBe('Origin, Accept')
    }
  })

  it('ASVS 3.4.2: reflects no origin: not evil, null, nor a suffix, prefix, port or scheme of the named one', async () => {
    for (const origin of [...OTHERS, undefined]) {
      const answer = await ask(origin)
      expect([origin, granted(answer), answer.headers.get('vary')]).toEqual([
        origin,
        [],
        'Origin, Accept',
      ])
      if (origin === undefined || origin === '') continue
      const preflight = await ask(origin, {
        method: 'OPTIONS',
        headers: { 'Access-Control-Request-Method': 'POST' },
      })
      expect([preflight.status, granted(preflight)]).toEqual([403, []])
      expect(await preflight.json()).toMatchObject({ code: 'cross_origin' })
    }
  })

  it('answers a preflight by 204, with the methods and headers that are named and no others', async () => {
    const answer = await ask(GOOD, {
      method: 'OPTIONS',
      headers: {
        'Access-Control-Request-Method': 'TRACE',
        'Access-Control-Request-Headers': 'x-evil',
      },
    })
    expect(answer.status).toBe(204)
    expect(Object.fromEntries(linesOf(answer))).toMatchObject({
      'access-control-allow-origin': GOOD,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'Authorization, Content-Type, DPoP, X-CSRF-Token',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    })
    // A plain OPTIONS is the application's own.
    expect((await ask(GOOD, { method: 'OPTIONS' })).status).toBe(200)
  })
})

describe('options', () => {
  const make = (options: Partial<CorsOptions>) => () => createCors({ origins: [GOOD], ...options })

  it('CVE-2026-54290, behaviour 8e: * is refused, as is everything else that is no origin', () => {
    expect(make({ origins: ['*'] })).toThrow(/cannot be \*/)
    const wrong = ['null', 'https://*.app.example', 'https://app.example/', 'app.example', '']
    for (const origin of [...wrong, 'https://u@app.example', 'HTTPS://app.example', 'file:///']) {
      expect(make({ origins: [GOOD, origin] })).toThrow(/must be an origin/)
    }
  })

  it('name methods and headers one by one', () => {
    for (const name of ['*', 'a, b', '', 'x\r\ny']) {
      expect(make({ methods: [name] })).toThrow(/methods/)
      expect(make({ headers: [name] })).toThrow(/headers/)
      expect(make({ exposedHeaders: [name] })).toThrow(/exposedHeaders/)
    }
    expect(make({ maxAge: -1 })).toThrow(/maxAge/)
  })
})
