// @ts-nocheck: it runs in a process of its own, beside code of documents that nobody has typed.
/** Scopes of program-scopes.mjs in which an application that issues tokens runs beside the fragment. */
import { createServer } from 'node:http'

const TOKENS = { issuer: 'http://localhost:3000', audience: 'http://localhost:3000' }

/** An application with tokens that runs, as docs/guide/tokens.md has it. */
async function startIssuer(inExpress) {
  const tokens = { ...TOKENS, otherAudiences: ['https://orders.example'] }
  const { names } = inExpress({ tokens })
  const { app, web, sojourn } = names
  const clients = new Map([['orders', [CLIENT_SECRET]]])
  app.use(web.sessions)
  app.post(
    '/login',
    web.handler(async (req, res) => {
      await req.session.signIn('user-123')
      const audience = req.query.for === undefined ? {} : { audience: [req.query.for] }
      res.json(await req.session.issueTokens(audience))
    }),
  )
  app.post('/refresh', web.tokenRoutes.refresh)
  app.get('/.well-known/jwks.json', web.tokenRoutes.jwks)
  app.get('/oauth/revocations', web.tokenRoutes.revocations(clients))
  app.get('/orders', web.requireAuth(), (_req, res) => res.json([]))
  app.get(
    '/me',
    web.requireAuth(),
    web.handler((req, res) => res.json(req.session.facts)),
  )
  const server = createServer(app).listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://localhost:${server.address().port}`
  const signIn = async (audience) => {
    const query = audience === undefined ? '' : `?for=${encodeURIComponent(audience)}`
    return (await realFetch(`${url}/login${query}`, { method: 'POST' })).json()
  }
  return { url, signIn, sojourn, server }
}
const CLIENT_SECRET = 'a secret of the client orders: 0123456789'
const realFetch = globalThis.fetch

/** A browser or a phone: it has a cookie jar, and somewhere to keep secrets. */
export async function inClient(inExpress) {
  const { url, signIn, server } = await startIssuer(inExpress)
  const first = await realFetch(`${url}/login`, { method: 'POST' })
  const cookie = first.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
  const names = {
    ...{ api: url, signIn, keychain: { set: async () => undefined } },
    fetch: async (address, { credentials, headers, ...options } = {}) => {
      const own = credentials === 'include' ? { cookie } : {}
      return realFetch(address, { ...options, headers: { ...own, ...headers } })
    },
    ...{
      sleep: async () => undefined,
      showSignIn: () => undefined,
      askForPassword: () => undefined,
    },
  }
  return { names, finish: async () => void server.close() }
}

/** A service of its own, which is asked with a token of the issuer, also after that has ended. */
export async function besideIssuer(inExpress) {
  const { url, signIn, sojourn, server } = await startIssuer(inExpress)
  const names = { issuer: TOKENS.issuer, clientSecret: CLIENT_SECRET }
  // Tokens are issued in the name of an address; what is published there is at another one here.
  const { fetch } = globalThis
  globalThis.fetch = async (address, ...rest) =>
    fetch(String(address).replace(TOKENS.issuer, url), ...rest)
  return {
    names,
    async finish({ app, verifier }) {
      // Tokens of the very second in which the store began count as older than its memory.
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      const { accessToken, sessionId } = await signIn('https://orders.example')
      const own = createServer(app).listen(0)
      await new Promise((resolve) => own.once('listening', resolve))
      const headers = { authorization: `Bearer ${accessToken}` }
      const call = async () =>
        (await fetch(`http://localhost:${own.address().port}/orders`, { headers })).status
      const seen = [await call()]
      await sojourn.revoke(sessionId)
      for (let tries = 0; tries < 100 && seen.at(-1) === 200; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        seen.push(await call())
      }
      verifier.close()
      globalThis.fetch = fetch
      for (const one of [own, server]) {
        one.closeAllConnections()
        one.close()
      }
      if (seen[0] !== 200 || seen.at(-1) !== 401) throw new Error(`answered ${seen.join()}`)
    },
  }
}
