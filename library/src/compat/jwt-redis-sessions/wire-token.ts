import { decodeSegment, splitCompact, type CompactParts } from '../../credential/jwt/compact.js'
import { readHeader } from '../../credential/jwt/header.js'
import { readStrictJson } from '../../credential/jwt/strict-json.js'
import { createHmac, isEqualSecret, type Hmac } from '../../system/digest.js'
import { TokenError } from './errors.js'
import type { JWTConfig } from './types.js'

/** Which of the two tokens of a pair. */
export type TokenType = 'access' | 'refresh'

/** What both kinds of token say. */
export interface WireClaims extends Readonly<Record<string, unknown>> {
  /** The session's public id. */
  readonly sessionId: string
  /** Grows by one with every refresh; older tokens are refused. */
  readonly sessionVersion: number
  readonly type: TokenType
  /** Epoch seconds. */
  readonly iat: number
  readonly exp: number
  /** Where the record rests, and for a refresh token which of its family it is; absent from tokens that jwt-redis-sessions made. */
  readonly _sj?: string
}

/** The claims that {@link TokenWriter.sign} does not add. */
export type NewClaims = Omit<WireClaims, 'iss' | 'aud'>

/** Data may take 4,096 characters of three bytes each, and base64url makes four of three. */
const LONGEST = 32_768
const HEADER = toSegment({ alg: 'HS256', typ: 'JWT' })

/** Signs tokens in the form of jwt-redis-sessions 3.x: HS256 with the shared secret. */
export function signToken(claims: NewClaims, config: JWTConfig): string {
  const { issuer: iss, audience: aud } = config
  const body = `${HEADER}.${toSegment({ ...claims, iss, aud })}`
  return `${body}.${macOf(config, body)}`
}

/** Nobody of ours made this token. To applications a `TokenError` like any other. */
export class ForgedToken extends TokenError {}

/** Why a token is not good, before anybody looks at its session. */
type Fault = 'malformed' | 'expired' | 'early'

/**
 * Reads a token of `type` that is good now. `now` is epoch milliseconds. Throws {@link TokenError} in the words of
 * jwt-redis-sessions; they never hold anything of the token.
 */
export function readToken(
  token: string,
  type: TokenType,
  config: JWTConfig,
  now: number,
): WireClaims {
  const claims = decode(token, config)
  const fault = claims === undefined ? 'malformed' : judgeTime(claims, now / 1000)
  if (claims === undefined || fault === 'malformed') {
    throw new ForgedToken(MESSAGES[type].malformed)
  }
  if (fault !== undefined) throw new TokenError(MESSAGES[type][fault])
  checkForm(claims, type)
  return claims as WireClaims
}

function checkForm(claims: Claims, type: TokenType): void {
  const { type: given, sessionId, sessionVersion: version } = claims
  if (given !== type) {
    const got = typeof given === 'string' ? given.slice(0, 20) : 'undefined'
    throw new TokenError(`Invalid token type. Expected '${type}', got '${got}'`)
  }
  if (typeof sessionId !== 'string') throw new ForgedToken(MESSAGES[type].malformed)
  if (!Number.isSafeInteger(version) || (version as number) < 1) {
    throw new TokenError('Invalid token session version')
  }
}

const MESSAGES: Readonly<Record<TokenType, Readonly<Record<Fault, string>>>> = {
  access: {
    malformed: 'Invalid token',
    expired: 'Token expired',
    early: 'Access token not yet valid',
  },
  refresh: {
    malformed: 'Invalid refresh token',
    expired: 'Refresh token expired',
    early: 'Refresh token not yet valid',
  },
}

/** What a token of either kind says that was signed by us, even where its time is over: for those who want to end its session. */
export function readSigned(token: string, config: JWTConfig): WireClaims | undefined {
  const claims = decode(token, config)
  const isKnown = claims?.['type'] === 'access' || claims?.['type'] === 'refresh'
  return isKnown && typeof claims['sessionId'] === 'string' ? (claims as WireClaims) : undefined
}

type Claims = Readonly<Record<string, unknown>>

/** The claims of a token with a good signature, for this audience, by this issuer. */
function decode(token: string, config: JWTConfig): Claims | undefined {
  const parts = token.length > LONGEST ? undefined : splitCompact(token)
  if (parts === undefined || !isSigned(parts, config)) return undefined
  const claims = readStrictJson(decodeSegment(parts.payload))?.value
  const isObject = typeof claims === 'object' && claims !== null && !Array.isArray(claims)
  return isObject && isAddressed(claims as Claims, config) ? (claims as Claims) : undefined
}

function isSigned({ header, payload, signature }: CompactParts, config: JWTConfig): boolean {
  const read = readHeader(decodeSegment(header))
  if (typeof read === 'string' || read.alg !== 'HS256') return false
  return isEqualSecret(macOf(config, `${header}.${payload}`), signature)
}

function isAddressed({ iss, aud }: Claims, { issuer, audience }: JWTConfig): boolean {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  return iss === issuer && audiences.includes(audience)
}

function judgeTime({ nbf, exp }: Claims, now: number): Fault | undefined {
  if (typeof exp !== 'number') return 'malformed'
  if (nbf !== undefined) {
    if (typeof nbf !== 'number') return 'malformed'
    if (nbf > now) return 'early'
  }
  return Math.floor(now) >= exp ? 'expired' : undefined
}

/** The key of the secret in use: there is one, and setting it up costs as much as a signature. */
const known = new Map<string, Hmac>()

function macOf({ secret = '' }: JWTConfig, body: string): string {
  let key = known.get(secret)
  if (key === undefined) {
    key = createHmac(secret)
    known.clear()
    known.set(secret, key)
  }
  return key.sign(body).toString('base64url')
}

function toSegment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
