import sessions from 'jwt-redis-sessions'
import { connect } from '../harness/redis.mjs'

/**
 * `jwt-redis-sessions` as its README has it, but for the connection: it is handed one of the same client as the others
 * have, since its own tells of itself on standard output. (Its package.json asks for Node 22 or 24.)
 */
export async function mountJwtRedisSessions({ app, redisUrl, secret, answer, subjectOf }) {
  await sessions.initialize({
    config: { jwt: { secret, accessTokenExpiry: '2h' } },
    redisClient: await connect(redisUrl),
  })
  app.post('/token', async (request, response) => {
    response.json(await sessions.generateToken({ userId: subjectOf(request) }))
  })
  app.get('/me', sessions.auth, (request, response) => {
    answer(response, request.auth.decoded.userId)
  })
}
