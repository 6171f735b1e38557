// Sessions in Hono. Run it: SESSION_SECRET=$(openssl rand -base64 32) node examples/hono-app/app.mjs
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createSojourn } from 'sojourn'
import { createHonoAdapter } from 'sojourn/hono'

export function createApp(secrets = process.env.SESSION_SECRET) {
  // Without `store`, sessions live in this process. In production: createRedisStore({ client }) of sojourn/redis.
  const sojourn = createSojourn({ secrets })
  const web = createHonoAdapter(sojourn)
  const app = new Hono()

  app.use(web.headers(), web.sessions, web.sameOrigin())

  app.post('/login', async (c) => {
    const { name } = await c.req.json()
    // Check the password here.
    await c.var.session.signIn(name)
    return c.json({ name })
  })
  app.get('/me', web.requireSession(), async (c) => {
    const { session } = c.var
    return c.json({ name: session.subject, visits: await session.incr('visits') })
  })
  app.post('/logout', web.requireSession(), async (c) => {
    await c.var.session.signOut()
    return c.json({ ended: true })
  })
  return app
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  serve({ fetch: createApp().fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
    console.log(`Server running on http://localhost:${port}`)
  })
}
