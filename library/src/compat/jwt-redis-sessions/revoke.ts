import type { EndReason } from '../../store/end-reason.js'
import type { SessionId } from '../../store/record.js'
import { validateSecret } from './config.js'
import type { Engine } from './engine.js'
import { isUnknownHere, oldSessions, sessionsCarrying, validateIdentifier } from './list.js'
import { isShared, whereaboutsOf } from './pair.js'
import { subjectOf } from './stay.js'
import type { RevokeResult, TokenData } from './types.js'
import { readSigned, type WireClaims } from './wire-token.js'

/** Ends one session of ours. `false`: it was over already. */
export async function endSession(
  { core }: Engine,
  id: SessionId,
  reason: EndReason,
): Promise<boolean> {
  const result = await core.store.end(id, reason)
  if (result.status !== 'ended') return false
  core.events.emit('session.ended', { id, subject: result.record.subject, reason })
  return true
}

/**
 * Ends the session of a token with all its tokens: of an access token, also one whose time is over, and of a refresh
 * token, whichever of its family. What is no token of ours is answered as one that is over.
 */
export async function revokeToken(engine: Engine, token: unknown): Promise<RevokeResult> {
  validateSecret(engine.config.jwt.secret)
  const isText = typeof token === 'string' && token !== ''
  const claims = isText ? readSigned(token, engine.config.jwt) : undefined
  if (claims === undefined) return { success: true, message: 'Token already invalid' }
  await endByClaims(engine, claims)
  return { success: true, message: 'Token revoked successfully' }
}

/** There before here: see `adopt`. */
async function endByClaims(engine: Engine, claims: WireClaims): Promise<void> {
  const { old, names } = engine
  const { sessionId: publicId } = claims
  const where = whereaboutsOf(claims)
  const there = isShared(engine, where) ? await old?.read(publicId) : undefined
  const data = there?.data ?? (claims as TokenData)
  if (there !== undefined) await old?.end(publicId, data)
  const id = where?.sessionId ?? names.session(subjectOf(engine, data, publicId), publicId)
  await endSession(engine, id, 'logged_out')
}

/** Whether somebody has revoked the session of a token. What ran out of time was not revoked, nor what is no token. */
export async function isTokenBlacklisted(engine: Engine, token: string): Promise<boolean> {
  const claims = readSigned(token, engine.config.jwt)
  if (claims === undefined) return false
  const data = claims as TokenData
  const publicId = claims.sessionId
  const id =
    whereaboutsOf(claims)?.sessionId ??
    engine.names.session(subjectOf(engine, data, publicId), publicId)
  const answer = await engine.core.store.read(id)
  return answer.status === 'ended' && answer.ending.reason === 'logged_out'
}

/**
 * Ends all sessions that name a person by `identifier` now, in two writes whatever their number: one for those that
 * are its own, one for those that carry it besides. What starts afterwards lives.
 */
export async function revokeAllUserTokens(
  engine: Engine,
  identifier: unknown,
  reason: EndReason = 'revoked_admin',
): Promise<RevokeResult> {
  validateIdentifier(identifier)
  const { core, names } = engine
  const there = await endAllThere(engine, identifier)
  const carrying = await sessionsCarrying(engine, identifier)
  const subject = names.subject(identifier)
  const [{ count }] = await Promise.all([
    core.store.endAll(subject, reason),
    core.store.endAll(names.alias(identifier), reason),
  ])
  core.events.emit('subject.revoked', { subject, reason, count })
  core.upkeep.tidy(subject)
  const others = await Promise.all(
    carrying.map(async ({ record }) => endSession(engine, record.id, reason)),
  )
  const sum = count + others.filter(Boolean).length + there
  return { success: true, message: `Revoked ${sum} sessions for user ${identifier}` }
}

/** Ends what 3.x knows of a person; answers how many of those were never adopted. */
async function endAllThere(engine: Engine, identifier: string): Promise<number> {
  const { old } = engine
  if (old === undefined) return 0
  const sessions = await oldSessions(engine, identifier)
  await old.revokeAll(identifier)
  await Promise.all(sessions.map(async ({ id, data }) => old.end(id, data)))
  const isNew = await Promise.all(sessions.map(async (one) => isUnknownHere(engine, one)))
  return isNew.filter(Boolean).length
}
