import { describe, expect, it } from 'vitest'
import { compactVerify, importJWK, type CryptoKey } from 'jose'
import { importJwk, importJwks } from '../../../src/credential/jwt/index.js'
import { decodeSegment, splitCompact } from '../../../src/credential/jwt/compact.js'
import { readHeader } from '../../../src/credential/jwt/header.js'
import { verifySignature } from '../../../src/credential/jwt/signature.js'
import { groupsOf, publicKeysOf, type Group, type Json, type Test } from './wycheproof.js'

/** Cases that are wrong in the file itself (../../vectors/README.md), and what a strict verifier says to them. */
const DEFECTS: Readonly<Record<number, string>> = {
  367: 'byte-identical to 357, which is valid',
  370: 'byte-identical to 357, which is valid',
  372: 'holds a `?`, and is called valid',
  373: 'holds a `?`, and is called valid',
  346: 'the key says PS256, the header PS384',
  350: 'the key says PS256, the header PS384',
  347: 'the key says ES521, which is no algorithm',
  351: 'the key says ES521, which is no algorithm',
}

const OURS = ['EdDSA', 'ES256', 'RS256', 'HS256']

/**
 * What our verifier does before it comes to the claims, with the parts it is made of: form, header, one key with
 * one algorithm, signature. `typ` is absent from all vectors. Keys of algorithms that are not ours are refused at
 * import, which is tested below; here `jose` imports them, so that their vectors try the rest.
 */
async function accepts(keys: readonly Json[], jws: unknown): Promise<boolean> {
  const parts = typeof jws === 'string' ? splitCompact(jws) : undefined
  const header = parts === undefined ? 'none' : readHeader(decodeSegment(parts.header))
  if (typeof header === 'string') return false
  const key = await chosen(keys, header.kid).catch(() => undefined)
  if (key === undefined || key.algorithm !== header.alg) return false
  return (await verifySignature(jws as string, key.key, key.algorithm)) !== undefined
}

async function chosen(
  keys: readonly Json[],
  kid: unknown,
): Promise<{ key: CryptoKey; algorithm: string } | undefined> {
  const [first = {}] = keys
  const algorithm = String(first['alg'])
  if (!OURS.includes(algorithm)) {
    if (first['use'] === 'enc' || first['key_ops']?.toString().includes('encrypt')) return undefined
    return { key: await importJWK(first as never, algorithm), algorithm }
  }
  const symmetric = first['kty'] === 'oct'
  // The file's own habit: a lone key without a kid, which headers name as they like.
  const named = keys.map((key) => ({ kid: kid ?? 'none', ...key }))
  const ring = await importJwks({ keys: named }, { symmetric })
  return ring.find(typeof kid === 'string' ? kid : 'none')
}

const cases = (name: string): [number, string, Group, Test][] =>
  groupsOf(name).flatMap((group) =>
    group.tests.map((test): [number, string, Group, Test] => [
      test.tcId,
      `${group.comment}: ${test.comment}`,
      group,
      test,
    ]),
  )

describe('Wycheproof, JSON Web Signature', () => {
  const all = cases('json_web_signature')

  it('is there as a whole', () => {
    expect(all).toHaveLength(401)
  })

  it.each(all.filter(([id]) => DEFECTS[id] === undefined))(
    '%i %s',
    async (_id, _name, group, test) => {
      expect(await accepts(publicKeysOf(group), test.jws)).toBe(test.result === 'valid')
    },
  )

  it.each(all.filter(([id]) => DEFECTS[id] !== undefined))(
    '%i (defect of the file) %s',
    async (id, _name, group, test) => {
      const twin = all.find(([other]) => other === 357)?.[3].jws
      const isValid = id === 367 || id === 370
      expect(isValid).toBe(test.jws === twin)
      expect(await accepts(publicKeysOf(group), test.jws)).toBe(isValid)
    },
  )

  it.each([346, 347, 350, 351])(
    '%i is a good signature once its key says the right alg',
    async (id) => {
      const [, , group, test] = all.find(([other]) => other === id) ?? []
      const [key = {}] = publicKeysOf(group as Group)
      const alg = id === 346 || id === 350 ? 'PS384' : 'ES512'
      expect(await accepts([{ ...key, alg }], test?.jws)).toBe(true)
    },
  )
})

describe('Wycheproof, JSON Web Key', () => {
  const all = cases('json_web_key')
  /** The algorithm is none of ours, so that even a good key is refused. */
  const foreign = all.filter(([, , group]) =>
    /^HS(384|512)$/.test(String(publicKeysOf(group)[0]?.['alg'])),
  )

  it.each(all.filter((one) => !foreign.includes(one)))('%i %s', async (_id, _name, group, test) => {
    const keys = publicKeysOf(group)
    const ring = await importJwks({ keys }, { symmetric: keys[0]?.['kty'] === 'oct' }).catch(
      () => undefined,
    )
    const accepted = ring !== undefined && (await accepts(keys, test.jws))
    expect(accepted).toBe(test.result === 'valid')
  })

  it.each(foreign)('%i %s: not one of our algorithms', async (_id, _name, group) => {
    await expect(importJwks({ keys: publicKeysOf(group) }, { symmetric: true })).rejects.toThrow(
      /alg/,
    )
  })

  it('CVE-2022-23539: a key of another type, curve or use than its algorithm needs is not imported', async () => {
    const wrong = all.filter(([id]) => id >= 19 && id <= 24)
    expect(wrong).toHaveLength(6)
    for (const [, , group] of wrong) {
      const keys = publicKeysOf(group)
      await expect(importJwks({ keys })).rejects.toThrow('Key 1 of the JWKS')
    }
    const es256 = publicKeysOf(all.find(([id]) => id === 21)?.[2] as Group)[0] ?? {}
    for (const over of [{ kty: 'OKP' }, { crv: 'P-384' }, { alg: 'EdDSA' }, { alg: 'RS256' }]) {
      await expect(importJwks({ keys: [{ ...es256, use: 'sig', ...over }] })).rejects.toThrow(
        'Key 1',
      )
    }
  })

  it('refuses keys of every algorithm that is not ours', async () => {
    const others = groupsOf('json_web_signature').filter(
      (group) => !OURS.includes(String(publicKeysOf(group)[0]?.['alg'])),
    )
    expect(others.length).toBeGreaterThan(5)
    for (const group of others) {
      for (const key of publicKeysOf(group)) {
        await expect(importJwk({ kid: 'k', ...key })).rejects.toThrow(/alg/)
      }
    }
  })
})

describe('Wycheproof, JSON Web Crypto', () => {
  const signed = cases('json_web_crypto').filter(([, , , test]) => test.jws !== undefined)

  it('has 49 signatures', () => {
    expect(signed).toHaveLength(49)
  })

  it.each(signed)('%i %s', async (_id, _name, group, test) => {
    expect(await accepts(publicKeysOf(group), test.jws)).toBe(test.result === 'valid')
  })
})

describe('Wycheproof, bare signatures', () => {
  /**
   * A message as the vectors have it is no JWS signing input, so the same primitive is called that `jose` calls:
   * WebCrypto, with the key as our import makes it.
   */
  const verify = async (
    jwk: Json,
    algorithm: object,
    msg: string,
    sig: string,
  ): Promise<boolean> => {
    const { key } = await importJwk({ kid: 'none', ...jwk })
    const [signature, message] = [Buffer.from(sig, 'hex'), Buffer.from(msg, 'hex')]
    return crypto.subtle.verify(algorithm as never, key, signature, message)
  }

  it('Ed25519: 151 cases', async () => {
    let count = 0
    for (const group of groupsOf('ed25519')) {
      const jwk = { ...(group['publicKeyJwk'] as Json), alg: 'EdDSA' }
      for (const { tcId, msg, sig, result } of group.tests) {
        const isGood = await verify(jwk, { name: 'Ed25519' }, String(msg), String(sig))
        expect([tcId, isGood]).toEqual([tcId, result === 'valid'])
        count += 1
      }
    }
    expect(count).toBe(151)
  })

  it('ECDSA P-256, r and s side by side: 262 cases', async () => {
    let count = 0
    for (const group of groupsOf('ecdsa_secp256r1_sha256_p1363')) {
      const { wx, wy } = group['publicKey'] as { wx: string; wy: string }
      const [x, y] = [wx, wy].map((hex) =>
        Buffer.from(hex.replace(/^00/, '').padStart(64, '0'), 'hex').toString('base64url'),
      )
      const jwk = { kty: 'EC', crv: 'P-256', x, y, alg: 'ES256' }
      for (const { tcId, msg, sig, result } of group.tests) {
        const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
        const isGood = await verify(jwk, algorithm, String(msg), String(sig))
        expect([tcId, isGood]).toEqual([tcId, result === 'valid'])
        count += 1
      }
    }
    expect(count).toBe(262)
  })

  it('HMAC-SHA256: full tags verify, short tags and short keys never do (174 cases)', async () => {
    let count = 0
    for (const { keySize, tagSize, tests } of groupsOf('hmac_sha256')) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const k = Buffer.from(String(key), 'hex').toString('base64url')
        const jwk = { kty: 'oct', alg: 'HS256', k }
        const attempt = verify(jwk, { name: 'HMAC' }, String(msg), String(tag))
        if (Number(keySize) < 256) await expect(attempt).rejects.toThrow('too short')
        else expect([tcId, await attempt]).toEqual([tcId, result === 'valid' && tagSize === 256])
        count += 1
      }
    }
    expect(count).toBe(174)
  })

  it('is what jose calls: a vector inside a token behaves the same', async () => {
    const { public: _, ...group } = groupsOf('json_web_signature')[1] as Group
    const [jwk = {}] = publicKeysOf(group)
    const { key } = await importJwk(jwk)
    const jws = String(group.tests[0]?.jws)
    await expect(compactVerify(jws, key)).resolves.toBeDefined()
  })
})
