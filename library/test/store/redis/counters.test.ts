import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import type { Counters } from '../../../src/store/counters.js'
import { spendAt, toSpent, type Debt } from '../../../src/store/memory/allowance.js'
import { attemptAt, type Tally } from '../../../src/store/memory/tally.js'
import { toConnection } from '../../../src/store/redis/client.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import { createKeys } from '../../../src/store/redis/keys.js'
import { createRunner, type Run } from '../../../src/store/redis/runner.js'
import { ATTEMPT, SPEND } from '../../../src/store/redis/scripts/counters.js'
import { createResilientStore } from '../../../src/store/resilient.js'
import type { Store } from '../../../src/store/store.js'
import { systemClock } from '../../../src/system/clock.js'
import { randomBelow } from '../../../src/system/random.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'

let server: RedisServer
let client: ReturnType<typeof createClient>
let store: Store
let counters: Counters

beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url, disableOfflineQueue: true })
  client.on('error', () => undefined)
  await client.connect()
  store = createRedisStore({ client })
  counters = countersOf(store)
})
afterAll(async () => {
  client.destroy()
  await server.stop()
})

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const RATE = { quota: 5, window: HOUR }
const RULE = { max: 3, lockFor: HOUR, forgetAfter: 10 * MINUTE }
const keys = createKeys('sj:')
const debtOf = (key: string): string => keys.debt(store.bucketOf(key), key)
const attemptsOf = (key: string): string => keys.attempts(store.bucketOf(key), key)

function countersOf(store: Store): Counters {
  return store.counters ?? expect.fail('a Redis store counts')
}

/** From 1 to `most`, small and large ones alike. */
function anyOf(most: number): number {
  return 1 + randomBelow(Math.min(most, 10 ** (1 + randomBelow(10))))
}

/** Runs scripts as the store does, with a clock that the test moves. */
function movableRun(): { run: Run; pass(milliseconds: number): void } {
  let offset = 0
  const run = createRunner(toConnection(client), {
    clock: systemClock,
    clockOffset: () => offset,
    lateAfter: 10_000,
    lingerFor: HOUR,
    tombstoneFor: HOUR,
  })
  return { run, pass: (milliseconds) => void (offset += milliseconds) }
}

describe('the scripts', () => {
  it('spend to the last part of a millisecond as the memory store does, whatever the rate', async () => {
    const { run, pass } = movableRun()
    const outcomes = { allowed: 0, refused: 0, fractions: 0 }
    for (let chain = 0; chain < 300; chain += 1) {
      const key = debtOf(`chain${chain}`)
      let debt: Debt | undefined
      let rate = { quota: anyOf(1_000_000), window: anyOf(30 * DAY) }
      for (let step = 0; step < 8; step += 1) {
        if (randomBelow(8) === 0) rate = { quota: anyOf(1_000_000), window: anyOf(30 * DAY) }
        const cost = anyOf(rate.quota) * (randomBelow(6) === 0 ? -1 : 1) - randomBelow(2)
        const words = [rate.quota, rate.window, cost].map(String)
        const reply = await run(SPEND, key, ...words)
        const expected = spendAt(debt, reply.now, rate, cost)
        const isAllowed = reply.status === 'allowed'
        const context = JSON.stringify({ debt, now: reply.now, rate, cost })
        expect(toSpent(isAllowed, Number(reply.words[0]), rate, cost), context).toEqual(
          expected.spent,
        )
        if (expected.isChange) debt = expected.debt
        outcomes[isAllowed ? 'allowed' : 'refused'] += 1
        if (debt !== undefined && debt.spare > 0) outcomes.fractions += 1
        // Where a key has just run out, so that Redis has dropped it, the debt counts for nothing either.
        const { E, S, Q } = await client.hGetAll(key)
        const kept =
          E === undefined ? undefined : { endsAt: +E, spare: Number(S), quota: Number(Q) }
        if (kept !== undefined || (debt?.endsAt ?? 0) > reply.now + 1_000) {
          expect(kept, context).toEqual(debt)
        }
        pass(randomBelow(2) * anyOf(rate.window))
      }
    }
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(100)
  })

  it('count attempts as the memory store does, whatever the rule', async () => {
    const { run, pass } = movableRun()
    const outcomes = { counted: 0, locking: 0, locked: 0 }
    for (let chain = 0; chain < 100; chain += 1) {
      const key = attemptsOf(`chain${chain}`)
      let tally: Tally | undefined
      for (let step = 0; step < 10; step += 1) {
        const rule = {
          max: 1 + randomBelow(6),
          lockFor: anyOf(30 * DAY),
          forgetAfter: anyOf(30 * DAY),
        }
        const words = [rule.max, rule.lockFor, rule.forgetAfter].map(String)
        const { status, now, words: rest } = await run(ATTEMPT, key, ...words)
        const expected = attemptAt(tally, now, rule)
        tally = expected.tally ?? tally
        const { isAllowed, hasLocked, count, retryAfter } = expected.attempt
        expect(status).toBe(hasLocked ? 'locking' : isAllowed ? 'counted' : 'locked')
        expect(rest.map(Number)).toEqual(isAllowed ? [count] : [count, retryAfter])
        outcomes[status as keyof typeof outcomes] += 1
        pass(randomBelow(3) === 0 ? anyOf(30 * DAY) : 0)
      }
    }
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(50)
  })

  it('write nothing where they refuse, or only look', async () => {
    const changes = async (): Promise<string> =>
      /rdb_changes_since_last_save:(\d+)/.exec(await client.info('persistence'))?.[1] ?? ''
    await counters.spend('still', RATE, 5)
    for (let count = 0; count < 3; count += 1) await counters.attempt('still', RULE)
    const before = await changes()
    expect(before).toMatch(/\d/)
    for (let times = 0; times < 20; times += 1) {
      expect((await counters.spend('still', RATE)).isAllowed).toBe(false)
      expect((await counters.spend('still', RATE, 6)).isAllowed).toBe(false)
      expect((await counters.spend('still', RATE, 0)).isAllowed).toBe(true)
      expect((await counters.attempt('still', RULE)).isAllowed).toBe(false)
      expect(await counters.forget('nothing')).toBe(0)
    }
    expect(await changes()).toBe(before)
  })

  it('let a key rest for exactly as long as it counts', async () => {
    const { resetAfter } = await counters.spend('ends', { quota: 7, window: 1_000 * MINUTE }, 3)
    const left = await client.pTTL(debtOf('ends'))
    expect(left).toBeLessThanOrEqual(resetAfter)
    expect(left).toBeGreaterThan(resetAfter - 10_000)
    await counters.spend('ends', { quota: 7, window: 1_000 * MINUTE }, -3)
    expect(await client.exists(debtOf('ends'))).toBe(0)

    await counters.attempt('ends', RULE)
    expect(await client.pTTL(attemptsOf('ends'))).toBeLessThanOrEqual(RULE.forgetAfter)
    await counters.attempt('ends', RULE)
    await counters.attempt('ends', RULE)
    const locked = await client.pTTL(attemptsOf('ends'))
    expect(locked).toBeLessThanOrEqual(RULE.lockFor)
    expect(locked).toBeGreaterThan(RULE.lockFor - 10_000)
    await counters.forget('ends')
    expect(await client.exists(attemptsOf('ends'))).toBe(0)
  })

  it('take at most 150 bytes for a key', async () => {
    const key = 'k'.repeat(22)
    await counters.spend(key, { quota: 7, window: 1_000 })
    await counters.attempt(key, RULE)
    for (const name of [debtOf(key), attemptsOf(key)]) {
      expect(await client.sendCommand(['OBJECT', 'ENCODING', name])).toBe('listpack')
      expect(await client.memoryUsage(name)).toBeLessThanOrEqual(150)
    }
  })
})

describe('a counter that makes no sense', () => {
  const JUNK: readonly (readonly [string, ...string[]])[] = [
    ['SET', 'junk'],
    ['RPUSH', 'junk'],
    ['HSET', 'E', 'x', 'S', '0', 'Q', '5', 'N', '1', 'L', '0'],
    ['HSET', 'E', '99999999999999'],
    ['HSET', 'E', '99999999999999', 'S', '1e3', 'Q', 'NaN', 'N', '', 'L', 'x'],
  ]

  it.each(JUNK)('%s %s is a fault, never an answer', async (...[command, ...words]) => {
    for (const key of [debtOf('junk'), attemptsOf('junk')]) {
      await client.del(key)
      await client.sendCommand([String(command), key, ...words])
      await client.pExpire(key, HOUR)
    }
    await expect(counters.spend('junk', RATE)).rejects.toThrow(StoreUnavailable)
    await expect(counters.attempt('junk', RULE)).rejects.toThrow(StoreUnavailable)
    expect((await counters.spend('sound', RATE, 0)).isAllowed).toBe(true)
    if (command !== 'HSET') return
    // It can be got rid of as any other.
    expect(await counters.forget('junk')).toBe(0)
    expect((await counters.attempt('junk', RULE)).count).toBe(1)
    await counters.forget('junk')
  })
})

describe('a Redis in trouble', () => {
  it('is never “allowed”: stopped, it throws in time, and counts nothing afterwards', async () => {
    const protectedStore = createResilientStore(createRedisStore({ client, lateAfter: 400 }))
    const late = countersOf(protectedStore)
    await late.spend('late', RATE)
    await late.attempt('late', RULE)
    server.pause()
    const begin = performance.now()
    const calls = [late.spend('late', RATE), late.attempt('late', RULE), late.forget('late')]
    const outcomes = await Promise.allSettled(calls)
    expect(performance.now() - begin).toBeLessThan(1_000)
    for (const outcome of outcomes) {
      expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(StoreUnavailable)
    }
    await sleep(600)
    server.resume()
    expect((await counters.spend('late', RATE, 0)).remaining).toBe(4)
    expect((await counters.attempt('late', RULE)).count).toBe(2)
  })

  it('is never “allowed”: full, it throws for what it would have to write, and forgets nonetheless', async () => {
    await counters.attempt('full', RULE)
    await server.cli('config', 'set', 'maxmemory', '1')
    try {
      await expect(counters.spend('full', RATE)).rejects.toThrow(StoreUnavailable)
      await expect(counters.attempt('full', RULE)).rejects.toThrow(StoreUnavailable)
      expect(await counters.forget('full')).toBe(1)
    } finally {
      await server.cli('config', 'set', 'maxmemory', '0')
    }
    expect((await counters.spend('full', RATE, 0)).remaining).toBe(5)
  })
})
