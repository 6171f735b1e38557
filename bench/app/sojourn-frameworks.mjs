import { createSojourn } from 'sojourn'
import { createRedisStore } from 'sojourn/redis'
import { connect } from '../harness/redis.mjs'

/** Ours on Fastify and Hono: cookies, Redis, the near cache on, as on Express in sojourn.mjs. */

async function open({ redisUrl, secret, kind }) {
  const client = await connect(redisUrl)
  const store = createRedisStore({
    client,
    subscriber: await connect(redisUrl),
    keyPrefix: `${kind}:`,
  })
  return createSojourn({ secrets: secret, store })
}

async function signIn(session, subject) {
  await session.signIn(subject)
  session.set('name', 'Ada')
  await session.save()
}

export async function startSojournFastify(bench) {
  const { body, subjectOf } = bench
  const { default: fastify } = await import('fastify')
  const { createFastifyAdapter } = await import('sojourn/fastify')
  const web = createFastifyAdapter(await open(bench))
  const app = fastify()
  await app.register(web.sessions)
  app.post('/login', async (request) => {
    await signIn(request.session, subjectOf(request))
    return body(request.session.subject)
  })
  const preHandler = web.requireSession()
  app.get('/me', { preHandler }, (request, reply) => reply.send(body(request.session.subject)))
  app.get('/write', { preHandler }, (request, reply) => {
    request.session.set('n', Number(request.query.n ?? 1))
    reply.send(body(request.session.subject))
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}

export async function startSojournHono(bench) {
  const { body } = bench
  const { Hono } = await import('hono')
  const { createAdaptorServer } = await import('@hono/node-server')
  const { createHonoAdapter } = await import('sojourn/hono')
  const web = createHonoAdapter(await open(bench))
  const app = new Hono()
  app.use(web.sessions)
  app.post('/login', async (context) => {
    const { session } = context.var
    await signIn(session, `user-${context.req.query('user')}`)
    return context.json(body(session.subject))
  })
  const guard = web.requireSession()
  app.get('/me', guard, (context) => context.json(body(context.var.session.subject)))
  app.get('/write', guard, (context) => {
    context.var.session.set('n', Number(context.req.query('n') ?? 1))
    return context.json(body(context.var.session.subject))
  })
  return createAdaptorServer({ fetch: app.fetch })
}
