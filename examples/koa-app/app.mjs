// Sessions in Koa. Run it: SESSION_SECRET=$(openssl rand -base64 32) node examples/koa-app/app.mjs
import { fileURLToPath } from 'node:url'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import { createSojourn } from 'sojourn'
import { createKoaAdapter } from 'sojourn/koa'

export function createApp(secrets = process.env.SESSION_SECRET) {
  // Without `store`, sessions live in this process. In production: createRedisStore({ client }) of sojourn/redis.
  const sojourn = createSojourn({ secrets })
  const web = createKoaAdapter(sojourn)
  const app = new Koa()

  app.use(web.headers())
  app.use(web.sessions)
  app.use(web.sameOrigin())
  app.use(bodyParser())

  app.use(async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== '/login') return next()
    const { name } = ctx.request.body
    // Check the password here.
    await ctx.session.signIn(name)
    ctx.body = { name }
  })
  // Everything below is for people who are signed in. With a router: router.get('/me', web.requireSession(), handler).
  app.use(web.requireSession())
  app.use(async (ctx, next) => {
    const { session } = ctx
    if (ctx.path === '/me') {
      ctx.body = { name: session.subject, visits: await session.incr('visits') }
    } else if (ctx.method === 'POST' && ctx.path === '/logout') {
      await session.signOut()
      ctx.body = { ended: true }
    } else await next()
  })
  return app
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.env.PORT ?? 3000)
  createApp().listen(port, () => console.log(`Server running on http://localhost:${port}`))
}
