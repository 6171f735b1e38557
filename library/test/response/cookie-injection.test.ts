/** Nothing that is written into a Set-Cookie line can begin another attribute or another header. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import session from '../../src/compat/express-session/index.js'
import { InvalidOption } from '../../src/errors.js'
import { serializeCookie, validateCookie } from '../../src/response/cookie.js'

const ENDS = [';', '\r', '\n', '\r\nX: y', '\u0000', '\u0001', '\u001f', '\u007f']
const FIELDS = ['name', 'value', 'path', 'domain'] as const
type Fields = Record<(typeof FIELDS)[number], string>
const GOOD: Fields = { name: 'sid', value: 'v', path: '/a', domain: 'example.com' }

function having(field: keyof Fields, text: string): Fields {
  return { ...GOOD, [field]: `${GOOD[field]}${text}x` }
}

const SERIALIZERS: Record<string, (fields: Fields) => string> = {
  'our own': ({ name, value, path, domain }) => {
    validateCookie(name, { path, domain })
    return serializeCookie(name, value, { path, domain })
  },
  'sojourn/express-session': ({ name, value, path, domain }) => {
    // Its types are those of express-session, which show no constructor.
    const cookie = Reflect.construct(session.Cookie, [{ path, domain }]) as {
      serialize(name: string, value: string): string
    }
    return cookie.serialize(name, value)
  },
}

describe.each(Object.entries(SERIALIZERS))('%s', (kind, serialize) => {
  it('CVE-2024-47764: no field takes what ends one; the name, and the domain, take no equals sign either', () => {
    expect(serialize(GOOD)).toContain('sid=v;')
    for (const field of FIELDS) {
      for (const text of ENDS) {
        const fields = having(field, text)
        const line = attempt(() => serialize(fields))
        // express-session percent-encodes values instead of refusing them, as it always did.
        const isEncoded = kind !== 'our own' && field === 'value'
        const wanted = isEncoded ? `sid=${encodeURIComponent(fields.value)}` : 'refused'
        expect([field, text, line?.split(';')[0]]).toEqual([field, text, wanted])
      }
    }
    for (const field of ['name', 'domain'] as const) {
      expect([field, attempt(() => serialize(having(field, '=')))]).toEqual([field, 'refused'])
    }
    // In a value or a path an equals sign is plain text (RFC 6265 section 4.1.1), and makes no attribute.
    const line = serialize({ ...GOOD, value: 'a', path: '/Domain=evil.example' })
    const names = line.split('; ').map((part) => part.split('=')[0])
    expect(names.filter((name) => name === 'Domain')).toHaveLength(1)
    expect(line).toContain('Domain=example.com')
  })
})

function attempt(serialize: () => string): string {
  try {
    return serialize()
  } catch (error) {
    expect(error instanceof InvalidOption || error instanceof TypeError).toBe(true)
    return 'refused'
  }
}

/** Any text, mostly of what ends or begins something in a header. */
const nasty = fc.string({
  maxLength: 12,
  unit: fc.oneof(
    fc.constantFrom(
      ';',
      '=',
      ',',
      ' ',
      '\r',
      '\n',
      '\t',
      '"',
      '\u0000',
      '\u00a0',
      'é',
      '/',
      '.',
      '-',
      '_',
    ),
    fc.constantFrom('a', 'Z', '0', 'Secure', 'Domain=evil', '; Path=/x', 'HttpOnly', 'none', 'Lax'),
  ),
})

const ATTRIBUTES =
  /^(?:path|domain|expires|max-age|httponly|secure|partitioned|priority|samesite)$/i

/** Names of the attributes of a line, and whether it is one line. */
function attributesOf(line: string): readonly string[] {
  expect(line).toMatch(/^[\x20-\x7e]+$/)
  return line
    .split(';')
    .slice(1)
    .map((part) => part.trim().split('=')[0] ?? '')
}

describe('whatever is asked for', () => {
  it('CVE-2026-29086: of name, value, path, domain, SameSite and priority makes each attribute once at most, and none that was not meant, or is refused', () => {
    let written = 0
    const holds = (serialize: () => string): void => {
      const line = attempt(serialize)
      if (line === 'refused') return
      written += 1
      const names = attributesOf(line)
      expect(names.filter((name) => !ATTRIBUTES.test(name))).toEqual([])
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
    }
    const good = <Text extends string>(text: Text) =>
      fc.oneof({ weight: 3, arbitrary: fc.constant(text) }, nasty)
    fc.assert(
      fc.property(
        good('sid'),
        good('value'),
        good('/'),
        good('example.com'),
        good('lax'),
        good('high'),
        (name, value, path, domain, sameSite, priority) => {
          holds(() => {
            const attributes = { path, domain, sameSite } as unknown as { path: string }
            validateCookie(name, attributes)
            return serializeCookie(name, value, attributes)
          })
          holds(() => {
            const options = { path, domain, sameSite, priority }
            const cookie = Reflect.construct(session.Cookie, [options]) as {
              serialize(name: string, value: string): string
            }
            return cookie.serialize(name, value)
          })
        },
      ),
      { numRuns: 2_000 },
    )
    expect(written).toBeGreaterThan(100)
  })
})
