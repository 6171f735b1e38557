import express from 'express'
import { describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../../src/adapter/express.js'
import { createCsrfGuard } from '../../../src/guard/csrf/index.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { hearing, scene, TOKENS } from '../../support/sojourn.js'
import { hindered } from '../../support/slow-store.js'
import { listen } from '../../support/web.js'
import { FORM, outcomeOf, stage, Visitor } from './support.js'

const { sojourn } = scene()
const make = (options: object) => () => createCsrfGuard(sojourn, options)
const REFUSED = expect.objectContaining({ code: 'ERR_OPTION' }) as Error

describe('the options of the CSRF guard', () => {
  it('take origins exactly as browsers write them', () => {
    for (const origin of [
      'https://example.com',
      'https://example.com:8080',
      'http://example.com',
      'https://xn--bcher-kva.example',
      'http://[::1]:3000',
    ]) {
      expect(make({ origin, trustedOrigins: [origin] })).not.toThrow()
    }
    // Apps have schemes of their own.
    expect(make({ trustedOrigins: ['capacitor://localhost'] })).not.toThrow()
    for (const origin of [
      'example.com',
      'https://',
      'https://example.com/',
      'https://example.com/path',
      'https://example.com?query=value',
      'https://example.com#fragment',
      'https://ex ample.com',
      '',
      'null',
      '*',
      'https://*.example.com',
      'https://example.com:443',
      'HTTPS://example.com',
      'https://Example.com',
      'https://bücher.example',
      'https://ada@example.com',
      'https://a.example, https://b.example',
      'file://',
      'data:text/html',
    ]) {
      expect(make({ origin }), origin).toThrow(REFUSED)
      expect(make({ trustedOrigins: ['https://good.example', origin] }), origin).toThrow(REFUSED)
    }
  })

  it('take paths in full, and methods that change something', () => {
    expect(make({ exempt: [{ method: 'POST', path: '/hooks/a-b_c.d~e' }] })).not.toThrow()
    for (const path of [
      '',
      '/',
      'hooks',
      '/hooks/',
      '/hooks/*',
      '/hooks/:id',
      '/hooks?x=1',
      '/hooks#x',
      '//hooks',
      '/a/../hooks',
      '/./hooks',
      '/h%6foks',
      '/hooks;x',
      '/{hooks}',
      'https://app.example/hooks',
    ]) {
      expect(make({ exempt: [{ method: 'POST', path }] }), path).toThrow(REFUSED)
      expect(make({ signInPaths: [path] }), path).toThrow(REFUSED)
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'post', '*', '', 'POST,PUT']) {
      expect(make({ exempt: [{ method, path: '/hooks' }] }), method).toThrow(REFUSED)
    }
  })

  it('know no others, and no other words', () => {
    for (const options of [
      { mode: 'none' },
      { mode: false },
      { tokens: 'never' },
      { tokens: false },
      { getUserInfo: () => undefined },
      { trustedOrigin: [] },
    ]) {
      expect(make(options), JSON.stringify(options)).toThrow(REFUSED)
    }
  })
})

describe('log-only', () => {
  it('refuses nothing, and tells of what would have been refused', async () => {
    const the = await stage({ shadow: { enforce: false }, plain: {} })
    const ada = await the.client().signIn()
    const ask = async (variant: string, headers: Record<string, string>) => {
      const answer = await ada.send(`/${variant}/do?a=1`, { method: 'POST', headers })
      await hearing()
      return [answer.status, the.told.splice(0)] as const
    }
    const event = {
      guard: 'csrf',
      method: 'POST',
      path: '/shadow/do',
      address: '127.0.0.1',
    }
    expect(await ask('shadow', { 'sec-fetch-site': 'cross-site' })).toEqual([
      200,
      [{ ...event, code: 'cross_origin', check: 'sec-fetch-site', isEnforced: false }],
    ])
    // By then the session was looked at: whose it is stands in the event, and nothing secret.
    const [status, [told]] = await ask('shadow', {
      'content-type': FORM,
      'x-csrf-token': 'x'.repeat(44),
    })
    expect(status).toBe(200)
    expect(told).toMatchObject({
      ...event,
      ...{ code: 'csrf_invalid', check: 'token_of_another_session', isEnforced: false },
      ...{ subject: 'ada', id: expect.stringMatching(/^[\w-]{2}\.[\w-]{22}$/) as string },
    })
    expect(JSON.stringify(told)).not.toContain('x'.repeat(10))
    expect(await ask('shadow', { 'sec-fetch-site': 'same-origin' })).toEqual([200, []])
    const [refused, [enforced]] = await ask('plain', { 'sec-fetch-site': 'cross-site' })
    expect([refused, enforced?.isEnforced]).toEqual([403, true])
    await the.close()
  })
})

describe('while the store is away', () => {
  it('a token that cannot be checked is neither good nor bad: 503, and log-only lets it through', async () => {
    const slow = hindered(createMemoryStore())
    const the = await stage({ plain: {}, shadow: { enforce: false } }, { store: slow.store })
    const ada = await the.client().signIn()
    const token = await ada.token()
    slow.failing.add('read')
    const ask = (variant: string, headers: object) =>
      ada.send(`/${variant}/do`, { method: 'POST', headers: { ...headers, 'x-csrf-token': token } })
    const answer = await ask('plain', { 'content-type': FORM })
    expect([answer.status, answer.headers['retry-after'], answer.cookies]).toEqual([503, '1', []])
    expect((await ask('shadow', { 'content-type': FORM })).status).toBe(200)
    // What the browser itself says needs no store.
    expect((await ask('plain', { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect((await ask('plain', { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    slow.failing.clear()
    the.told.splice(0)
    expect(await outcomeOf(await ask('plain', { 'content-type': FORM }), the.told)).toBe('done')
    await the.close()
  })
})

describe('bypass attempts', () => {
  it('ASVS 16.3.3: a reused refresh token, a forged request and a bad signature are one typed event each', async () => {
    const { sojourn: real, told } = scene({ tokens: TOKENS })
    real.on('request.refused', (event) => told.push({ name: 'request.refused', event }))
    const web = createExpressAdapter(real)
    const app = express()
    app.use(web.sessions, express.json(), web.csrf())
    app.post(
      '/login',
      web.handler(async (request, response) => {
        await request.session.signIn('ada')
        response.json(await request.session.issueTokens())
      }),
    )
    app.get('/me', web.requireAuth(), (_request, response) => response.end())
    app.post('/refresh', web.tokenRoutes.refresh)
    const server = await listen(app)
    const ada = new Visitor(server)
    const { accessToken, refreshToken } = JSON.parse((await ada.post('/login')).body) as {
      accessToken: string
      refreshToken: string
    }
    const script = new Visitor(server)
    const heard = async (status: number, answer: Promise<{ readonly status: number }>) => {
      told.splice(0)
      expect((await answer).status).toBe(status)
      await hearing()
      return told.map(({ name }) => name).filter((name) => /refused|rejected|reused/.test(name))
    }
    const forged = ada.post('/me', {}, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(await heard(403, forged)).toEqual(['request.refused'])
    const badToken = `${accessToken.slice(0, -6)}AAAAAA`
    const bad = script.get('/me', { headers: { authorization: `Bearer ${badToken}` } })
    expect(await heard(401, bad)).toContain('credential.rejected')
    expect(told.filter(({ name }) => name === 'credential.rejected')).toEqual([
      {
        name: 'credential.rejected',
        event: expect.objectContaining({ code: 'signature_invalid' }) as object,
      },
    ])
    const next = JSON.parse((await script.post('/refresh', { refreshToken })).body) as {
      refreshToken: string
    }
    await script.post('/refresh', { refreshToken: next.refreshToken })
    const reused = script.post('/refresh', { refreshToken })
    await heard(400, reused)
    expect(told.filter(({ name }) => name === 'refresh.reused')).toHaveLength(1)
    expect(JSON.stringify(told)).not.toContain(refreshToken.slice(10))
    await server.close()
  })
})
