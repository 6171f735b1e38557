/** Makes DPoP proofs, good ones and any others, without help from the code under test. */
import { createHash } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { forge, makeKey, NOW, type TestKey } from '../jwt/forge.js'

export interface ProofMaker {
  readonly key: TestKey
  /** The public half, as a proof brings it. */
  readonly jwk: Readonly<Record<string, unknown>>
  readonly thumbprint: string
  /** A proof that is good for `GET https://app.example/orders` at {@link NOW}, but for what is given; `undefined` leaves out. */
  prove(claims?: object, header?: object): string
}

let count = 0

export async function makeProver(algorithm: TestKey['algorithm'] = 'ES256'): Promise<ProofMaker> {
  const key = await makeKey(algorithm)
  const jwk = key.publicObject?.export({ format: 'jwk' }) ?? {
    kty: 'oct',
    k: key.secret?.toString('base64url') ?? '',
  }
  return {
    key,
    jwk,
    thumbprint: await calculateJwkThumbprint(jwk),
    prove: (claims = {}, header = {}) =>
      forge(
        key,
        { typ: 'dpop+jwt', alg: algorithm, jwk, ...header },
        { ...goodClaims(), ...claims },
      ),
  }
}

export const URL_OF_PROOF = 'https://app.example/orders'

export function goodClaims(): Readonly<Record<string, unknown>> {
  count += 1
  return { jti: `proof-${String(count)}`, htm: 'GET', htu: URL_OF_PROOF, iat: NOW }
}

/** What `ath` has to be for an access token (RFC 9449 section 4.2). */
export function athOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
