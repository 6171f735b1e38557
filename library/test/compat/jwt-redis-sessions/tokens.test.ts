import { createRequire } from 'node:module'
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/compat/jwt-redis-sessions/config.js'
import { expiryAfter } from '../../../src/compat/jwt-redis-sessions/lifetimes.js'
import { toSeconds } from '../../../src/compat/jwt-redis-sessions/timespan.js'
import {
  pickTokenData,
  validateTokenData,
} from '../../../src/compat/jwt-redis-sessions/token-data.js'
import {
  readSigned,
  readToken,
  signToken,
} from '../../../src/compat/jwt-redis-sessions/wire-token.js'
import { SECRET } from './original.js'

const require = createRequire(import.meta.url)
const NOW = 1_700_000_000
const config = readConfig({ JWT_SECRET: SECRET })

describe('time spans', () => {
  const spans = [
    ...['15m', '7d', '1h', '2 days', '1y', '10h', '1.5h', '.5h', '-3 days', '-1s', '100', '1w'],
    ...[
      '5 minutes',
      '3 hrs',
      '250ms',
      '1 msec',
      '2 Weeks',
      '',
      ' 1h',
      '1h ',
      'soon',
      '1x',
      '1 2 h',
    ],
  ]
  it.each(spans)('S3-46, S3-47: %j means what it means to jsonwebtoken', (span) => {
    let expected: number | undefined
    try {
      const token = jwt.sign({ iat: NOW }, SECRET, { expiresIn: span as '1h' })
      expected = (jwt.decode(token) as { exp: number }).exp
    } catch {
      expected = undefined
    }
    let actual: number | undefined
    try {
      actual = expiryAfter(NOW, span)
    } catch {
      actual = undefined
    }
    expect(actual).toBe(expected)
  })

  it('takes numbers as seconds', () => {
    expect(toSeconds(900)).toBe(900)
    expect(toSeconds(Number.NaN)).toBeUndefined()
    expect(() => expiryAfter(NOW, 1.5)).toThrow('"expiresIn" should be a number of seconds')
  })
})

describe('tokens on the wire', () => {
  const claims = {
    userId: 'u1',
    sessionId: 's',
    sessionVersion: 1,
    type: 'access' as const,
    iat: NOW,
    exp: NOW + 900,
  }
  const read = (token: string, now = NOW * 1000): unknown => {
    try {
      return readToken(token, 'access', config.jwt, now)
    } catch (error) {
      return (error as Error).message
    }
  }

  it('S3-01: jsonwebtoken verifies and takes apart what we sign, and the other way round', () => {
    const { issuer, audience } = config.jwt
    const options = { algorithms: ['HS256'] as const, issuer, audience, clockTimestamp: NOW }
    const token = signToken(claims, config.jwt)
    expect(jwt.verify(token, SECRET, { ...options, algorithms: ['HS256'] })).toEqual({
      ...claims,
      iss: issuer,
      aud: audience,
    })
    expect(jwt.decode(token, { complete: true })).toMatchObject({
      header: { alg: 'HS256', typ: 'JWT' },
      payload: claims,
    })
    const theirs = jwt.sign(claims, SECRET, { issuer, audience })
    expect(read(theirs)).toMatchObject(claims)
  })

  it('S3-48, S3-49: issuer and audience are those of the environment', () => {
    const other = readConfig({ JWT_SECRET: SECRET, JWT_ISSUER: 'me', JWT_AUDIENCE: 'you' })
    const token = signToken(claims, other.jwt)
    expect(jwt.decode(token)).toMatchObject({ iss: 'me', aud: 'you' })
    expect(read(token)).toBe('Invalid token')
    expect(readToken(token, 'access', other.jwt, NOW * 1000)).toMatchObject(claims)
  })

  const { issuer: iss, audience: aud } = config.jwt
  const forge = (header: object, payload: object, signature = ''): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const body = `${part(header)}.${part(payload)}`
    const mac = createHmac('sha256', SECRET).update(body).digest('base64url')
    return `${body}.${signature === '' ? mac : signature}`
  }
  const good = { ...claims, iss, aud }
  const HEADER = { alg: 'HS256', typ: 'JWT' }

  it('takes what is well made (control of the following)', () => {
    expect(read(forge(HEADER, good))).toMatchObject(claims)
  })

  it.each([
    ['alg none', forge({ alg: 'none', typ: 'JWT' }, good)],
    ['alg none without a signature', forge({ alg: 'none' }, good).replace(/[^.]*$/, '')],
    ['alg HS384', forge({ alg: 'HS384', typ: 'JWT' }, good)],
    ['a key in the header', forge({ ...HEADER, jwk: { kty: 'oct', k: 'AAAA' } }, good)],
    ['a key address in the header', forge({ ...HEADER, jku: 'https://evil.example' }, good)],
    ['crit', forge({ ...HEADER, crit: ['exp'] }, good)],
    ['another signature', forge(HEADER, good, 'AAAA')],
    ['another issuer', forge(HEADER, { ...good, iss: 'x' })],
    ['another audience', forge(HEADER, { ...good, aud: ['x'] })],
    ['no expiry', forge(HEADER, { ...claims, exp: undefined, iss, aud })],
    ['an expiry that is text', forge(HEADER, { ...good, exp: String(NOW + 900) })],
    ['not before as text', forge(HEADER, { ...good, nbf: '1' })],
    ['no session', forge(HEADER, { ...good, sessionId: undefined })],
    ['no token', 'garbage'],
    ['nothing signed', '..'],
    ['trailing white space', `${forge(HEADER, good)} `],
    ['too long', `${'a'.repeat(40_000)}.b.c`],
  ])('refuses %s as "Invalid token"', (name, token) => {
    expect(read(token)).toBe('Invalid token')
    // What has a good signature may end its session, whatever it says of time.
    const isSigned = /expiry|not before/.test(name)
    expect(readSigned(token, config.jwt) === undefined).toBe(!isSigned)
  })

  it('refuses a signature by another kind of key', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const [header, payload] = forge({ alg: 'RS256', typ: 'JWT' }, good).split('.')
    const signature = createSign('RSA-SHA256').update(`${header}.${payload}`).sign(privateKey)
    expect(read(`${header}.${payload}.${signature.toString('base64url')}`)).toBe('Invalid token')
  })

  it('says as 3.x does why a token is not good', () => {
    expect(read(forge(HEADER, good), (NOW + 900) * 1000)).toBe('Token expired')
    expect(read(forge(HEADER, { ...good, nbf: NOW + 5 }))).toBe('Access token not yet valid')
    expect(read(forge(HEADER, { ...good, type: 'refresh' }))).toBe(
      "Invalid token type. Expected 'access', got 'refresh'",
    )
    expect(read(forge(HEADER, { ...good, type: undefined }))).toBe(
      "Invalid token type. Expected 'access', got 'undefined'",
    )
    expect(read(forge(HEADER, { ...good, sessionVersion: 0 }))).toBe(
      'Invalid token session version',
    )
  })
})

describe('token data', () => {
  const original = require('jwt-redis-sessions/validation.util.js') as {
    validateTokenData(data: unknown): unknown
  }
  const say = (call: () => unknown): unknown => {
    try {
      call()
      return 'taken'
    } catch (error) {
      const { name, message, statusCode, code } = error as Error & Record<string, unknown>
      return { name, message, statusCode, code }
    }
  }
  class Person {
    userId = 'u'
  }
  it.each([
    ...[undefined, null, {}, 'text', 5, [], new Person(), new Map(), Object.create(null)],
    ...[{ userId: 'u' }, { userId: '' }, { userId: 5 }, { id: null }, { email: ['e'] }],
    ...[{ role: 'admin' }, { role: { a: 1 } }, { role: [1, 'a', null, true] }, { role: [[1]] }],
    ...[{ role: Number.NaN }, { role: undefined }, { role: new Date(0) }, { role: () => 1 }],
    ...[{ permissions: Array(101).fill(1) }, { permissions: Array(100).fill(1) }],
    ...[{ password: 'x' }, { passwordHash: 'x' }, { apiToken: 'x' }, { private_key: 'x' }],
    ...[{ iat: 1 }, { sub: 'x' }, { sessionId: 'x' }, { type: 'x' }, { _fp: 'x' }, { name: 'x' }],
    ...[{ role: 'x'.repeat(4_096) }, { role: 'ü'.repeat(3_000) }],
  ])('S3-13: %o is taken or refused as by 3.x, in the same words', (data) => {
    expect(say(() => validateTokenData(data, config.security.allowedTokenFields))).toEqual(
      say(() => original.validateTokenData(data)),
    )
  })

  it('S3-66: boundIP is allowed without being configured, as text', () => {
    expect(say(() => validateTokenData({ boundIP: '192.0.2.1' }, []))).toBe('taken')
    expect(say(() => validateTokenData({ boundIP: 5 }, []))).toMatchObject({
      message: "Token data field 'boundIP' must be a non-empty string",
    })
    expect(say(() => original.validateTokenData({ boundIP: '192.0.2.1' }))).not.toBe('taken')
  })

  it('keeps what is allowed now', () => {
    expect(pickTokenData({ userId: 'u', role: 'x', boundIP: '::1' }, ['userId'])).toEqual({
      userId: 'u',
      boundIP: '::1',
    })
  })
})
