import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createJwtRedisSessions,
  type JwtRedisSessions,
} from '../../../src/compat/jwt-redis-sessions/sessions.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { loadOriginal, muteOriginal, outcome, SECRET, type Original } from './original.js'

/** Nodes that run jwt-redis-sessions 3.0.1 and nodes that run ours, side by side on one real Redis and one prefix. */

let redis: RedisServer
let old: Original
const made: JwtRedisSessions[] = []

beforeAll(async () => {
  muteOriginal()
  redis = await startRedis()
  old = loadOriginal({ REDIS_URL: redis.url })
})

beforeEach(async () => {
  await redis.cli('flushall')
})

// They know what had ended, and would end it again in a Redis that was emptied meanwhile.
afterEach(async () => {
  await Promise.all(made.splice(0).map(async (one) => one.closeRedisConnection()))
})

afterAll(async () => {
  await old.closeRedisConnection()
  await redis.stop()
})

function node(env: Record<string, string> = {}): JwtRedisSessions {
  const one = createJwtRedisSessions({ JWT_SECRET: SECRET, REDIS_URL: redis.url, ...env })
  made.push(one)
  return one
}

const ALICE = { userId: 'alice', email: 'alice@x', role: 'admin' }
const refused = { thrown: { name: 'TokenError', statusCode: 401 } }

describe('sessions that 3.0.1 started', () => {
  it('an access token goes on with the same session, once adopted; the old node goes on, too', async () => {
    const ours = node()
    const pair = await old.generateToken(ALICE)
    const there = await old.verifyToken(pair.accessToken)
    const here = await ours.verifyToken(pair.accessToken)
    expect(here.decoded).toEqual(there.decoded)
    expect({ ...here.session, lastActivity: '' }).toEqual({ ...there.session, lastActivity: '' })
    await ours.verifyToken(pair.accessToken)
    expect(ours.adoptionCounts()).toEqual({ adopted: 1, undecodable: 0 })
    expect((await old.verifyToken(pair.accessToken)).valid).toBe(true)
    expect(await ours.getUserSessions('alice')).toHaveLength(1)
    expect(await ours.getUserSessions('alice@x')).toHaveLength(1)
  })

  it('is adopted once, however many nodes see it at once', async () => {
    const nodes = [node(), node(), node()]
    const pair = await old.generateToken(ALICE)
    const seen = await Promise.all(
      Array.from({ length: 30 }, async (_, at) =>
        nodes[at % 3]?.verifyToken(pair.accessToken).then(({ valid }) => valid),
      ),
    )
    expect(seen.every(Boolean)).toBe(true)
    const counts = nodes.map((one) => one.adoptionCounts().adopted)
    expect(counts.reduce((sum, one) => sum + one)).toBe(1)
  })

  it('a refresh token is exchanged here; the pair is good on both sides, the one before on neither', async () => {
    const ours = node()
    const pair = await old.generateToken(ALICE)
    const next = await ours.refreshToken(pair.refreshToken)
    for (const one of [ours, old]) {
      expect((await one.verifyToken(next.accessToken)).decoded).toMatchObject(ALICE)
      expect(await outcome(async () => one.verifyToken(pair.accessToken))).toMatchObject(refused)
    }
    expect(await outcome(async () => old.refreshToken(pair.refreshToken))).toMatchObject(refused)
    expect(ours.adoptionCounts().adopted).toBe(1)
  })

  it('refresh tokens go back and forth between old and new nodes', async () => {
    const [one, other] = [node(), node()]
    let pair = await old.generateToken(ALICE)
    const id = (await old.verifyToken(pair.accessToken)).session.sessionId
    for (const next of [one, old, old, other, one, old, one, other, old, old, other]) {
      pair = await next.refreshToken(pair.refreshToken)
      for (const each of [one, other, old]) {
        expect((await each.verifyToken(pair.accessToken)).session.sessionId).toBe(id)
      }
    }
    expect((await one.verifyToken(pair.accessToken)).decoded).toMatchObject({ sessionVersion: 12 })
    expect(one.adoptionCounts().adopted + other.adoptionCounts().adopted).toBe(1)
  })

  it('T11: new nodes give the same successor to all who come at once with one old refresh token', async () => {
    const nodes = [node(), node()]
    const pair = await old.generateToken(ALICE)
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => nodes[at % 2]?.refreshToken(pair.refreshToken)),
    )
    expect(new Set(answers.map((answer) => answer?.refreshToken)).size).toBe(1)
    expect((await old.verifyToken(answers[0]?.accessToken ?? '')).valid).toBe(true)
  })

  it('old and new nodes at once with one refresh token: one session, never two successors', async () => {
    for (let round = 0; round < 20; round += 1) {
      const ours = node()
      const pair = await old.generateToken({ userId: `race${round}` })
      await ours.verifyToken(pair.accessToken)
      const settled = await Promise.allSettled([
        old.refreshToken(pair.refreshToken),
        ours.refreshToken(pair.refreshToken),
      ])
      const won = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      expect(won).toHaveLength(1)
      for (const each of [old, ours]) {
        expect((await each.verifyToken(won[0]?.accessToken ?? '')).valid).toBe(true)
      }
    }
  })

  it('S3-15: a logout here ends it there, whichever token is in hand', async () => {
    for (const which of ['accessToken', 'refreshToken'] as const) {
      const ours = node()
      const pair = await old.generateToken(ALICE)
      expect(await ours.revokeToken(pair[which])).toMatchObject({ success: true })
      for (const each of [old, ours]) {
        expect(await outcome(async () => each.verifyToken(pair.accessToken))).toMatchObject(refused)
        expect(await outcome(async () => each.refreshToken(pair.refreshToken))).toMatchObject(
          refused,
        )
      }
      expect(await redis.cli('keys', '*session:*')).toBe('')
      expect(await old.getUserSessions('alice')).toEqual([])
    }
  })

  it('a logout there ends it here, also with tokens of ours in hand', async () => {
    const ours = node()
    const pair = await old.generateToken(ALICE)
    const next = await ours.refreshToken(pair.refreshToken)
    await ours.verifyToken(next.accessToken)
    await old.revokeToken(next.accessToken)
    expect(await outcome(async () => ours.verifyToken(next.accessToken))).toMatchObject(refused)
    expect(await outcome(async () => ours.refreshToken(next.refreshToken))).toMatchObject(refused)
    expect(await ours.getUserSessions('alice')).toEqual([])
  })

  it('S3-16: revoking all of somebody works both ways, adopted or not, by any name', async () => {
    for (const [from, name] of [
      ['ours', 'alice'],
      ['ours', 'alice@x'],
      ['old', 'alice'],
      ['old', 'alice@x'],
    ] as const) {
      const ours = node()
      const pairs = [await old.generateToken(ALICE), await old.generateToken(ALICE)]
      await ours.verifyToken(pairs[0]?.accessToken ?? '')
      const result = await (from === 'ours' ? ours : old).revokeAllUserTokens(name)
      expect(result.message).toBe(`Revoked 2 sessions for user ${name}`)
      for (const pair of pairs) {
        for (const each of [old, ours]) {
          expect(await outcome(async () => each.verifyToken(pair.accessToken))).toMatchObject(
            refused,
          )
          expect(await outcome(async () => each.refreshToken(pair.refreshToken))).toMatchObject(
            refused,
          )
        }
      }
      const later = await old.generateToken(ALICE)
      expect((await ours.verifyToken(later.accessToken)).valid).toBe(true)
      await ours.revokeAllUserTokens('alice')
    }
  })

  it('an adoption that races a revocation of all leaves nobody signed in', async () => {
    const ours = node()
    for (let round = 0; round < 30; round += 1) {
      const pair = await old.generateToken({ userId: `r${round}` })
      await Promise.allSettled([
        ours.verifyToken(pair.accessToken),
        (round % 2 === 0 ? ours : old).revokeAllUserTokens(`r${round}`),
      ])
      expect(await outcome(async () => ours.verifyToken(pair.accessToken))).toMatchObject(refused)
      expect(await ours.getUserSessions(`r${round}`)).toEqual([])
    }
  })

  it('an adoption that is overtaken by a sign-out, between its look and its record, is undone', async () => {
    const other = node()
    for (const end of [
      async (token: string) => other.revokeToken(token),
      async () => other.revokeAllUserTokens('alice'),
      async (token: string) => old.revokeToken(token),
    ]) {
      const pair = await old.generateToken(ALICE)
      const client = createClient({ url: redis.url })
      await client.connect()
      const slow = createJwtRedisSessions({ JWT_SECRET: SECRET })
      made.push(slow)
      let looks = 0
      const held = new Proxy(client, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name)
          // What node-redis answers here would be sent past this proxy.
          if (name === 'withCommandOptions') return undefined
          if (name !== 'evalSha') {
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          }
          return async (sha: string, input: { keys: string[]; arguments: string[] }) => {
            // The first command on our record finds none; the second is the one that creates it.
            if (input.keys[0]?.includes(':s{') === true && (looks += 1) === 2) {
              await end(pair.accessToken)
            }
            return target.evalSha(sha, input)
          }
        },
      })
      await slow.initialize({ redisClient: held as never })
      expect(await outcome(async () => slow.verifyToken(pair.accessToken))).toMatchObject(refused)
      expect(looks).toBeGreaterThan(1)
      // Also where nobody asks 3.x any more.
      expect(await node({ SESSION_ADOPTION: 'off' }).getUserSessions('alice')).toEqual([])
      client.destroy()
    }
  })

  it('revoking all of somebody here reaches sessions there that no index names', async () => {
    const pair = await old.generateToken(ALICE)
    await redis.cli(
      'eval',
      "for _, key in ipairs(redis.call('KEYS', '*user-sessions:*')) do redis.call('DEL', key) end",
      '0',
    )
    await node().revokeAllUserTokens('alice')
    for (const each of [old, node()]) {
      expect(await outcome(async () => each.verifyToken(pair.accessToken))).toMatchObject(refused)
      expect(await outcome(async () => each.refreshToken(pair.refreshToken))).toMatchObject(refused)
    }
  })

  it('what was ended there is not listed here', async () => {
    const ours = node()
    const pair = await old.generateToken(ALICE)
    await ours.verifyToken(pair.accessToken)
    await old.revokeToken(pair.accessToken)
    expect(await ours.getUserSessions('alice')).toEqual([])
  })

  it('a token that was spent there is refused here, and nothing is exchanged', async () => {
    const ours = node()
    const rotated: unknown[] = []
    ours.on('refresh.rotated', (event) => rotated.push(event))
    const pair = await old.generateToken(ALICE)
    await ours.verifyToken(pair.accessToken)
    const next = await old.refreshToken(pair.refreshToken)
    expect(await outcome(async () => ours.refreshToken(pair.refreshToken))).toMatchObject(refused)
    await new Promise((resolve) => setImmediate(resolve))
    expect(rotated).toEqual([])
    expect((await ours.refreshToken(next.refreshToken)).tokenType).toBe('Bearer')
  })

  it('nodes with and without adoption revoke for each other, by any name', async () => {
    for (const name of ['alice', 'alice@x']) {
      const [ours, off] = [node(), node({ SESSION_ADOPTION: 'off' })]
      const pair = await old.generateToken(ALICE)
      await ours.verifyToken(pair.accessToken)
      await redis.cli('del', await redis.cli('keys', '*u{*}alice'))
      await off.revokeAllUserTokens(name)
      expect(await outcome(async () => ours.verifyToken(pair.accessToken))).toMatchObject(refused)
      expect(await outcome(async () => ours.refreshToken(pair.refreshToken))).toMatchObject(refused)
      await ours.revokeAllUserTokens('alice')
    }
  })

  it('what was ended there, and seen here, stays ended once nobody asks 3.x any more', async () => {
    const pair = await node().refreshToken((await old.generateToken(ALICE)).refreshToken)
    await old.revokeToken(pair.accessToken)
    expect(await outcome(async () => node().verifyToken(pair.accessToken))).toMatchObject(refused)
    const later = node({ SESSION_ADOPTION: 'off' })
    expect(await outcome(async () => later.verifyToken(pair.accessToken))).toMatchObject(refused)
    expect(await outcome(async () => later.refreshToken(pair.refreshToken))).toMatchObject(refused)
  })

  it('lists those that nobody has adopted yet', async () => {
    const ours = node()
    await old.generateToken(ALICE)
    await ours.generateToken(ALICE)
    const listed = await ours.getUserSessions('alice')
    expect(listed.map(({ role }) => role)).toEqual(['admin', 'admin'])
    expect(ours.adoptionCounts().adopted).toBe(0)
  })

  it('behaviour 17c: a record that cannot be read is no session, never a fault, and is counted', async () => {
    const ours = node()
    const pair = await old.generateToken(ALICE)
    const { sessionId } = (await old.verifyToken(pair.accessToken)).session
    const key = `jwt-redis-sessions:session:${sessionId}`
    const bad = [
      'no json',
      '[]',
      'null',
      '{}',
      `{"sessionId":"${sessionId}"}`,
      `{"sessionId":"${sessionId}","sessionVersion":"1","createdAt":"2026-01-01T00:00:00Z"}`,
      `{"sessionId":"other","sessionVersion":1,"createdAt":"2026-01-01T00:00:00Z"}`,
      `{"sessionId":"${sessionId}","sessionVersion":1,"createdAt":"never"}`,
      `{"sessionId":"${sessionId}","sessionVersion":1,"createdAt":"2026-01-01T00:00:00Z","_userGenerations":[{"key":"foreign","value":0}]}`,
    ]
    for (const text of bad) {
      await redis.cli('set', key, text)
      expect(await outcome(async () => ours.verifyToken(pair.accessToken))).toMatchObject(refused)
      expect(await outcome(async () => ours.refreshToken(pair.refreshToken))).toMatchObject(refused)
    }
    await redis.cli('del', key)
    await redis.cli('lpush', key, 'x')
    expect(await outcome(async () => ours.verifyToken(pair.accessToken))).toMatchObject(refused)
    expect(ours.adoptionCounts()).toEqual({ adopted: 0, undecodable: 2 * bad.length + 1 })
    expect(await ours.getUserSessions('alice')).toEqual([])
  })

  it('SESSION_ADOPTION=off: they are nothing to us, and nothing of theirs is touched', async () => {
    const ours = node({ SESSION_ADOPTION: 'off' })
    const pair = await old.generateToken(ALICE)
    expect(await outcome(async () => ours.verifyToken(pair.accessToken))).toMatchObject(refused)
    expect(await outcome(async () => ours.refreshToken(pair.refreshToken))).toMatchObject(refused)
    await ours.revokeToken(pair.accessToken)
    await ours.revokeAllUserTokens('alice')
    expect((await old.verifyToken(pair.accessToken)).valid).toBe(true)
  })

  it('once no old node runs, adopted sessions go on without the old records', async () => {
    const pair = await old.generateToken(ALICE)
    const next = await node().refreshToken(pair.refreshToken)
    await redis.cli(
      'eval',
      "for _, key in ipairs(redis.call('KEYS', '*:session:*')) do redis.call('DEL', key) end",
      '0',
    )
    const later = node({ SESSION_ADOPTION: 'off' })
    expect((await later.verifyToken(next.accessToken)).decoded).toMatchObject(ALICE)
    const last = await later.refreshToken(next.refreshToken)
    expect((await later.verifyToken(last.accessToken)).decoded).toMatchObject(ALICE)
  })
})

describe('going back to 3.0.1', () => {
  it('what 3.0.1 started survives, wherever it was refreshed; what we started does not', async () => {
    const ours = node()
    const adopted = await ours.refreshToken((await old.generateToken(ALICE)).refreshToken)
    const own = await ours.generateToken(ALICE)
    expect((await old.verifyToken(adopted.accessToken)).decoded).toMatchObject(ALICE)
    expect((await old.refreshToken(adopted.refreshToken)).tokenType).toBe('Bearer')
    expect(await outcome(async () => old.verifyToken(own.accessToken))).toMatchObject(refused)
  })

  it('SESSION_ADOPTION=share: everything survives, and is ended from both sides', async () => {
    const ours = node({ SESSION_ADOPTION: 'share' })
    const pair = await ours.generateToken(ALICE)
    expect((await old.verifyToken(pair.accessToken)).session).toMatchObject(ALICE)
    expect(await old.getUserSessions('alice')).toHaveLength(1)
    const next = await old.refreshToken(pair.refreshToken)
    expect((await ours.verifyToken(next.accessToken)).decoded).toMatchObject(ALICE)
    const last = await ours.refreshToken(next.refreshToken)
    expect((await old.verifyToken(last.accessToken)).decoded).toMatchObject(ALICE)
    await old.revokeToken(last.accessToken)
    expect(await outcome(async () => ours.verifyToken(last.accessToken))).toMatchObject(refused)
    const again = await ours.generateToken(ALICE)
    await ours.revokeAllUserTokens('alice@x')
    expect(await outcome(async () => old.verifyToken(again.accessToken))).toMatchObject(refused)
  })

  it('T11: reuse of a spent token ends a shared session on both sides', async () => {
    const ours = node({ SESSION_ADOPTION: 'share', REFRESH_GRACE: '0' })
    const pair = await ours.generateToken(ALICE)
    const next = await ours.refreshToken(pair.refreshToken)
    expect(await outcome(async () => ours.refreshToken(pair.refreshToken))).toMatchObject(refused)
    for (const each of [old, ours]) {
      expect(await outcome(async () => each.verifyToken(next.accessToken))).toMatchObject(refused)
    }
  })

  it('every key of ours, and every one we write for 3.x, has an end', async () => {
    const ours = node({ SESSION_ADOPTION: 'share' })
    const pair = await ours.generateToken(ALICE)
    await ours.refreshToken(pair.refreshToken)
    await ours.revokeAllUserTokens('alice')
    await ours.generateToken(ALICE)
    const keys = (await redis.cli('keys', '*')).split('\n')
    expect(keys.length).toBeGreaterThan(5)
    for (const key of keys) expect(Number(await redis.cli('ttl', key)), key).toBeGreaterThan(0)
  })
})
