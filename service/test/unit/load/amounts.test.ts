import { describe, expect, it } from 'vitest'
import {
  bytesText,
  countText,
  rateText,
  shareText,
  spanText,
  toMilliseconds,
  toShare,
} from '../../../src/load/amounts.js'

describe('amounts of a load test', () => {
  it('reads times with their unit, and nothing without', () => {
    const known = { '250ms': 250, '1.5s': 1_500, '5m': 300_000, '1h': 3_600_000, '0s': 0 }
    for (const [text, value] of Object.entries(known)) expect(toMilliseconds(text)).toBe(value)
    for (const text of ['30', '', 's', '-1s', '1e3s', ' 1s', '1 s', '1d', '1s1', '１s']) {
      expect(toMilliseconds(text), text).toBeUndefined()
    }
  })

  it('reads shares with their sign, up to all', () => {
    expect(toShare('0.1%')).toBeCloseTo(0.001, 12)
    expect([toShare('0%'), toShare('100%')]).toEqual([0, 1])
    for (const text of ['0.1', '101%', '-1%', '%', 'NaN%', '1%%', '']) {
      expect(toShare(text), text).toBeUndefined()
    }
  })

  it('writes three digits that count, and goes on to the next unit in time', () => {
    const shown = [0.123456, 9.994, 9.996, 99.94, 99.96, 999.4, 999.6, 12_345].map(spanText)
    expect(shown).toEqual([
      '0.12 ms',
      '9.99 ms',
      '10.0 ms',
      '99.9 ms',
      '100 ms',
      '999 ms',
      '1.00 s',
      '12.3 s',
    ])
  })

  it('never shows a share that is something as nothing', () => {
    expect([0, 0.000_001, 0.000_04, 0.0001, 0.1234, 1].map(shareText)).toEqual([
      '0%',
      '<0.01%',
      '<0.01%',
      '0.01%',
      '12.34%',
      '100%',
    ])
  })

  it('writes bytes, counts and rates', () => {
    expect([0, 999, 1_500, 2_340_000, 7.5e9].map(bytesText)).toEqual([
      '0 B',
      '999 B',
      '1.50 kB',
      '2.34 MB',
      '7.50 GB',
    ])
    expect(countText(1_234_567)).toBe('1,234,567')
    expect([0.4, 12.34, 1_234.5].map(rateText)).toEqual(['0.40', '12.3', '1,235'])
  })
})
