import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCookies } from '../../src/request/cookies.js'

const NAMES = ['__Host-sid', 'sid']
const read = (header: string | undefined): readonly string[] =>
  readCookies(header, NAMES).values('__Host-sid')

describe('readCookies', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['__Host-sid=abc', ['abc']],
    ['a=1; __Host-sid=abc; b=2', ['abc']],
    ['a=1;__Host-sid=abc;b=2', ['abc']],
    ['__Host-sid=', ['']],
    ['__Host-sid', []],
    ['__Host-sid; x=1', []],
    [' \t__Host-sid \t=\t abc \t', ['abc']],
    ['__Host-sid=a b=c', ['a b=c']],
    ['__Host-sid=one; __Host-sid=two; __Host-sid=one', ['one', 'two']],
    ['__Host-sid=one; __Host-sid=one', ['one']],
    ['x__Host-sid=no; __Host-sidx=no', []],
    ['a="__Host-sid=no"; b=1', []],
    [';;; ;__Host-sid=abc;', ['abc']],
  ])('%s', (header, values) => {
    expect(read(header)).toEqual(values)
  })

  it('tells several names apart, and knows nothing of others', () => {
    const reading = readCookies('sid=old; other=x; __Host-sid=new; sid=older', NAMES)
    expect(reading.values('__Host-sid')).toEqual(['new'])
    expect(reading.values('sid')).toEqual(['old', 'older'])
    expect(reading.values('other')).toEqual([])
  })

  it('cookie-07: a case variant of the name is ignored', () => {
    expect(read('__host-sid=evil; __Host-sid=good; __HOST-SID=evil')).toEqual(['good'])
    expect(read('__host-sid=evil')).toEqual([])
  })

  it.each(['\u00a0', '\u2000', '\u0085', '\ufeff', '\u000b', '\u000c', '\u2028'])(
    'cookie-08, GHSA-r5rp-j6wh-rvv4: %j before the name makes another name',
    (blank) => {
      expect(read(`${blank}__Host-sid=evil`)).toEqual([])
      expect(read(`a=1; ${blank}__Host-sid=evil; __Host-sid=good`)).toEqual(['good'])
      expect(read(`__Host-sid${blank}=evil`)).toEqual([])
      expect(read(`__Host-sid=${blank}x${blank}`)).toEqual([`${blank}x${blank}`])
    },
  )

  it('cookie-09: names of object members have no effect', () => {
    const header = '__proto__=x; constructor=y; toString=z; hasOwnProperty=w'
    const reading = readCookies(header, NAMES)
    expect(reading.problem).toBeUndefined()
    for (const name of ['__proto__', 'constructor', 'toString', ...NAMES]) {
      expect(reading.values(name)).toEqual([])
    }
    expect(({} as { x?: unknown }).x).toBeUndefined()
    expect(readCookies(header, ['__proto__']).values('__proto__')).toEqual(['x'])
  })

  it('parses no quoted strings, so a sandwich stays what it is (cookie-10)', () => {
    expect(read('$Version=1; __Host-sid="a; b"; c=1')).toEqual(['"a'])
  })

  it('decodes nothing (cookie-14)', () => {
    expect(read('__Host-sid=%00%0d%0a%61')).toEqual(['%00%0d%0a%61'])
  })

  it('refuses a header over 8192 bytes and reads one of 8192 (cookie-11)', () => {
    const head = '__Host-sid=x; pad='
    const fitting = head + 'p'.repeat(8_192 - head.length)
    expect(readCookies(fitting, NAMES).problem).toBeUndefined()
    expect(read(fitting)).toEqual(['x'])
    expect(readCookies(`${fitting}p`, NAMES).problem).toBe('header_too_large')
    expect(read(`${fitting}p`)).toEqual([])
  })

  it('refuses more than 100 cookies and reads 100 (cookie-13)', () => {
    const many = (count: number): string =>
      Array.from({ length: count }, (_x, n) => `c${String(n)}=1`).join('; ')
    const hundred = `${many(99)}; __Host-sid=x`
    expect(read(`${hundred};`)).toEqual(['x'])
    expect(readCookies(`${hundred}; one=more`, NAMES).problem).toBe('cookie_too_many')
    expect(read(`${hundred}; one=more`)).toEqual([])
    expect(readCookies(many(300), NAMES).problem).toBe('cookie_too_many')
  })

  it('agrees with naive splitting on any header', () => {
    const trim = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '')
    const naive = (header: string, name: string): string[] => {
      const values = header
        .split(';')
        .filter((part) => part.includes('='))
        .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)])
        .filter(([key = '']) => trim(key) === name)
        .map(([, value = '']) => trim(value))
      return [...new Set(values)]
    }
    const piece = fc.oneof(
      fc.constantFrom(
        '__Host-sid',
        'sid',
        '=',
        ';',
        '; ',
        ' ',
        '\t',
        '"',
        '%3D',
        'si',
        'd',
        '\u00a0',
      ),
      fc.string({ maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const header = pieces.join('')
        const reading = readCookies(header, NAMES)
        for (const name of NAMES) expect(reading.values(name)).toEqual(naive(header, name))
      }),
      { numRuns: 5_000 },
    )
  })
})
