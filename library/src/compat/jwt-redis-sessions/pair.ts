import { systemClock } from '../../system/clock.js'
import { randomToken } from '../../system/random.js'
import type { Engine } from './engine.js'
import { fingerprintOf } from './fingerprint.js'
import { expiryAfter } from './lifetimes.js'
import type { HttpRequest } from './request.js'
import { refreshedAt, versionOf, type Stay } from './stay.js'
import type { TokenData, TokenResponse } from './types.js'
import { signToken, type WireClaims } from './wire-token.js'

/** Where the record of a token rests, and which refresh token of its family it is. */
export interface Whereabouts {
  readonly sessionId: string
  /** Of a refresh token alone. */
  readonly seed?: string
  readonly generation?: number
  /** 3.x knows the session too. */
  readonly isShared: boolean
}

const WHERE = /^([\w-]{2}\.[\w-]{22})(?:\.([\w-]{22,86})\.(\d{1,15}))?(\.s)?$/

/** Reads what {@link toWhere} wrote; `undefined` for a token that 3.x made. */
export function whereaboutsOf({ _sj }: WireClaims): Whereabouts | undefined {
  const [, sessionId, seed, generation, shared] = WHERE.exec(_sj ?? '') ?? []
  if (sessionId === undefined) return undefined
  const where = { sessionId, isShared: shared !== undefined }
  return seed === undefined ? where : { ...where, seed, generation: Number(generation) }
}

/** Whether 3.x has a say about a session: it made the token, or the session is known there too. */
export function isShared({ old }: Engine, where: Whereabouts | undefined): boolean {
  return where === undefined || (where.isShared && old !== undefined)
}

function toWhere(parts: readonly string[], isShared: boolean): string {
  return [...parts, ...(isShared ? ['s'] : [])].join('.')
}

/** A pair of tokens, and when the refresh token expires (epoch seconds). */
export interface Pair {
  readonly response: TokenResponse
  readonly refreshExpiresAt: number
}

/**
 * Writes the pair for the present generation of a session. The refresh token follows from the record alone, so that
 * whoever presents its parent once more gets the very same one.
 */
export function writePair(
  { config, names }: Engine,
  stay: Stay,
  seed: string,
  request: HttpRequest | null,
): Pair {
  const { jwt, security } = config
  const { record, facts, data } = stay
  const issuedAt = Math.floor(systemClock.now() / 1_000)
  const common = { sessionId: facts.id, sessionVersion: versionOf(stay) }
  const accessToken = signToken(
    {
      ...data,
      ...(security.enableFingerprinting ? toFingerprint(request, issuedAt) : {}),
      ...common,
      iat: issuedAt,
      type: 'access',
      jti: randomToken(16),
      exp: expiryAfter(issuedAt, jwt.accessTokenExpiry),
      _sj: toWhere([record.id], facts.isShared),
    },
    jwt,
  )
  const generation = String(record.family?.generation ?? 1)
  const refreshedSince = refreshedAt(stay)
  const refreshExpiresAt = expiryAfter(refreshedSince, jwt.refreshTokenExpiry)
  const refreshToken = signToken(
    {
      ...namesOf(data),
      ...common,
      iat: refreshedSince,
      type: 'refresh',
      jti: names.seed(`${seed}.${generation}`).slice(0, 22),
      exp: refreshExpiresAt,
      _sj: toWhere([record.id, seed, generation], facts.isShared),
    },
    jwt,
  )
  const expiresIn = jwt.accessTokenExpiry
  return {
    response: { accessToken, refreshToken, expiresIn, tokenType: 'Bearer' },
    refreshExpiresAt,
  }
}

function toFingerprint(request: HttpRequest | null, now: number): Record<string, unknown> {
  const fingerprint = fingerprintOf(request)
  return fingerprint === undefined ? {} : { _fp: fingerprint, _fpTime: now }
}

/** What a refresh token says of the person, as ever; and the address, so that it is judged before anything is exchanged. */
function namesOf({ userId, id, boundIP }: TokenData): Partial<TokenData> {
  return {
    ...(userId === undefined ? {} : { userId }),
    ...(id === undefined ? {} : { id }),
    ...(boundIP === undefined ? {} : { boundIP }),
  }
}
