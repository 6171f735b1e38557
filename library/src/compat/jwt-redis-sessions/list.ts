import type { SessionRecord } from '../../store/record.js'
import { systemClock } from '../../system/clock.js'
import type { Engine } from './engine.js'
import { TokenError, ValidationError } from './errors.js'
import type { OldSession } from './old-records.js'
import { TELL_EVERY } from './start.js'
import { liveStay, subjectOf, toSessionData, type Stay } from './stay.js'
import { identifiersIn } from './token-data.js'
import type { SessionData } from './types.js'

const PAGE = 100
/** Milliseconds. Well over `TELL_EVERY`: whoever starts a session now has told so since. */
const FORGET_AFTER = 2 * TELL_EVERY

/** Throws {@link ValidationError} for what names nobody. */
export function validateIdentifier(identifier: unknown): asserts identifier is string {
  if (typeof identifier !== 'string' || identifier === '') {
    throw new ValidationError('User identifier must be a non-empty string')
  }
}

/** All live sessions that name a person by `identifier`: ours, and those of 3.x that were not adopted yet. */
export async function getUserSessions(engine: Engine, identifier: unknown): Promise<SessionData[]> {
  validateIdentifier(identifier)
  const own = await sessionsOf(engine, engine.names.subject(identifier))
  const carrying = await sessionsCarrying(engine, identifier)
  const ours = await stillThere(engine, [...own, ...carrying])
  const old = await oldSessions(engine, identifier)
  const here = new Set(ours.map(({ facts }) => facts.id))
  return [
    ...ours.map((stay) => toSessionData(engine, stay, stay.record.lastSeenAt)),
    ...old.filter(({ id }) => !here.has(id)).map(toOldData),
  ]
}

/** Those that 3.x knows too may have been ended there. */
async function stillThere({ old }: Engine, stays: readonly Stay[]): Promise<Stay[]> {
  const isAlive = await Promise.all(
    stays.map(async ({ facts }) => {
      if (old === undefined || !facts.isShared) return true
      return (await old.read(facts.id))?.isRevoked === false
    }),
  )
  return stays.filter((_, at) => isAlive[at])
}

function toOldData({
  id,
  data,
  createdAt,
  lastActivity,
  refreshExpiresAt,
}: OldSession): SessionData {
  return {
    ...data,
    sessionId: id,
    refreshExpiresAt,
    createdAt: new Date(createdAt).toISOString(),
    lastActivity,
  }
}

/** A subject's live sessions, most recently seen first. */
async function sessionsOf(engine: Engine, subject: string): Promise<Stay[]> {
  const { store } = engine.core
  const records: SessionRecord[] = []
  for (let cursor: string | undefined, isMore = true; isMore; isMore = cursor !== undefined) {
    const page = await store.list(subject, { limit: PAGE, cursor })
    records.push(...page.records)
    cursor = page.next
  }
  const stays = await Promise.all(records.map(async ({ id }) => readLive(engine, id)))
  return stays.filter((stay) => stay !== undefined)
}

/** One that ended since it was listed is none. */
async function readLive(engine: Engine, id: string): Promise<Stay | undefined> {
  const answer = await engine.core.store.read(id)
  try {
    return liveStay(engine, id, answer)
  } catch (error) {
    if (error instanceof TokenError) return undefined
    throw error
  }
}

/** The live sessions that carry `identifier` beside the name they go by. */
export async function sessionsCarrying(engine: Engine, identifier: string): Promise<Stay[]> {
  const { core, names } = engine
  const alias = names.alias(identifier)
  const { attributes, epoch } = await core.store.readSubject(alias)
  const found: Stay[] = []
  for (const [subject, toldAt] of attributes) {
    const stays = await sessionsOf(engine, subject)
    const carrying = stays.filter(({ data }) => identifiersIn(data).indexOf(identifier) > 0)
    found.push(...carrying.filter((stay) => !isRevokedBy(stay, identifier, epoch)))
    const isForgotten = carrying.length === 0 && systemClock.now() - Number(toldAt) > FORGET_AFTER
    if (isForgotten) await core.store.changeSubject(alias, { delete: [subject] })
  }
  return found
}

function isRevokedBy(stay: Stay, identifier: string, epoch: number): boolean {
  const at = identifiersIn(stay.data).indexOf(identifier) - 1
  return epoch > (stay.facts.epochs[at] ?? 0)
}

/** A person's sessions that 3.x holds to be good. */
export async function oldSessions(engine: Engine, identifier: string): Promise<OldSession[]> {
  const { old } = engine
  if (old === undefined) return []
  const ids = await old.list(identifier)
  const sessions = await Promise.all(ids.map(async (id) => old.read(id)))
  return sessions.filter((session) => session?.isRevoked === false) as OldSession[]
}

/** Nobody has adopted it. */
export async function isUnknownHere(engine: Engine, { id, data }: OldSession): Promise<boolean> {
  const own = engine.names.session(subjectOf(engine, data, id), id)
  return (await engine.core.store.read(own)).status === 'missing'
}
