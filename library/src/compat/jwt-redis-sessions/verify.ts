import { systemClock } from '../../system/clock.js'
import type { SessionId } from '../../store/record.js'
import { ourStay, readOld } from './adopt.js'
import { validateSecret } from './config.js'
import type { Engine } from './engine.js'
import { TokenError } from './errors.js'
import { checkFingerprint } from './fingerprint.js'
import type { OldSession } from './old-records.js'
import { isShared, whereaboutsOf } from './pair.js'
import { checkAddress, type HttpRequest } from './request.js'
import { endSession } from './revoke.js'
import {
  epochsOf,
  isRevokedByName,
  liveStay,
  NOT_FOUND,
  toSessionData,
  versionOf,
  type Stay,
} from './stay.js'
import { identifiersIn, withoutOwnClaims } from './token-data.js'
import type { VerifyTokenResult } from './types.js'
import { readToken, type WireClaims } from './wire-token.js'

/** Throws {@link TokenError} for what is no token at all. */
export function validateToken(token: unknown, label = 'Token'): asserts token is string {
  if (typeof token !== 'string' || token === '') {
    throw new TokenError(`${label} must be a non-empty string`)
  }
}

/** A session that a token presents, and what 3.x knows of it. */
interface Found {
  readonly stay: Stay
  readonly old?: OldSession
}

/** Says what an access token stands for. Throws {@link TokenError} where it is not good now. */
export async function verifyToken(
  engine: Engine,
  token: unknown,
  request: HttpRequest | null,
): Promise<VerifyTokenResult> {
  const { config, core } = engine
  validateSecret(config.jwt.secret)
  validateToken(token)
  const claims = readToken(token, 'access', config.jwt, systemClock.now())
  const where = whereaboutsOf(claims)
  const found = isShared(engine, where)
    ? await findShared(engine, claims, where?.sessionId)
    : { stay: await findOwn(engine, claims, where?.sessionId ?? '') }
  if (request !== null) {
    checkFingerprint(request, claims['_fp'], config.security)
    checkAddress(request, found.stay.data.boundIP ?? claims['boundIP'])
  }
  const attended = { client: { address: '', userAgent: undefined }, isPassive: false }
  core.upkeep.attend(attended, { ...found.stay, state: 'active', isPreviousSecret: false })
  return {
    valid: true,
    decoded: withoutOwnClaims(claims),
    session: toSessionData(engine, found.stay, systemClock.now(), found.old?.refreshExpiresAt),
  }
}

/** A session of ours alone: one look at its record, and one at each further name of the person, all at once. */
async function findOwn(engine: Engine, claims: WireClaims, id: SessionId): Promise<Stay> {
  const [answer, epochs] = await Promise.all([
    engine.core.store.read(id),
    epochsOf(engine, identifiersIn(claims)),
  ])
  const stay = liveStay(engine, id, answer)
  if (stay.facts.id !== claims.sessionId) throw new TokenError(NOT_FOUND)
  if (isRevokedByName(stay, epochs)) throw new TokenError(NOT_FOUND)
  if (versionOf(stay) !== claims.sessionVersion) {
    throw new TokenError('Token session has been replaced or revoked')
  }
  return stay
}

/** A session that 3.x knows too: both sides have to agree, and its version there counts. */
async function findShared(
  engine: Engine,
  claims: WireClaims,
  id: SessionId | undefined,
): Promise<Found> {
  const { core } = engine
  const old = await endedThere(engine, claims.sessionId, id)
  if (old.version !== claims.sessionVersion) {
    throw new TokenError('Token session has been replaced or revoked')
  }
  const stay =
    id === undefined ? await ourStay(engine, old) : liveStay(engine, id, await core.store.read(id))
  const epochs = await epochsOf(engine, identifiersIn(stay.data))
  if (isRevokedByName(stay, epochs)) throw new TokenError(NOT_FOUND)
  return { stay, old }
}

/** What 3.x knows of a session; what was ended there ends here. */
export async function endedThere(
  engine: Engine,
  publicId: string,
  id: SessionId | undefined,
): Promise<OldSession> {
  try {
    return await readOld(engine, publicId)
  } catch (error) {
    const isOver = error instanceof TokenError && id !== undefined && engine.old !== undefined
    if (isOver) await endSession(engine, id, 'logged_out_elsewhere')
    throw error
  }
}
