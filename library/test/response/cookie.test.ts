import { describe, expect, it } from 'vitest'
import { InvalidOption } from '../../src/errors.js'
import {
  LONGEST_MAX_AGE,
  serializeCookie,
  serializeDeletion,
  validateCookie,
  type CookieAttributes,
} from '../../src/response/cookie.js'

describe('serializeCookie', () => {
  it.each<[CookieAttributes, string]>([
    [{}, 'sid=v; Path=/; HttpOnly; Secure; SameSite=Lax'],
    [
      { maxAge: 60, sameSite: 'Strict', path: '/app' },
      'sid=v; Max-Age=60; Path=/app; HttpOnly; Secure; SameSite=Strict',
    ],
    [
      { domain: '.example.com', sameSite: 'none', partitioned: true },
      'sid=v; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=None; Partitioned',
    ],
    [{ secure: false, httpOnly: false }, 'sid=v; Path=/; SameSite=Lax'],
    [{ maxAge: 0 }, 'sid=v; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax'],
  ])('%j', (attributes, line) => {
    const name: string = 'sid'
    validateCookie(name, attributes)
    expect(serializeCookie(name, 'v', attributes)).toBe(line)
  })

  it.each(['a b', 'a;b', 'a,b', 'a"b', 'a\\b', 'a\r\nb', 'é', '\u0000'])(
    'refuses the value %j without repeating it',
    (value) => {
      const serialize = (): string => serializeCookie('sid', value, {})
      expect(serialize).toThrow(InvalidOption)
      expect(serialize).not.toThrow(value)
    },
  )

  it('refuses a Max-Age computed wrongly', () => {
    expect(() => serializeCookie('sid', 'v', { maxAge: 1.5 })).toThrow(InvalidOption)
    expect(() => serializeCookie('sid', 'v', { maxAge: NaN })).toThrow(InvalidOption)
  })

  it('ASVS 3.3.5: name and value of up to 4096 bytes are written, one more byte throws', () => {
    const line = serializeCookie('sid', 'v'.repeat(4_093), {})
    expect(line.split(';')[0]).toHaveLength(4_097) // with the equals sign
    expect(() => serializeCookie('sid', 'v'.repeat(4_094), {})).toThrow(/4096/)
    const longName = 'n'.repeat(4_097)
    expect(() => {
      validateCookie(longName, {})
    }).toThrow(/4096/)
    expect(() => serializeCookie('n'.repeat(4_000), 'v'.repeat(97), {})).toThrow(/4096/)
  })
})

describe('serializeDeletion', () => {
  it('repeats what identifies the cookie, empties it and ends it twice over', () => {
    const attributes = { domain: 'example.com', sameSite: 'none', partitioned: true } as const
    expect(serializeDeletion('sid', attributes)).toBe(
      'sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=example.com; Path=/; ' +
        'HttpOnly; Secure; SameSite=None; Partitioned',
    )
    expect(serializeDeletion('sid', { secure: false, path: '/a', maxAge: 60 })).toBe(
      'sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/a; HttpOnly; SameSite=Lax',
    )
  })
})

describe('validateCookie', () => {
  const refused: readonly (readonly [string, CookieAttributes, RegExp])[] = [
    ['', {}, /token characters/],
    ['a b', {}, /token characters/],
    ['a;b', {}, /token characters/],
    ['a=b', {}, /token characters/],
    ['a\u0001', {}, /token characters/],
    ['é', {}, /token characters/],
    ['__Host-sid', { domain: 'example.com' }, /cannot have a Domain/],
    ['__Host-sid', { path: '/app' }, /path \//],
    ['__Host-sid', { secure: false }, /must be Secure/],
    ['__host-sid', { domain: 'example.com' }, /cannot have a Domain/],
    ['__Secure-sid', { secure: false }, /must be Secure/],
    ['__SECURE-sid', { secure: false }, /must be Secure/],
    ['sid', { sameSite: 'none', secure: false }, /SameSite=None must be Secure/],
    ['sid', { sameSite: 'NONE' as 'none', secure: false }, /SameSite=None must be Secure/],
    ['sid', { sameSite: 'Laxx' as 'lax' }, /lax, strict or none/],
    ['sid', { sameSite: true as unknown as 'lax' }, /lax, strict or none/],
    ['sid', { partitioned: true, secure: false }, /Partitioned cookie must be Secure/],
    ['sid', { maxAge: LONGEST_MAX_AGE + 1 }, /400 days/],
    ['sid', { maxAge: -1 }, /whole number/],
    ['sid', { maxAge: '60' as unknown as number }, /whole number/],
    ['sid', { domain: 'example.com:443' }, /host name/],
    ['sid', { domain: 'https://example.com' }, /host name/],
    ['sid', { domain: 'example.com/a' }, /host name/],
    ['sid', { domain: 'exa mple.com' }, /host name/],
    ['sid', { domain: '' }, /host name/],
    ['sid', { domain: '..example.com' }, /host name/],
    ['sid', { domain: 'a;b' }, /host name/],
    ['sid', { path: 'app' }, /start with \//],
    ['sid', { path: '/a;b' }, /semicolon/],
    ['sid', { path: '/a\r\nX: y' }, /semicolon/],
  ]

  it.each(refused)('refuses %j with %j', (name, attributes, message) => {
    const validate = (): void => {
      validateCookie(name, attributes)
    }
    expect(validate).toThrow(InvalidOption)
    expect(validate).toThrow(message)
  })

  it.each<[string, CookieAttributes]>([
    ['__Host-sid', {}],
    ['__Host-sid', { path: '/', secure: true, sameSite: 'Strict', maxAge: LONGEST_MAX_AGE }],
    ['__Secure-sid', { domain: '.example.com', path: '/app' }],
    ['connect.sid', { secure: false, sameSite: 'LAX' as 'lax' }],
    ["!#$%&'*+-.^_`|~", { domain: 'xn--bcher-kva.example' }],
  ])('accepts %j with %j', (name, attributes) => {
    expect(() => {
      validateCookie(name, attributes)
    }).not.toThrow()
  })

  it('refuses while compiling what it refuses at run time, where the name is known', () => {
    const attempts: readonly (() => void)[] = [
      // @ts-expect-error a __Host- cookie has no Domain
      () => validateCookie('__Host-sid', { domain: 'example.com' }),
      // @ts-expect-error a __Host- cookie has the path /
      () => validateCookie('__Host-sid', { path: '/app' }),
      // @ts-expect-error a __Host- cookie is Secure
      () => validateCookie('__Host-sid', { secure: false }),
      // @ts-expect-error browsers compare the prefix without case
      () => validateCookie('__HOST-sid', { secure: false }),
      // @ts-expect-error a __Secure- cookie is Secure
      () => validateCookie('__Secure-sid', { secure: false }),
      // @ts-expect-error SameSite=None needs Secure
      () => validateCookie('sid', { secure: false, sameSite: 'none' }),
      // @ts-expect-error Partitioned needs Secure
      () => validateCookie('sid', { secure: false, partitioned: true }),
      // @ts-expect-error no such word
      () => validateCookie('sid', { sameSite: 'laxx' }),
    ]
    for (const attempt of attempts) expect(attempt).toThrow(InvalidOption)
    // These compile, and pass.
    validateCookie('__Host-sid', { path: '/', sameSite: 'none' })
    validateCookie('__Secure-sid', { domain: 'example.com', path: '/app' })
    validateCookie('sid', { secure: false, sameSite: 'lax' })
  })
})
