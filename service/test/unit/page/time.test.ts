import { describe, expect, it } from 'vitest'

import { durationWords, exactTime, relativeTime } from '../../../src/page/time.js'
import { DAY, HOUR, MINUTE, NOW } from './samples.js'

describe('relativeTime', () => {
  it.each([
    [0, 'just now'],
    [-44_000, 'just now'],
    [1, 'in a moment'],
    [-45_000, '1 minute ago'],
    [-3 * MINUTE, '3 minutes ago'],
    [20 * MINUTE, 'in 20 minutes'],
    [-89 * MINUTE, '89 minutes ago'],
    [-2 * HOUR, '2 hours ago'],
    [9 * HOUR, 'in 9 hours'],
    [-35 * HOUR, '35 hours ago'],
    [-36 * HOUR, '2 days ago'],
    [7 * DAY, 'in 7 days'],
    [400 * DAY, 'in 400 days'],
  ])('%i ms from now: %s', (offset, words) => {
    expect(relativeTime(NOW + offset, NOW)).toBe(words)
  })

  it.each([NaN, Infinity, 9e15])('has a word for what is no instant: %d', (at) => {
    expect(relativeTime(at, NOW)).toBe('never')
    expect(exactTime(at)).toBe('never')
  })
})

describe('durationWords', () => {
  it.each([
    [900, '1 second'],
    [30_000, '30 seconds'],
    [MINUTE, '1 minute'],
    [90_000, '2 minutes'],
    [30 * MINUTE, '30 minutes'],
    [12 * HOUR, '12 hours'],
    [24 * HOUR, '24 hours'],
    [7 * DAY, '7 days'],
    [-5, '0 seconds'],
    [NaN, '0 seconds'],
  ])('%d ms: %s', (length, words) => {
    expect(durationWords(length)).toBe(words)
  })
})

it('exactTime is UTC to the second', () => {
  expect(exactTime(NOW)).toBe('2026-02-03 14:05:09 UTC')
})
