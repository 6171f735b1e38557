import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { fromNodeHeaders } from 'better-auth/node'
import { connect } from '../harness/redis.mjs'

/**
 * `better-auth` with sessions in Redis, as its `secondaryStorage`; `…-cookie-cache` with the signed copy in a cookie for
 * five minutes. Accounts are in memory, and passwords are not hashed: only sessions are measured. Who is unknown is
 * signed up first; who is known signs in.
 */
export async function mountBetterAuth({ app, kind, redisUrl, secret, answer, subjectOf }) {
  const auth = betterAuth({
    secret,
    baseURL: 'http://localhost',
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    secondaryStorage: storageOn(await connect(redisUrl), `${kind}:`),
    session: kind.endsWith('cookie-cache') ? { cookieCache: { enabled: true, maxAge: 300 } } : {},
    emailAndPassword: {
      enabled: true,
      password: { hash: async () => 'not hashed', verify: async () => true },
    },
  })
  const known = new Set()
  app.post('/login', async (request, response) => {
    const name = subjectOf(request)
    const body = { email: `${name.toLowerCase()}@bench.example`, password: 'a password', name }
    const verb = known.has(name) ? 'signInEmail' : 'signUpEmail'
    const { headers } = await auth.api[verb]({ body, returnHeaders: true })
    known.add(name)
    response.setHeader('Set-Cookie', headers.getSetCookie())
    answer(response, name)
  })
  app.get('/me', async (request, response) => {
    const found = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
    answer(response, found?.user.name)
  })
}

function storageOn(client, prefix) {
  return {
    get: (key) => client.get(prefix + key),
    getAndDelete: (key) => client.getDel(prefix + key),
    async increment(key, seconds) {
      const count = await client.incr(prefix + key)
      if (count === 1) await client.expire(prefix + key, seconds)
      return count
    },
    set: (key, value, seconds) =>
      client.set(
        prefix + key,
        value,
        seconds ? { expiration: { type: 'EX', value: Math.ceil(seconds) } } : {},
      ),
    async delete(key) {
      await client.del(prefix + key)
    },
  }
}
