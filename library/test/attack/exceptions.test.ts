/** Whatever of the application's own code throws while a request is judged: it is refused, and nobody gets in by it. */
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import type { SojournOptions } from '../../src/options.js'
import { createSojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import { SECRET, TOKENS } from '../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../support/web.js'

const BOOM = 'an internal word that nobody outside may read'
const boom = (): never => {
  throw new TypeError(BOOM)
}
const servers: RunningServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

type Options = Partial<SojournOptions>

/** An application whose options begin to throw once somebody has signed in. */
async function scene(broken: (state: { isBroken: boolean }) => Options) {
  const state = { isBroken: false }
  const sojourn = createSojourn({ secrets: SECRET, cache: false, tokens: TOKENS, ...broken(state) })
  const web = createExpressAdapter(sojourn)
  const app = express()
  app.use(web.sessions)
  app.post(
    '/login',
    web.handler(async ({ session }, response) => {
      await session.signIn('alice')
      session.set('cart', ['tea'])
      const { refreshToken } = await session.issueTokens()
      response.json({ refreshToken })
    }),
  )
  app.post('/refresh', express.json(), web.tokenRoutes.refresh as never)
  app.get(
    '/private',
    web.requireAuth(),
    web.handler(async ({ session }, response) => {
      response.send(`private ${String(await session.get('cart'))}`)
    }),
  )
  app.get(
    '/write',
    web.requireAuth(),
    web.handler(({ session }, response) => {
      session.set('n', 1)
      response.send('private')
    }),
  )
  app.use(((error, _request, response, _next) => {
    response.status(500).json({ code: 'internal_error', type: (error as Error).name })
  }) satisfies express.ErrorRequestHandler)
  const server = await listen(app)
  servers.push(server)
  const client = new WebClient(server)
  const tokens = JSON.parse((await client.post('/login')).body) as { refreshToken: string }
  expect((await client.get('/private')).status).toBe(200)
  state.isBroken = true
  return { server, client, tokens }
}

const throwingStore =
  (verb: keyof Store, fault: () => unknown) =>
  (state: { isBroken: boolean }): Options => {
    const store = createMemoryStore()
    return {
      store: new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name)
          if (typeof value !== 'function') return value
          return (...args: unknown[]) =>
            state.isBroken && name === verb ? fault() : Reflect.apply(value, target, args)
        },
      }),
    }
  }

const BROKEN: Readonly<
  Record<string, readonly [string, (state: { isBroken: boolean }) => Options]>
> = {
  'a store that throws': ['/private', throwingStore('read', boom)],
  'a store that answers nonsense': [
    '/private',
    throwingStore('read', () => Promise.resolve({ status: 'fine' })),
  ],
  'a store that answers nothing': ['/private', throwingStore('read', () => Promise.resolve())],
  'a store that throws while saving': ['/write', throwingStore('change', boom)],
  'a schema that throws': [
    '/private',
    (state) => ({
      schema: {
        cart: {
          '~standard': { validate: (value: unknown) => (state.isBroken ? boom() : { value }) },
        },
      },
    }),
  ],
  'a hook that says what is passive': [
    '/private',
    (state) => ({ isPassive: () => (state.isBroken ? boom() : false) }),
  ],
}

describe('an exception while a request is judged', () => {
  for (const [name, [path, broken]] of Object.entries(BROKEN)) {
    it(`ASVS 16.5.3: ${name}: the protected route does not answer, and no inner word gets out`, async () => {
      const { client, server } = await scene(broken)
      const answer = await client.get(path)
      expect(answer.status).toBeGreaterThanOrEqual(500)
      expect(answer.body).not.toContain('private')
      expect(answer.body).not.toContain(BOOM)
      // Nor is the cookie touched: nobody is signed out by a fault.
      expect(answer.cookies).toEqual([])
      // Who shows nothing is refused as ever.
      expect((await new WebClient(server).get(path)).status).toBeGreaterThanOrEqual(401)
    })
  }

  it('ASVS 16.5.3: a provider of claims that throws: there is no token, and the session stays as it was', async () => {
    const { client, tokens } = await scene((state) => ({
      tokens: { ...TOKENS, claims: () => (state.isBroken ? boom() : {}) },
    }))
    const answer = await client.post('/refresh', tokens)
    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(answer.body).not.toMatch(/eyJ|rt\./)
    expect(answer.body).not.toContain(BOOM)
    expect((await client.get('/private')).status).toBe(200)
  })

  it('ASVS 16.5.3: a listener that throws changes nothing', async () => {
    const sojourn = createSojourn({ secrets: SECRET })
    sojourn.on('session.started', boom)
    const exchange = sojourn.exchange({
      method: 'POST',
      target: '/',
      host: 'app.example',
      isSecure: true,
      address: '192.0.2.1',
      userAgent: undefined,
      cookieHeader: undefined,
      forwardedNotice: undefined,
      header: () => undefined,
      isRepeated: () => false,
    })
    await exchange.session.signIn('alice')
    expect((await exchange.commit())?.cookies).toHaveLength(1)
    await new Promise((resolve) => setImmediate(resolve))
  })
})
