import { connect } from '../harness/redis.mjs'

/**
 * `express-session` as its documentation has it, with its own store or connect-redis; and our drop-ins in their place
 * (`drop-in-…`), with nothing changed but the imports. `…-untouched` does not write how long a session lives with every request.
 */
export async function mountExpressSession({ app, kind, redisUrl, secret, answer, subjectOf }) {
  const { default: session } = await import(moduleFor(kind, 'express-session'))
  app.use(
    session({
      secret,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 3_600_000 },
      ...(await storeFor(kind, redisUrl)),
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

function moduleFor(kind, name) {
  return kind.startsWith('drop-in') ? `sojourn/${name}` : name
}

async function storeFor(kind, redisUrl) {
  if (kind === 'drop-in-own-redis') return { store: await ownStore(redisUrl) }
  if (!kind.includes('redis')) return {}
  const { RedisStore } = await import(moduleFor(kind, 'connect-redis'))
  const prefix = kind.startsWith('drop-in') ? 'drop:' : 'sess:'
  const disableTouch = kind.endsWith('untouched')
  return { store: new RedisStore({ client: await connect(redisUrl), prefix, disableTouch }) }
}

/** The drop-in when the migration is over: our store alone, with its near cache. */
async function ownStore(redisUrl) {
  const { createRedisStore } = await import('sojourn/redis')
  const client = await connect(redisUrl)
  return createRedisStore({ client, subscriber: await connect(redisUrl), keyPrefix: 'so:' })
}
