import { InvalidOption } from '../../errors.js'
import type { SessionId } from '../../store/record.js'
import type { StoredSession } from '../express-session/contract.js'
import { COOKIE, toStored } from './codec.js'
import { endRecord } from './end.js'
import type { Keeping } from './keeping.js'

/** How many sessions are looked at in one go. */
const STEP = 500
/** How many are ended at one time. */
const AT_ONCE = 50

/** A live session with its public id: the session id that presents it rests nowhere. */
export interface WalkedSession {
  readonly id: SessionId
  readonly stored: StoredSession
}

/** All live sessions of this interface, each once. Throws `InvalidOption` where the store cannot walk. */
export async function* walk({ core, clock }: Keeping): AsyncGenerator<WalkedSession> {
  const { store } = core
  if (store.walk === undefined) {
    throw new InvalidOption(
      `the ${store.name} store cannot walk, which all, ids, length and clear need.`,
    )
  }
  const met = new Set<SessionId>()
  let cursor: string | undefined
  do {
    const { records, next, now } = await store.walk({ limit: STEP, cursor })
    for (const record of records) {
      // Other sessions may rest in the same store: those of `createSojourn`.
      if (met.has(record.id) || !record.data.has(COOKIE)) continue
      met.add(record.id)
      const stored = toStored(record, now, clock.now())
      if (stored !== undefined) yield { id: record.id, stored }
    }
    cursor = next
  } while (cursor !== undefined)
}

export async function listAll(keeping: Keeping): Promise<StoredSession[]> {
  const all: StoredSession[] = []
  for await (const { id, stored } of walk(keeping)) all.push(Object.assign(stored, { id }))
  return all
}

export async function listIds(keeping: Keeping): Promise<SessionId[]> {
  const ids: SessionId[] = []
  for await (const { id } of walk(keeping)) ids.push(id)
  return ids
}

/** Ends all of them. */
export async function clear(keeping: Keeping): Promise<void> {
  const ids = await listIds(keeping)
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE)
    await Promise.all(some.map((id) => endRecord(keeping, id, 'revoked_admin')))
  }
}
