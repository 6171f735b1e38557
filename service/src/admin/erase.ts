/**
 * admin/ owns what is done with everything that is kept of one person: telling all of it, and deleting all of it. The
 * commands call it. It prints nothing and decides nothing.
 */
import type { Store } from 'sojourn'
import { auditId } from 'sojourn/telemetry'
import type { Accounts } from '../account/account.js'
import type { Trail } from '../audit/trail.js'
import type { Parts } from '../parts.js'
import type { NewSignIns } from '../security/index.js'

/** Where everything about people rests. */
export interface Places {
  readonly accounts: Accounts
  readonly sojourn: Pick<
    Parts['sojourn'],
    | 'list'
    | 'find'
    | 'everybody'
    | 'revoke'
    | 'revokeAll'
    | 'revokeEverybody'
    | 'disable'
    | 'settled'
  >
  readonly store: Store
  readonly trail: Trail
  readonly newSignIns: NewSignIns
  readonly now: () => number
}

/** What is kept of a person, by number. */
export interface Traces {
  readonly hasAccount: boolean
  readonly sessions: number
  readonly attributes: number
  readonly records: number
}

/** What {@link erasePerson} did. */
export interface Erased extends Traces {
  /** Records of nobody that came from where the person was; they have lost their address. */
  readonly blanked: number
}

/** How much there is of a person. */
export async function findTraces(places: Places, id: string): Promise<Traces> {
  const { accounts, store, trail } = places
  const [account, sessions, subject, records] = await Promise.all([
    accounts.get(id),
    countSessions(places, id),
    store.readSubject(id),
    trail.countOf(id),
  ])
  return {
    hasAccount: account !== undefined,
    sessions,
    attributes: subject.attributes.size,
    records,
  }
}

async function countSessions({ sojourn }: Places, id: string): Promise<number> {
  let count = 0
  let cursor: string | undefined
  do {
    const page = await sojourn.list(id, { limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    count += page.sessions.length
    cursor = page.next
  } while (cursor !== undefined)
  return count
}

/**
 * Deletes everything of a person: sessions with their data, the account, shared facts, records. What stays is the bare random
 * id, for as long as the store remembers ends, and one record that tells of nobody. It can be called again where it broke off.
 */
export async function erasePerson(places: Places, id: string): Promise<Erased> {
  const { accounts, sojourn, store, trail, newSignIns, now } = places
  const traces = await findTraces(places, id)
  // First, so that nobody signs in again meanwhile.
  await sojourn.disable(id)
  await sojourn.settled()
  await accounts.remove(id)
  const { attributes } = await store.readSubject(id)
  if (attributes.size > 0) await store.changeSubject(id, { delete: [...attributes.keys()] })
  await newSignIns.erase(id)
  const { deleted, blanked } = await trail.erase(id)
  const at = now()
  const details = { sessions: traces.sessions, records: deleted }
  const marker = { id: auditId(at), at, event: 'admin.acted', outcome: 'success' } as const
  await trail.add([{ ...marker, actor: 'cli', code: 'person.erased', details }])
  return { ...traces, records: deleted, blanked }
}
