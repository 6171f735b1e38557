import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDelay } from '../../../src/guard/sign-in/delay.js'
import { world } from './support.js'

const RULES = { from: 3, first: 250, most: 2_000, waiting: 3 }

describe('answers to failures', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Milliseconds until it resolves. */
  async function timeOf(work: Promise<void>): Promise<number> {
    let isDone = false
    void work.then(() => (isDone = true))
    await vi.advanceTimersByTimeAsync(0)
    for (let passed = 0; passed <= 10_000; passed += 250) {
      if (isDone) return passed
      await vi.advanceTimersByTimeAsync(250)
    }
    return Infinity
  }

  it('wait from the third on, twice as long each time, two seconds at most', async () => {
    const delay = createDelay(RULES)
    const times: number[] = []
    for (const count of [1, 2, 3, 4, 5, 6, 7, 1_000]) times.push(await timeOf(delay(count)))
    expect(times).toEqual([0, 0, 250, 500, 1_000, 2_000, 2_000, 2_000])
  })

  it('do not wait where three others do, and wait again when those are gone', async () => {
    const delay = createDelay(RULES)
    const waiting = [delay(9), delay(9), delay(9)]
    expect(await timeOf(delay(9))).toBe(0)
    await vi.advanceTimersByTimeAsync(2_000)
    await Promise.all(waiting)
    expect(await timeOf(delay(9))).toBe(2_000)
  })

  it('do not wait where that is switched off', async () => {
    expect(await timeOf(createDelay(undefined)(1_000))).toBe(0)
  })

  it('of a guard wait by the failures in a row, those of people who do not exist too', async () => {
    const { signIn } = world({ delay: {} })
    const times: number[] = []
    for (let at = 0; at < 5; at += 1) {
      times.push(await timeOf(signIn({ account: 'nobody' }).then(() => undefined)))
    }
    expect(times).toEqual([0, 0, 250, 500, 1_000])
  })
})
