import { beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import {
  checkAllowedClaims,
  selectClaims,
  type TokenFacts,
} from '../../../src/credential/jwt/index.js'
import { InvalidOption, SojournError } from '../../../src/errors.js'
import { factsOf, issue, makeKey, NOW, ringOf, verifierFor, type TestKey } from './forge.js'

let key: TestKey
beforeAll(async () => {
  key = await makeKey('EdDSA')
})

describe('issuing', () => {
  it('signs only what the verifier accepts', async () => {
    const { verify, clock } = verifierFor(ringOf(key), { maxEntries: 0 })
    expect(clock.now()).toBe(NOW * 1000)
    // Mostly good, so that a good part of them has nothing wrong at all.
    const mostly = <T>(good: fc.Arbitrary<T>, any: fc.Arbitrary<T>): fc.Arbitrary<T> =>
      fc.oneof({ arbitrary: good, weight: 12 }, { arbitrary: any, weight: 1 })
    const text = mostly(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
    )
    const some: fc.Arbitrary<Partial<TokenFacts>> = fc.record(
      {
        subject: text,
        id: text,
        version: mostly(fc.constantFrom('1.2', '0.0'), fc.constantFrom('x', '')),
        clientId: text,
        scope: mostly(
          fc.array(fc.stringMatching(/^[a-z:]{1,9}$/), { maxLength: 3 }),
          fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
        ),
        methods: fc.array(text, { maxLength: 2 }),
        expiresAt: mostly(
          fc.integer({ min: NOW + 1, max: NOW + 86_400 }),
          fc.integer({ min: NOW - 10, max: NOW + 90_000 }),
        ),
        authenticatedAt: mostly(fc.constant(NOW), fc.oneof(fc.double(), fc.constant(NOW * 1000))),
        actor: text,
        confirmation: mostly(fc.constant('A'.repeat(43)), fc.constantFrom('A'.repeat(42), 'x')),
        extra: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 4 }), {
          maxKeys: 3,
        }),
      },
      { requiredKeys: [] },
    )
    let signed = 0
    await fc.assert(
      fc.asyncProperty(some, async (over) => {
        const token = await issue(key, over).catch((error: unknown) => {
          expect(error).toBeInstanceOf(SojournError)
          return undefined
        })
        if (token === undefined) return
        signed += 1
        expect(await verify(token)).toMatchObject({
          ok: true,
          claims: { sessionId: factsOf().sessionId },
        })
      }),
      { numRuns: 300 },
    )
    expect(signed).toBeGreaterThan(50)
    expect(signed).toBeLessThan(300)
  })

  it.each<[string, Partial<TokenFacts>]>([
    ['a life of more than a day', { expiresAt: NOW + 86_401 }],
    ['no life', { expiresAt: NOW }],
    ['milliseconds', { issuedAt: NOW * 1000, expiresAt: NOW * 1000 + 900 }],
    ['no subject', { subject: '' }],
    ['a session id of another form', { sessionId: 'x' }],
    ['a scope with a space in it', { scope: ['a  b'] }],
    ['a claim of ours among the extra ones', { extra: { sub: 'eve' } }],
    ['a secret by its name', { extra: { profile: { passwordHash: 'x' } } }],
    ['what JSON cannot keep', { extra: { n: 1n } }],
    ['more than a token may have', { extra: { text: 'x'.repeat(8_000) } }],
    ['more levels than a token may have', { extra: { a: [[[[[[[[1]]]]]]]] } }],
  ])('refuses %s', async (_name, over) => {
    await expect(issue(key, over)).rejects.toMatchObject({ code: 'ERR_TOKEN_CLAIMS' })
  })

  it('refuses an issuer that is not named', async () => {
    await expect(issue(key, { issuer: '' })).rejects.toBeInstanceOf(InvalidOption)
  })
})

describe('claims of the application', () => {
  const source = {
    plan: 'pro',
    roles: ['a', 'b'],
    password: 'hunter2',
    email: 'ada@example.com',
    none: undefined,
  }

  it('are those that are allowed, and no others', () => {
    expect(selectClaims(source, ['plan', 'roles', 'absent', 'none'])).toEqual({
      plan: 'pro',
      roles: ['a', 'b'],
    })
    expect(selectClaims(source, [])).toEqual({})
    const inherited = Object.create({ plan: 'pro' }) as Record<string, unknown>
    expect(selectClaims(inherited, ['plan'])).toEqual({})
  })

  it('are copies that nobody can change', () => {
    const mine = { roles: ['a'] }
    const claims = selectClaims(mine, ['roles'])
    mine.roles.push('admin')
    expect(claims).toEqual({ roles: ['a'] })
    expect(Object.isFrozen(claims) && Object.isFrozen(claims['roles'])).toBe(true)
  })

  it.each([
    'password',
    'Password',
    'pass_word',
    'userPassword',
    'passwd',
    'pwd',
    'passphrase',
    'secret',
    'clientSecret',
    'client-secret',
    'hash',
    'passwordHash',
    'pw_hash',
    'token',
    'refreshToken',
    'access_token',
    'credential',
    'credentials',
    'privateKey',
    'private_key',
    'apiKey',
    'api-key',
    'API_KEY',
    'otp',
    'totpSeed',
    'pin',
    'salt',
    'cookie',
    'sessionKey',
    'jwt',
    'cvv',
    'signing.key',
    'ssn',
  ])('are never called %s', (name) => {
    expect(() => checkAllowedClaims([name])).toThrow(InvalidOption)
    expect(() => selectClaims({ [name]: 'x' }, [name])).toThrow(InvalidOption)
    expect(() => selectClaims({ profile: [{ [name]: 'x' }] }, ['profile'])).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_CLAIMS' }),
    )
  })

  it.each([
    'plan',
    'roles',
    'tenant',
    'pinned',
    'spinning',
    'company',
    'passport_country',
    'key',
    'https://x.example/role',
  ])('may be called %s', (name) => {
    expect(() => checkAllowedClaims([name])).not.toThrow()
  })

  it.each([
    'iss',
    'sub',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'sid',
    'ver',
    'client_id',
    'scope',
    'auth_time',
    'amr',
    'acr',
    'act',
    'cnf',
    'azp',
    'nonce',
    '__proto__',
    'constructor',
    '',
    ' ',
    'a b',
    'ä',
    '1a',
    'x'.repeat(65),
  ])('never overwrite %j', (name) => {
    expect(() => checkAllowedClaims([name])).toThrow(InvalidOption)
  })

  it('have a limit, told in bytes', () => {
    const claims = { plan: 'ä'.repeat(505) }
    expect(selectClaims(claims, ['plan'], 1_021)).toEqual(claims)
    expect(() => selectClaims(claims, ['plan'], 1_020)).toThrow('1021 bytes; at most 1020')
    expect(() => selectClaims({ plan: 'x'.repeat(1_024) }, ['plan'])).toThrow('at most 1024')
  })

  it.each([
    ['a number too large', { n: 1n }],
    [
      'a circle',
      (() => {
        const n: unknown[] = []
        n.push(n)
        return { n }
      })(),
    ],
    ['too many levels', { n: [[[[[[[[[]]]]]]]]] }],
    ['half a surrogate pair in a name', { n: { '\ud800': 1 } }],
  ])('are plain JSON: %s', (_name, bad) => {
    expect(() => selectClaims(bad as never, ['n'])).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_CLAIMS' }),
    )
  })

  it('tell nothing of a value in an error', () => {
    try {
      selectClaims({ profile: { apiKey: 'sk-12345' } }, ['profile'])
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain('sk-12345')
    }
  })
})
