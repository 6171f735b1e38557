import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../src/testing/index.js'

describe('a manual clock', () => {
  it('stands still until it is moved, and then moves both readings', () => {
    const clock = createManualClock(1_000)
    expect([clock.now(), clock.elapsed()]).toEqual([1_000, 0])
    clock.advance(250)
    clock.advance('1.5s')
    clock.advance('15m')
    expect([clock.now(), clock.elapsed()]).toEqual([902_750, 901_750])
  })

  it('starts at a fixed instant unless told otherwise', () => {
    expect(new Date(createManualClock().now()).toISOString()).toBe('2024-01-01T00:00:00.000Z')
  })

  it('refuses to go back, or by what is no span of time, and then stands still', () => {
    const clock = createManualClock(0)
    const wrong = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 'soon', '-1s', '5', undefined]
    for (const by of wrong) expect(() => clock.advance(by as number)).toThrow(RangeError)
    expect(clock.now()).toBe(0)
  })
})
