import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { calculateJwkThumbprint, compactVerify, importJWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { InvalidOption } from '../../src/errors.js'
import type { KeyInput } from '../../src/keys/key-input.js'
import { createStaticKeyRing } from '../../src/keys/static-ring.js'
import { jwk, newSecret, pem, privateKey, shown, sign, verdict } from './support.js'

const NOW = Date.now()
const ed25519 = privateKey('ed25519')
const p256 = privateKey('p256')
const rsa = privateKey('rsa')

async function ready(...inputs: KeyInput[]) {
  const ring = createStaticKeyRing(inputs)
  await ring.ready()
  return ring
}

/** What a ring of `inputs` is refused for. */
function refusal(...inputs: unknown[]): string {
  try {
    createStaticKeyRing(inputs as KeyInput[])
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOption)
    return (error as Error).message
  }
  return 'accepted'
}

describe('what a static ring is made of', () => {
  it.each([
    ['Ed25519, PKCS#8', pem(ed25519), 'EdDSA'],
    ['Ed25519 behind a remark', `development-key\n${pem(ed25519)}`, 'EdDSA'],
    ['Ed25519, JWK', jwk(ed25519), 'EdDSA'],
    ['Ed25519, JWK with the newer alg', { ...jwk(ed25519), alg: 'Ed25519' }, 'EdDSA'],
    ['Ed25519, KeyObject', ed25519, 'EdDSA'],
    ['P-256, PKCS#8', pem(p256), 'ES256'],
    ['P-256, SEC1', pem(p256, 'sec1'), 'ES256'],
    ['P-256, JWK', { ...jwk(p256), alg: 'ES256', use: 'sig', key_ops: ['sign'] }, 'ES256'],
    ['RSA, PKCS#8', pem(rsa), 'RS256'],
    ['RSA, PKCS#1', pem(rsa, 'pkcs1'), 'RS256'],
    ['RSA, JWK', { ...jwk(rsa), alg: 'RS256' }, 'RS256'],
    ['a secret', { algorithm: 'HS256' as const, secret: newSecret() }, 'HS256'],
    ['a secret, JWK', { kty: 'oct', alg: 'HS256', k: newSecret() }, 'HS256'],
    ['with a name of its own', { key: pem(ed25519), kid: 'mine' }, 'EdDSA'],
  ])('%s signs and verifies', async (_what, input, algorithm) => {
    const ring = await ready(input)
    expect(ring.signing().algorithm).toBe(algorithm)
    expect(ring.algorithms).toEqual([algorithm])
    expect(await verdict(ring, await sign(ring, NOW, 60), NOW)).toBe('ok')
  })

  it.each([
    ['Ed25519', { name: 'Ed25519' }],
    ['ECDSA', { name: 'ECDSA', namedCurve: 'P-256' }],
  ])('a pair of CryptoKeys that cannot be exported (%s)', async (_name, parameters) => {
    const { privateKey, publicKey } = await pair(parameters)
    const ring = await ready({ privateKey, publicKey, kid: 'pair' })
    expect(ring.signing().kid).toBe('pair')
    expect(await verdict(ring, await sign(ring, NOW, 60), NOW)).toBe('ok')
  })

  it('a JWK Set, newest first: the first signs, all verify', async () => {
    const keys = [
      { ...jwk(p256), kid: 'new' },
      { ...jwk(ed25519), kid: 'old' },
    ]
    const ring = await ready({ keys })
    const before = await ready({ ...jwk(ed25519), kid: 'old' })
    expect(ring.signing().kid).toBe('new')
    expect(await verdict(ring, await sign(before, NOW, 60), NOW)).toBe('ok')
    expect(ring.describe(NOW).map(({ kid, isSigning }) => [kid, isSigning])).toEqual([
      ['new', true],
      ['old', false],
    ])
  })
})

function pair(parameters: object) {
  return crypto.subtle.generateKey(parameters as { name: string }, false, [
    'sign',
    'verify',
  ]) as unknown as Promise<CryptoKeyPair>
}

describe('names of keys', () => {
  it.each([ed25519, p256, rsa])('are the RFC 7638 thumbprint, shortened', async (key) => {
    const ring = await ready(key)
    const thumbprint = await calculateJwkThumbprint(jwk(key))
    expect(ring.signing().kid).toBe(thumbprint.slice(0, 16))
  })

  it('of a secret tell it apart, and are the same everywhere', async () => {
    const [secret, other] = [newSecret(), newSecret()]
    const kids = await Promise.all(
      [secret, secret, other].map(async (text) => {
        return (await ready({ algorithm: 'HS256', secret: text })).signing().kid
      }),
    )
    expect(kids[0]).toBe(kids[1])
    expect(kids[0]).not.toBe(kids[2])
    expect(kids[0]).toMatch(/^[\w-]{16}$/)
  })
})

describe('the JWKS', () => {
  it('holds public parts only, and jose verifies with them', async () => {
    const ring = await ready(ed25519, p256, rsa)
    const { keys } = ring.jwks()
    expect(keys.map(({ alg, use, kty }) => [alg, use, kty])).toEqual([
      ['EdDSA', 'sig', 'OKP'],
      ['ES256', 'sig', 'EC'],
      ['RS256', 'sig', 'RSA'],
    ])
    for (const key of [ed25519, p256, rsa]) {
      const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi'].flatMap((name) => jwk(key)[name] ?? [])
      for (const secret of secrets) expect(JSON.stringify(keys)).not.toContain(secret)
    }
    const token = await sign(ring, NOW, 60)
    const consumer = await importJWK({ ...keys[0] })
    await expect(jwtVerify(token, consumer)).resolves.toBeDefined()
  })

  it('never holds a shared secret', async () => {
    const ring = await ready({ algorithm: 'HS256', secret: newSecret() })
    expect(ring.jwks()).toEqual({ keys: [] })
  })
})

describe('what a ring refuses', () => {
  const publicPem = generateKeyPairSync('ed25519')
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString()
  const other = privateKey('p256')
  it.each([
    ['a public key', publicPem, /PUBLIC KEY where a private/],
    ['a public JWK', { ...jwk(p256), d: undefined }, /public key where a private/],
    ['a text that is no PEM', newSecret(), /no PEM text/],
    ['an empty text', '', /no PEM text/],
    ['damaged PEM', pem(ed25519).replace(/M/g, 'N'), /damaged/],
    [
      'an encrypted key',
      ed25519.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      /encrypted/,
    ],
    ['Ed448', generateKeyPairSync('ed448').privateKey, /another purpose/],
    ['X25519', generateKeyPairSync('x25519').privateKey, /another purpose/],
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, /another purpose/],
    ['RSA-PSS', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey, /rsa-pss/],
    ['a JWK for encryption', { ...jwk(p256), use: 'enc' }, /something else/],
    ['a JWK that may only verify', { ...jwk(p256), key_ops: ['verify'] }, /something else/],
    ['a JWK of another alg', { ...jwk(rsa), alg: 'PS256' }, /alg that does not fit/],
    ['a JWK of two keys', { ...jwk(p256), x: jwk(other)['x'], y: jwk(other)['y'] }, /public part/],
    ['another x for Ed25519', { ...jwk(ed25519), x: jwk(privateKey('ed25519'))['x'] }, /public/],
    ['a symmetric JWK without alg', { kty: 'oct', k: newSecret() }, /HS256/],
    ['PEM text as a secret', { algorithm: 'HS256', secret: pem(ed25519) }, /PEM text/],
    ['a secret for another algorithm', { algorithm: 'HS512', secret: newSecret() }, /HS256/],
    ['an object with toString', { toString: () => pem(ed25519) }, /must be a private key/],
    ['a secret with toString', { algorithm: 'HS256', secret: { toString: newSecret } }, /text/],
    ['nothing', undefined, /must be a private key/],
    ['an empty set', { keys: [] }, /without a key/],
    ['a kid with a line end', { key: ed25519, kid: 'a\nb' }, /kid/],
    ['a kid that is no text', { ...jwk(ed25519), kid: 7 }, /kid/],
  ])('%s', (_what, input, words) => {
    expect(refusal(input)).toMatch(words)
  })

  it('no key at all', () => {
    expect(refusal()).toMatch(/at least one/)
    expect(() => createStaticKeyRing(pem(ed25519) as never)).toThrow(InvalidOption)
  })

  it('the same key or kid twice', () => {
    expect(refusal(ed25519, pem(ed25519))).toMatch(/twice/)
    expect(refusal({ key: ed25519, kid: 'a' }, { key: p256, kid: 'a' })).toMatch(/twice/)
  })

  it('shared secrets beside private keys', () => {
    expect(refusal(ed25519, { algorithm: 'HS256', secret: newSecret() })).toMatch(/9\.1\.2/)
  })

  it('CryptoKeys that are no halves of one key, once it is loaded', async () => {
    const [{ privateKey }, { publicKey }] = await Promise.all([
      pair({ name: 'Ed25519' }),
      pair({ name: 'Ed25519' }),
    ])
    await expect(ready({ privateKey, publicKey })).rejects.toThrow(/halves/)
    expect(refusal({ privateKey: publicKey, publicKey: privateKey })).toMatch(/privateKey/)
    expect(refusal({ privateKey })).toMatch(/publicKey/)
  })

  it('CryptoKeys for another algorithm', async () => {
    const parameters = {
      name: 'RSA-PSS',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    }
    expect(refusal(await pair(parameters))).toMatch(/RSA-PSS/)
  })

  it('ASVS 11.2.3: RSA under 2048 bits and secrets under 32 bytes; warns of RSA under 3072', async () => {
    expect(refusal(privateKey('rsa', 1024))).toMatch(/1024 bits/)
    expect(refusal(privateKey('rsa', 2040))).toMatch(/2040 bits/)
    expect(refusal({ algorithm: 'HS256', secret: 'x'.repeat(31) })).toMatch(/31 bytes/)
    expect(refusal({ algorithm: 'HS256', secret: 'x'.repeat(32) })).toBe('accepted')
    const short = await ready(privateKey('rsa', 2048))
    expect(short.warnings).toMatchObject([{ code: 'rsa_short', kid: short.signing().kid }])
    for (const key of [rsa, p256, ed25519]) expect((await ready(key)).warnings).toEqual([])
  })
})

interface KeyTest {
  readonly private?: object
  readonly public?: object
  readonly tests: readonly {
    readonly tcId: number
    readonly jws: string
    readonly result: string
  }[]
}

/** Wycheproof's key tests: whether the ring of the private key, if there can be one, accepts the token. */
function wycheproof(): readonly { id: number; result: string; key: object; jws: string }[] {
  const file = new URL('../vectors/wycheproof/json_web_key_test.json', import.meta.url)
  const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as { testGroups: KeyTest[] }
  return testGroups.flatMap((group) =>
    group.tests.map(({ tcId, jws, result }) => {
      return { id: tcId, result, key: group.private ?? {}, jws }
    }),
  )
}

describe('Wycheproof, json_web_key', () => {
  const tests = wycheproof()

  it('ASVS 11.6.1: no ROCA key, no exponent 1, no 1024 bits', () => {
    const words = new Map([7, 8, 9].map((id) => [id, refusal(tests[id - 1]?.key)]))
    expect(words.get(7)).toMatch(/CVE-2017-15361/)
    expect(words.get(8)).toMatch(/1024 bits/)
    expect(words.get(9)).toMatch(/exponent/)
  })

  it('CVE-2022-23539: no key whose kty, crv or alg do not fit (cases 19 to 24)', () => {
    for (const id of [19, 20, 21, 22, 23, 24]) {
      expect(refusal(tests[id - 1]?.key), String(id)).not.toBe('accepted')
    }
  })

  it('refuses every other key that is not to be used', () => {
    const refused = tests.filter(({ key }) => refusal(key) !== 'accepted').map(({ id }) => id)
    // 14 and 15 are good keys for HS384 and HS512, which are not spoken here.
    const others = [1, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 25, 26]
    expect(refused.filter((id) => id < 19 || id > 24)).toEqual(others)
  })

  it.each(tests.filter(({ key }) => refusal(key) === 'accepted'))(
    'case $id is $result',
    async ({ key, jws, result }) => {
      const ring = await ready(key as KeyInput)
      const kid = ring.describe(NOW).map((facts) => facts.kid)
      const isGood = await Promise.any(
        kid.map(async (name) => {
          const found = ring.find(name)
          if (found === undefined) throw new Error('unknown')
          return compactVerify(jws, found.key, { algorithms: [found.algorithm] })
        }),
      ).then(
        () => 'valid',
        () => 'invalid',
      )
      expect(isGood).toBe(result)
    },
  )
})

describe('what can be seen of a ring', () => {
  it('is never a secret or a private key', async () => {
    const secret = newSecret()
    const shared = await ready({ algorithm: 'HS256', secret })
    const ring = await ready(ed25519, p256, rsa)
    const seen = [ring, ring.signing(), ring.jwks(), ring.describe(NOW), ring.warnings, shared]
    const text = seen.map(shown).join('\n') + shown(shared.signing()) + shown(shared.describe(NOW))
    expect(text).not.toContain(secret)
    for (const key of [ed25519, p256, rsa]) {
      expect(text).not.toContain(jwk(key)['d'])
      expect(text).not.toContain(pem(key).split('\n')[1])
    }
    expect(ring.signing().signingKey.extractable).toBe(false)
  })

  it('is nothing before it is loaded', () => {
    const ring = createStaticKeyRing([ed25519])
    expect(ring.isReady).toBe(false)
    expect(ring.isFresh()).toBe(false)
    expect(() => ring.signing()).toThrow(/await ring\.ready/)
    expect(() => ring.find('x')).toThrow(expect.objectContaining({ code: 'ERR_NO_KEY' }))
  })

  it('names no key material in a refusal', () => {
    const text = newSecret()
    expect(refusal(text)).not.toContain(text)
    const inputs = [
      { ...jwk(p256), use: 'enc' },
      { ...jwk(ed25519), x: 'AAAA' },
      { ...jwk(rsa), e: 'AQ' },
    ]
    for (const input of inputs) {
      const words = refusal(input)
      for (const part of Object.values<string>(input).filter(({ length }) => length > 20)) {
        expect(words).not.toContain(part)
      }
    }
  })
})
