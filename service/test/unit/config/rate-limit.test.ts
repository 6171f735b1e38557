import { expect, it } from 'vitest'
import { development, load, production, refusal } from './support.js'

it.each(['0', '-1', 'abc', '1e9', '100001', '1.5', '60/min'])(
  'env-31: RATE_LIMIT=%s is refused',
  (text) => {
    expect(refusal(production({ RATE_LIMIT: text }))).toMatchObject({
      code: 'CONFIG_RANGE',
      message: 'RATE_LIMIT must be a whole number from 1 to 100000.',
    })
  },
)

it('RATE_LIMIT is a number a minute, and none where nothing is set', () => {
  expect(load(development({ RATE_LIMIT: '100000' })).limits.perMinute).toBe(100_000)
  expect(load(production()).limits.perMinute).toBeUndefined()
})
