import type { Engine } from './engine.js'
import { TokenError } from './errors.js'
import type { OldSession } from './old-records.js'
import { createStay } from './start.js'
import { liveStay, NOT_FOUND, subjectOf, type Stay } from './stay.js'

/** The session of 3.x that a token of its form, or of a shared session, names. Throws {@link TokenError} where it is over there. */
export async function readOld({ old }: Engine, id: string): Promise<OldSession> {
  const session = await old?.read(id)
  if (session === undefined) throw new TokenError(NOT_FOUND)
  if (session.isRevoked) throw new TokenError('Session has been replaced or revoked')
  return session
}

/**
 * Our session for one of 3.x: the first who asks creates it, with the refresh token that is out there as the first
 * of its family. It ends here and there together. Throws {@link TokenError} where it is over here.
 */
export async function adopt(engine: Engine, old: OldSession): Promise<Stay> {
  const { id, data, version, createdAt, refreshHash } = old
  const { core, counts, names } = engine
  const made = await createStay(engine, {
    data,
    seed: refreshHash === undefined ? undefined : names.seed(refreshHash),
    facts: { id, offset: version - 1, isShared: true, createdAt },
  })
  if (made.stay === undefined) return liveStay(engine, made.id, await core.store.read(made.id))
  counts.adopted += 1
  await assertStillThere(engine, old, made.id)
  return made.stay
}

/** Whoever ends a session ends it there before here: what ended between our look and our record is seen now. */
async function assertStillThere(engine: Engine, old: OldSession, id: string): Promise<void> {
  try {
    await readOld(engine, old.id)
  } catch (error) {
    if (error instanceof TokenError) await engine.core.store.end(id, 'logged_out')
    throw error
  }
}

/** Our session for one of 3.x that was seen before, or is adopted now. */
export async function ourStay(engine: Engine, old: OldSession): Promise<Stay> {
  const id = engine.names.session(subjectOf(engine, old.data, old.id), old.id)
  const answer = await engine.core.store.read(id)
  return answer.status === 'missing' ? adopt(engine, old) : liveStay(engine, id, answer)
}
