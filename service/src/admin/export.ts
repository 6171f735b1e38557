import type { SessionFacts } from 'sojourn'
import type { AuditRecord } from 'sojourn/telemetry'
import type { Places } from './erase.js'

/** Everything that is kept of a person, as one document. No password hash and no credential is in it. */
export interface PersonDocument {
  readonly subject: string
  readonly exportedAt: string
  readonly account: object | null
  /** Facts that all sessions of the person share. */
  readonly attributes: object
  readonly sessions: readonly object[]
  /** Sign-ins on new devices, of which the person has not said yet whose they were. */
  readonly newSignIns: readonly object[]
  /** Newest first. */
  readonly audit: readonly AuditRecord[]
}

const RECORDS_AT_ONCE = 500

/** Tells all of it. */
export async function exportPerson(places: Places, id: string): Promise<PersonDocument> {
  const { accounts, store, now } = places
  const account = await accounts.get(id)
  const { attributes } = await store.readSubject(id)
  return {
    subject: id,
    exportedAt: instant(now()) ?? '',
    account:
      account === undefined
        ? null
        : {
            ...account,
            createdAt: instant(account.createdAt),
            passwordChangedAt: instant(account.passwordChangedAt),
            disabledAt: instant(account.disabledAt),
          },
    attributes: parsed(attributes),
    sessions: await allSessions(places, id),
    newSignIns: (await places.newSignIns.listOf(id)).map(({ subject: _, at, ...signIn }) => ({
      ...signIn,
      at: instant(at),
    })),
    audit: await allRecords(places, id),
  }
}

async function allSessions({ sojourn, store }: Places, id: string): Promise<object[]> {
  const found: object[] = []
  let cursor: string | undefined
  do {
    const page = await sojourn.list(id, { limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    for (const facts of page.sessions) {
      const answer = await store.read(facts.id)
      const data = answer.status === 'found' ? answer.record.data : new Map<string, never>()
      const texts = [...data].map(([key, { json }]) => [key, json] as const)
      found.push({ ...toJson(facts), data: parsed(texts) })
    }
    cursor = page.next
  } while (cursor !== undefined)
  return found
}

function toJson({ serverTime: _, ...facts }: SessionFacts): object {
  return {
    ...facts,
    createdAt: instant(facts.createdAt),
    lastSeenAt: instant(facts.lastSeenAt),
    authenticatedAt: instant(facts.authenticatedAt),
    idleExpiresAt: instant(facts.idleExpiresAt),
    expiresAt: instant(facts.expiresAt),
  }
}

async function allRecords({ trail }: Places, id: string): Promise<AuditRecord[]> {
  const found: AuditRecord[] = []
  for (;;) {
    const page = await trail.list({ subject: id, limit: RECORDS_AT_ONCE, before: found.at(-1)?.id })
    found.push(...page)
    if (page.length < RECORDS_AT_ONCE) return found
  }
}

function parsed(texts: Iterable<readonly [string, string]>): object {
  return Object.fromEntries([...texts].map(([key, json]) => [key, JSON.parse(json) as unknown]))
}

function instant(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
