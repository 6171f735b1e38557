/** Who is registered, in Redis or, without one, in this process. A name never changes, so it is also the person's id. */
import { redis } from '../utils/redisClient.js'

const people = new Map()
const keyOf = (username) => `user:${username}`

/** `false` where the name is taken; then nothing has changed. */
export async function createUser({ username, passwordHash }) {
  const displayName = username
  if (redis === undefined) {
    if (people.has(username)) return false
    people.set(username, { passwordHash, displayName })
    return true
  }
  const isFree = (await redis.hSetNX(keyOf(username), 'passwordHash', passwordHash)) === 1
  if (isFree) await redis.hSetNX(keyOf(username), 'displayName', displayName)
  return isFree
}

export async function findUser(username) {
  const found = redis === undefined ? people.get(username) : await redis.hGetAll(keyOf(username))
  return found?.passwordHash === undefined ? undefined : { username, ...found }
}

export async function setDisplayName(username, displayName) {
  if (redis === undefined) people.get(username).displayName = displayName
  else await redis.hSet(keyOf(username), 'displayName', displayName)
}
