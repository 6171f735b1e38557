import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import type { RefreshFamily, SessionRecord } from '../../../src/store/record.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import { createKeys } from '../../../src/store/redis/keys.js'
import type { NewSession, RotateResult, Rotation, Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { connectIoRedis, connectNodeRedis, type Connected } from './harness.js'

let server: RedisServer
let client: ReturnType<typeof createClient>
let other: Connected

beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url })
  client.on('error', () => undefined)
  await client.connect()
  other = await connectIoRedis(server.port)
})
afterAll(async () => {
  await other.close()
  client.destroy()
  await server.stop()
})

const HOUR = 3_600_000
const GRACE = 10_000
const FORGIVE = 24 * HOUR

function newSession(store: Store, wish: Partial<NewSession> = {}): NewSession {
  const subject = 'subject' in wish ? wish.subject : 'ann'
  return {
    id: `${store.bucketOf(subject)}.${randomToken(16)}`,
    subject,
    secretDigest: randomToken(32),
    idleTimeout: 30 * 24 * HOUR,
    absoluteTimeout: 90 * 24 * HOUR,
    traits: { client: 'web' },
    data: new Map([['cart', '[]']]),
    family: { seedDigest: 'seed', lifetime: 60 * 24 * HOUR },
    ...wish,
  }
}

/** Of a session that has no refresh tokens. */
const NO_FAMILY = { family: undefined as never }

function present(generation: number, wish: Partial<Rotation> = {}): Rotation {
  return {
    seedDigest: 'seed',
    generation,
    client: 'web',
    grace: GRACE,
    forgiveFor: FORGIVE,
    idleTimeout: undefined,
    isSeen: true,
    ...wish,
  }
}

async function start(store: Store, wish?: Partial<NewSession>): Promise<string> {
  const session = newSession(store, wish)
  expect((await store.create(session)).status).toBe('created')
  return session.id
}

async function recordOf(store: Store, id: string): Promise<SessionRecord> {
  const result = await store.read(id)
  if (result.status !== 'found') throw new Error(`it is ${result.status}`)
  return result.record
}

async function familyOf(store: Store, id: string): Promise<RefreshFamily | undefined> {
  return (await recordOf(store, id)).family
}

/** A store whose clock the test moves. */
function movable(): { store: Store; move: (milliseconds: number) => void } {
  let offset = 0
  const store = createRedisStore({ client, clockOffset: () => offset })
  return { store, move: (milliseconds) => (offset += milliseconds) }
}

const summary = (result: RotateResult): string =>
  'generation' in result
    ? `${result.status} ${String(result.generation)}`
    : result.status === 'refused'
      ? `refused ${result.reason}`
      : result.status

describe('a family', () => {
  it('begins with the session, and anew with a change, and costs nothing where there is none', async () => {
    const store = createRedisStore({ client })
    const id = await start(store)
    const { createdAt } = await recordOf(store, id)
    expect(await familyOf(store, id)).toEqual({
      seedDigest: 'seed',
      generation: 1,
      parent: undefined,
      rotatedAt: createdAt,
      isPresented: false,
      expiresAt: createdAt + 60 * 24 * HOUR,
    })
    await store.rotate(id, present(1))
    await store.change(id, { family: { seedDigest: 'another', lifetime: HOUR } })
    expect(await familyOf(store, id)).toMatchObject({
      seedDigest: 'another',
      generation: 1,
      parent: undefined,
    })
    expect(summary(await store.rotate(id, present(2)))).toBe('refused unknown')

    const plain = await start(store, NO_FAMILY)
    expect(await familyOf(store, plain)).toBeUndefined()
    const fields = await client.hKeys(createKeys('sj:').session(plain))
    expect(fields).not.toContain('F')
    expect(fields).not.toContain('G')
    expect(summary(await store.rotate(plain, present(1)))).toBe('refused unknown')
  })

  it('is presented by an access token of its present generation alone', async () => {
    const store = createRedisStore({ client })
    const id = await start(store)
    await store.rotate(id, present(1))
    await store.change(id, { presentedGeneration: 1 })
    expect((await familyOf(store, id))?.isPresented).toBe(false)
    await store.change(id, { presentedGeneration: 2 })
    expect((await familyOf(store, id))?.isPresented).toBe(true)
    await store.rotate(id, present(2))
    expect((await familyOf(store, id))?.isPresented).toBe(false)
  })

  it('of the largest numbers stays in the small encoding, and unreadable numbers are no family', async () => {
    const store = createRedisStore({ client })
    const id = await start(store)
    const key = createKeys('sj:').session(id)
    const years = String(100 * 365 * 24 * HOUR)
    const packed = `${String(2 ** 40)} ${String(2 ** 40 - 1)} 0 ${years} 0`
    await client.hSet(key, 'G', packed)
    const result = await store.rotate(id, present(2 ** 40))
    expect(summary(result)).toBe(`rotated ${String(2 ** 40 + 1)}`)
    expect((await client.hGet(key, 'G'))?.length).toBeLessThanOrEqual(64)
    expect(await client.sendCommand(['OBJECT', 'ENCODING', key])).toBe('listpack')

    await client.hSet(key, 'G', '1 0 x 5 0')
    expect(await familyOf(store, id)).toBeUndefined()
    expect(summary(await store.rotate(id, present(1)))).toBe('refused unknown')
  })

  it('takes at most 112 bytes of Redis’ memory', async () => {
    const store = createRedisStore({ client })
    const wish = { traits: { client: 'web', agent: 'Chrome on macOS' } }
    const without = await start(store, { ...wish, ...NO_FAMILY })
    const seedDigest = randomToken(32)
    const withOne = await start(store, {
      ...wish,
      family: { seedDigest, lifetime: 60 * 24 * HOUR },
    })
    await store.rotate(withOne, present(1, { seedDigest }))
    await store.change(without, { seen: true })
    const usage = async (id: string): Promise<number> =>
      (await client.memoryUsage(createKeys('sj:').session(id))) ?? 0
    const [plain, full] = [await usage(without), await usage(withOne)]
    console.info(`a session without a family: ${String(plain)} bytes, with one: ${String(full)}`)
    expect(full - plain).toBeLessThanOrEqual(112)
  })
})

describe('rotate', () => {
  it('answers the whole session and its subject, after one EVALSHA and nothing else', async () => {
    const store = createRedisStore({ client })
    await store.changeSubject('ann', { set: new Map([['role', '"admin"']]) })
    const id = await start(store)
    await store.rotate(await start(store), present(1))
    await client.configResetStat()
    const result = await store.rotate(id, present(1))
    const stats = await client.info('commandstats')
    expect(stats).toContain('cmdstat_evalsha:calls=1,')
    expect(stats).not.toContain('cmdstat_eval:')
    const read = await store.read(id)
    if (result.status !== 'rotated' || read.status !== 'found') throw new Error('it is neither')
    expect(result.record).toEqual(read.record)
    expect(result.subject).toEqual(read.subject)
    expect(result.subject.attributes).toEqual(new Map([['role', '"admin"']]))
    expect(result.record.data.get('cart')?.json).toBe('[]')
    expect(result.record.lastSeenAt).toBe(result.now)
    expect(result.record.family).toMatchObject({ generation: 2, parent: 1, rotatedAt: result.now })
  })

  it('refuses what was never issued to this client, and leaves everything as it was', async () => {
    const { store, move } = movable()
    const id = await start(store)
    await store.rotate(id, present(1))
    const before = await recordOf(store, id)
    const refusals: [Partial<Rotation>, string][] = [
      [{ seedDigest: 'other' }, 'refused unknown'],
      [{ client: 'app' }, 'refused client'],
      [{ client: undefined }, 'refused client'],
      [{ client: '' }, 'refused client'],
      [{ generation: 4 }, 'refused ahead'],
      [{ generation: 9_007_199_254_740_991 }, 'refused ahead'],
      // Whoever may not use it at all learns nothing, and ends nothing.
      [{ generation: 0, client: 'app' }, 'refused client'],
    ]
    for (const [wish, expected] of refusals) {
      expect(summary(await store.rotate(id, present(2, wish)))).toBe(expected)
    }
    move(HOUR)
    const idle = await store.rotate(id, present(2, { idleTimeout: HOUR }))
    expect(summary(idle)).toBe('refused expired')
    expect(await recordOf(store, id)).toEqual(before)
    expect(summary(await store.rotate(id, present(2, { idleTimeout: 2 * HOUR })))).toBe('rotated 3')
    for (let days = 0; days < 60; days += 20) {
      move(20 * 24 * HOUR)
      await store.change(id, { seen: true })
    }
    expect(summary(await store.rotate(id, present(3)))).toBe('refused expired')
  })

  it('tells a client of no name from one of an empty name', async () => {
    const store = createRedisStore({ client })
    const nobody = await start(store, { traits: {} })
    expect(summary(await store.rotate(nobody, present(1, { client: '' })))).toBe('refused client')
    expect(summary(await store.rotate(nobody, present(1, { client: undefined })))).toBe('rotated 2')
    const empty = await start(store, { traits: { client: '' } })
    expect(summary(await store.rotate(empty, present(1, { client: undefined })))).toBe(
      'refused client',
    )
    expect(summary(await store.rotate(empty, present(1, { client: '' })))).toBe('rotated 2')
  })

  it('gives the parent the same successor in its grace, and ends the session after it', async () => {
    const { store, move } = movable()
    const id = await start(store)
    await store.rotate(id, present(1))
    await store.change(id, { presentedGeneration: 2 })
    const before = await recordOf(store, id)
    expect(summary(await store.rotate(id, present(1)))).toBe('replayed 2')
    expect(await recordOf(store, id)).toEqual(before)
    move(GRACE + 1_000)
    const reused = await store.rotate(id, present(1))
    expect(reused).toEqual({ status: 'reused', record: { ...before, data: new Map() } })
    expect(await store.read(id)).toMatchObject({
      status: 'ended',
      ending: { reason: 'refresh_reuse', subject: 'ann' },
    })
    expect(await store.rotate(id, present(2))).toMatchObject({
      status: 'gone',
      ending: { reason: 'refresh_reuse' },
    })
    expect(
      (await store.list('ann', { limit: 100 })).records.map((record) => record.id),
    ).not.toContain(id)
  })

  it('without grace or forgiveness takes the parent for stolen at once', async () => {
    const store = createRedisStore({ client })
    const id = await start(store)
    await store.rotate(id, present(1))
    expect(summary(await store.rotate(id, present(1, { grace: 0, forgiveFor: 0 })))).toBe('reused')
  })

  it('forgives the parent of a successor that nobody ever presented, for as long as it may', async () => {
    const { store, move } = movable()
    const id = await start(store)
    await store.rotate(id, present(1))
    move(HOUR)
    expect(summary(await store.rotate(id, present(1)))).toBe('forgiven 3')
    expect(await familyOf(store, id)).toMatchObject({ generation: 3, parent: 1 })
    move(23 * HOUR)
    expect(summary(await store.rotate(id, present(1)))).toBe('forgiven 4')
    // The successors that were never presented are dead.
    expect(summary(await store.rotate(id, present(3)))).toBe('reused')

    const late = await start(store)
    await store.rotate(late, present(1))
    move(FORGIVE + 1_000)
    expect(summary(await store.rotate(late, present(1)))).toBe('reused')
  })

  it('heals after a failover that lost the last write, and takes older ones for stolen', async () => {
    const store = createRedisStore({ client })
    const id = await start(store)
    expect(summary(await store.rotate(id, present(2)))).toBe('healed 3')
    expect(await familyOf(store, id)).toMatchObject({ generation: 3, parent: 2 })
    expect(summary(await store.rotate(id, present(1)))).toBe('reused')
  })

  it('moves the expiry with its index entry only where it counts as activity', async () => {
    const { store, move } = movable()
    const id = await start(store, { idleTimeout: 2 * HOUR, subject: 'idle' })
    move(HOUR)
    const quiet = await store.rotate(id, present(1, { isSeen: false }))
    const record = await recordOf(store, id)
    expect(quiet.status === 'rotated' && quiet.record.lastSeenAt).toBe(record.createdAt)
    await store.rotate(id, present(2))
    move(HOUR + 60_000)
    expect((await store.list('idle', { limit: 1 })).records).toHaveLength(1)
    expect(summary(await store.rotate(id, present(3)))).toBe('rotated 4')
    move(2 * HOUR)
    expect(await store.rotate(id, present(4))).toMatchObject({
      status: 'gone',
      ending: { reason: 'expired_idle' },
    })
  })

  it('finds sessions gone that were never there, of a raised epoch, and of a disabled subject', async () => {
    const store = createRedisStore({ client })
    expect(await store.rotate('AA.x', present(1))).toEqual({ status: 'gone', ending: undefined })
    const first = await start(store, { subject: 'eve' })
    await store.endAll('eve', 'password_changed')
    expect(await store.rotate(first, present(1))).toMatchObject({
      ending: { reason: 'password_changed' },
    })
    const second = await start(store, { subject: 'eve' })
    await store.changeSubject('eve', { isDisabled: true })
    expect(await store.rotate(second, present(1))).toMatchObject({
      ending: { reason: 'subject_disabled' },
    })
  })

  it('of one token, 200 times 50 at once over two connections, makes one successor each time', async () => {
    const stores = [createRedisStore({ client }), createRedisStore({ client: other.client })]
    const [store] = stores as [Store, Store]
    const id = await start(store)
    for (let generation = 1; generation <= 200; generation += 1) {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          (stores[at % 2] as Store).rotate(id, present(generation)),
        ),
      )
      const counts = new Map<string, number>()
      for (const result of results) {
        counts.set(summary(result), (counts.get(summary(result)) ?? 0) + 1)
      }
      const next = String(generation + 1)
      expect(counts).toEqual(
        new Map([
          [`rotated ${next}`, 1],
          [`replayed ${next}`, 49],
        ]),
      )
    }
    expect(await familyOf(store, id)).toMatchObject({ generation: 201, parent: 200 })
  })

  it('of an old token, 50 at once, ends the session once', async () => {
    const stores = [createRedisStore({ client }), createRedisStore({ client: other.client })]
    const id = await start(stores[0] as Store)
    for (let generation = 1; generation <= 3; generation += 1) {
      await stores[0]?.rotate(id, present(generation))
    }
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (stores[at % 2] as Store).rotate(id, present(1))),
    )
    expect(results.filter(({ status }) => status === 'reused')).toHaveLength(1)
    expect(results.filter(({ status }) => status === 'gone')).toHaveLength(49)
  })

  it('goes on where Redis forgot its scripts', async () => {
    const store = createRedisStore({ client })
    const id = await start(store)
    for (let generation = 1; generation <= 5; generation += 1) {
      await client.scriptFlush()
      const result = await store.rotate(id, present(generation))
      expect(summary(result)).toBe(`rotated ${String(generation + 1)}`)
    }
  })

  it('that Redis comes to too late is left undone', async () => {
    const doomed = await startRedis()
    const connected = await connectNodeRedis(doomed.port)
    try {
      const store = createRedisStore({ client: connected.client, lateAfter: 100 })
      const id = await start(store)
      doomed.pause()
      const result = store.rotate(id, present(1)).catch((error: unknown) => error)
      await new Promise((resolve) => setTimeout(resolve, 300))
      doomed.resume()
      expect(await result).toBeInstanceOf(StoreUnavailable)
      expect(await familyOf(store, id)).toMatchObject({ generation: 1 })
    } finally {
      await connected.close()
      await doomed.stop()
    }
  })
})
