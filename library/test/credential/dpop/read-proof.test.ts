import { beforeAll, describe, expect, it } from 'vitest'
import { readProof, type ProofExpectation } from '../../../src/credential/dpop/read-proof.js'
import { forge, makeKey, NOW, segment } from '../jwt/forge.js'
import { athOf, goodClaims, makeProver, URL_OF_PROOF, type ProofMaker } from './forge.js'

const EXPECTED: ProofExpectation = {
  method: 'GET',
  address: URL_OF_PROOF,
  accessToken: undefined,
  now: NOW * 1_000,
  clockTolerance: 5,
}

let prover: ProofMaker
beforeAll(async () => {
  prover = await makeProver()
})

const judge = async (proof: string, expected: Partial<ProofExpectation> = {}) => {
  const read = await readProof(proof, { ...EXPECTED, ...expected })
  return typeof read === 'string' ? read : 'ok'
}

describe('a proof', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)(
    'by %s says the thumbprint of its key and its name',
    async (algorithm) => {
      const { prove, thumbprint } = await makeProver(algorithm)
      expect(await readProof(prove({ jti: 'one' }), EXPECTED)).toEqual({ thumbprint, id: 'one' })
    },
  )

  it('may call EdDSA by its younger name', async () => {
    const { prove } = await makeProver('EdDSA')
    expect(await judge(prove({}, { alg: 'Ed25519' }))).toBe('ok')
  })

  it('may say more about its key, as long as it is true', async () => {
    const { jwk, prove } = prover
    const more = { ...jwk, alg: 'ES256', use: 'sig', kid: 'mine', key_ops: ['verify'] }
    expect(await judge(prove({}, { jwk: more }))).toBe('ok')
    expect(await judge(prove({}, { jwk: { ...jwk, alg: 'RS256' } }))).toBe('proof_malformed')
    expect(await judge(prove({}, { jwk: { ...jwk, use: 'enc' } }))).toBe('proof_malformed')
  })
})

describe('a proof that is none', () => {
  it('is no compact JWS of strict JSON', async () => {
    const { prove, key, jwk } = prover
    const good = prove()
    const [header = '', payload = '', signature = ''] = good.split('.')
    const texts = [
      '',
      'x',
      'a.b.c.d',
      `${good}=`,
      ` ${good}`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      'x'.repeat(9_000),
      `${segment('{"typ":"dpop+jwt","alg":"ES256"')}.${payload}.${signature}`,
      `${segment([])}.${payload}.${signature}`,
      forge(
        key,
        `{"typ":"dpop+jwt","alg":"ES256","alg":"ES256","jwk":${JSON.stringify(jwk)}}`,
        goodClaims(),
      ),
      forge(key, { typ: 'dpop+jwt', alg: 'ES256', jwk }, '{"jti":"a","jti":"b","htm":"GET"}'),
      forge(key, { typ: 'dpop+jwt', alg: 'ES256', jwk }, '[]'),
    ]
    for (const text of texts) expect(await judge(text), text.slice(0, 40)).toBe('proof_malformed')
  })

  it('lacks a claim, or has one of another type or length', async () => {
    const wrong: object[] = [
      ...['jti', 'htm', 'htu', 'iat'].map((name) => ({ [name]: undefined })),
      { jti: '' },
      { jti: 'x'.repeat(129) },
      { jti: 7 },
      { htm: ['GET'] },
      { htu: 7 },
      { iat: String(NOW) },
      { iat: NOW + 0.5 },
      { ath: 7 },
    ]
    for (const claims of wrong) {
      expect(await judge(prover.prove(claims)), JSON.stringify(claims)).toBe('proof_malformed')
    }
    expect(await judge(prover.prove({ jti: 'x'.repeat(128) }))).toBe('ok')
  })

  it('is of another type, or has parameters that change what it means', async () => {
    const wrong: object[] = [
      { typ: undefined },
      { typ: 'JWT' },
      { typ: 'at+jwt' },
      { crit: ['b64'], b64: false },
      { kid: 'other' },
      { jku: 'https://evil.example/keys' },
      { jwk: undefined },
      { jwk: 'a key' },
    ]
    for (const header of wrong) {
      expect(await judge(prover.prove({}, header)), JSON.stringify(header)).toBe('proof_malformed')
    }
  })

  it('is signed with a secret, or not at all', async () => {
    const { prove } = await makeProver('HS256')
    expect(await judge(prove())).toBe('proof_algorithm')
    const { jwk } = prover
    for (const alg of ['none', 'None', 'HS512', 'dir', 7, undefined]) {
      const unsigned = `${segment({ typ: 'dpop+jwt', alg, jwk })}.${segment(goodClaims())}.`
      expect(await judge(unsigned), String(alg)).toBe('proof_algorithm')
    }
    const empty = `${segment({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${segment(goodClaims())}.`
    expect(await judge(empty)).toBe('proof_mismatch')
  })

  it('brings a private key', async () => {
    for (const algorithm of ['EdDSA', 'ES256', 'RS256'] as const) {
      const { key, prove } = await makeProver(algorithm)
      const jwk = key.privateObject?.export({ format: 'jwk' })
      expect(await judge(prove({}, { jwk })), algorithm).toBe('proof_private_key')
    }
    expect(await judge(prover.prove({}, { jwk: { ...prover.jwk, k: 'c2VjcmV0' } }))).toBe(
      'proof_private_key',
    )
  })

  it('brings a key that is weak, or of another kind than its algorithm needs', async () => {
    const { prove, jwk } = prover
    const ed = await makeProver('EdDSA')
    expect(await judge(prove({}, { jwk: ed.jwk }))).toBe('proof_malformed')
    expect(await judge(prove({}, { jwk: { ...jwk, crv: 'P-384' } }))).toBe('proof_malformed')
    expect(await judge(prove({}, { jwk: { ...jwk, y: jwk['x'] } }))).toBe('proof_malformed')
    const rsa = await makeProver('RS256')
    const short = { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 0xc5).toString('base64url') }
    expect(await judge(rsa.prove({}, { jwk: short }))).toBe('proof_malformed')
  })
})

describe('a proof for something else', () => {
  it('was signed by another key than it brings, or changed afterwards', async () => {
    const other = await makeKey('ES256')
    const { jwk } = prover
    expect(await judge(forge(other, { typ: 'dpop+jwt', alg: 'ES256', jwk }, goodClaims()))).toBe(
      'proof_mismatch',
    )
    const [header = '', , signature = ''] = prover.prove({ htm: 'POST' }).split('.')
    expect(await judge(`${header}.${segment(goodClaims())}.${signature}`)).toBe('proof_mismatch')
  })

  it('has another method', async () => {
    for (const htm of ['POST', 'get', 'GET ']) {
      expect(await judge(prover.prove({ htm })), htm).toBe('proof_mismatch')
    }
  })

  it('has another address, or the request has none', async () => {
    const wrong = [
      'https://other.example/orders',
      'http://app.example/orders',
      'https://app.example:8443/orders',
      'https://app.example/orders/',
      'https://app.example/Orders',
      'https://app.example/',
      'https://user@app.example/orders',
      'https://app.example\\orders',
      'https://app.example/or ders',
      '/orders',
      'app.example/orders',
      `https://app.example/${'x'.repeat(3_000)}`,
    ]
    for (const htu of wrong) expect(await judge(prover.prove({ htu })), htu).toBe('proof_mismatch')
    expect(await judge(prover.prove(), { address: undefined })).toBe('proof_mismatch')
  })

  it('is too old or too young by more than a minute and the clock tolerance', async () => {
    for (const [by, outcome] of [
      [-600, 'proof_mismatch'],
      [-66, 'proof_mismatch'],
      [-65, 'ok'],
      [65, 'ok'],
      [66, 'proof_mismatch'],
      [NOW * 999, 'proof_mismatch'],
    ] as const) {
      expect(await judge(prover.prove({ iat: NOW + by })), String(by)).toBe(outcome)
    }
  })

  it('names another access token than the one that is presented, or none', async () => {
    const accessToken = 'eyJ.token.one'
    expect(await judge(prover.prove({ ath: athOf(accessToken) }), { accessToken })).toBe('ok')
    for (const ath of [undefined, athOf('another'), athOf(accessToken).slice(0, -1), accessToken]) {
      expect(await judge(prover.prove({ ath }), { accessToken }), ath).toBe('proof_mismatch')
    }
  })
})
