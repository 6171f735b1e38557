import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { RedisStore } from 'connect-redis'
import fastify from 'fastify'
import { connect } from '../harness/redis.mjs'

/** `@fastify/session` over connect-redis, as its documentation has it; `…-still` with `rolling: false`. */
export async function startFastifySession({ kind, redisUrl, secret, body, subjectOf }) {
  const isStill = kind.endsWith('still')
  const app = fastify()
  await app.register(cookie)
  await app.register(session, {
    secret,
    store: new RedisStore({ client: await connect(redisUrl), prefix: isStill ? 'fst:' : 'fs:' }),
    saveUninitialized: false,
    cookie: { secure: false, maxAge: 3_600_000 },
    ...(isStill ? { rolling: false } : {}),
  })
  app.post('/login', async (request) => {
    await request.session.regenerate()
    request.session.subject = subjectOf(request)
    request.session.name = 'Ada'
    return body(request.session.subject)
  })
  app.get('/me', async (request) => body(request.session.subject))
  app.get('/write', async (request) => {
    request.session.n = Math.random()
    return body(request.session.subject)
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}
