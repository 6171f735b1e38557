import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { InvalidInput, StoreUnavailable } from '../../src/errors.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { createResilientStore, type CircuitState } from '../../src/store/resilient.js'
import type { Store } from '../../src/store/store.js'
import { createManualClock, describeStoreConformance } from '../../src/testing/index.js'

/** A store whose `read` does what the test says. */
function storeThatReads(read: () => Promise<unknown>): Store {
  return Object.assign(createMemoryStore(), { name: 'moody', read: read as Store['read'] })
}

const missing = (): Promise<unknown> => Promise.resolve({ status: 'missing', now: 0 })
const never = (): Promise<unknown> => new Promise(() => undefined)
const fails = (): Promise<unknown> => Promise.reject(new Error('broken wire'))

const rejections: unknown[] = []
const note = (reason: unknown): unknown => rejections.push(reason)
beforeEach(() => void process.on('unhandledRejection', note))
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(rejections.splice(0)).toEqual([])
})

describe('a walk', () => {
  it('has the deadline of any other verb', async () => {
    const inner = Object.assign(createMemoryStore(), { walk: never as NonNullable<Store['walk']> })
    const store = createResilientStore(inner, { commandDeadline: 20 })
    await expect(store.walk?.({ limit: 1 })).rejects.toThrow('within 20 ms')
  })

  it('is absent where the store has none', () => {
    const store = createResilientStore(Object.assign(createMemoryStore(), { walk: undefined }))
    expect('walk' in store).toBe(false)
  })
})

describe('counters', () => {
  const RULE = { quota: 1, window: 1_000 }
  const counting = (spend: () => Promise<unknown>) => {
    const inner = createMemoryStore()
    const counters = Object.assign({ ...inner.counters }, { spend })
    const states: CircuitState[] = []
    const store = createResilientStore(Object.assign(inner, { counters }), {
      commandDeadline: 20,
      failuresToOpen: 2,
      onStateChange: (state) => states.push(state),
    })
    return { store, states }
  }

  it('that fail open a breaker of their own: a store that is full can still be read and left', async () => {
    const { store, states } = counting(fails)
    for (let call = 0; call < 4; call += 1) {
      await expect(store.counters?.spend('key', RULE)).rejects.toThrow(StoreUnavailable)
    }
    await expect(store.counters?.spend('key', RULE)).rejects.toThrow('was not asked')
    expect(await store.read('Ab.x')).toMatchObject({ status: 'missing' })
    // Whoever watches the breaker hears of sessions.
    expect(states).toEqual([])
  })

  it('have the deadline of any other verb', async () => {
    const { store } = counting(never)
    await expect(store.counters?.spend('key', RULE)).rejects.toThrow('within 20 ms')
  })
})

describe('the deadline of a call', () => {
  it('refuses after it, whatever hangs below', async () => {
    const store = createResilientStore(storeThatReads(never), { commandDeadline: 30 })
    const start = performance.now()
    const refusal = await store.read('Ab.x').catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(StoreUnavailable)
    expect(String(refusal)).toContain('moody store did not answer within 30 ms')
    // Generous: how late a timer comes is the machine's business, that it comes is ours.
    expect(performance.now() - start).toBeLessThan(1_000)
  })

  it('holds each call to a time of its own', async () => {
    const answers = [never, () => sleep(20, { status: 'missing' })]
    const store = createResilientStore(
      storeThatReads(() => answers.shift()?.() ?? never()),
      { commandDeadline: 60 },
    )
    const [hangs, answered] = await Promise.allSettled([store.read('Ab.x'), store.read('Ab.y')])
    expect(hangs.status).toBe('rejected')
    expect(answered.status).toBe('fulfilled')
  })

  it('drops what comes after it, an answer or a fault, without an unhandled rejection', async () => {
    const late = [
      () => sleep(40, { status: 'found' }),
      () => sleep(40).then(() => Promise.reject(new Error('late fault'))),
    ]
    for (const read of late) {
      const store = createResilientStore(storeThatReads(read), { commandDeadline: 10 })
      await expect(store.read('Ab.x')).rejects.toThrow('within 10 ms')
    }
    await sleep(60)
  })

  it('is not passed by a pause of this process while the answer lay waiting', async () => {
    // Comes from another thread, as an answer comes from a socket: the event loop looks there after the timers.
    const fromOutside = promisify(randomBytes)
    const store = createResilientStore(
      storeThatReads(() => fromOutside(1)),
      { commandDeadline: 20 },
    )
    // Behind this phase of the event loop come the timers, then sockets and threads.
    await new Promise((resolve) => setImmediate(resolve))
    const answer = store.read('Ab.x')
    const until = performance.now() + 60
    while (performance.now() < until);
    expect(await answer).toHaveLength(1)
  })

  it('needs one timer for any number of calls, and none once the last deadline is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] })
    try {
      const store = createResilientStore(storeThatReads(missing))
      await Promise.all(Array.from({ length: 100 }, () => store.read('Ab.x')))
      expect(vi.getTimerCount()).toBe(1)
      await vi.advanceTimersByTimeAsync(260)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('faults of the store', () => {
  it('become StoreUnavailable with the cause kept', async () => {
    const store = createResilientStore(storeThatReads(fails))
    const refusal = await store.read('Ab.x').catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'store_unavailable', status: 503, retryAfter: 1 })
    expect((refusal as Error).cause).toMatchObject({ message: 'broken wire' })
  })

  it('stay what they are where they are StoreUnavailable already', async () => {
    const fault = new StoreUnavailable('the disk is full')
    const store = createResilientStore(storeThatReads(() => Promise.reject(fault)))
    await expect(store.read('Ab.x')).rejects.toBe(fault)
  })

  it('do not include a wrong input, which passes as it is and counts for nothing', async () => {
    const states: CircuitState[] = []
    const store = createResilientStore(createMemoryStore(), {
      failuresToOpen: 1,
      onStateChange: (state) => states.push(state),
    })
    for (let time = 0; time < 3; time += 1) {
      await expect(store.list('ann', { limit: 10, cursor: 'x' })).rejects.toThrow(InvalidInput)
    }
    expect((await store.list('ann', { limit: 10 })).records).toEqual([])
    expect(states).toEqual([])
  })

  it('thrown at once count as those that come later', async () => {
    const store = createResilientStore(
      storeThatReads(() => {
        throw new TypeError('no such method')
      }),
    )
    await expect(store.read('Ab.x')).rejects.toThrow(StoreUnavailable)
  })
})

describe('the circuit breaker', () => {
  /** A store behind a circuit, whose `read` can be changed, and what is told about it. */
  function scene(): {
    store: Store
    asked: () => number
    states: CircuitState[]
    behave: (read: () => Promise<unknown>) => void
    clock: ReturnType<typeof createManualClock>
    read: () => Promise<unknown>
  } {
    const clock = createManualClock()
    const states: CircuitState[] = []
    let behaviour = missing
    let asked = 0
    const store = createResilientStore(
      storeThatReads(() => {
        asked += 1
        return behaviour()
      }),
      { clock, commandDeadline: 20, onStateChange: (state) => states.push(state) },
    )
    return {
      store,
      states,
      clock,
      asked: () => asked,
      behave: (read) => (behaviour = read),
      read: () => store.read('Ab.x').catch((error: unknown) => error),
    }
  }

  it('opens after five faults in a row, not after five in all', async () => {
    const { read, behave, states, asked } = scene()
    for (let round = 0; round < 3; round += 1) {
      behave(fails)
      for (let time = 0; time < 4; time += 1) await read()
      behave(missing)
      expect(await read()).toMatchObject({ status: 'missing' })
    }
    expect(states).toEqual([])
    behave(fails)
    for (let time = 0; time < 5; time += 1) await read()
    expect(states).toEqual(['open'])
    const before = asked()
    expect(await read()).toBeInstanceOf(StoreUnavailable)
    expect(asked()).toBe(before)
  })

  it('answers in less than 10 ms while it is open, also where the store hangs', async () => {
    const { read, behave, states } = scene()
    behave(never)
    await Promise.all(Array.from({ length: 5 }, read))
    expect(states).toEqual(['open'])
    const start = performance.now()
    for (let time = 0; time < 100; time += 1) await read()
    expect((performance.now() - start) / 100).toBeLessThan(10)
  })

  it('lets one call through every 500 ms, and no other while that one is under way', async () => {
    const { read, behave, clock, asked, states } = scene()
    behave(fails)
    for (let time = 0; time < 5; time += 1) await read()
    clock.advance(499)
    await read()
    expect(asked()).toBe(5)
    clock.advance(1)
    behave(never)
    await Promise.all(Array.from({ length: 20 }, read))
    expect(asked()).toBe(6)
    expect(states).toEqual(['open', 'half-open', 'open'])
    clock.advance(499)
    await read()
    expect(asked()).toBe(6)
  })

  it('closes when that one succeeds', async () => {
    const { read, behave, clock, states } = scene()
    behave(fails)
    for (let time = 0; time < 5; time += 1) await read()
    clock.advance(500)
    behave(missing)
    expect(await read()).toMatchObject({ status: 'missing' })
    expect(states).toEqual(['open', 'half-open', 'closed'])
    const answers = await Promise.all(Array.from({ length: 20 }, read))
    expect(answers.every((answer) => !(answer instanceof Error))).toBe(true)
  })

  it('is not kept open by calls that were under way when it opened', async () => {
    const { read, behave, clock, asked } = scene()
    behave(fails)
    const slow = Array.from({ length: 5 }, read)
    behave(never)
    const hanging = Array.from({ length: 5 }, read)
    await Promise.all(slow)
    clock.advance(400)
    await Promise.all(hanging)
    clock.advance(100)
    behave(missing)
    const before = asked()
    expect(await read()).toMatchObject({ status: 'missing' })
    expect(asked()).toBe(before + 1)
  })

  it('does not take a wrong input for a sign that the store is back', async () => {
    const { store, read, behave, clock, states } = scene()
    behave(fails)
    for (let time = 0; time < 5; time += 1) await read()
    clock.advance(500)
    await expect(store.list('ann', { limit: 10, cursor: 'x' })).rejects.toThrow(InvalidInput)
    expect(states).toEqual(['open', 'half-open', 'open'])
    behave(missing)
    expect(await read()).toMatchObject({ status: 'missing' })
    expect(states.at(-1)).toBe('closed')
  })
})

describe('what is told of calls', () => {
  it('is the verb, the time and the outcome, of refused calls too', async () => {
    const told: [string, string, string | undefined][] = []
    const clock = createManualClock()
    let read = missing
    const store = createResilientStore(
      storeThatReads(() => read()),
      {
        clock,
        failuresToOpen: 1,
        onCall(verb, milliseconds, outcome, fault) {
          expect(milliseconds).toBeGreaterThanOrEqual(0)
          told.push([verb, outcome, fault?.message])
        },
      },
    )
    await store.read('Ab.x')
    await store.readSubject('ann')
    read = fails
    await store.read('Ab.x').catch(() => undefined)
    await store.check().catch(() => undefined)
    expect(told).toEqual([
      ['read', 'ok', undefined],
      ['readSubject', 'ok', undefined],
      ['read', 'fault', 'the moody store failed'],
      ['check', 'fault', 'the moody store is down and was not asked'],
    ])
  })
})

describe('verbs that came later', () => {
  it('are held to the deadline, and counted by the breaker, like the others', async () => {
    const told: string[] = []
    const hanging = Object.assign(createMemoryStore(), {
      rotate: never,
      readDocument: never,
      writeDocument: never,
    }) as Store
    const store = createResilientStore(hanging, {
      commandDeadline: 10,
      failuresToOpen: 3,
      onCall: (verb, _, outcome) => told.push(`${verb} ${outcome}`),
      onStateChange: (state) => told.push(state),
    })
    const rotation = { seedDigest: '', generation: 1, client: undefined, grace: 0, forgiveFor: 0 }
    const calls = [
      store.rotate('Ab.x', { ...rotation, idleTimeout: undefined, isSeen: false }),
      store.readDocument('keys'),
      store.writeDocument('keys', 'a', 0),
    ]
    for (const call of calls) await expect(call).rejects.toThrow('within 10 ms')
    expect(told).toEqual(['rotate fault', 'readDocument fault', 'open', 'writeDocument fault'])
  })
})

describe('the change feed', () => {
  it('is the one of the store itself, or none', () => {
    const inner = createMemoryStore()
    expect(createResilientStore(inner).changes).toBe(inner.changes)
    const without = Object.assign(createMemoryStore(), { changes: undefined })
    expect(createResilientStore(without).changes).toBeUndefined()
  })
})

// Nothing of the contract is lost on the way through.
describeStoreConformance(
  'resilient memory',
  {
    async open() {
      const clock = createManualClock()
      const store = createResilientStore(createMemoryStore({ clock }))
      return { store, advance: (by: number) => clock.advance(by), close: () => store.close() }
    },
  },
  { describe, it },
  { operations: 1_000, crowd: 1_000 },
)
