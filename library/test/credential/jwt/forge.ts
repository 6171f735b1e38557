import { createHmac, generateKeyPairSync, sign, type KeyObject, webcrypto } from 'node:crypto'
import {
  createAccessTokenVerifier,
  issueAccessToken,
  type AccessTokenVerifierOptions,
  type SigningKey,
  type TokenAlgorithm,
  type TokenFacts,
  type VerificationKey,
  type VerificationKeys,
} from '../../../src/credential/jwt/index.js'
import { createManualClock, type ManualClock } from '../../../src/testing/manual-clock.js'

/** Makes tokens, good ones and any others, without help from the code under test. */

/** A key in every form that somebody may have got hold of. */
export interface TestKey extends SigningKey {
  readonly publicObject: KeyObject | undefined
  readonly privateObject: KeyObject | undefined
  readonly secret: Buffer | undefined
}

/** 2024-01-01T00:00:00Z, where a manual clock starts; seconds. */
export const NOW = 1_704_067_200
export const ISSUER = 'https://id.example'
export const AUDIENCE = 'https://api.example'
export const SESSION = `Ab.${'c'.repeat(22)}`

const IMPORT: Readonly<Record<TokenAlgorithm, object>> = {
  EdDSA: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  HS256: { name: 'HMAC', hash: 'SHA-256' },
}

export async function makeKey(algorithm: TokenAlgorithm, kid = 'k1'): Promise<TestKey> {
  if (algorithm === 'HS256')
    return makeSecret(kid, Buffer.from(webcrypto.getRandomValues(new Uint8Array(32))))
  const { publicKey, privateKey } = makePair(algorithm)
  const [key, signingKey] = await Promise.all([
    imported('spki', publicKey.export({ type: 'spki', format: 'der' }), algorithm, 'verify'),
    imported('pkcs8', privateKey.export({ type: 'pkcs8', format: 'der' }), algorithm, 'sign'),
  ])
  const objects = { publicObject: publicKey, privateObject: privateKey, secret: undefined }
  return { kid, algorithm, key, signingKey, ...objects }
}

export async function makeSecret(kid: string, secret: Buffer): Promise<TestKey> {
  const key = await imported('raw', secret, 'HS256', 'verify')
  const signingKey = await imported('raw', secret, 'HS256', 'sign')
  const objects = { publicObject: undefined, privateObject: undefined, secret }
  return { kid, algorithm: 'HS256', key, signingKey, ...objects }
}

function makePair(algorithm: TokenAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

function imported(
  form: 'spki' | 'pkcs8' | 'raw',
  bytes: Uint8Array,
  algorithm: TokenAlgorithm,
  use: 'sign' | 'verify',
): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey(form, bytes, IMPORT[algorithm] as never, true, [use])
}

export function ringOf(
  ...keys: readonly VerificationKey[]
): VerificationKeys & { revision: number } {
  const byKid = new Map(keys.map((key) => [key.kid, key]))
  return { revision: 1, find: (kid) => byKid.get(kid) }
}

export interface TestVerifier {
  readonly clock: ManualClock
  /** The code of a refusal, or `ok`. */
  judge(token: string): Promise<string>
  verify: ReturnType<typeof createAccessTokenVerifier>['verify']
}

export function verifierFor(
  keys: VerificationKeys,
  options: Partial<AccessTokenVerifierOptions> = {},
): TestVerifier {
  const clock = createManualClock()
  const verifier = createAccessTokenVerifier({
    keys,
    issuer: ISSUER,
    audience: [AUDIENCE],
    algorithms: ['EdDSA', 'ES256', 'RS256'],
    clock,
    ...options,
  })
  return {
    clock,
    verify: (token) => verifier.verify(token),
    async judge(token) {
      const verdict = await verifier.verify(token)
      return verdict.ok ? 'ok' : verdict.code
    },
  }
}

export function factsOf(over: Partial<TokenFacts> = {}): TokenFacts {
  return {
    issuer: ISSUER,
    audience: [AUDIENCE],
    subject: 'ada',
    sessionId: SESSION,
    id: 'j1',
    issuedAt: NOW,
    expiresAt: NOW + 900,
    version: undefined,
    clientId: undefined,
    scope: [],
    authenticatedAt: undefined,
    methods: [],
    acr: undefined,
    actor: undefined,
    confirmation: undefined,
    extra: {},
    ...over,
  }
}

export const issue = (key: SigningKey, over: Partial<TokenFacts> = {}): Promise<string> =>
  issueAccessToken(factsOf(over), key)

/** The claims of a token that is good. */
export const GOOD_CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'ada',
  sid: SESSION,
  jti: 'j1',
  iat: NOW,
  exp: NOW + 900,
} as const

/** The header of a token that is good, for a key. */
export const headerOf = ({ algorithm, kid }: VerificationKey): Record<string, unknown> => ({
  alg: algorithm,
  kid,
  typ: 'at+jwt',
})

/** What stands between the dots: an object as JSON, text and bytes as they are. */
export function segment(value: unknown): string {
  const isRaw = typeof value === 'string' || value instanceof Uint8Array
  return Buffer.from(isRaw ? (value as string) : JSON.stringify(value)).toString('base64url')
}

/** Signs anything at all, properly, with the private half of `key`. */
export function forge(key: TestKey, header: unknown, payload: unknown): string {
  const input = `${segment(header)}.${segment(payload)}`
  return `${input}.${signatureOf(key, input).toString('base64url')}`
}

export function signatureOf(key: TestKey, input: string): Buffer {
  if (key.secret !== undefined) return hmac(key.secret, input)
  const digest = key.algorithm === 'EdDSA' ? null : 'sha256'
  const privateKey = key.privateObject
  if (privateKey === undefined) throw new Error('no private key')
  return sign(digest, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
}

export function hmac(secret: string | Buffer, input: string): Buffer {
  return createHmac('sha256', secret).update(input).digest()
}

/** JSON text of {@link GOOD_CLAIMS} with members replaced by text that need not be JSON; '' leaves one out. */
export function claimsText(over: Readonly<Record<string, string>>): string {
  const texts = Object.entries(GOOD_CLAIMS).map(([name, value]) => [name, JSON.stringify(value)])
  const merged = { ...(Object.fromEntries(texts) as Record<string, string>), ...over }
  const members = Object.entries(merged).filter(([, text]) => text !== '')
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
}
