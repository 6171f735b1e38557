import sessions from 'jwt-redis-sessions'
import { connect } from '../harness/redis.mjs'
import { SECRET } from './people.mjs'

/** `jwt-redis-sessions`, which is one for a process, over a connection of the same client as ours. */
export async function openTheirs(redisUrl) {
  const redisClient = await connect(redisUrl)
  await sessions.initialize({ config: { jwt: { secret: SECRET } }, redisClient })
  return {
    signIn: (userId) => sessions.generateToken({ userId }),
    refresh: (token) => sessions.refreshToken(token),
    async close() {
      await sessions.closeRedisConnection()
      redisClient.destroy()
    },
  }
}
