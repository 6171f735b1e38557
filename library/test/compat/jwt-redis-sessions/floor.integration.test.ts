/** What the drop-in needs of Node and of Redis. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createJwtRedisSessions } from '../../../src/compat/jwt-redis-sessions/sessions.js'
import { startRedis } from '../../support/redis-server.js'
import { loadOriginal, muteOriginal, SECRET } from './original.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
const guide = read('docs/guide/from-jwt-redis-sessions.md')

/** `6.2.0` as a number that can be compared. */
function toNumber(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major * 100 + minor
}

describe('Redis', () => {
  it('S3-09: no command that the drop-in calls is newer than the Redis which the guide asks for', async () => {
    muteOriginal()
    const redis = await startRedis()
    const names = new Set<string>()
    // Every way to live: alone, beside 3.x on the same keys, and with sessions that 3.x started.
    for (const SESSION_ADOPTION of ['off', 'adopt', 'share']) {
      await redis.cli('flushall')
      const env = { REDIS_URL: redis.url }
      const old = loadOriginal(env)
      const theirs = await old.generateToken({ userId: 'ada', email: 'ada@example.com' })
      await old.closeRedisConnection()
      await redis.cli('config', 'resetstat')
      await live({ ...env, JWT_SECRET: SECRET, SESSION_ADOPTION }, theirs.refreshToken)
      const stats = await redis.cli('info', 'commandstats')
      for (const [, name = ''] of stats.matchAll(/^cmdstat_([^:|]+)/gm)) names.add(name)
    }
    expect([...names]).toEqual(expect.arrayContaining(['evalsha', 'hset', 'zadd', 'get', 'set']))
    const since = await Promise.all(
      [...names].map(async (name) => {
        const lines = (await redis.cli('command', 'docs', name)).split('\n')
        return [name, lines[lines.indexOf('since') + 1] ?? ''] as const
      }),
    )
    await redis.stop()
    const asked = /Redis (\d+\.\d+) or later/.exec(guide)?.[1] ?? ''
    for (const version of [asked, ...since.map(([, one]) => one)])
      expect(version).toMatch(/^\d\.\d/)
    const newer = since.filter(([, version]) => toNumber(version) > toNumber(asked))
    expect(newer).toEqual([])
    expect(guide).toContain('tested on 7.0')
  })

  /** Every verb, a limit and a walk over the person's sessions. */
  async function live(env: Record<string, string>, theirs: string): Promise<void> {
    const sessions = createJwtRedisSessions(env)
    const one = await sessions.generateToken({ userId: 'ada', email: 'ada@example.com' })
    const two = await sessions.refreshToken(one.refreshToken)
    await sessions.verifyToken(two.accessToken)
    await sessions.refreshToken(theirs).catch(() => undefined)
    await sessions.getUserSessions('ada')
    await sessions.getUserSessions('ada@example.com')
    await sessions.isTokenBlacklisted(two.accessToken)
    const request = { headers: {}, ip: '192.0.2.1' }
    await new Promise((resolve) => {
      void sessions.rateLimit(1, 60_000)(request, {} as never, resolve)
    })
    await sessions.revokeToken(two.accessToken)
    await sessions.generateToken({ userId: 'ada', email: 'ada@example.com' })
    await sessions.revokeAllUserTokens('ada@example.com')
    await sessions.revokeAllUserTokens('ada')
    await sessions.closeRedisConnection()
  }
})

describe('Node', () => {
  it('S3-09: the floor is the same wherever it is told', () => {
    for (const name of ['package.json', 'library/package.json', 'service/package.json']) {
      expect(JSON.parse(read(name))).toMatchObject({ engines: { node: '>=20.19' } })
    }
    for (const text of [guide, read('README.md'), read('library/README.md')]) {
      expect(text).toContain('20.19')
    }
    expect(guide).toContain('tested on 20, 22, 24 and 26')
  })
})
