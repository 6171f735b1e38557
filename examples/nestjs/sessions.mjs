import { createSojourn } from 'sojourn'
import { createExpressAdapter } from 'sojourn/express'

// Without `store`, sessions live in this process. In production: createRedisStore({ client }) of sojourn/redis.
export const sojourn = createSojourn({ secrets: process.env.SESSION_SECRET })
export const web = createExpressAdapter(sojourn)
