import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  createJwtRedisSessions,
  type JwtRedisSessions,
} from '../../../src/compat/jwt-redis-sessions/sessions.js'
import { startCluster, type RedisCluster } from '../../support/redis-cluster.js'
import { startRedis, waitFor, type RedisServer } from '../../support/redis-server.js'
import { outcome, SECRET } from './original.js'

let redis: RedisServer
const made: JwtRedisSessions[] = []

beforeAll(async () => {
  redis = await startRedis()
})

afterEach(async () => {
  await Promise.all(made.splice(0).map(async (one) => one.closeRedisConnection()))
})

afterAll(async () => {
  await redis.stop()
})

function node(env: Record<string, string> = {}): JwtRedisSessions {
  const one = createJwtRedisSessions({ JWT_SECRET: SECRET, REDIS_URL: redis.url, ...env })
  made.push(one)
  return one
}

const refused = { thrown: { name: 'TokenError', statusCode: 401, code: 'TOKEN_ERROR' } }
const isRefused = async (call: () => unknown): Promise<void> => {
  expect(await outcome(call)).toMatchObject(refused)
}

describe('revocation', () => {
  it('S3-04, S3-15: revokeToken really revokes, with the refresh token in hand (trap T10)', async () => {
    const [one, other] = [node(), node()]
    const pair = await one.generateToken({ userId: 'u1' })
    expect(await one.revokeToken(pair.refreshToken)).toEqual({
      success: true,
      message: 'Token revoked successfully',
    })
    await isRefused(async () => other.verifyToken(pair.accessToken))
    await isRefused(async () => other.refreshToken(pair.refreshToken))
  })

  it('S3-15: revokeToken really revokes, with an expired access token in hand (trap T10)', async () => {
    const one = node({ JWT_ACCESS_TOKEN_EXPIRY: '-1s' })
    const pair = await one.generateToken({ userId: 'u1' })
    expect(await outcome(async () => one.verifyToken(pair.accessToken))).toMatchObject({
      thrown: { message: 'Token expired' },
    })
    expect((await one.revokeToken(pair.accessToken)).success).toBe(true)
    await isRefused(async () => node().refreshToken(pair.refreshToken))
    expect(await one.getUserSessions('u1')).toEqual([])
  })

  it('S3-15: one revocation ends every token of the session, of whatever generation', async () => {
    const one = node()
    const first = await one.generateToken({ userId: 'u2' })
    const second = await one.refreshToken(first.refreshToken)
    await one.revokeToken(first.refreshToken)
    await isRefused(async () => one.verifyToken(second.accessToken))
    await isRefused(async () => one.refreshToken(second.refreshToken))
  })

  it('S3-40: "Token has been revoked"', async () => {
    const one = node()
    const { accessToken } = await one.generateToken({ userId: 'u3' })
    await one.revokeToken(accessToken)
    expect(await outcome(async () => one.verifyToken(accessToken))).toMatchObject({
      thrown: { message: 'Token has been revoked' },
    })
    expect(await one.isTokenBlacklisted(accessToken)).toBe(true)
  })

  it('revoking all of somebody wins over refreshes and requests under way', async () => {
    const nodes = [node(), node()]
    for (let round = 0; round < 25; round += 1) {
      const data = { userId: `race${round}`, email: `race${round}@x` }
      const pair = await nodes[0]?.generateToken(data)
      const [, , next] = await Promise.allSettled([
        nodes[1]?.verifyToken(pair?.accessToken ?? ''),
        nodes[0]?.revokeAllUserTokens(round % 2 === 0 ? data.userId : data.email),
        nodes[1]?.refreshToken(pair?.refreshToken ?? ''),
      ])
      const tokens = [pair?.accessToken]
      if (next.status === 'fulfilled') tokens.push(next.value?.accessToken)
      for (const token of tokens) await isRefused(async () => nodes[0]?.verifyToken(token ?? ''))
      expect(await nodes[0]?.getUserSessions(data.userId)).toEqual([])
    }
  })

  it('revokes by a further name in two writes, whatever the number of sessions', async () => {
    const one = node({ SESSION_ADOPTION: 'off' })
    const tokens = await Promise.all(
      Array.from({ length: 150 }, async () => one.generateToken({ userId: 'many', email: 'm@x' })),
    )
    expect(await one.getUserSessions('m@x')).toHaveLength(150)
    expect((await one.revokeAllUserTokens('m@x')).message).toBe('Revoked 150 sessions for user m@x')
    // All at once would take longer than the deadline of a call where this machine does other things.
    for (let from = 0; from < tokens.length; from += 25) {
      await Promise.all(
        tokens
          .slice(from, from + 25)
          .map(async ({ accessToken }) => isRefused(async () => one.verifyToken(accessToken))),
      )
    }
    expect(await one.getUserSessions('many')).toEqual([])
  })
})

describe('sessions that no index names', () => {
  it.each(['m1', 'm@x'])('S3-16: revokeAllUserTokens(%j) reaches them', async (name) => {
    const one = node({ SESSION_ADOPTION: 'off' })
    const data = { userId: 'm1', email: 'm@x' }
    const [seen, refreshed] = [await one.generateToken(data), await one.generateToken(data)]
    const index = await redis.cli('keys', '*u{*}m1')
    expect(await redis.cli('del', index)).toBe('1')
    expect(await one.getUserSessions(name)).toEqual([])
    await one.revokeAllUserTokens(name)
    await isRefused(async () => one.verifyToken(seen.accessToken))
    await isRefused(async () => one.refreshToken(refreshed.refreshToken))
    await isRefused(async () => one.verifyToken(refreshed.accessToken))
  })
})

describe('rotation', () => {
  it('S3-02: all who come at once with one refresh token get the same successor (trap T11)', async () => {
    const nodes = [node(), node()]
    const pair = await nodes[0]?.generateToken({ userId: 'r1' })
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, at) =>
        nodes[at % 2]?.refreshToken(pair?.refreshToken ?? ''),
      ),
    )
    expect(new Set(answers.map((one) => one?.refreshToken)).size).toBe(1)
    for (const answer of answers) {
      expect((await nodes[0]?.verifyToken(answer?.accessToken ?? ''))?.valid).toBe(true)
    }
  })

  it('S3-02: a spent refresh token, presented again after the grace, ends the session (trap T11)', async () => {
    const one = node({ REFRESH_GRACE: '0' })
    const reused: unknown[] = []
    one.on('refresh.reused', (event) => reused.push(event))
    const first = await one.generateToken({ userId: 'r2' })
    const second = await one.refreshToken(first.refreshToken)
    expect(await outcome(async () => one.refreshToken(first.refreshToken))).toMatchObject({
      thrown: { name: 'TokenError', message: 'Invalid refresh token' },
    })
    await isRefused(async () => one.verifyToken(second.accessToken))
    await isRefused(async () => one.refreshToken(second.refreshToken))
    await new Promise((resolve) => setImmediate(resolve))
    expect(reused).toHaveLength(1)
    expect(JSON.stringify(reused)).not.toContain('eyJ')
  })

  it('a grandparent is reuse also within the grace', async () => {
    const one = node()
    const first = await one.generateToken({ userId: 'r3' })
    const second = await one.refreshToken(first.refreshToken)
    const third = await one.refreshToken(second.refreshToken)
    await isRefused(async () => one.refreshToken(first.refreshToken))
    await isRefused(async () => one.verifyToken(third.accessToken))
  })

  it('S3-47: a refresh token lives from each refresh anew, and dies with its time', async () => {
    const one = node({ JWT_REFRESH_TOKEN_EXPIRY: '2s', SESSION_TTL: '1', REFRESH_TOKEN_TTL: '1' })
    let pair = await one.generateToken({ userId: 'r4' })
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      pair = await one.refreshToken(pair.refreshToken)
    }
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    expect(await outcome(async () => one.refreshToken(pair.refreshToken))).toMatchObject({
      thrown: { message: 'Refresh token expired' },
    })
    await isRefused(async () => one.verifyToken(pair.accessToken))
    expect(await one.getUserSessions('r4')).toEqual([])
  })
})

describe('at rest', () => {
  it('nothing rests without an end, and nothing that could be presented', async () => {
    const own = await startRedis()
    try {
      const one = node({ REDIS_URL: own.url })
      const pair = await one.generateToken({ userId: 'k1', email: 'k@x' })
      const next = await one.refreshToken(pair.refreshToken)
      await one.revokeAllUserTokens('k@x')
      await one.generateToken({ userId: 'k1', email: 'k@x' })
      const keys = (await own.cli('keys', '*')).split('\n')
      expect(keys.every((key) => key.startsWith('jwt-redis-sessions:'))).toBe(true)
      const dump: string[] = []
      for (const key of keys) {
        expect(Number(await own.cli('ttl', key)), key).toBeGreaterThan(0)
        const type = await own.cli('type', key)
        dump.push(key, type === 'hash' ? await own.cli('hgetall', key) : '')
      }
      for (const { accessToken, refreshToken } of [pair, next]) {
        for (const token of [accessToken, refreshToken]) {
          expect(dump.join('\n')).not.toContain(token.split('.')[2])
        }
        const seed = /"_sj":"[^"]{25}\.([\w-]+)/.exec(
          Buffer.from(refreshToken.split('.')[1] ?? '', 'base64url').toString(),
        )?.[1]
        expect(seed).toBeTypeOf('string')
        expect(dump.join('\n')).not.toContain(seed)
      }
    } finally {
      await own.stop()
    }
  })

  it('T16: no command of ours walks over all keys', async () => {
    await redis.cli('config', 'resetstat')
    const one = node()
    const pair = await one.generateToken({ userId: 'w1', email: 'w@x' })
    await one.verifyToken((await one.refreshToken(pair.refreshToken)).accessToken)
    await one.getUserSessions('w@x')
    await one.revokeAllUserTokens('w@x')
    const stats = await redis.cli('info', 'commandstats')
    expect(stats).toContain('cmdstat_evalsha')
    expect(stats).not.toMatch(/cmdstat_(keys|scan)/)
  })

  it('S3-56: TOKEN_LENGTH is the length of a session id, in bytes', async () => {
    for (const length of [16, 32, 100]) {
      const one = node({ TOKEN_LENGTH: String(length) })
      const { accessToken, refreshToken } = await one.generateToken({ userId: 't' })
      expect((await one.verifyToken(accessToken)).session.sessionId).toMatch(
        new RegExp(`^[0-9a-f]{${2 * length}}$`),
      )
      expect((await one.refreshToken(refreshToken)).tokenType).toBe('Bearer')
    }
  })

  it('S3-52: prefixes keep applications apart, whatever characters they have', async () => {
    const [one, other] = [
      node({ REDIS_KEY_PREFIX: 'my app {1}:' }),
      node({ REDIS_KEY_PREFIX: 'b:' }),
    ]
    const pair = await one.generateToken({ userId: 'p', email: 'p@x' })
    expect((await one.verifyToken(pair.accessToken)).valid).toBe(true)
    expect(await one.getUserSessions('p@x')).toHaveLength(1)
    await isRefused(async () => other.verifyToken(pair.accessToken))
  })
})

describe('clients', () => {
  const round = async (sessions: JwtRedisSessions): Promise<void> => {
    const pair = await sessions.generateToken({ userId: 'c', email: 'c@x' })
    const next = await sessions.refreshToken(pair.refreshToken)
    expect((await sessions.verifyToken(next.accessToken)).valid).toBe(true)
    expect(await sessions.getUserSessions('c@x')).toHaveLength(1)
    expect((await sessions.revokeAllUserTokens('c@x')).message).toContain('Revoked 1 sessions')
    await isRefused(async () => sessions.verifyToken(next.accessToken))
  }

  it('S3-18: connects by itself on the first use, once for all who come together', async () => {
    const one = node()
    await Promise.all([round(one), one.generateToken(), one.isTokenBlacklisted('x')])
    const clients = await redis.cli('client', 'list')
    expect(clients.split('\n').length).toBeLessThanOrEqual(2)
    await one.closeRedisConnection()
    await round(one)
  })

  it('takes a client of ioredis', async () => {
    const client = new Redis(redis.port, '127.0.0.1')
    await new Promise((resolve) => client.once('ready', resolve))
    const one = createJwtRedisSessions({ JWT_SECRET: SECRET })
    await one.initialize({ redisClient: client })
    await round(one)
    await one.closeRedisConnection()
    expect(client.status).toBe('ready')
    client.disconnect()
  })

  it('takes no second client', async () => {
    const [first, second] = [createClient({ url: redis.url }), createClient({ url: redis.url })]
    await Promise.all([first.connect(), second.connect()])
    const one = createJwtRedisSessions({ JWT_SECRET: SECRET })
    await one.initialize({ redisClient: first })
    await one.initialize({ redisClient: second })
    await one.closeRedisConnection()
    await one.initialize({ redisClient: second })
    await round(one)
    await one.closeRedisConnection()
    for (const client of [first, second]) client.destroy()
  })

  it('S3-51: host, port, database and password are used', async () => {
    const own = await startRedis()
    await own.cli('config', 'set', 'requirepass', 'pw')
    const env = { JWT_SECRET: SECRET, REDIS_HOST: '127.0.0.1', REDIS_PORT: String(own.port) }
    const one = createJwtRedisSessions({ ...env, REDIS_DB: '3', REDIS_PASSWORD: 'pw' })
    await one.generateToken({ userId: 'db' })
    const client = createClient({ url: `redis://:pw@127.0.0.1:${own.port}/3` })
    await client.connect()
    expect(await client.dbSize()).toBeGreaterThan(0)
    client.destroy()
    const wrong = createJwtRedisSessions({ ...env, REDIS_PASSWORD: 'no' })
    expect(await outcome(async () => wrong.generateToken())).toMatchObject({
      thrown: { name: 'RedisError', message: expect.stringContaining('WRONGPASS') as string },
    })
    await one.closeRedisConnection()
    await own.stop()
  })

  describe('a cluster', () => {
    let cluster: RedisCluster
    beforeAll(async () => {
      cluster = await startCluster()
    })
    afterAll(async () => {
      await cluster.stop()
    })

    it('T13: every operation runs on a cluster', async () => {
      const client = createCluster({
        rootNodes: cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
      })
      client.on('error', () => undefined)
      await client.connect()
      const one = createJwtRedisSessions({ JWT_SECRET: SECRET })
      await one.initialize({ redisClient: client as never })
      for (let user = 0; user < 12; user += 1) {
        const data = { userId: `u${user}`, id: `i${user}`, email: `e${user}@x`, role: 'r' }
        const pair = await one.generateToken(data)
        const next = await one.refreshToken(pair.refreshToken)
        expect((await one.verifyToken(next.accessToken)).decoded).toMatchObject(data)
        expect(await one.getUserSessions(data.email)).toHaveLength(1)
        await one.revokeToken(next.accessToken)
        const again = await one.generateToken(data)
        expect((await one.revokeAllUserTokens(data.id)).message).toContain('Revoked 1 sessions')
        await isRefused(async () => one.verifyToken(again.accessToken))
      }
      await one.closeRedisConnection()
      await client.close()
    })
  })
})

describe('Redis away', () => {
  const unavailable = {
    thrown: {
      name: 'RedisError',
      statusCode: 503,
      code: 'REDIS_ERROR',
      message: 'Redis client not initialized or not connected',
    },
  }

  it('S3-39: every verb says so within a second, and all goes on afterwards', async () => {
    const own = await startRedis()
    const one = node({ REDIS_URL: own.url })
    const pair = await one.generateToken({ userId: 'away', email: 'away@x' })
    const other = await one.generateToken({ userId: 'other' })
    own.pause()
    type Pair = typeof pair
    const verbsOf = (user: string, { accessToken, refreshToken }: Pair) => [
      async () => one.generateToken({ userId: 'x' }),
      async () => one.verifyToken(accessToken),
      async () => one.refreshToken(refreshToken),
      async () => one.revokeToken(accessToken),
      async () => one.revokeAllUserTokens(user),
      async () => one.getUserSessions(user),
      async () => one.isTokenBlacklisted(accessToken),
    ]
    for (const verb of verbsOf('away', pair)) {
      const start = performance.now()
      expect(await outcome(verb)).toMatchObject(unavailable)
      expect(performance.now() - start).toBeLessThan(1_000)
    }
    own.resume()
    await waitFor('Redis to answer again', async () =>
      one.verifyToken(other.accessToken).then(
        () => true,
        () => false,
      ),
    )
    await own.kill()
    // What was revoked in vain is refused by this process already, whether Redis answers or not.
    for (const verb of verbsOf('other', other)) {
      expect(await outcome(verb)).toMatchObject(unavailable)
    }
    await own.restart()
    await waitFor('a new session', async () =>
      one.generateToken({ userId: 'back' }).then(
        () => true,
        () => false,
      ),
    )
    await one.closeRedisConnection()
    await own.stop()
  })

  it('S3-18: a first connection that fails is tried again by the next call', async () => {
    const own = await startRedis()
    await own.kill()
    const one = node({ REDIS_URL: own.url })
    expect(await outcome(async () => one.generateToken())).toMatchObject({
      thrown: { name: 'RedisError', statusCode: 503 },
    })
    await own.restart()
    expect((await one.generateToken()).tokenType).toBe('Bearer')
    await one.closeRedisConnection()
    await own.stop()
  })

  it('an address that is none is told of without the password in it', async () => {
    for (const url of ['http://u:topsecret@h', 'redis://u:topsecret@h:x', 'topsecret']) {
      const error: unknown = await node({ REDIS_URL: url })
        .initialize()
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'RedisError' })
      expect(inspect(error, { depth: 9 })).not.toContain('topsecret')
    }
  })

  it('closing while Redis is gone ends at once', async () => {
    const own = await startRedis()
    const one = node({ REDIS_URL: own.url })
    await one.generateToken()
    await own.kill()
    await one.closeRedisConnection()
    await own.stop()
  })
})
