/** A service that named what else may come: origins, hosts, and where browsers report to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { runToEnd, startService, type Service } from '../support/service.js'

const LOGIN = { username: 'ada', password: 'correct horse battery 9' }
const SHOP = 'https://shop.example'
const REPORTS = 'https://reports.example/csp'

let service: Service
beforeAll(async () => {
  service = await startService({
    ...production(),
    CORS_ORIGIN: `${SHOP}, https://admin.example:8443`,
    ALLOWED_HOSTS: 'app.example,app.example:8443',
    CSP_REPORT_URI: REPORTS,
  })
})
afterAll(() => service[Symbol.asyncDispose]())

const somebody = (headers: Readonly<Record<string, string>> = {}): Client =>
  service.client({ headers: { ...BY_HTTPS, ...headers } })

const { Origin: _, ...NO_ORIGIN } = BY_HTTPS

describe('other origins', () => {
  it('that are named sign in, read and are told of errors, with cookies', async () => {
    const client = somebody({
      Origin: SHOP,
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Dest': 'empty',
    })
    const answers = [
      await client.post('/register', LOGIN),
      await client.get('/session'),
      await client.post('/login', { ...LOGIN, password: 'wrong' }),
      await client.get('/nowhere'),
      await client.delete('/login'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 401, 404, 405])
    for (const { headers } of answers) {
      expect(headers['access-control-allow-origin']).toBe(SHOP)
      expect(headers['access-control-allow-credentials']).toBe('true')
      expect(headers.vary).toContain('Origin')
    }
  })

  it('ask by a preflight, and are told exactly what they may', async () => {
    const ask = (origin: string, path: string) =>
      service.client({ headers: { ...NO_ORIGIN, Origin: origin } }).request('OPTIONS', path, {
        headers: { 'Access-Control-Request-Method': 'PATCH' },
      })
    const answer = await ask(SHOP, '/session')
    expect([answer.status, answer.text, answer.cookies]).toEqual([204, '', []])
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
      'access-control-allow-credentials': 'true',
    })
    expect((await ask('https://evil.example', '/session')).status).toBe(403)
  })

  it('ASVS 3.4.2, CVE-2026-54290: that are not named are never reflected, and * cannot be set', async () => {
    const ada = somebody()
    await ada.post('/register', { ...LOGIN, username: 'grace' })
    for (const origin of [
      'https://evil.example',
      'null',
      'https://shop.example.evil.example',
      'https://evilshop.example',
      'https://x.shop.example',
      'https://shop.example:444',
      'http://shop.example',
      'https://admin.example',
      'https://SHOP.example',
      'https://shop.example/',
      `${SHOP}, https://evil.example`,
    ]) {
      const headers = { ...NO_ORIGIN, Origin: origin }
      for (const method of ['GET', 'OPTIONS'] as const) {
        const request = { 'Access-Control-Request-Method': 'GET' }
        const answer = await service.client({ headers }).request(method, '/session', {
          cookie: ada.cookie,
          ...(method === 'OPTIONS' ? { headers: request } : {}),
        })
        const granted = Object.keys(answer.headers).filter((name) => name.startsWith('access-'))
        expect([origin, granted]).toEqual([origin, []])
        expect(answer.headers.vary).toContain('Origin')
      }
    }
    const { code, stderr } = await runToEnd({ ...production(), CORS_ORIGIN: '*' })
    expect([code, stderr]).toEqual([78, expect.stringMatching(/CONFIG_CORS/)])
  })
})

describe('hosts', () => {
  it('header-25: one that nobody named is told so, makes no address and gets no cookie', async () => {
    for (const Host of ['evil.example', 'app.example.evil.example', 'app.example:1', 'localhost']) {
      const answer = await somebody({ Host }).get('/')
      expect([Host, answer.status, answer.cookies]).toEqual([Host, 421, []])
      expect(answer.json()).toMatchObject({ code: 'host_unknown', message: 'Unknown host.' })
      const posted = await somebody({ Host }).post('/login', LOGIN)
      expect([posted.status, posted.cookies]).toEqual([421, []])
      // Whatever it says, a page over plain http is sent to the address that everybody knows.
      const plain = await service.client({ headers: { Host } }).page('/x')
      expect([plain.status, plain.headers.location]).toEqual([308, 'https://app.example/x'])
    }
    for (const Host of ['app.example', 'APP.example:8443']) {
      expect((await somebody({ Host }).get('/')).status).toBe(200)
    }
    // Load balancers ask by address.
    expect((await somebody({ Host: '10.0.0.3:3000' }).get('/health')).status).toBe(200)
  })
})

it('ASVS 3.4.7: pages tell browsers where to report what the policy stopped', async () => {
  for (const answer of [await somebody().page('/'), await somebody().page('/nowhere')]) {
    const policy = String(answer.headers['content-security-policy'])
    expect(policy).toContain(`report-uri ${REPORTS}; report-to csp`)
    expect(answer.headers['reporting-endpoints']).toBe(`csp="${REPORTS}"`)
  }
})
