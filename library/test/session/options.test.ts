import { describe, expect, it } from 'vitest'
import { InvalidOption } from '../../src/errors.js'
import type { SojournOptions } from '../../src/options.js'
import { createSojourn } from '../../src/sojourn.js'
import { SECRET } from '../support/sojourn.js'

const WRONG: readonly (readonly [
  string,
  Partial<Record<keyof SojournOptions, unknown>>,
  RegExp,
])[] = [
  ['no secret', { secrets: undefined }, /secrets must be a non-empty string or list of strings/],
  ['an empty list', { secrets: [] }, /secrets must be a non-empty/],
  ['an empty secret', { secrets: [''] }, /secrets must be a non-empty/],
  ['a number for a secret', { secrets: 7 }, /secrets must be/],
  ['a short secret', { secrets: 'short' }, /has 5 bytes; 32 or more/],
  ['a duration without unit', { idle: '15' }, /idle=15 is not a duration/],
  ['a negative duration', { idle: -1 }, /is not a duration/],
  ['no time at all', { idle: 0 }, /longer than nothing/],
  ['idle over absolute', { idle: '2h', absolute: '1h' }, /idle is longer than absolute/],
  ['over 400 days', { absolute: '401d' }, /400 days/],
  [
    'a limit of none',
    { limit: { max: 0, whenFull: 'refuse' } },
    /limit.max must be a whole number, 1 or more/,
  ],
  ['an unknown policy', { limit: { max: 1, whenFull: 'explode' } }, /limit.whenFull/],
  ['a short session secret', { secretBytes: 8 }, /secretBytes must be a whole number, 16 to 64/],
  ['trusting everybody', { trustProxy: true }, /trustProxy/],
  ['an unknown privacy mode', { privacy: { address: 'some' } }, /privacy.address/],
]

describe('options', () => {
  for (const [name, options, message] of WRONG) {
    it(`refuses ${name}, naming the option`, () => {
      const make = () => createSojourn({ secrets: SECRET, ...options } as SojournOptions)
      expect(make).toThrow(InvalidOption)
      expect(make).toThrow(message)
    })
  }

  it('never prints a secret in an error', () => {
    try {
      createSojourn({ secrets: ['hunter2'] })
    } catch (error) {
      expect(String(error)).not.toContain('hunter2')
    }
    expect.assertions(1)
  })
})
