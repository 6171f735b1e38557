import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { readStrictJson } from '../../../src/credential/jwt/strict-json.js'

const { files } = JSON.parse(
  readFileSync(new URL('../../vectors/jsontestsuite/test_parsing.json', import.meta.url), 'utf8'),
) as { files: Record<string, string> }

const read = (text: string | Uint8Array): unknown => readStrictJson(Buffer.from(text))?.value

/** JSON that has more than one reading, or that nobody needs in a token: refused, though it is JSON. */
const REFUSED_ON_PURPOSE = new Set([
  'y_object_duplicated_key.json',
  'y_object_duplicated_key_and_value.json',
  'y_number.json',
  'y_number_0e+1.json',
  'y_number_0e1.json',
  'y_number_double_close_to_zero.json',
  'y_number_int_with_exp.json',
  'y_number_minus_zero.json',
  'y_number_negative_zero.json',
  'y_number_real_capital_e.json',
  'y_number_real_capital_e_neg_exp.json',
  'y_number_real_capital_e_pos_exp.json',
  'y_number_real_exponent.json',
  'y_number_real_fraction_exponent.json',
  'y_number_real_neg_exp.json',
  'y_number_real_pos_exponent.json',
  'y_object_extreme_numbers.json',
])

describe('JSON of which there is one reading', () => {
  const names = Object.keys(files)

  it.each(names.filter((name) => name.startsWith('n_')))('refuses %s', (name) => {
    expect(readStrictJson(Buffer.from(files[name] ?? '', 'base64'))).toBeUndefined()
  })

  it.each(names.filter((name) => name.startsWith('y_')))('reads %s as others do', (name) => {
    const bytes = Buffer.from(files[name] ?? '', 'base64')
    const found = readStrictJson(bytes)
    expect(found === undefined).toBe(REFUSED_ON_PURPOSE.has(name))
    if (found !== undefined) expect(found.value).toEqual(JSON.parse(bytes.toString('utf8')))
  })

  it('reads whatever JSON.stringify writes, and freezes it', () => {
    const value = fc.jsonValue({ maxDepth: 5 })
    fc.assert(
      fc.property(value, (one) => {
        const text = JSON.stringify(one)
        if (/"__proto__":/.test(text) || /[\ud800-\udfff]/u.test(text)) return
        expect(read(text)).toEqual(JSON.parse(text))
      }),
    )
    const found = read('{"a":[{"b":1}]}') as { a: [{ b: number }] }
    expect([found, found.a, found.a[0]].every((one) => Object.isFrozen(one))).toBe(true)
  })

  it.each([
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, once in disguise', '{"a":1,"\\u0061":2}'],
    ['a member twice, deep down', '{"a":[{"b":1,"b":1}]}'],
    ['__proto__', '{"__proto__":{}}'],
    ['__proto__ in disguise', '{"\\u005f_proto__":{}}'],
    ['nine levels', '[[[[[[[[[]]]]]]]]]'],
    ['a huge number', '[1e400]'],
    ['a number that loses digits', '[12345678901234567890]'],
    ['a number in another spelling', '[1.0]'],
    ['half a surrogate pair', '["\\ud800"]'],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
  ])('refuses %s', (_name, text) => {
    expect(read(text)).toBeUndefined()
  })

  it('reads eight levels, and a surrogate pair', () => {
    expect(read('[[[[[[[[]]]]]]]]')).toBeDefined()
    expect(read('["\\ud83d\\ude00"]')).toEqual(['😀'])
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(readStrictJson(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22))).toBeUndefined()
  })
})
