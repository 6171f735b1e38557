import { expect, it } from 'vitest'
import { mergeField } from '../../../src/guard/rate-limit/index.js'
import { parseFields } from './parse-fields.js'

it('two limiters on one request are both named', () => {
  expect(mergeField(undefined, '"a";r=1')).toBe('"a";r=1')
  expect(mergeField('', '"a";r=1')).toBe('"a";r=1')
  expect(mergeField('"a";r=1', '')).toBe('"a";r=1')
  expect(parseFields(mergeField('"a";r=1;t=2', '"b";r=3, "c";r=4'))).toEqual([
    { name: 'a', r: 1, t: 2 },
    { name: 'b', r: 3 },
    { name: 'c', r: 4 },
  ])
})

it('of one policy that was looked at twice the first look counts, unless it was about somebody else', () => {
  const before = '"a";r=1;pk=:AAAA:'
  expect(mergeField(before, '"a";r=0;pk=:AAAA:')).toBe(before)
  expect(mergeField(before, '"a";r=0;pk=:AAAA:, "b";r=2;pk=:AAAA:')).toBe(
    `${before}, "b";r=2;pk=:AAAA:`,
  )
  expect(parseFields(mergeField(before, '"a";r=0;pk=:BBBB:'))).toHaveLength(2)
})
