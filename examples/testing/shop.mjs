// A small shop, as an application under test: sessions by cookie, and access tokens for its other clients.
import express from 'express'
import { createSojourn } from 'sojourn'
import { createExpressAdapter } from 'sojourn/express'

const SECRET = 'a secret for tests alone: 0123456789 0123456789'

/**
 * The application takes its store and its clock from outside: a test passes its own, `server.mjs` would pass Redis and none.
 *
 * @param {{ store?: import('sojourn').Store, clock?: import('sojourn').Clock }} parts
 */
export function createShop(parts) {
  const sojourn = createSojourn({
    secrets: SECRET,
    tokens: { issuer: 'https://shop.example', audience: 'https://api.shop.example' },
    // Whoever pauses a save looks at the store; and no gate is shut for so long.
    cache: false,
    resilience: { commandDeadline: '10s' },
    ...parts,
  })
  const web = createExpressAdapter(sojourn)
  const app = express()
  app.use(web.sessions)
  app.get(
    '/cart',
    web.requireSession(),
    web.handler(async ({ session }, response) => {
      response.json({ who: session.subject, cart: (await session.get('cart')) ?? [] })
    }),
  )
  app.post(
    '/cart/:item',
    web.requireSession(),
    web.handler(async ({ session, params }, response) => {
      await session.update('cart', (cart = []) => [...cart, params.item])
      response.json({ cart: await session.get('cart') })
    }),
  )
  app.post(
    '/logout',
    web.handler(async ({ session }, response) => {
      await session.signOut()
      response.json({ isSignedIn: false })
    }),
  )
  return { app, sojourn }
}
