import session from 'express-session'
import { connect } from '../harness/redis.mjs'

/** `express-session` as its documentation has it, with its own store or connect-redis. */
export async function mountExpressSession({ app, kind, redisUrl, secret, answer, subjectOf }) {
  app.use(
    session({
      secret,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 3_600_000 },
      ...(kind.includes('redis') ? { store: await redisStore(redisUrl) } : {}),
    }),
  )
  app.post('/login', (request, response) => {
    request.session.regenerate(() => {
      request.session.subject = subjectOf(request)
      request.session.name = 'Ada'
      request.session.save(() => answer(response, request.session.subject))
    })
  })
  app.get('/untouched', (_request, response) => answer(response, 'nobody'))
  app.get('/me', (request, response) => answer(response, request.session.subject))
  app.get('/write', (request, response) => {
    request.session.n = Math.random()
    answer(response, request.session.subject)
  })
}

async function redisStore(redisUrl) {
  const { RedisStore } = await import('connect-redis')
  return new RedisStore({ client: await connect(redisUrl) })
}
