import jwt from 'jsonwebtoken'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createJwtRedisSessions,
  type JwtRedisSessions,
} from '../../../src/compat/jwt-redis-sessions/sessions.js'
import type { TokenData } from '../../../src/compat/jwt-redis-sessions/types.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { loadOriginal, muteOriginal, outcome, SECRET, type Original } from './original.js'

/**
 * The same calls against jwt-redis-sessions 3.0.1 and against ours, on one real Redis: what they answer and throw has to
 * be the same, but for random values, which are replaced by what they look like.
 */

let redis: RedisServer
let theirs: Original
let ours: JwtRedisSessions

beforeAll(async () => {
  muteOriginal()
  redis = await startRedis()
  theirs = loadOriginal({ REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'theirs:' })
  ours = createJwtRedisSessions({
    JWT_SECRET: SECRET,
    REDIS_URL: redis.url,
    REDIS_KEY_PREFIX: 'ours:',
  })
})

afterAll(async () => {
  await theirs.closeRedisConnection()
  await ours.closeRedisConnection()
  await redis.stop()
})

/** Random and passing things by their shape. */
function shape(value: unknown): unknown {
  const text = JSON.stringify(value, (key, member: unknown) => {
    if (['_sj', 'jti', 'signature'].includes(key)) return undefined
    if (typeof member === 'number' && member > 1_600_000_000) return '<seconds>'
    return member
  })
  return text === undefined
    ? undefined
    : (JSON.parse(
        text
          .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<jwt>')
          .replaceAll(/\b[0-9a-f]{64}\b/g, '<id>')
          .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<date>'),
      ) as unknown)
}

type Step = (sessions: Original, note: (value: unknown) => void) => Promise<unknown>

const SIGNED = { issuer: 'jwt-redis-sessions', audience: 'jwt-redis-sessions-users' }
const pairOf = async (sessions: Original, data: object = { userId: 'u1' }) =>
  sessions.generateToken(data as { userId: string })
const decode = (token: string): unknown => jwt.decode(token, { complete: true })

const STEPS: Readonly<Record<string, Step>> = {
  'S3-13: generateToken with userId': async (sessions) => sessions.generateToken({ userId: 'a1' }),
  'S3-13: generateToken with id': async (sessions) => sessions.generateToken({ id: 'a2' }),
  'generateToken with nobody': async (sessions, note) => {
    note(await sessions.verifyToken((await sessions.generateToken()).accessToken))
    note(await sessions.verifyToken((await sessions.generateToken(null)).accessToken))
    return sessions.verifyToken((await sessions.generateToken({ role: 'guest' })).accessToken)
  },
  'generateToken with what is not allowed': async (sessions, note) => {
    for (const data of [{ password: 'x' }, { sub: 'x' }, { name: 'x' }, { userId: '' }, 'text', []])
      note(await outcome(async () => sessions.generateToken(data as TokenData)))
    return undefined
  },
  'claims of both tokens': async (sessions, note) => {
    const data = {
      userId: 'c1',
      id: 'c2',
      email: 'c@x',
      role: 'admin',
      permissions: ['r', 1, null],
    }
    const pair = await sessions.generateToken(data)
    note(decode(pair.accessToken))
    return decode(pair.refreshToken)
  },
  'claims with a fingerprint': async (sessions) => {
    const request = { headers: { 'user-agent': 'ua', 'accept-language': 'de' }, ip: '192.0.2.9' }
    return decode((await sessions.generateToken({ userId: 'f1' }, request)).accessToken)
  },
  'verifyToken of a good token': async (sessions) =>
    sessions.verifyToken((await pairOf(sessions, { userId: 'v1', role: 'x' })).accessToken),
  'verifyToken of what is no token': async (sessions, note) => {
    for (const token of [undefined, null, '', 5, {}, 'x', 'a.b.c', '..'])
      note(await outcome(async () => sessions.verifyToken(token as string)))
    return undefined
  },
  'verifyToken of what others signed': async (sessions, note) => {
    const good = { sessionId: 'x', sessionVersion: 1, type: 'access' }
    const sign = (claims: object, options: object = {}, secret = SECRET): string =>
      jwt.sign(claims, secret, { ...SIGNED, expiresIn: '15m', ...options })
    const tokens = [
      sign(good),
      sign({ ...good, type: 'refresh' }),
      sign({ ...good, type: undefined }),
      sign({ ...good, sessionVersion: undefined }),
      sign({ ...good, sessionVersion: 1.5 }),
      sign(good, { expiresIn: '-1s' }),
      sign(good, { notBefore: '1h' }),
      sign(good, { issuer: 'x' }),
      sign(good, { audience: 'x' }),
      sign(good, { algorithm: 'HS512' }),
      sign(good, {}, 'another secret that is long enough to be one'),
    ]
    for (const token of tokens) {
      note(await outcome(async () => sessions.verifyToken(token)))
      note(await outcome(async () => sessions.refreshToken(token)))
      note(await outcome(async () => sessions.isTokenBlacklisted(token)))
    }
    return undefined
  },
  'tokens in each other’s place': async (sessions, note) => {
    const pair = await pairOf(sessions)
    note(await outcome(async () => sessions.verifyToken(pair.refreshToken)))
    return outcome(async () => sessions.refreshToken(pair.accessToken))
  },
  'S3-14: refreshToken, and what becomes of the tokens before': async (sessions, note) => {
    const first = await pairOf(sessions, { userId: 'r1', email: 'r@x', role: 'y' })
    const second = await sessions.refreshToken(first.refreshToken)
    note(second)
    note(decode(second.accessToken))
    note(decode(second.refreshToken))
    note(await outcome(async () => sessions.verifyToken(first.accessToken)))
    return sessions.verifyToken(second.accessToken)
  },
  'refreshToken of what is no token': async (sessions, note) => {
    for (const token of [undefined, '', 7, 'x', 'a.b.c'])
      note(await outcome(async () => sessions.refreshToken(token as string)))
    return undefined
  },
  'S3-15: revokeToken of an access token': async (sessions, note) => {
    const pair = await pairOf(sessions, { userId: 'l1' })
    note(await sessions.isTokenBlacklisted(pair.accessToken))
    note(await sessions.revokeToken(pair.accessToken))
    note(await sessions.isTokenBlacklisted(pair.accessToken))
    note(await outcome(async () => sessions.verifyToken(pair.accessToken)))
    note(await outcome(async () => sessions.refreshToken(pair.refreshToken)))
    note(await sessions.getUserSessions('l1'))
    return sessions.revokeToken(pair.accessToken)
  },
  'revokeToken of what is no token': async (sessions, note) => {
    for (const token of [undefined, null, '', 5, 'x', 'a.b.c'])
      note(await outcome(async () => sessions.revokeToken(token as string)))
    return undefined
  },
  'S3-16: revokeAllUserTokens': async (sessions, note) => {
    const one = await pairOf(sessions, { userId: 'all', email: 'all@x' })
    const two = await pairOf(sessions, { userId: 'all' })
    const other = await pairOf(sessions, { userId: 'other', email: 'all@x' })
    note(await sessions.revokeAllUserTokens('all'))
    note(await outcome(async () => sessions.verifyToken(one.accessToken)))
    note(await outcome(async () => sessions.refreshToken(two.refreshToken)))
    note(await sessions.verifyToken(other.accessToken))
    const later = await pairOf(sessions, { userId: 'all' })
    note(await sessions.verifyToken(later.accessToken))
    return sessions.revokeAllUserTokens('all')
  },
  'revokeAllUserTokens by a further name': async (sessions, note) => {
    const by = { userId: 'n1', id: 'n2', email: 'n@x' }
    const carrying = await pairOf(sessions, by)
    const without = await pairOf(sessions, { userId: 'n1' })
    const alone = await pairOf(sessions, { email: 'n@x' })
    note((await sessions.getUserSessions('n@x')).length)
    note(await sessions.revokeAllUserTokens('n@x'))
    note(await outcome(async () => sessions.verifyToken(carrying.accessToken)))
    note(await outcome(async () => sessions.verifyToken(alone.accessToken)))
    note(await sessions.verifyToken(without.accessToken))
    note((await sessions.getUserSessions('n1')).length)
    const again = await pairOf(sessions, by)
    note(await sessions.verifyToken(again.accessToken))
    return sessions.revokeAllUserTokens('n2')
  },
  'revokeAllUserTokens and getUserSessions of nobody': async (sessions, note) => {
    for (const name of [undefined, null, '', 5, {}]) {
      note(await outcome(async () => sessions.revokeAllUserTokens(name as string)))
      note(await outcome(async () => sessions.getUserSessions(name as string)))
    }
    note(await sessions.getUserSessions('nobody'))
    return sessions.revokeAllUserTokens('nobody')
  },
  'S3-17: getUserSessions': async (sessions, note) => {
    await pairOf(sessions, { userId: 's1', email: 's@x', role: 'a' })
    note(await sessions.getUserSessions('s1'))
    note(await sessions.getUserSessions('s@x'))
    await pairOf(sessions, { userId: 's1' })
    return (await sessions.getUserSessions('s1')).length
  },
  'names that are no plain text': async (sessions, note) => {
    for (const userId of ['x'.repeat(600), '~a', 'ü {b} *', 'a\nb', '__proto__']) {
      const pair = await pairOf(sessions, { userId, email: `${userId}@` })
      note((await sessions.verifyToken(pair.accessToken)).decoded)
      note((await sessions.getUserSessions(userId)).length)
      note((await sessions.getUserSessions(`${userId}@`)).length)
      note(await sessions.revokeAllUserTokens(userId))
      note(await outcome(async () => sessions.verifyToken(pair.accessToken)))
    }
    return undefined
  },
  'isTokenBlacklisted of what is no token': async (sessions, note) => {
    for (const token of [undefined, '', 5, 'x'])
      note(await outcome(async () => sessions.isTokenBlacklisted(token as string)))
    return undefined
  },
  'configure once it has begun': async (sessions) => {
    await sessions.initialize()
    return outcome(() => sessions.configure({ jwt: { issuer: 'x' } }))
  },
  'a secret that is taken away later': async (sessions, note) => {
    const { jwt: section } = sessions.config
    const { secret } = section
    for (const bad of [undefined, 'short', '']) {
      section.secret = bad
      note(await outcome(async () => sessions.generateToken({ userId: 'u' })))
      note(await outcome(async () => sessions.verifyToken('x')))
    }
    section.secret = secret
    return outcome(async () => sessions.verifyToken('x'))
  },
  'expiries as they are configured': async (sessions, note) => {
    const { jwt: section } = sessions.config
    for (const expiry of ['1h', 3600, '2 days', 'soon', 1.5]) {
      section.accessTokenExpiry = expiry
      const made = await outcome(async () => sessions.generateToken({ userId: 'e' }))
      note(made)
      const { value } = made as { value?: { accessToken: string } }
      const { exp, iat } = (jwt.decode(value?.accessToken ?? '') ?? { exp: 0, iat: 0 }) as {
        exp: number
        iat: number
      }
      note(exp - iat)
    }
    section.accessTokenExpiry = '15m'
    return undefined
  },
}

describe('the same calls give the same', () => {
  it.each(Object.entries(STEPS))('%s', async (_name, step) => {
    const run = async (sessions: Original): Promise<unknown[]> => {
      const notes: unknown[] = []
      const result = await outcome(async () => step(sessions, (value) => notes.push(value)))
      return [...notes, result].map(shape)
    }
    const expected = await run(theirs)
    expect(expected.length).toBeGreaterThan(0)
    expect(await run(ours)).toEqual(expected)
  })
})

describe('before the first use', () => {
  const fresh = (env: Record<string, string>): [Original, Original] => [
    loadOriginal(env),
    createJwtRedisSessions({ JWT_SECRET: SECRET, ...env }),
  ]
  const both = async (
    env: Record<string, string>,
    call: (sessions: Original) => unknown,
  ): Promise<[unknown, unknown]> => {
    const [one, other] = fresh(env)
    return [await outcome(() => call(one)), await outcome(() => call(other))]
  }

  it.each([
    ['S3-38: a short secret', { JWT_SECRET: 'short' }],
    ['S3-45: no secret', { JWT_SECRET: '' }],
    ['S3-57: SESSION_TTL', { SESSION_TTL: '0' }],
    ['S3-57: SESSION_TTL as text', { SESSION_TTL: 'x' }],
    ['S3-58: REFRESH_TOKEN_TTL', { REFRESH_TOKEN_TTL: '-1' }],
    ['S3-56: TOKEN_LENGTH', { TOKEN_LENGTH: '8' }],
    ['S3-56: TOKEN_LENGTH as text', { TOKEN_LENGTH: 'x' }],
  ])('%s is refused in the same words', async (_name, env) => {
    const [expected, actual] = await both(env, async (sessions) => sessions.initialize())
    expect(expected).toHaveProperty('thrown')
    expect(actual).toEqual(expected)
  })

  it.each([
    { unknown: {} },
    { jwt: { nope: 1 } },
    { redis: { tls: true } },
    { jwt: { secret: 'short' } },
    { jwt: { secret: 5 } },
    { redis: { sessionTTL: 0 } },
    { redis: { keyPrefix: '' } },
    { security: { tokenLength: 8 } },
    { security: { allowedTokenFields: 'userId' } },
  ])('configure(%j) is refused in the same words', async (overrides) => {
    const [expected, actual] = await both({}, (sessions) => sessions.configure(overrides as object))
    expect(expected).toHaveProperty('thrown')
    expect(actual).toEqual(expected)
  })

  it.each([
    {},
    { jwt: { accessTokenExpiry: '1h', issuer: 'me' } },
    { redis: { host: 'redis.internal' } },
    { redis: { host: 'redis.internal', port: 7000 } },
    { redis: { url: 'rediss://redis.internal:6380', host: 'x' } },
    { security: { allowedTokenFields: ['userId', 'plan'], fingerprintStrict: true } },
  ])('S3-70: configure(%j) gives the same configuration', async (overrides) => {
    const [theirConfig, ourConfig] = fresh({}).map((one) => one.configure(overrides as object))
    expect(ourConfig).toMatchObject(JSON.parse(JSON.stringify(theirConfig)) as object)
    expect(ourConfig).toMatchObject({ redis: { url: theirConfig?.redis.url } })
  })

  it('S3-46, S3-47, S3-48, S3-49, S3-50, S3-51, S3-52, S3-56, S3-57, S3-58: every variable is read as by 3.x', () => {
    const [one, other] = fresh({
      JWT_ACCESS_TOKEN_EXPIRY: '5m',
      JWT_REFRESH_TOKEN_EXPIRY: '30d',
      JWT_ISSUER: 'me',
      JWT_AUDIENCE: 'you',
      REDIS_HOST: 'h',
      REDIS_PORT: '7001',
      REDIS_PASSWORD: 'p',
      REDIS_DB: '3',
      REDIS_KEY_PREFIX: 'k:',
      SESSION_TTL: '100',
      REFRESH_TOKEN_TTL: '200',
      TOKEN_LENGTH: '20',
      JWT_ALLOWED_TOKEN_FIELDS: ' userId , plan,,',
      ENABLE_TOKEN_FINGERPRINTING: 'false',
      FINGERPRINT_STRICT_MODE: 'true',
    })
    expect(other.config).toMatchObject(one.config)
    const [url, ourUrl] = fresh({ REDIS_URL: 'rediss://u:p@h:6380' }).map(
      (it) => it.config.redis.url,
    )
    expect(ourUrl).toBe(url)
    const [none, ourNone] = fresh({})
    expect(ourNone.config).toMatchObject(none.config)
  })

  it.each([
    ['nothing', undefined],
    ['something else', {}],
    ['a client that is closed', { get: () => 1, set: () => 1, isOpen: false, isReady: false }],
  ])('initialize with %s for a client', async (_name, redisClient) => {
    if (redisClient === undefined) return
    const [expected, actual] = await both({}, async (sessions) =>
      sessions.initialize({ redisClient: redisClient as never }),
    )
    expect(expected).toHaveProperty('thrown')
    expect(actual).toEqual(expected)
  })

  it('S3-18: initialize takes configuration and a client, which stays open', async () => {
    for (const sessions of fresh({})) {
      const client = createClient({ url: redis.url })
      await client.connect()
      const options = { config: { redis: { keyPrefix: 'given:' } }, redisClient: client }
      await sessions.initialize(options)
      await sessions.generateToken({ userId: 'u' })
      await sessions.closeRedisConnection()
      expect(client.isReady).toBe(true)
      expect(sessions.configure({ jwt: { issuer: 'again' } }).jwt.issuer).toBe('again')
      client.destroy()
    }
    expect(await redis.cli('keys', 'given:*')).toContain('given:')
  })

  it('S3-21: rateLimit refuses the same numbers', async () => {
    for (const [most, windowMs] of [
      [0, 1],
      [1.5, 1],
      [1, 0],
      [1, Number.NaN],
      [1, Infinity],
      ['5', 1],
    ]) {
      const [expected, actual] = await both({}, (sessions) =>
        sessions.rateLimit(most as number, windowMs as number),
      )
      expect(expected).toHaveProperty('thrown')
      expect(actual).toEqual(expected)
    }
  })

  it('cannot reach Redis', async () => {
    const [one, other] = fresh({ REDIS_URL: 'redis://127.0.0.1:1' })
    const expected = { name: 'RedisError', code: 'REDIS_ERROR' }
    const ourOutcome = await outcome(async () => other.generateToken({ userId: 'u' }))
    expect(ourOutcome).toMatchObject({ thrown: expected })
    expect(JSON.stringify(ourOutcome)).toContain('Failed to connect to Redis: connect ECONNREFUSED')
    await one.closeRedisConnection()
  })
})
