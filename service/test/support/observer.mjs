/**
 * One more process on the Redis of a service: the session core behind the same doors as in the service, without
 * HTTP. It looks at a credential every millisecond, and tells when it last was accepted; or it ends a session, and
 * tells when that was done. Instants are milliseconds of the clock that all processes of a machine share.
 */
import { createSojourn } from 'sojourn'
import { loadConfig } from '../../dist/config/load.js'
import { openKeyRing } from '../../dist/open-key-ring.js'
import { openRedis } from '../../dist/redis/open.js'

const config = loadConfig(process.env)
if (config.redis === undefined) throw new Error('an observer needs REDIS_URL')
const staleness = config.session.cacheStaleness
const log = /** @type {any} */ ({ warn: () => undefined, error: () => undefined })
const { store } = await openRedis(config.redis, log)
const sojourn = createSojourn({
  store,
  secrets: config.secrets.session.map((secret) => secret.reveal()),
  cache: { maxStaleness: `${staleness}ms` },
  tokens: {
    keys: (documents) => openKeyRing(config, documents),
    issuer: config.tokens.issuer,
    audience: config.tokens.audience,
    refresh: { secrets: config.secrets.refresh.map((secret) => secret.reveal()) },
  },
})

const now = () => Number(process.hrtime.bigint()) / 1e6
const pause = () => new Promise((resolve) => setTimeout(resolve, 1))

/**
 * @param {string | undefined} cookie
 * @param {string | undefined} bearer
 */
async function isAccepted(cookie, bearer) {
  const { session } = sojourn.exchange({
    method: 'GET',
    target: '/',
    host: 'localhost',
    isSecure: false,
    address: '127.0.0.1',
    userAgent: undefined,
    cookieHeader: cookie,
    forwardedNotice: undefined,
    header: (name) => (name === 'authorization' && bearer ? `Bearer ${bearer}` : undefined),
    isRepeated: () => false,
  })
  try {
    await session.load()
    return session.isSignedIn
  } catch {
    return false
  }
}

/** @param {{ cookie: string, bearer: string, within: number }} order */
async function watch({ cookie, bearer, within }) {
  const seen = { cookie: 0, bearer: 0 }
  if (!(await isAccepted(cookie, undefined)) || !(await isAccepted(undefined, bearer))) return seen
  process.send?.({ kind: 'watching' })
  const open = new Set(/** @type {const} */ (['cookie', 'bearer']))
  const until = now() + within
  while (open.size > 0 && now() < until) {
    for (const kind of open) {
      const at = now()
      const isGood = await isAccepted(
        kind === 'cookie' ? cookie : undefined,
        kind === 'bearer' ? bearer : undefined,
      )
      if (isGood) seen[kind] = at
      else open.delete(kind)
    }
    await pause()
  }
  return seen
}

process.on('message', (/** @type {any} */ order) => {
  if (order.kind === 'watch') {
    void watch(order).then((seen) => process.send?.({ kind: 'seen', seen }))
  } else {
    void sojourn.revoke(order.sessionId).then((isDone) => {
      process.send?.({ kind: 'revoked', isDone, at: now() })
    })
  }
})
process.on('disconnect', () => process.exit())
await sojourn.check()
process.send?.({ kind: 'ready' })
