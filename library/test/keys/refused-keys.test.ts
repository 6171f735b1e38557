import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { importJwks } from '../../src/credential/jwt/index.js'
import { InvalidOption } from '../../src/errors.js'
import type { KeyInput } from '../../src/keys/key-input.js'
import { createStaticKeyRing } from '../../src/keys/static-ring.js'
import { jwk, newSecret, pem, privateKey } from './support.js'

const ed25519 = privateKey('ed25519')
const p256 = privateKey('p256')
const rsa = privateKey('rsa')
const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey

function ringRefusal(...inputs: unknown[]): string {
  try {
    createStaticKeyRing(inputs as KeyInput[])
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOption)
    return (error as Error).message
  }
  return 'accepted'
}

async function setRefusal(...keys: unknown[]): Promise<string> {
  try {
    await importJwks({ keys })
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOption)
    return (error as Error).message
  }
  return 'accepted'
}

/** What a JWKS says of a private key: its public members, with a name and an algorithm. */
function publicOf(key: typeof ed25519, alg: string, kid: string): Record<string, unknown> {
  const { kty, crv, x, y, n, e } = jwk(key) as Record<string, unknown>
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(
    ([, value]) => value !== undefined,
  )
  return { ...Object.fromEntries(members), alg, kid }
}

describe('keys that cannot be right', () => {
  it('env-27: an RSA key of 1024 bits', async () => {
    expect(ringRefusal(pem(short))).toMatch(/RSA key of 1024 bits, not 2048 or more/)
    expect(await setRefusal(publicOf(short, 'RS256', 'rs-1'))).toMatch(
      /of 1024 bits, not 2048 or more/,
    )
  })

  it('env-27: an RSA key with the exponent 1', async () => {
    expect(await setRefusal({ ...publicOf(rsa, 'RS256', 'rs-1'), e: 'AQ' })).toMatch(
      /exponent that is not safe/,
    )
    expect(ringRefusal({ ...jwk(rsa), e: 'AQ' })).not.toBe('accepted')
  })

  it('env-27: a point that is off its curve', async () => {
    const off = {
      ...publicOf(p256, 'ES256', 'es-1'),
      y: publicOf(privateKey('p256'), 'ES256', 'x')['x'],
    }
    expect(await setRefusal(off)).toMatch(/no key that can be used, such as a point off its curve/)
    expect(ringRefusal({ ...jwk(p256), y: off.y })).not.toBe('accepted')
  })

  it('env-27: a private key in a public JWKS', async () => {
    const { d } = jwk(ed25519) as { d: string }
    const refused = await setRefusal({ ...publicOf(ed25519, 'EdDSA', 'ed-1'), d })
    expect(refused).toMatch(/holds private members/)
    expect(refused).not.toContain(d)
    const ring = createStaticKeyRing([pem(ed25519)])
    expect(JSON.stringify(ring.jwks())).not.toContain(d)
  })

  it('env-27: one kid twice', async () => {
    const twice = [publicOf(ed25519, 'EdDSA', 'k1'), publicOf(p256, 'ES256', 'k1')]
    expect(await setRefusal(...twice)).toMatch(/the same kid/)
    expect(ringRefusal({ key: pem(ed25519), kid: 'k1' }, { key: pem(p256), kid: 'k1' })).toMatch(
      /the same kid, twice/,
    )
  })

  it('env-27: shared secrets and public keys in one set', async () => {
    const oct = { kty: 'oct', alg: 'HS256', kid: 'hs-1', k: newSecret() }
    expect(await setRefusal(publicOf(rsa, 'RS256', 'rs-1'), oct)).toMatch(
      /must hold public keys only/,
    )
    expect(ringRefusal(pem(rsa), { algorithm: 'HS256', secret: newSecret() })).toMatch(
      /one of the two kinds only/,
    )
  })

  it('and what is right is taken', async () => {
    expect(await setRefusal(publicOf(rsa, 'RS256', 'a'), publicOf(p256, 'ES256', 'b'))).toBe(
      'accepted',
    )
    expect(ringRefusal(pem(rsa), pem(p256))).toBe('accepted')
  })
})
