/** What the browser says of where a request comes from counts first; the token has to fit besides. */
import cors from 'cors'
import helmet from 'helmet'
import { afterEach, describe, expect, it } from 'vitest'
import type { WebAnswer } from '../../support/web.js'
import {
  client,
  closeAll,
  EXPRESS,
  parseCookies,
  serve,
  SESSIONS,
  sojournCsurf,
  tokenFor,
} from './apps.js'

afterEach(closeAll)

interface Told {
  readonly status: number
  readonly code?: string
  readonly reason?: string
  readonly message?: string
}

function told({ status, body }: WebAnswer): Told {
  return status === 200 ? { status } : { status, ...(JSON.parse(body) as object) }
}

const MODES: Record<string, () => { before: any[]; options: Record<string, unknown> }> = {
  'in the session': () => ({ before: [SESSIONS['express-session']?.()], options: {} }),
  'in a cookie': () => ({ before: [parseCookies()], options: { cookie: true } }),
}

for (const [mode, wiring] of Object.entries(MODES)) {
  describe(`secret ${mode}`, () => {
    const start = async (more: Record<string, unknown> = {}, before: any[] = [], routes?: any) => {
      const { before: own, options } = wiring()
      const server = await serve({
        csurf: sojournCsurf,
        before: [...before, ...own],
        options: { ...options, ...more },
        routes,
      })
      const browser = client(server)
      const token = await tokenFor(browser)
      const send = async (headers: Record<string, string>, withToken = true): Promise<Told> =>
        told(
          await browser.post(
            '/x',
            {},
            { headers: { ...headers, ...(withToken ? { 'csrf-token': token } : {}) } },
          ),
        )
      return { server, own: server.url, send, token, browser }
    }

    it('behaviour 15c: first what the browser says, then the token; one header is all that a page’s script sends', async () => {
      const { send, own } = await start()
      const same = { 'sec-fetch-site': 'same-origin', origin: own }
      expect(await send(same)).toEqual({ status: 200 })
      expect(await send({ 'sec-fetch-site': 'same-origin' })).toEqual({ status: 200 })
      expect(await send({ 'sec-fetch-site': 'none' })).toEqual({ status: 200 })
      expect(await send({ origin: own })).toEqual({ status: 200 })
      expect(await send({})).toEqual({ status: 200 })
      const foreign = [
        { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site', origin: own },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site', origin: 'https://sibling.example.com' },
        { 'sec-fetch-site': 'something-new' },
        { 'sec-fetch-site': 'none', origin: 'https://evil.example' },
        { origin: 'https://evil.example' },
      ]
      // A token does not help, and the lack of one is not what is told.
      for (const headers of foreign) {
        for (const withToken of [true, false]) {
          const answer = await send(headers, withToken)
          expect([headers, answer.status, answer.reason]).toEqual([headers, 403, 'cross_origin'])
        }
      }
    })

    it('"same origin" is no token: a missing or wrong one is refused as ever', async () => {
      const { send, own, browser } = await start()
      const same = { 'sec-fetch-site': 'same-origin', origin: own }
      const refusal = { status: 403, code: 'EBADCSRFTOKEN', message: 'invalid csrf token' }
      expect(await send(same, false)).toMatchObject({ ...refusal, reason: 'token_missing' })
      const wrong = await browser.post('/x', { _csrf: 'wrong' }, { headers: same })
      expect(told(wrong)).toMatchObject({ ...refusal, reason: 'token_invalid' })
    })

    it('behaviour 15f: the error says which check it was, under one code', async () => {
      const { send, browser } = await start()
      const answers = [
        await send({ 'sec-fetch-site': 'cross-site' }),
        await send({}, false),
        told(await browser.post('/x', { _csrf: 'wrong' })),
      ]
      expect(answers.map(({ code, reason }) => [code, reason])).toEqual([
        ['EBADCSRFTOKEN', 'cross_origin'],
        ['EBADCSRFTOKEN', 'token_missing'],
        ['EBADCSRFTOKEN', 'token_invalid'],
      ])
      expect(answers[0]?.message).toBe('invalid csrf token (cross-origin request refused)')
    })

    it('safe methods are not looked at, and those that the application ignores neither', async () => {
      const { browser } = await start({ ignoreMethods: ['GET', 'PUT'] })
      const headers = { 'sec-fetch-site': 'cross-site' }
      expect((await browser.get('/x', { headers })).status).toBe(200)
      expect((await browser.send('/x', { method: 'PUT', headers })).status).toBe(200)
      expect((await browser.send('/x', { method: 'POST', headers })).status).toBe(403)
    })

    it('other origins can be trusted: then their token is what counts', async () => {
      const { send } = await start({ trustedOrigins: ['https://app.example'] })
      const theirs = { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' }
      expect(await send(theirs)).toEqual({ status: 200 })
      expect(await send(theirs, false)).toMatchObject({ reason: 'token_missing' })
      const near = { 'sec-fetch-site': 'cross-site', origin: 'https://app.example.evil' }
      expect(await send(near)).toMatchObject({ reason: 'cross_origin' })
    })

    it('an origin that CORS lets read answers with cookies is one of ours; one that it lets read without is not', async () => {
      const origin = 'https://app.example'
      const theirs = { 'sec-fetch-site': 'cross-site', origin }
      const withCookies = await start({}, [cors({ origin: [origin], credentials: true })])
      expect(await withCookies.send(theirs)).toEqual({ status: 200 })
      expect(await withCookies.send(theirs, false)).toMatchObject({ reason: 'token_missing' })
      const evil = { ...theirs, origin: 'https://evil.example' }
      expect(await withCookies.send(evil)).toMatchObject({ reason: 'cross_origin' })
      for (const options of [
        { origin: [origin] },
        { origin: '*' },
        { origin: '*', credentials: true },
      ]) {
        const without = await start({}, [cors(options)])
        expect(await without.send(theirs)).toMatchObject({ reason: 'cross_origin' })
      }
    })

    it('with `origin` its own origin is what the application says, and not what Host says', async () => {
      const { send, own } = await start({ origin: 'https://app.example' })
      expect(await send({ origin: 'https://app.example' })).toEqual({ status: 200 })
      expect(await send({ origin: own })).toMatchObject({ reason: 'cross_origin' })
    })

    it('behind a proxy that does not pass Host on, the forwarded one counts if Express trusts it', async () => {
      const headers = { origin: 'https://app.example', 'x-forwarded-host': 'app.example' }
      const trusting = await start({}, [], (app: any) => app.set('trust proxy', 'loopback'))
      expect(await trusting.send(headers)).toEqual({ status: 200 })
      const other = { ...headers, origin: 'https://evil.example' }
      expect(await trusting.send(other)).toMatchObject({ reason: 'cross_origin' })
      const trustless = await start()
      expect(await trustless.send(headers)).toMatchObject({ reason: 'cross_origin' })
    })

    it('a page that tells no referrer has the origin null, and may still send its form', async () => {
      const { send, browser } = await start({}, [helmet()])
      expect((await browser.get('/x')).headers['referrer-policy']).toBe('no-referrer')
      // Without Fetch Metadata nobody knows whose page it was; a secret in a cookie may have been planted.
      const isProven = mode !== 'in a cookie'
      expect(await send({ origin: 'null' })).toMatchObject({ status: isProven ? 200 : 403 })
      expect(await send({ origin: 'null', 'sec-fetch-site': 'same-origin' })).toEqual({
        status: 200,
      })
      expect(await send({ origin: 'null' }, false)).toMatchObject({
        reason: isProven ? 'token_missing' : 'cross_origin',
      })
      // What a sandboxed frame on another site sends.
      const framed = { origin: 'null', 'sec-fetch-site': 'cross-site' }
      expect(await send(framed)).toMatchObject({ reason: 'cross_origin' })
    })

    it('behaviour 15d: an access token alone needs none, cookies always do, both together as well', async () => {
      for (const express of Object.values(EXPRESS)) {
        const { before, options } = wiring()
        const server = await serve({ csurf: sojournCsurf, before, options, express })
        const bearer = { authorization: 'Bearer abc.def.ghi' }
        expect((await client(server).post('/x', {}, { headers: bearer })).status).toBe(200)
        expect(
          (await client(server).post('/x', {}, { headers: { authorization: 'DPoP x' } })).status,
        ).toBe(200)
        const cookie = { cookie: 'a=1' }
        for (const headers of [
          cookie,
          { ...bearer, ...cookie },
          { authorization: 'Basic YTpi' },
          {},
        ]) {
          const answer = told(await client(server).post('/x', {}, { headers }))
          expect([headers, answer.reason]).toEqual([headers, 'token_missing'])
        }
        // A token that is sent has to be good, whoever sends it.
        const wrong = await client(server).post('/x', { _csrf: 'wrong' }, { headers: bearer })
        expect(told(wrong).reason).toBe('token_invalid')
      }
    })
  })
}

describe('the cookie’s own ground', () => {
  it('is kept from scripts and from other sites’ requests unless the options say otherwise', async () => {
    const line = async (cookie: unknown): Promise<string | undefined> => {
      const server = await serve({
        csurf: sojournCsurf,
        before: [parseCookies()],
        options: { cookie },
      })
      return (await client(server).get('/token')).cookies[0]?.replace(/=[\w-]+;/, '=…;')
    }
    expect(await line(true)).toBe('_csrf=…; Path=/; HttpOnly; SameSite=Lax')
    expect(await line({ httpOnly: false, sameSite: false })).toBe('_csrf=…; Path=/')
    expect(await line({ key: '__Host-csrf', secure: true })).toBe(
      '__Host-csrf=…; Path=/; HttpOnly; Secure; SameSite=Lax',
    )
  })

  it('is set when somebody asks for a token, and not before', async () => {
    const server = await serve({
      csurf: sojournCsurf,
      before: [parseCookies()],
      options: { cookie: true },
    })
    const browser = client(server)
    expect((await browser.get('/x')).cookies).toEqual([])
    expect((await browser.post('/x')).cookies).toEqual([])
    expect((await browser.get('/token')).cookies).toHaveLength(1)
    expect((await browser.get('/token')).cookies).toEqual([])
  })

  it('a value that is no text is none', async () => {
    const server = await serve({
      csurf: sojournCsurf,
      before: [parseCookies()],
      options: { cookie: true },
    })
    const browser = client(server)
    browser.jar.set('_csrf', encodeURIComponent('j:{"a":1}'))
    const token = await tokenFor(browser)
    expect((await browser.post('/x', { _csrf: token })).status).toBe(200)
  })
})
