/**
 * Access and refresh tokens, by sojourn. Each sign-in has a record in the store that its tokens name: end the record, and
 * all of them are dead at once, however long they would have lived. The tokens are JWTs (RFC 9068), signed with
 * JWT_SECRET by HS256; whoever can verify those can also make them, so keep the secret to this application.
 */
import { createMemoryStore, createSojourn } from 'sojourn'
import { createNodeIncoming } from 'sojourn/express'
import { createStaticKeyRing } from 'sojourn/keys'
import { createRedisStore } from 'sojourn/redis'
import { config } from '../config/index.js'
import { redis } from './redisClient.js'

const sojourn = createSojourn({
  store: redis ? createRedisStore({ client: redis }) : createMemoryStore(),
  secrets: config.sessionSecrets,
  idle: '30m',
  absolute: '12h',
  trustProxy: config.trustProxy,
  // Its own cookie is never sent: the browser's session is express-session's, see app.js.
  cookie: { secure: config.isProduction ? 'auto' : false },
  tokens: {
    issuer: config.issuer,
    audience: config.issuer,
    accessLifetime: '15m',
    keys: createStaticKeyRing(config.jwtSecrets.map((secret) => ({ algorithm: 'HS256', secret }))),
  },
})

/** Begins a record for `username`; answers its first tokens, and its name for {@link endTokens}. */
export async function startTokens(request, username) {
  const exchange = exchangeOf(request)
  await exchange.session.signIn(username)
  const { sessionId, ...tokens } = await exchange.session.issueTokens()
  await exchange.commit()
  return { tokens, sessionId }
}

/** Whose access token came with the request, if it is good now; `undefined` otherwise. */
export async function readToken(request) {
  const { session } = exchangeOf(request)
  await session.load()
  return session.isSignedIn ? { username: session.subject, sessionId: session.id } : undefined
}

/** A new pair for a refresh token; `undefined` where it is none, is used up, or its sign-in is over. */
export async function refreshTokens(presented, address) {
  const result = await sojourn.tokens.refresh(presented, { address })
  if (result.status === 'refused') return undefined
  const { accessToken, refreshToken, tokenType, expiresIn } = result.tokens
  return { accessToken, refreshToken, tokenType, expiresIn }
}

/** Ends the record: no token of it is good any more. */
export async function endTokens(sessionId) {
  await sojourn.revoke(sessionId, { reason: 'logged_out' })
}

function exchangeOf(request) {
  return sojourn.exchange(createNodeIncoming(request, sojourn.proxyTrust))
}
