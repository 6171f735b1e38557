/** Away to a provider of another site and back, in an application of the library's own defaults, over https. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import express, { type Request, type Response } from 'express'
import { createMemoryStore, createSojourn } from 'sojourn'
import { createExpressAdapter } from 'sojourn/express'
import { createOauthState } from 'sojourn/oauth-state'
import { makeCertificate, type Certificate } from './support/certificate.js'
import { startOtherSite } from './support/other-site.js'
import { expect, test } from './support/test.js'

const CALLBACK = '/auth/callback'

interface App {
  readonly origin: string
  stop(): Promise<void>
}

/** Leads away to `provider`, which comes back by a redirect or by a form, and signs in whoever comes back. */
async function startApp(certificate: Certificate, provider: string): Promise<App> {
  const sojourn = createSojourn({
    secrets: 'Yk3vQp8tZr5nWm2xHd7sLb4cJf6gNa9eRu1o2twQx7M',
    store: createMemoryStore(),
  })
  const web = createExpressAdapter(sojourn)
  const oauth = createOauthState(sojourn, { callbackPath: CALLBACK })
  const app = express()
  app.use(web.sessions, web.csrf({ exempt: [{ method: 'POST', path: CALLBACK }] }))
  app.get('/start/:way', (request, response) => {
    const { cookie } = request.headers
    const away = oauth.leave({ cookie, returnTo: request.query['returnTo'] })
    const to = `https://${request.headers.host ?? ''}${CALLBACK}`
    const said = new URLSearchParams({ code: 'a-code', state: away.state })
    // What the provider's own page would make of `redirect_uri`, `state` and `response_mode`.
    const query =
      request.params.way === 'form'
        ? `/form?${new URLSearchParams({ to, ...Object.fromEntries(said) }).toString()}`
        : `/redirect?${new URLSearchParams({ to: `${to}?${said.toString()}` }).toString()}`
    response.append('Set-Cookie', [...away.setCookies]).redirect(303, provider + query)
  })
  const comeBack = web.handler(async (request, response) => {
    const { method, headers, query, body } = request as Request<object, object, object>
    const params = { ...query, ...body }
    const back = await oauth.comeBack({ method, cookie: headers.cookie, params })
    await answer(request, response as Response, back)
  })
  app.get(CALLBACK, comeBack)
  app.post(CALLBACK, express.urlencoded({ extended: false }), comeBack)
  app.get('/account', web.requireSession(), (request, response) => {
    response.send(`<h1>${web.sessionOf(request).subject ?? ''}</h1>`)
  })
  const key = readFileSync(certificate.keyFile)
  const cert = readFileSync(certificate.certificateFile)
  const server = createServer({ key, cert }, app)
  await new Promise<void>((resolve) => server.listen(0, resolve))
  return {
    origin: `https://localhost:${String((server.address() as AddressInfo).port)}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await sojourn.close()
    },
  }

  async function answer(
    request: Parameters<typeof web.sessionOf>[0],
    response: Response,
    back: Awaited<ReturnType<typeof oauth.comeBack>>,
  ): Promise<void> {
    if (back.outcome === 'again') response.redirect(303, back.location)
    else if (back.outcome === 'refused') response.status(400).send(`<h1>${back.check}</h1>`)
    else {
      response.append('Set-Cookie', [...back.setCookies])
      await web.sessionOf(request).signIn(`ada with ${back.params['code'] ?? 'nothing'}`)
      response.redirect(303, back.returnTo)
    }
  }
}

test('behaviour 20b: the cookie is __Host- and Lax by default, and a provider may come back by 302 and by form_post', async ({
  browser,
}) => {
  const certificate = await makeCertificate()
  const provider = await startOtherSite(certificate)
  const app = await startApp(certificate, provider.origin)
  try {
    for (const way of ['redirect', 'form']) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      const page = await context.newPage()
      const posts: (string | undefined)[] = []
      page.on('request', async (request) => {
        if (request.method() === 'POST' && request.url() === app.origin + CALLBACK) {
          posts.push((await request.allHeaders())['cookie'])
        }
      })
      await page.goto(`${app.origin}/start/${way}?returnTo=%2Faccount`)
      await expect(page).toHaveURL(`${app.origin}/account`)
      await expect(page.getByRole('heading')).toHaveText('ada with a-code')
      expect(posts, 'a form of another site comes without the cookie').toEqual(
        way === 'form' ? [undefined] : [],
      )
      const [session, ...others] = await context.cookies()
      expect(others, 'the cookie of the departure has gone').toEqual([])
      expect(session).toMatchObject({ sameSite: 'Lax', secure: true, httpOnly: true, path: '/' })
      expect(session?.name).toMatch(/^__Host-sid/)
      expect(session?.domain, 'no Domain').toBe('localhost')
      await context.close()
    }
    // Somebody else's answer, slipped in from another site: nobody is signed in as them.
    const victim = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await victim.newPage()
    const slipped = new URLSearchParams({
      to: app.origin + CALLBACK,
      code: 'of-eve',
      state: 'A'.repeat(22),
    })
    await page.goto(`${provider.origin}/form?${slipped.toString()}`, { waitUntil: 'commit' })
    await expect(page.getByRole('heading')).toHaveText('state_unknown')
    expect(await victim.cookies()).toEqual([])
    await victim.close()
  } finally {
    await app.stop()
    await provider.stop()
    await certificate.remove()
  }
})
