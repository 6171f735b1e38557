import { createJwtRedisSessions } from '../../../../library/src/compat/jwt-redis-sessions/sessions.js'
import {
  loadOriginal,
  muteOriginal,
  SECRET,
} from '../../../../library/test/compat/jwt-redis-sessions/original.js'
import { startRedis, type RedisServer } from '../../../../library/test/support/redis-server.js'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { shell } from './support.js'

const PREFIX = 'jwt-redis-sessions:'

let redis: RedisServer
let terminal: ReturnType<typeof shell>

beforeAll(async () => {
  redis = await startRedis()
})
beforeEach(async () => {
  await redis.cli('flushall')
  await redis.cli('config', 'resetstat')
  // Everything else that the service is configured by may be wrong.
  terminal = shell({ REDIS_URL: redis.url, SESSION_SECRET: 'short', JWT_SECRET: undefined })
})
afterAll(async () => {
  await redis.stop()
})

/** jwt-redis-sessions 3.0.1 itself, with two sessions of ada, one of bob, and one of them revoked. */
async function livedIn(): Promise<{ ids: string[]; tokens: string[] }> {
  muteOriginal()
  const old = loadOriginal({ REDIS_URL: redis.url })
  try {
    const pairs = []
    for (const userId of ['ada', 'ada', 'bob']) pairs.push(await old.generateToken({ userId }))
    const ids: string[] = []
    for (const one of ['ada', 'bob']) {
      ids.push(...(await old.getUserSessions(one)).map((session: any) => session.sessionId))
    }
    await old.revokeToken(pairs[2]?.accessToken ?? '')
    return { ids, tokens: pairs.flatMap((pair) => [pair.accessToken, pair.refreshToken]) }
  } finally {
    await old.closeRedisConnection()
    vi.restoreAllMocks()
  }
}

/** The commands that the server has carried out, by what it counts itself. */
async function commands(): Promise<string[]> {
  const lines = await redis.cli('info', 'commandstats')
  return [...lines.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name = '']) => name)
}

describe('sojourn legacy', () => {
  it('S3-43: the layout of jwt-redis-sessions can be read: keys of each kind, ids, one record; KEYS is never called', async () => {
    const { ids, tokens } = await livedIn()
    await redis.cli('config', 'resetstat')
    const counted = await terminal.json('legacy count')
    expect(counted).toMatchObject({ prefix: PREFIX, isWhole: true })
    expect(counted.kinds).toMatchObject({ session: 2, refresh: 2, blacklist: 1 })
    expect(counted.kinds['user-sessions']).toBeGreaterThan(0)
    const { sessions } = await terminal.json('legacy list')
    expect(sessions.sort()).toEqual(ids.slice(0, 2).sort())
    const shown = await terminal.json(`legacy show ${ids[0]}`)
    expect(shown).toMatchObject({
      hasRefreshToken: true,
      record: { userId: 'ada', sessionId: ids[0] },
    })
    expect(shown.expiresIn).toBeGreaterThan(600_000)
    expect(shown.expiresIn).toBeLessThanOrEqual(604_800)
    const revoked = await terminal.sojourn(`legacy show ${ids[2]}`)
    expect(revoked).toMatchObject({ code: 1, out: '' })
    expect(revoked.error).toContain('There is no such session, or it has expired.')
    for (const token of tokens) expect(JSON.stringify([counted, shown])).not.toContain(token)
    const called = await commands()
    expect(called).toEqual(expect.arrayContaining(['scan', 'get']))
    expect(called).not.toContain('keys')
  })

  it('for people it is a table; for nobody a control character', async () => {
    await redis.cli('set', `${PREFIX}session:a\u001b[31m`, '{"sessionId":"\u009b31m"}')
    expect((await terminal.sojourn('legacy count')).out).toBe('KIND     KEYS\nsession  1\n')
    const seen = await terminal.call(['legacy', 'count'], { columns: 80 })
    expect(seen.out).toContain('│ session │ 1    │')
    expect(seen.error).toMatch(/1 keys/)
    const id = 'a\u001b[31m'
    const { out } = await terminal.call(['legacy', 'show', id])
    expect(out).toMatch(/^has no end, cannot be refreshed any more\n/)
    const texts = [out, (await terminal.sojourn('legacy list')).out].join('')
    // eslint-disable-next-line no-control-regex -- those are what must not come out
    expect(texts).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  })

  it('what the drop-in started is counted beside it, and the prefix is no pattern', async () => {
    const sessions = createJwtRedisSessions({
      JWT_SECRET: SECRET,
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: 'my*app:',
      SESSION_ADOPTION: 'share',
    })
    await sessions.generateToken({ userId: 'ada' })
    await sessions.closeRedisConnection()
    await redis.cli('set', 'myxapp:session:other', '{}')
    const { keys, kinds } = await terminal.json('legacy count --prefix my*app:')
    expect(kinds).toMatchObject({ session: 1, refresh: 1 })
    expect(keys).toBe(Number(await redis.cli('dbsize')) - 1 - (await ofOurs()))
  })

  /** A prefix with other characters goes by its digest for records of our own. */
  async function ofOurs(): Promise<number> {
    const names = (await redis.cli('keys', 'sj-*')).split('\n')
    return names.filter((name) => name !== '').length
  }

  it('is bounded, and says so', async () => {
    await redis.cli('eval', FILL, '0', '2000', PREFIX)
    const whole = await terminal.json('legacy count')
    expect(whole).toMatchObject({ isWhole: true, kinds: { session: 2_000 } })
    const { isWhole, keys } = await terminal.json('legacy count --limit 600')
    expect(isWhole).toBe(false)
    expect(keys).toBeGreaterThanOrEqual(600)
    expect(keys).toBeLessThan(2_000)
    expect((await terminal.sojourn('legacy count --limit 600')).out).toContain('Stopped after')
    expect((await terminal.json('legacy list')).sessions).toHaveLength(20)
  })

  it('a record that is no JSON is said to be none, and not quoted', async () => {
    await redis.cli('set', `${PREFIX}session:bad`, '{oops')
    const { code, out, error } = await terminal.sojourn('legacy show bad')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(error).toContain('no JSON')
    expect(error).not.toContain('oops')
  })

  it.each([
    [69, 'redis://:a-password-of-ours@127.0.0.1:1', /The store cannot be used/],
    [1, undefined, /REDIS_URL is not set/],
    [1, 'not an address with a-password-of-ours', /no address of a Redis/],
  ])('%s for REDIS_URL=%s, without the password in it', async (code, REDIS_URL, words) => {
    const answer = await shell({ REDIS_URL }).sojourn('legacy count')
    expect(answer).toMatchObject({ code, out: '' })
    expect(answer.error).toMatch(words)
    expect(answer.error).not.toContain('a-password-of-ours')
  })

  it.each(['count --limit 0', 'count --limit many', 'show', 'count extra'])(
    '2 for `sojourn legacy %s`',
    async (line) => {
      expect(await terminal.sojourn(`legacy ${line}`)).toMatchObject({ code: 2, out: '' })
    },
  )

  it('has help with examples', async () => {
    const { code, out } = await terminal.sojourn('legacy --help')
    expect(code).toBe(0)
    expect(out).toContain('sojourn legacy count --prefix myapp:jwt:')
  })
})

const FILL = `for at = 1, tonumber(ARGV[1]) do redis.call('SET', ARGV[2] .. 'session:' .. at, '{}', 'EX', 60) end`
