// Shared by all route handlers, as lib/sessions.ts would be in a Next.js application.
import { createSojourn } from 'sojourn'
import { createFetchAdapter } from 'sojourn/fetch'

export const sojourn = createSojourn({
  secrets: process.env.SESSION_SECRET,
  // Next.js does not tell who connected: one proxy stands in front, and says so in X-Forwarded-For and X-Forwarded-Proto.
  trustProxy: 1,
  // Without `store`, sessions live in this process. In production: createRedisStore({ client }) of sojourn/redis.
})

export const web = createFetchAdapter(sojourn)
