import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from 'redis'
import { createRedisStore } from '../../../src/store/redis/index.js'
import type { NewSession, Rotation, Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'

/**
 * What is kept of tokens that were exchanged is a number that grows: no list of spent ones. The row names a million exchanges; that
 * many are made where SOJOURN_TEST_REFRESHES=1000000 says so, and 10,000 otherwise: what would grow with each shows after a few.
 */
const REFRESHES = Number(process.env['SOJOURN_TEST_REFRESHES'] ?? 10_000)
const SESSIONS = 50
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** As long as any credential lives: then nothing has to be known of a session any more. */
const LONGEST_LIFE = 7 * DAY

let server: RedisServer
let client: ReturnType<typeof createClient>
let store: Store

beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url })
  client.on('error', () => undefined)
  await client.connect()
  // The machine may be busy: that Redis comes late to a write is no finding here.
  store = createRedisStore({ client, tombstoneFor: LONGEST_LIFE, lateAfter: 60_000 })
})
afterAll(async () => {
  client.destroy()
  await server.stop()
})

const SEED = randomToken(32)

function newSession(subject: string): NewSession {
  return {
    id: `${store.bucketOf(subject)}.${randomToken(16)}`,
    subject,
    secretDigest: randomToken(32),
    idleTimeout: 60 * MINUTE,
    absoluteTimeout: LONGEST_LIFE,
    traits: {},
    data: new Map(),
    family: { seedDigest: SEED, lifetime: LONGEST_LIFE },
  }
}

const ROTATION: Omit<Rotation, 'generation'> = {
  seedDigest: SEED,
  client: undefined,
  grace: 10_000,
  forgiveFor: 0,
  idleTimeout: undefined,
  isSeen: true,
}

/** Exchanges the token of each session for its successor, until so many are made; all sessions at once. */
async function refresh(sessions: readonly NewSession[], from: number, to: number): Promise<void> {
  const work = sessions.map(async ({ id }) => {
    for (let generation = from; generation < to; generation += 1) {
      const result = await store.rotate(id, { ...ROTATION, generation })
      if (result.status !== 'rotated') throw new Error(`generation ${generation}: ${result.status}`)
    }
  })
  await Promise.all(work)
}

interface Kept {
  readonly keys: number
  /** Fields of hashes and members of sets, over all keys. */
  readonly parts: number
  /** Bytes of all keys. */
  readonly bytes: number
}

/** Everything that rests in Redis. */
async function kept(): Promise<Kept> {
  const keys = await client.keys('*')
  let [parts, bytes] = [0, 0]
  for (const key of keys) {
    const isHash = (await client.type(key)) === 'hash'
    parts += isHash ? await client.hLen(key) : await client.zCard(key)
    bytes += Number(await client.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0']))
    expect(await client.pTTL(key), key).toBeGreaterThan(0)
    expect(await client.pTTL(key), key).toBeLessThanOrEqual(400 * DAY)
  }
  return { keys: keys.length, parts, bytes }
}

describe('what Redis keeps of sessions whose tokens are exchanged again and again', () => {
  it('behaviour 7b: keys and their parts stay as many per session at every magnitude; what has ended leaves one tombstone, for as long as credentials live', async () => {
    const sessions = Array.from({ length: SESSIONS }, (_, at) => newSession(`person-${at}`))
    for (const session of sessions) await store.create(session)
    await refresh(sessions, 1, 2)
    const few = await kept()
    // A record and an index for each; nothing else.
    expect(few.keys).toBe(2 * SESSIONS)
    let done = 1
    for (const share of [0.01, 0.1, 1]) {
      const upTo = Math.max(done + 1, Math.round((share * REFRESHES) / SESSIONS))
      await refresh(sessions, done + 1, upTo + 1)
      done = upTo
      const many = await kept()
      expect([many.keys, many.parts]).toEqual([few.keys, few.parts])
      // The number of the generation has more digits, and that is all.
      expect(many.bytes).toBeLessThan(few.bytes + 64 * SESSIONS)
    }
    expect(done * SESSIONS).toBeGreaterThanOrEqual(REFRESHES)

    // Half end, and one of them by a token that was spent long ago.
    const [reused, ...ended] = sessions.slice(0, SESSIONS / 2) as [NewSession, ...NewSession[]]
    const spent = await store.rotate(reused.id, { ...ROTATION, generation: 1 })
    expect(spent.status).toBe('reused')
    for (const { id } of ended) await store.end(id, 'logged_out')
    const left = await kept()
    // Live sessions and tombstones; of those who have no session left, no index.
    expect(left.keys).toBe(2 * (SESSIONS / 2) + SESSIONS / 2)
    for (const { id } of [reused, ...ended]) {
      const key = `sj:s{${id.slice(0, 2)}}${id.slice(3)}`
      expect(await client.hLen(key)).toBeLessThanOrEqual(3)
      const lasts = await client.pTTL(key)
      expect(lasts).toBeGreaterThan(LONGEST_LIFE - 10 * MINUTE)
      expect(lasts).toBeLessThanOrEqual(LONGEST_LIFE)
    }
  }, 600_000)
})
