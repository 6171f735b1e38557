import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { importJwk, importJwks } from '../../../src/credential/jwt/index.js'
import { InvalidOption } from '../../../src/errors.js'

let ed: JsonWebKey
let ec: JsonWebKey
let rsa: JsonWebKey
beforeAll(() => {
  const pairs = [
    generateKeyPairSync('ed25519'),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ]
  const jwks = pairs.map(({ publicKey }) => publicKey.export({ format: 'jwk' }))
  ed = { ...jwks[0], alg: 'EdDSA', kid: 'ed' }
  ec = { ...jwks[1], alg: 'ES256', kid: 'ec' }
  rsa = { ...jwks[2], alg: 'RS256', kid: 'rsa' }
})

const secret = (bytes: number): JsonWebKey => ({
  kty: 'oct',
  alg: 'HS256',
  kid: `secret-${bytes}`,
  k: Buffer.alloc(bytes, 7).toString('base64url'),
})

describe('a JWK set', () => {
  it('is imported with each key for its one algorithm', async () => {
    const keys = await importJwks({ keys: [ed, ec, rsa] })
    expect(keys.kids).toEqual(['ed', 'ec', 'rsa'])
    expect(keys.kids.map((kid) => keys.find(kid)?.algorithm)).toEqual(['EdDSA', 'ES256', 'RS256'])
    expect(keys.find('ed')?.key.usages).toEqual(['verify'])
    for (const name of ['x', '', '__proto__', 'constructor', 'ED'])
      expect(keys.find(name)).toBeUndefined()
  })

  it('may say that its keys are for verifying signatures', async () => {
    const keys = [{ ...ed, use: 'sig', key_ops: ['verify'], x5t: 'whatever' }]
    expect((await importJwks({ keys })).kids).toEqual(['ed'])
  })

  it('CVE-2026-22817, CVE-2026-22818: is refused whole where a key does not say its alg', async () => {
    const { alg: _, ...without } = rsa
    for (const key of [
      without,
      { ...without, alg: undefined },
      { ...without, alg: null },
      { ...rsa, alg: 'none' },
      { ...rsa, alg: '' },
      { ...rsa, alg: ['RS256'] },
    ]) {
      await expect(importJwks({ keys: [key] })).rejects.toThrow(InvalidOption)
      await expect(importJwks({ keys: [ed, key] })).rejects.toThrow(
        'Key 2 of the JWKS must say its alg',
      )
    }
  })

  it.each<[string, () => unknown]>([
    ['no set', () => undefined],
    ['a bare list', () => [ed]],
    ['no keys', () => ({ keys: [] })],
    ['keys that are no objects', () => ({ keys: ['x'] })],
    [
      '65 keys',
      () => ({ keys: Array.from({ length: 65 }, (_, index) => ({ ...ed, kid: `k${index}` })) }),
    ],
    ['a key without a kid', () => ({ keys: [ed, { ...ec, kid: undefined }] })],
    ['a kid that is no text', () => ({ keys: [{ ...ed, kid: 1 }] })],
    ['a kid of 65 characters', () => ({ keys: [{ ...ed, kid: 'k'.repeat(65) }] })],
    ['one kid twice', () => ({ keys: [ed, { ...ec, kid: 'ed' }] })],
    ['a secret', () => ({ keys: [secret(32)] })],
    ['a secret beside public keys', () => ({ keys: [ed, secret(32)] })],
    ['a private key', () => ({ keys: [{ ...ed, d: ed.x }] })],
    ['a private RSA key', () => ({ keys: [{ ...rsa, p: 'AQAB' }] })],
    ['a public key with a secret in it', () => ({ keys: [{ ...rsa, k: 'AQAB' }] })],
    ['another type than the algorithm', () => ({ keys: [{ ...ed, alg: 'ES256' }] })],
    ['another curve than the algorithm', () => ({ keys: [{ ...ec, crv: 'P-384' }] })],
    ['Ed448', () => ({ keys: [{ ...ed, crv: 'Ed448' }] })],
    ['a key for encryption', () => ({ keys: [{ ...ec, use: 'enc' }] })],
    ['a key that is not for verifying', () => ({ keys: [{ ...ec, key_ops: ['encrypt'] }] })],
    ['key_ops that is no list', () => ({ keys: [{ ...ec, key_ops: 'verify' }] })],
    ['a coordinate of another length', () => ({ keys: [{ ...ec, x: 'AAAA' }] })],
    ['a coordinate with padding', () => ({ keys: [{ ...ed, x: `${ed.x}=` }] })],
    ['a member that is no text', () => ({ keys: [{ ...rsa, n: { toString: () => rsa.n } }] })],
    ['a point off the curve', () => ({ keys: [{ ...ec, x: ec.y, y: ec.x }] })],
    ['an RSA exponent of 1', () => ({ keys: [{ ...rsa, e: 'AQ' }] })],
    ['an RSA exponent of 3', () => ({ keys: [{ ...rsa, e: 'Aw' }] })],
    [
      'an RSA key of 16384 bits',
      () => ({ keys: [{ ...rsa, n: Buffer.alloc(2048, 255).toString('base64url') }] }),
    ],
  ])('is refused whole for %s', async (_name, make) => {
    await expect(importJwks(make())).rejects.toThrow(InvalidOption)
  })

  it('of secrets holds nothing else, and says so', async () => {
    const keys = await importJwks({ keys: [secret(32), secret(64)] }, { symmetric: true })
    expect(keys.find('secret-64')?.algorithm).toBe('HS256')
    expect(keys.find('secret-64')?.key.extractable).toBe(false)
    await expect(importJwks({ keys: [secret(32), ed] }, { symmetric: true })).rejects.toThrow(
      'secrets only',
    )
    await expect(importJwks({ keys: [ed] }, { symmetric: true })).rejects.toThrow('secrets only')
  })

  it('ASVS 11.2.3: keys of less than 128 bits of security are refused or warned of', async () => {
    const rsaOf = (bits: number): JsonWebKey => ({
      ...generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }),
      alg: 'RS256',
      kid: `rsa-${bits}`,
    })
    await expect(importJwks({ keys: [rsaOf(1024)] })).rejects.toThrow('1024 bits')
    await expect(importJwks({ keys: [rsaOf(2040)] })).rejects.toThrow('2040 bits')
    expect((await importJwks({ keys: [rsa] })).warnings).toEqual([
      expect.stringContaining('2048 bits'),
    ])
    const strong = await importJwks({ keys: [rsaOf(3072), ed, ec] })
    expect(strong.warnings).toEqual([])
    for (const bytes of [0, 1, 16, 31]) {
      await expect(importJwks({ keys: [secret(bytes)] }, { symmetric: true })).rejects.toThrow(
        InvalidOption,
      )
    }
    expect((await importJwks({ keys: [secret(32)] }, { symmetric: true })).warnings).toEqual([])
  })

  it('says which key is wrong, and nothing that is in it', async () => {
    const bad = { ...rsa, kid: 'visible?', d: 'secret-exponent' }
    const error: unknown = await importJwks({ keys: [ed, bad] }).catch((reason: unknown) => reason)
    expect(String(error)).toContain('Key 2 of the JWKS')
    expect(String(error)).not.toMatch(/secret-exponent|visible/)
  })

  it('is not needed for a single key', async () => {
    expect((await importJwk(ed)).algorithm).toBe('EdDSA')
    for (const bad of [undefined, null, 'x', [ed], { ...ed, kid: '' }]) {
      await expect(importJwk(bad)).rejects.toThrow(InvalidOption)
    }
  })
})
