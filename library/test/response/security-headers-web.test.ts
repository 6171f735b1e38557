/** `web.headers` in applications of Express 5, alone and with real helmet before or after it. */
import express, { type RequestHandler } from 'express'
import helmet from 'helmet'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter, nonceOf, type Middleware } from '../../src/adapter/express.js'
import { createSojourn } from '../../src/sojourn.js'
import { listen, type RunningServer } from '../support/web.js'

const web = createExpressAdapter(createSojourn({ secrets: 'x'.repeat(32) }))

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function start(...before: (Middleware | RequestHandler)[]): Promise<string> {
  const app = express()
  app.use(...(before as RequestHandler[]), web.sessions as RequestHandler)
  app.get('/page', (_request, response) => {
    response.send(`<script nonce="${nonceOf(response) ?? ''}">0</script>`)
  })
  app.get('/json', (_request, response) => {
    response.json({ ok: true })
  })
  app.get('/raw', (_request, response) => {
    response.writeHead(200, 'OK', { 'Content-Type': 'text/html' }).end('<p>x')
  })
  app.get('/pairs', (_request, response) => {
    response.writeHead(200, ['Content-Type', 'text/html']).end('<p>x')
  })
  app.get('/own', (_request, response) => {
    response.set('Content-Security-Policy', "default-src 'self'").json({ ok: true })
  })
  app.get('/nothing', (_request, response) => {
    response.status(204).end()
  })
  app.get(
    '/written',
    web.handler(async (request, response) => {
      await request.session.signIn('ada')
      response.json({ ok: true })
    }),
  )
  const server = await listen(app)
  running.push(server)
  return server.url
}

const policyOf = async (url: string): Promise<string | null> =>
  (await fetch(url)).headers.get('content-security-policy')

describe('alone', () => {
  it('pages get a policy with a nonce of their own, everything else one that lets nothing in', async () => {
    const url = await start(web.headers())
    const nonces = new Set<string | undefined>()
    for (const path of ['/page', '/page', '/raw', '/pairs']) {
      const policy = (await policyOf(url + path)) ?? ''
      nonces.add(/'nonce-([\w-]{22})'/.exec(policy)?.[1])
    }
    expect(nonces.size).toBe(4)
    expect(nonces).not.toContain(undefined)
    const page = await fetch(`${url}/page`)
    const shown = /nonce="([\w-]+)"/.exec(await page.text())?.[1] ?? ''
    expect(page.headers.get('content-security-policy')).toContain(`script-src 'nonce-${shown}'`)
    for (const path of ['/json', '/nothing', '/written']) {
      expect(await policyOf(url + path)).toMatch(/^default-src 'none'.*sandbox$/)
    }
    expect(await policyOf(`${url}/own`)).toBe("default-src 'self'")
    expect(nonceOf({} as never)).toBeUndefined()
  })
})

describe('with helmet', () => {
  const own = { contentSecurityPolicy: { directives: { 'img-src': ['https://cdn.example'] } } }

  it('S3-63: before or after it, every header is there once, and who comes later has the last word', async () => {
    const lastIsHelmet = await fetch(`${await start(web.headers(), helmet(own))}/page`)
    const lastIsOurs = await fetch(`${await start(helmet(own), web.headers())}/page`)
    const answers = { lastIsHelmet, lastIsOurs }
    for (const [which, answer] of Object.entries(answers)) {
      for (const [name, value] of [
        ['x-content-type-options', 'nosniff'],
        ['cross-origin-opener-policy', 'same-origin'],
        ['cross-origin-resource-policy', 'same-origin'],
        ['origin-agent-cluster', '?1'],
      ] as const) {
        expect([which, answer.headers.get(name)]).toEqual([which, value])
      }
    }
    expect(lastIsHelmet.headers.get('referrer-policy')).toBe('no-referrer')
    expect(lastIsOurs.headers.get('referrer-policy')).toBe('strict-origin')
    // fetch would join two headers of one name by a comma, and a policy holds none.
    const theirs = lastIsHelmet.headers.get('content-security-policy') ?? ''
    expect(theirs).toContain('img-src https://cdn.example')
    expect(theirs).not.toMatch(/nonce|, /)
    const ours = lastIsOurs.headers.get('content-security-policy') ?? ''
    expect(ours).toMatch(/script-src 'nonce-/)
    expect(ours).not.toMatch(/cdn|, /)
  })

  it('helmet’s policy is left alone on answers that are no page', async () => {
    const url = await start(web.headers(), helmet(own))
    expect(await policyOf(`${url}/json`)).toContain('img-src https://cdn.example')
  })
})
