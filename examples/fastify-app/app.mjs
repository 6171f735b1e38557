// Sessions in Fastify. Run it: SESSION_SECRET=$(openssl rand -base64 32) node examples/fastify-app/app.mjs
import { fileURLToPath } from 'node:url'
import createFastify from 'fastify'
import { createSojourn } from 'sojourn'
import { createFastifyAdapter } from 'sojourn/fastify'

export async function createApp(secrets = process.env.SESSION_SECRET) {
  // Without `store`, sessions live in this process. In production: createRedisStore({ client }) of sojourn/redis.
  const sojourn = createSojourn({ secrets })
  const web = createFastifyAdapter(sojourn)
  const app = createFastify({ forceCloseConnections: true })

  await app.register(web.sessions)
  app.addHook('onRequest', web.headers())
  app.addHook('preHandler', web.sameOrigin())

  app.post('/login', async (request) => {
    // Check the password here.
    await request.session.signIn(request.body.name)
    return { name: request.body.name }
  })
  app.get('/me', { preHandler: web.requireSession() }, async ({ session }) => ({
    name: session.subject,
    visits: await session.incr('visits'),
  }))
  app.post('/logout', { preHandler: web.requireSession() }, async ({ session }) => {
    await session.signOut()
    return { ended: true }
  })
  app.addHook('onClose', async () => sojourn.close())
  return app
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const app = await createApp()
  console.log(`Server running on ${await app.listen({ port: Number(process.env.PORT ?? 3000) })}`)
}
