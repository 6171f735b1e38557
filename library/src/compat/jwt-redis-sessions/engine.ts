import { deriveKey } from '../../credential/session-token.js'
import { createCore } from '../../sojourn.js'
import { LONGEST_LIFETIME } from '../../options.js'
import type { Core } from '../../session/visit.js'
import type { RedisClient } from '../../store/redis/client.js'
import { createRedisStore } from '../../store/redis/redis-store.js'
import { createHmac, sha256, type Hmac } from '../../system/digest.js'
import type { Link } from './connection.js'
import { createOldRecords, type OldRecords } from './old-records.js'
import { refreshSeconds } from './lifetimes.js'
import type { Config } from './types.js'

/** What the verbs work with: the core of sojourn over one Redis, and the configuration as it is now. */
export interface Engine {
  readonly core: Core
  readonly config: Config
  readonly link: Link
  /** Records of jwt-redis-sessions 3.x; `undefined`: they are nothing to us. */
  readonly old: OldRecords | undefined
  readonly names: Names
  readonly counts: Counts
  /** Random bytes of a refresh family's seed. */
  readonly seedBytes: number
}

/** See `AdoptionCounts`. */
export interface Counts {
  adopted: number
  undecodable: number
}

/** How sessions and people are called at rest. */
export interface Names {
  /** The subject of a session of the person of this name. */
  subject(identifier: string): string
  /** Under which epochs are kept for those sessions that name a person by this besides. */
  alias(identifier: string): string
  /** The subject of a session that names nobody: a person of its own. */
  nobody(publicId: string): string
  /** Where the record of a session rests. */
  session(subject: string, publicId: string): string
  /** The seed of the family that goes on where the refresh token with this digest left off. */
  seed(refreshHash: string): string
}

/** Seconds. */
const LONGEST = LONGEST_LIFETIME / 1_000
const MOST_SEED_BYTES = 64
const LONGEST_SUBJECT = 255

/** Puts the core together as the configuration says. Throws `InvalidOption` where that is not possible. */
export function createEngine(
  config: Config,
  client: RedisClient,
  link: Link,
  counts: Counts,
): Engine {
  const { secret = '' } = config.jwt
  const store = createRedisStore({ client, keyPrefix: toStorePrefix(config.redis.keyPrefix) })
  const seedBytes = Math.min(config.security.tokenLength, MOST_SEED_BYTES)
  const refreshIdle = Math.min(refreshSeconds(config), LONGEST)
  const idle = Math.min(Math.max(config.redis.sessionTTL, refreshIdle), LONGEST)
  const core = createCore({
    store,
    secrets: secret,
    idle,
    // 3.x knows none; nothing of ours lives longer than a cookie may.
    absolute: LONGEST,
    // Nor a limit, and it keeps neither address nor agent.
    limit: false,
    privacy: { address: 'none', agent: 'none' },
    cache: false,
    tokens: {
      issuer: 'jwt-redis-sessions',
      audience: 'jwt-redis-sessions',
      refresh: {
        lifetime: LONGEST,
        idle: refreshIdle,
        grace: config.security.refreshGrace,
        seedBytes,
      },
    },
  })
  const names = createNames(createHmac(deriveKey(secret, 'jwt-redis-sessions')), (subject) =>
    store.bucketOf(subject),
  )
  return {
    core,
    config,
    link,
    old: config.security.adoption === 'off' ? undefined : createOldRecords(link, config, counts),
    names,
    counts,
    seedBytes,
  }
}

/** Everything of the configuration that an engine is built from; another text asks for another engine. */
export function fingerprintOfConfig({ jwt, redis, security }: Config): string {
  return JSON.stringify([
    sha256(jwt.secret ?? ''),
    jwt.refreshTokenExpiry,
    [redis.keyPrefix, redis.sessionTTL, redis.refreshTokenTTL],
    [security.tokenLength, security.refreshGrace, security.adoption],
  ])
}

function createNames(mac: Hmac, bucketOf: (subject: string) => string): Names {
  // Names that begin so are ours alone: nobody can call himself by one.
  const own = (kind: string, text: string): string =>
    `~${kind}${mac.sign(`${kind}.${text}`).toString('base64url')}`
  return {
    subject: (identifier) => (isPlain(identifier) ? identifier : own('s', identifier)),
    alias: (identifier) => own('a', identifier),
    nobody: (publicId) => own('n', publicId),
    session: (subject, publicId) => `${bucketOf(subject)}.${sha256(publicId).slice(0, 22)}`,
    seed: (refreshHash) => mac.sign(`seed.${refreshHash}`).toString('base64url'),
  }
}

function isPlain(identifier: string): boolean {
  const isShort = identifier.length <= LONGEST_SUBJECT && !identifier.startsWith('~')
  return isShort && !/\p{Surrogate}/u.test(identifier)
}

/** A prefix that the store takes; one with other characters goes by its digest. */
function toStorePrefix(prefix: string): string {
  return /^[A-Za-z0-9._:-]{1,64}$/.test(prefix) ? prefix : `sj-${sha256(prefix).slice(0, 12)}:`
}
