import type { AuditRecord } from 'sojourn/telemetry'
import type { FeedRecord, NamedPerson } from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { instant } from './act.js'
import { nameOf } from './held.js'

/** Records as the page shows them: with the names of people, and where addresses are. */
export async function shownRecords(
  { accounts, places }: Parts,
  records: readonly AuditRecord[],
): Promise<readonly FeedRecord[]> {
  const ids = new Set(records.flatMap(({ subject, actor }) => [subject ?? [], actor ?? []].flat()))
  const names = await namesOf(accounts, [...ids])
  const person = (id: string | undefined): NamedPerson | undefined =>
    id === undefined ? undefined : { id, name: names.get(id) }
  return records.map((record) => ({
    ...record,
    subject: person(record.subject),
    actor: person(record.actor),
    place: places.placeOf(record.address),
    facts: factsOf(record),
  }))
}

const AT_ONCE = 100

async function namesOf(
  accounts: Parts['accounts'],
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const found = await accounts.getMany(ids.slice(at, at + AT_ONCE))
    for (const account of found) names.set(account.id, nameOf(account))
  }
  return names
}

function factsOf({ at, details, ...record }: AuditRecord): FeedRecord['facts'] {
  const facts: readonly (readonly [string, string | number | boolean])[] = [
    ['at', instant(at)],
    ...Object.entries(record),
    ...Object.entries(details ?? {}),
  ]
  return facts.map(([name, value]) => [name, String(value)] as const)
}
