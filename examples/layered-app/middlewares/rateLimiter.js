/** Whoever guesses passwords or tokens gets few tries: counted by address, in Redis for all processes together. */
import { rateLimit } from 'express-rate-limit'
import { redis } from '../utils/redisClient.js'

const MINUTE = 60_000

/** What express-rate-limit asks of a store. */
class RedisCounters {
  localKeys = false
  #prefix
  #windowMs

  constructor(name) {
    this.#prefix = `limit:${name}:`
  }

  init({ windowMs }) {
    this.#windowMs = windowMs
  }

  async increment(address) {
    const key = this.#prefix + address
    const [totalHits, , left] = await redis
      .multi()
      .incr(key)
      .pExpire(key, this.#windowMs, 'NX')
      .pTTL(key)
      .exec()
    return { totalHits, resetTime: new Date(Date.now() + left) }
  }

  async decrement(address) {
    await redis.decr(this.#prefix + address)
  }

  async resetKey(address) {
    await redis.del(this.#prefix + address)
  }
}

export const signInLimiter = limiter('sign-in', { windowMs: 15 * MINUTE, limit: 10 })
export const refreshLimiter = limiter('refresh', { windowMs: MINUTE, limit: 30 })

function limiter(name, options) {
  return rateLimit({
    ...options,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    message: { error: 'Too many tries, come back later' },
    ...(redis === undefined ? {} : { store: new RedisCounters(name) }),
  })
}
