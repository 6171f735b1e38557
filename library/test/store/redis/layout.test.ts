import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from 'redis'
import { InvalidOption } from '../../../src/errors.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import { KEY_KINDS } from '../../../src/store/redis/key-kinds.js'
import { createKeys } from '../../../src/store/redis/keys.js'
import { TRAITS } from '../../../src/store/record.js'
import type { Change, NewSession, Rotation, SessionLimit, Store } from '../../../src/store/store.js'
import { randomBelow, randomToken } from '../../../src/system/random.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'

let server: RedisServer
let client: ReturnType<typeof createClient>

beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url })
  client.on('error', () => undefined)
  await client.connect()
})
afterAll(async () => {
  client.destroy()
  await server.stop()
})

const MINUTE = 60_000
/** UUIDs, e-mail addresses, and names that would be another hash tag, a pattern or a second command. */
const SUBJECTS = [
  'e205c6cf-8ef6-40c1-89cb-f78c67b8e30e',
  'ann@example.org',
  '{x}',
  '}{',
  '{}',
  'a:{b}*\r\nDEL x\r\n',
  'é漢😀',
]

function newSession(store: Store, wish: Partial<NewSession> = {}): NewSession {
  const subject = 'subject' in wish ? wish.subject : 'ann'
  return {
    id: `${store.bucketOf(subject)}.${randomToken(16)}`,
    subject,
    secretDigest: randomToken(32),
    idleTimeout: 30 * MINUTE,
    absoluteTimeout: 12 * 60 * MINUTE,
    traits: {},
    data: new Map(),
    ...wish,
  }
}

const ROTATION: Omit<Rotation, 'generation'> = {
  seedDigest: 'seed',
  client: undefined,
  grace: 0,
  forgiveFor: 0,
  idleTimeout: MINUTE,
  isSeen: true,
}

const RATE = { quota: 3, window: 200 }
const RULE = { max: 2, lockFor: 200, forgetAfter: 100 }

type Verbs = readonly (readonly [verb: string, call: () => Promise<unknown>])[]

/** Every verb once, each in the form that touches the most keys. */
async function everyVerb(store: Store, subject: string): Promise<Verbs> {
  const first = newSession(store, { subject })
  const second = newSession(store, { subject, limit: { max: 1, whenFull: 'evict-oldest' } })
  const renewal = {
    from: second.secretDigest,
    to: 'new',
    keepPreviousFor: 1,
    isAuthentication: true,
  }
  const change: Change = {
    seen: true,
    idleTimeout: 2 * MINUTE,
    set: new Map([['a', '1']]),
    delete: ['b'],
    increment: new Map([['n', 1]]),
    expect: new Map([['a', 0]]),
    baseRevision: 0,
    traits: { agent: 'x', address: null },
    renewal,
    family: { seedDigest: 'seed', lifetime: MINUTE },
    presentedGeneration: 1,
  }
  const counted = Buffer.from(subject).toString('base64url')
  const third = newSession(store, { subject, family: { seedDigest: 'seed', lifetime: MINUTE } })
  await store.create(first)
  await store.endAll(subject, 'revoked_admin')
  await store.create(newSession(store, { subject }))
  await store.endAll(subject, 'revoked_admin')
  await store.create(newSession(store, { subject }))
  return [
    ['create', () => store.create(second)],
    ['read', () => store.read(second.id)],
    ['change', () => store.change(second.id, change)],
    ['rotate', () => store.rotate(second.id, { ...ROTATION, generation: 1 })],
    ['create another', () => store.create(third)],
    ['reuse', () => store.rotate(third.id, { ...ROTATION, generation: 0 })],
    ['end', () => store.end(second.id, 'signed_in', { after: MINUTE })],
    ['list', () => store.list(subject, { limit: 10 })],
    ['readSubject', () => store.readSubject(subject)],
    ['endAll', () => store.endAll(subject, 'revoked_admin', second.id)],
    ['reap', () => store.reap(subject, 10)],
    ['changeSubject', () => store.changeSubject(subject, { isDisabled: true, set: new Map() })],
    ['writeDocument', () => store.writeDocument(subject, '{}', 0)],
    ['readDocument', () => store.readDocument(subject)],
    ['spend', async () => store.counters?.spend(counted, RATE)],
    ['attempt', async () => store.counters?.attempt(counted, RULE)],
    ['look', async () => store.counters?.look(counted)],
    ['forget', async () => store.counters?.forget(counted)],
    ['check', () => store.check()],
  ]
}

describe('the keys', () => {
  it('fault F13: every script touches keys of one slot alone, whatever the names are', async () => {
    const lines: string[] = []
    const monitor = client.duplicate()
    await monitor.connect()
    await monitor.monitor((line) => lines.push(String(line)))
    try {
      const store = createRedisStore({ client })
      for (const subject of SUBJECTS) {
        for (const [verb, call] of await everyVerb(store, subject)) {
          await call()
          const marker = randomToken(16)
          await client.echo(marker)
          await expect.poll(() => lines.some((line) => line.includes(marker))).toBe(true)
          // Keys that `check` draws to estimate their kinds are nobody's: it does so only where there are no slots.
          const own = lines
            .splice(0)
            .filter((line) => !line.includes('"HMGET"') || verb !== 'check')
          const touched = keysIn(own.slice(-200), verb)
          expect(touched.length, verb).toBeGreaterThan(0)
          expect(new Set(touched.map(slotOf)).size, `${verb} touched ${touched.join()}`).toBe(1)
        }
      }
    } finally {
      monitor.destroy()
    }
  })

  it('are of the kinds that docs/reference/redis-keys.md lists, with the type, the fields and an end', async () => {
    const store = createRedisStore({ client, keyPrefix: 'kinds:' })
    for (const [, call] of await everyVerb(store, 'ann')) await call()
    await store.create(newSession(store, { subject: 'bob' }))
    await store.endAll('bob', 'revoked_admin')
    const last = newSession(store, { subject: 'bob' })
    await store.create(last)
    await store.end(last.id, 'signed_in', { after: MINUTE })
    await store.counters?.spend('k', { quota: 3, window: MINUTE })
    await store.counters?.attempt('k', { max: 2, lockFor: MINUTE, forgetAfter: MINUTE })
    await store.pulse?.('AA', { process: 'p', expected: 0, history: 'h' })
    const met = new Set<unknown>()
    for (const key of await client.keys('kinds:*')) {
      const [, letter, name = ''] = /^kinds:([a-z])\{..\}(.*)$/.exec(key) ?? []
      const kind = KEY_KINDS.find(
        (one) => one.letter === letter && (one.name === '') === (name === ''),
      )
      const type = await client.type(key)
      // Some of what was counted lasts for a fifth of a second alone.
      if (type === 'none') continue
      expect([key, type]).toEqual([key, kind?.type])
      expect([key, await client.pTTL(key)]).not.toEqual([key, -1])
      met.add(kind)
      if (kind?.type !== 'hash') continue
      const known = [...Object.keys(kind.fields), ...(letter === 's' ? Object.values(TRAITS) : [])]
      const fields = (await client.hKeys(key)).map((field) => field.replace(/^d:.+/, 'd:<key>'))
      expect([key, fields.filter((field) => !known.includes(field))]).toEqual([key, []])
    }
    // A trace is left by who listens with `outsideChanges`, and only for a second.
    expect(KEY_KINDS.filter((kind) => kind.letter !== 'w' && !met.has(kind))).toEqual([])
  })

  it('hash to the slots that Redis computes', async () => {
    // Examples of the cluster specification, redis.io/docs/reference/cluster-spec.
    expect(slotOf('123456789')).toBe(12739)
    expect(slotOf('{user1000}.following')).toBe(slotOf('{user1000}.followers'))
    expect(slotOf('foo{}{bar}')).toBe(crc16('foo{}{bar}') % 16_384)
    expect(slotOf('foo{{bar}}zap')).toBe(crc16('{bar') % 16_384)
  })

  it('hold nothing but printable ASCII of a harmless kind, and are injective', () => {
    const keys = createKeys('sj:')
    const all = SUBJECTS.flatMap((subject) => [
      keys.index('Ab', subject),
      keys.subject('Ab', subject),
      keys.session(`Ab.${subject}`),
      keys.document('Ab', subject),
      keys.debt('Ab', subject),
      keys.attempts('Ab', subject),
    ])
    for (const key of all) expect(key).toMatch(/^sj:[sugkla]\{Ab\}[\w.~%-]*$/)
    expect(new Set(all).size).toBe(all.length)
  })

  it('refuse a subject that is no Unicode text', async () => {
    const store = createRedisStore({ client })
    await expect(store.list('\ud800', { limit: 1 })).rejects.toMatchObject({ field: 'subject' })
  })

  it('begin with the given prefix, which may hold few characters', async () => {
    for (const keyPrefix of ['{x}', 'a*', 'a b', 'a\r\n', 'é', '?', '[a]', 'x'.repeat(65)]) {
      expect(() => createRedisStore({ client, keyPrefix })).toThrow(InvalidOption)
    }
    for (const keyPrefix of ['', 'my-app:v1.2_x:']) {
      const store = createRedisStore({ client, keyPrefix })
      const session = newSession(store)
      await store.create(session)
      const key = `${keyPrefix}s{${session.id.slice(0, 2)}}${session.id.slice(3)}`
      expect(await client.exists(key)).toBe(1)
    }
  })

  it('refuse a session in another bucket than its subject’s', async () => {
    const store = createRedisStore({ client })
    const id = `${store.bucketOf('ann') === 'AA' ? 'AB' : 'AA'}.${randomToken(16)}`
    await expect(store.create(newSession(store, { id }))).rejects.toMatchObject({ field: 'id' })
  })

  it('refuse durations that would leave a key without an end', () => {
    for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1.5]) {
      expect(() => createRedisStore({ client, lingerFor: wrong })).toThrow(InvalidOption)
      expect(() => createRedisStore({ client, tombstoneFor: wrong })).toThrow(InvalidOption)
    }
  })
})

describe('two subjects of one bucket', () => {
  it('are kept apart by every verb', async () => {
    const store = createRedisStore({ client, keyPrefix: 'e:' })
    const bucket = store.bucketOf('ann')
    let number = 0
    while (store.bucketOf(`bob${String(number)}`) !== bucket) number += 1
    const bob = `bob${String(number)}`
    const [hers, his] = [newSession(store), newSession(store, { subject: bob })]
    await store.create(hers)
    await store.create(his)
    expect(await store.endAll('ann', 'revoked_admin', his.id)).toEqual({ count: 1, epoch: 1 })
    const result = await store.read(his.id)
    expect(result).toMatchObject({ status: 'found', record: { epoch: 0 }, subject: { epoch: 0 } })
    expect((await store.list('ann', { limit: 10 })).records).toEqual([])
    expect((await store.list(bob, { limit: 10 })).records.map(({ id }) => id)).toEqual([his.id])
    expect((await store.reap(bob, 10)).reaped).toEqual([])
    expect((await store.reap('ann', 10)).reaped.map(({ id }) => id)).toEqual([hers.id])
  })
})

describe('the cost', () => {
  it('is one EVALSHA a verb', async () => {
    const store = createRedisStore({ client })
    for (const [, call] of await everyVerb(store, 'warm')) await call()
    const verbs = await everyVerb(store, 'counted')
    await client.configResetStat()
    for (const [, call] of verbs) await call()
    const stats = await client.info('commandstats')
    expect(stats).toContain(`cmdstat_evalsha:calls=${String(verbs.length)},`)
    expect(stats).not.toContain('cmdstat_eval:')
  })

  it('of a small session is 264 bytes for the record, and 400 with its index entry', async () => {
    await client.flushAll()
    const store = createRedisStore({ client, keyPrefix: 'sj:' })
    const session = newSession(store, {
      subject: SUBJECTS[0],
      traits: { address: '203.0.113.7', agent: 'Chrome on macOS' },
      data: new Map([['n', '1']]),
    })
    await store.create(session)
    await store.change(session.id, { seen: true })
    const keys = createKeys('sj:')
    const index = keys.index(session.id.slice(0, 2), session.subject ?? '')
    const usage = async (key: string): Promise<number> => (await client.memoryUsage(key)) ?? 0
    expect(await client.sendCommand(['OBJECT', 'ENCODING', keys.session(session.id)])).toBe(
      'listpack',
    )
    expect(await usage(keys.session(session.id))).toBeLessThanOrEqual(264)
    expect((await usage(keys.session(session.id))) + (await usage(index))).toBeLessThanOrEqual(400)
  })
})

describe('the time to live', () => {
  it('behaviour 6b: every key has one after 10,000 random operations on sessions about to expire', async () => {
    await client.flushAll()
    const hour = 3_600_000
    const lives = { lingerFor: 1, tombstoneFor: 100, subjectKeptFor: hour }
    const store = createRedisStore({ client, keyPrefix: 'b:', ...lives })
    const ids: string[] = []
    const subjects = ['ann', 'bob', 'cid', undefined]
    const pick = <T>(from: readonly T[]): T => from[randomBelow(from.length)] as T
    const operations: (() => Promise<unknown>)[] = [
      async () => {
        const limit: SessionLimit = {
          max: 5,
          whenFull: pick(['evict-oldest', 'evict-least-recent']),
        }
        const absoluteTimeout = 1 + randomBelow(300)
        const subject = pick(subjects)
        const session = newSession(store, { subject, limit, idleTimeout: 300, absoluteTimeout })
        await store.create(session)
        if (ids.push(session.id) > 20) ids.shift()
      },
      () => store.change(pick(ids), { seen: true, set: new Map([['a', '1']]) }),
      () => store.change(pick(ids), { seen: true }),
      () => store.change(pick(ids), { increment: new Map([['n', 1]]), delete: ['a'] }),
      () => store.change(pick(ids), { traits: { agent: null }, forgetPrevious: true }),
      () => store.change(pick(ids), { family: { seedDigest: 'seed', lifetime: 200 } }),
      () => store.rotate(pick(ids), { ...ROTATION, generation: randomBelow(4) }),
      () => store.readDocument(pick(['a', 'b'])),
      () => store.writeDocument(pick(['a', 'b']), 'x', randomBelow(3)),
      async () => store.counters?.spend(pick(['a', 'b']), RATE, randomBelow(4) - 1),
      async () => store.counters?.attempt(pick(['a', 'b']), RULE),
      async () => store.counters?.forget(pick(['a', 'b'])),
      () => store.end(pick(ids), 'logged_out', { after: randomBelow(3) }),
      () => store.endAll(pick(['ann', 'bob']), 'revoked_admin', pick(ids)),
      () => store.reap(pick(['ann', 'bob', 'cid']), 3),
      () => store.changeSubject('cid', { isDisabled: randomBelow(4) === 0 }),
      () => store.changeSubject('bob', { set: new Map([['a', '1']]), delete: ['b'] }),
      () => store.changeSubject('bob', { delete: ['a'] }),
      () => store.read(pick(ids)),
    ]
    await operations[0]?.()
    let seen = 0
    for (let done = 0; done < 10_000; done += 20) {
      await Promise.all(Array.from({ length: 20 }, () => pick(operations)()))
      const lifetimes = await lifetimesOf('b:*')
      seen += lifetimes.length
      // PTTL answers -1 for a key without an end, and 0 in the last millisecond of one that has.
      expect(lifetimes.filter((left) => left === -1)).toEqual([])
    }
    expect(seen).toBeGreaterThan(1_000)
  }, 60_000)

  it('of a subject’s record is no shorter than the life of its sessions, and ten years while disabled', async () => {
    const store = createRedisStore({ client, keyPrefix: 'd:', subjectKeptFor: 1_000 })
    const key = createKeys('d:').subject(store.bucketOf('ann'), 'ann')
    await store.changeSubject('ann', { set: new Map([['role', '"admin"']]) })
    expect(await client.pTTL(key)).toBeLessThanOrEqual(1_000)
    const session = newSession(store, { absoluteTimeout: 24 * 60 * MINUTE })
    await store.create(session)
    expect(await client.pTTL(key)).toBeGreaterThan(24 * 60 * MINUTE)
    await store.create(newSession(store, { absoluteTimeout: MINUTE }))
    expect(await client.pTTL(key)).toBeGreaterThan(24 * 60 * MINUTE)

    await client.del(key)
    await store.endAll('ann', 'revoked_admin', session.id)
    expect(await client.pTTL(key)).toBeGreaterThan(23 * 60 * MINUTE)
    await store.changeSubject('ann', { isDisabled: true })
    expect(await client.pTTL(key)).toBeGreaterThan(3_650 * 24 * 60 * MINUTE)
  })

  it('of a subject that signs in again and again keeps its index as small as what lives', async () => {
    let offset = 0
    const store = createRedisStore({ client, keyPrefix: 'c:', clockOffset: () => offset })
    for (let day = 0; day < 50; day += 1) {
      await store.create(newSession(store))
      offset += 24 * 60 * MINUTE
    }
    const index = createKeys('c:').index(store.bucketOf('ann'), 'ann')
    expect(await client.zCard(index)).toBeLessThanOrEqual(2)
  })
})

async function lifetimesOf(pattern: string): Promise<number[]> {
  const script = `
    local left = {}
    for at, key in ipairs(redis.call('KEYS', ARGV[1])) do left[at] = redis.call('PTTL', key) end
    return left`
  return (await client.eval(script, { arguments: [pattern] })) as number[]
}

/** The keys that commands inside scripts, and the script calls themselves, were given, as MONITOR tells. */
function keysIn(lines: readonly string[], verb: string): string[] {
  const start = lines.findLastIndex((line) => /"(evalsha|eval)"/i.test(line))
  const relevant = lines.slice(start)
  expect(start, `${verb} was not seen`).toBeGreaterThanOrEqual(0)
  return relevant.flatMap((line) => {
    const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '')
    const [command = '', ...args] = words
    switch (command.toUpperCase()) {
      case 'EVAL':
      case 'EVALSHA':
        return args.slice(2, 2 + Number(args[1]))
      case 'TIME':
      case 'INFO':
      case 'ECHO':
      case 'PUBLISH': // A channel is no key: in a cluster, every node passes it on.
        return []
      case 'RENAME':
        return args.slice(0, 2)
      case 'UNLINK':
      case 'DEL':
      case 'EXISTS':
        return args
      case 'ZUNIONSTORE':
        return [args[0] ?? '', ...args.slice(2, 2 + Number(args[1]))]
      default:
        return args.slice(0, 1)
    }
  })
}

/** The hash slot of a key, by the cluster specification. */
function slotOf(key: string): number {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  return crc16(close > open + 1 ? key.slice(open + 1, close) : key) % 16_384
}

function crc16(text: string): number {
  let crc = 0
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
    }
    crc &= 0xffff
  }
  return crc
}
