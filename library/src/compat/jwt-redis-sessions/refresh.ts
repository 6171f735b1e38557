import { familyDigest } from '../../credential/refresh-token.js'
import { exchange } from '../../session/refresh.js'
import type { EndReason } from '../../store/end-reason.js'
import { systemClock } from '../../system/clock.js'
import { ourStay } from './adopt.js'
import { validateSecret } from './config.js'
import type { Engine } from './engine.js'
import { TokenError } from './errors.js'
import { assertExpiries } from './lifetimes.js'
import { oldHash, type OldSession } from './old-records.js'
import { isShared, whereaboutsOf, writePair } from './pair.js'
import { addressOf, checkAddress, type HttpRequest } from './request.js'
import { endSession } from './revoke.js'
import {
  epochsOf,
  isRevokedByName,
  NOT_FOUND,
  toRecordData,
  toStay,
  versionOf,
  type Stay,
} from './stay.js'
import { identifiersIn, pickTokenData } from './token-data.js'
import type { TokenResponse } from './types.js'
import { endedThere, validateToken } from './verify.js'
import { readToken, type WireClaims } from './wire-token.js'

/** A refresh token of ours, taken apart. */
interface Presented {
  readonly sessionId: string
  readonly seed: string
  readonly generation: number
}

/** Exchanges a refresh token for the next pair. Throws {@link TokenError} where it is not good now. */
export async function refreshToken(
  engine: Engine,
  token: unknown,
  request: HttpRequest | null,
): Promise<TokenResponse> {
  const { config } = engine
  validateSecret(config.jwt.secret)
  validateToken(token, 'Refresh token')
  const claims = readToken(token, 'refresh', config.jwt, systemClock.now())
  if (request !== null) checkAddress(request, claims['boundIP'])
  assertExpiries(config)
  const where = whereaboutsOf(claims)
  if (isShared(engine, where)) return refreshShared(engine, token, claims, request)
  const { sessionId = '', seed, generation } = where ?? {}
  if (seed === undefined || generation === undefined) throw new TokenError(REFUSED)
  const stay = await rotate(engine, { sessionId, seed, generation }, request)
  return writePair(engine, stay, seed, request).response
}

const REFUSED = 'Invalid refresh token'

async function rotate(
  engine: Engine,
  presented: Presented,
  request: HttpRequest | null,
  onEnd: () => Promise<void> = async () => undefined,
): Promise<Stay> {
  const { core, config } = engine
  const result = await exchange(core, presented, { address: (request && addressOf(request)) ?? '' })
  if (result.status === 'refused') {
    if (result.reason !== undefined) await onEnd()
    throw new TokenError(wordsFor(result.reason))
  }
  const stay = toStay(result.record, result.subject, result.now)
  if (stay === undefined) throw new TokenError(NOT_FOUND)
  await assertNotRevoked(engine, stay)
  const { id, subject = '' } = stay.record
  core.events.emit('refresh.rotated', { id, subject, how: result.status })
  return { ...stay, data: pickTokenData(stay.data, config.security.allowedTokenFields) }
}

/** Without a reason the session lives: the token alone is wrong. */
function wordsFor(reason: EndReason | undefined): string {
  return reason === undefined || reason === 'refresh_reuse' ? REFUSED : NOT_FOUND
}

/** All sessions under one of the person's further names were ended: so is this one, now that it is seen. */
async function assertNotRevoked(engine: Engine, stay: Stay): Promise<void> {
  const epochs = await epochsOf(engine, identifiersIn(stay.data))
  if (!isRevokedByName(stay, epochs)) return
  await endSession(engine, stay.record.id, 'revoked_admin')
  throw new TokenError(NOT_FOUND)
}

/**
 * A token of 3.x, or of a session that 3.x knows too. Its record says which refresh token is good, and is handed the
 * next one; whoever exchanges there in the same moment wins or loses against us as against one of its own.
 */
async function refreshShared(
  engine: Engine,
  token: string,
  claims: WireClaims,
  request: HttpRequest | null,
): Promise<TokenResponse> {
  const where = whereaboutsOf(claims)
  const old = await endedThere(engine, claims.sessionId, where?.sessionId)
  const found = await ourStay(engine, old)
  if (request !== null) checkAddress(request, found.data.boundIP)
  const from = oldHash(token)
  const { seed = engine.names.seed(from), generation = 1 } = where ?? {}
  const presented = { sessionId: found.record.id, seed, generation }
  const isPresent = old.refreshHash === from && old.version === claims.sessionVersion
  await agree(engine, found, old, presented, isPresent)
  const stay = await rotate(engine, presented, request, async () => end(engine, old))
  const { response, refreshExpiresAt } = writePair(engine, stay, seed, request)
  const to = oldHash(response.refreshToken)
  const next = { from, to, version: versionOf(stay), refreshExpiresAt }
  if ((await engine.old?.rotate(old, next)) === true) return response
  throw new TokenError('Invalid refresh token or revoked session')
}

/** Brings our family to where the record of 3.x is. Throws {@link TokenError} for a token that was spent there. */
async function agree(
  engine: Engine,
  found: Stay,
  old: OldSession,
  presented: Presented,
  isPresent: boolean,
): Promise<void> {
  if (isPresent) await followOld(engine, found, old, presented)
  else if (isPresentHere(found, presented)) throw new TokenError(REFUSED)
}

async function end(engine: Engine, { id, data }: OldSession): Promise<void> {
  await engine.old?.end(id, data)
}

/** Nodes of 3.x have issued refresh tokens since we looked: the family goes on from the one that is good there. */
async function followOld(
  { core }: Engine,
  { record, facts, data }: Stay,
  { version }: OldSession,
  { seed, generation }: Presented,
): Promise<void> {
  const seedDigest = familyDigest(seed)
  if (record.family?.seedDigest === seedDigest) return
  // A token of ours that is good there but unknown here: nothing of the kind is ever written.
  if (generation !== 1) throw new TokenError(REFUSED)
  const lifetime = core.settings.tokens?.refreshLifetime ?? 0
  const set = toRecordData(data, { ...facts, offset: version - 1 })
  const result = await core.store.change(record.id, { family: { seedDigest, lifetime }, set })
  if (result.status !== 'changed') throw new TokenError(NOT_FOUND)
}

function isPresentHere({ record }: Stay, { seed, generation }: Presented): boolean {
  const { family } = record
  return family?.seedDigest === familyDigest(seed) && family.generation === generation
}
