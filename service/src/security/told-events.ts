import type { AuditRecord } from 'sojourn/telemetry'
import type { Trail } from '../audit/trail.js'
import type { SecurityEventKind } from '../page/index.js'

/** One thing that happened to an account, as its owner is told of it: no other person's data is in it. */
export interface ToldEvent {
  /** That of the newest record it tells of. */
  readonly id: string
  readonly kind: SecurityEventKind
  /** Epoch milliseconds. */
  readonly at: number
  /** How often it happened in a row. */
  readonly count: number
  readonly sessionId: string | undefined
  /** Where it was done from; nothing where somebody else, or nobody, did it. */
  readonly address: string | undefined
  readonly agent: string | undefined
  /** Why, in the words of an administrator. */
  readonly purpose: string | undefined
  /** An administrator did it who acted as the owner of the account. */
  readonly isByAdministrator: boolean
}

/** Events of a person, newest first. */
export interface ToldEvents {
  readonly events: readonly ToldEvent[]
  /** Where the next page goes on. */
  readonly next: string | undefined
}

/** By event, and where it says more by its code; what is not here is not told. */
const KINDS: Readonly<
  Record<string, SecurityEventKind | Readonly<Record<string, SecurityEventKind>>>
> = {
  'session.started': 'signedIn',
  'session.renewed': 'confirmed',
  'session.refused': { limit: 'signInRefused' },
  'session.ended': {
    logged_out: 'signedOut',
    logged_out_elsewhere: 'deviceEnded',
    revoked_admin: 'endedByAdministrator',
    evicted_limit: 'madeRoom',
    expired_idle: 'expiredIdle',
    expired_absolute: 'expiredAbsolute',
    anomaly: 'endedAsUnusual',
    key_retired: 'keyRetired',
  },
  'subject.revoked': {
    logged_out_elsewhere: 'devicesEnded',
    revoked_admin: 'allEndedByAdministrator',
    key_retired: 'keyRetired',
  },
  'subject.disabled': 'switchedOff',
  'subject.enabled': 'switchedOn',
  'signin.failed': { password_wrong: 'confirmFailed', credentials_invalid: 'signInFailed' },
  'signin.locked': 'signInPaused',
  'signin.suspicious': { impossible_travel: 'farAway' },
  'credential.changed': { password: 'passwordChanged' },
  'refresh.reused': 'tokenReused',
  'impersonation.started': 'impersonated',
}
const EVENTS = Object.keys(KINDS)

/** Not the owner's doing: who did it, and from where, is somebody else's affair. */
const NOT_OWN: ReadonlySet<SecurityEventKind> = new Set([
  'endedByAdministrator',
  'allEndedByAdministrator',
  'expiredIdle',
  'expiredAbsolute',
  'keyRetired',
  'switchedOff',
  'switchedOn',
  'impersonated',
])

/** What often comes in a row is told once, with how often. */
const COUNTED: ReadonlySet<SecurityEventKind> = new Set([
  'signInFailed',
  'confirmFailed',
  'expiredIdle',
  'expiredAbsolute',
  'madeRoom',
])

const AT_ONCE = 100
const MOST_READ = 500

/** Reads a page of them. A record that says the same as another one, or that only says more about it, is not told for itself. */
export async function toldEvents(
  trail: Trail,
  subject: string,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<ToldEvents> {
  const records: AuditRecord[] = []
  for (;;) {
    const after = records.at(-1)?.id ?? before
    const page = await trail.list({ of: subject, events: EVENTS, limit: AT_ONCE, before: after })
    records.push(...page)
    const told = tell(records)
    // What comes last may go on in what was not read yet: hence one more than wanted.
    if (told.length > limit) return pageOf(told.slice(0, limit), told[limit - 1]?.last)
    if (page.length < AT_ONCE) return pageOf(told, undefined)
    if (records.length >= MOST_READ) return pageOf(told, records.at(-1)?.id)
  }
}

function pageOf(told: readonly Telling[], next: string | undefined): ToldEvents {
  return { events: told.map(({ last: _, ...event }) => event), next }
}

/** With the id of the oldest record that it tells of. */
type Telling = ToldEvent & { readonly last: string }

function tell(records: readonly AuditRecord[]): readonly Telling[] {
  const around = surroundings(records)
  const told: Telling[] = []
  for (const record of records) {
    const telling = toTelling(record, around)
    if (telling === undefined) continue
    const previous = told.at(-1)
    if (previous !== undefined && isSame(previous, telling)) {
      told[told.length - 1] = { ...previous, count: previous.count + 1, last: telling.last }
    } else told.push(telling)
  }
  return told
}

/** What other records say of one. */
interface Surroundings {
  /** Sessions that an administrator began. */
  readonly impersonated: ReadonlySet<string>
  /** Requests in which somebody signed in on a device that was not seen before. */
  readonly newDevices: ReadonlySet<string>
  /** Requests in which the password was changed: it was asked for, too. */
  readonly changes: ReadonlySet<string>
  /** When all sessions ended at once, and why. */
  readonly revocations: readonly AuditRecord[]
}

function surroundings(records: readonly AuditRecord[]): Surroundings {
  const of = (event: string): readonly AuditRecord[] =>
    records.filter((record) => record.event === event)
  return {
    impersonated: new Set(of('impersonation.started').flatMap(({ sessionId = [] }) => sessionId)),
    newDevices: new Set(
      of('signin.suspicious')
        .filter(({ code }) => code === 'new_device')
        .flatMap(({ requestId = [] }) => requestId),
    ),
    changes: new Set(of('credential.changed').flatMap(({ requestId = [] }) => requestId)),
    revocations: of('subject.revoked'),
  }
}

function toTelling(record: AuditRecord, around: Surroundings): Telling | undefined {
  const kind = kindOf(record, around)
  if (kind === undefined) return undefined
  const { id, at, sessionId, details = {}, subject, actor } = record
  const isByAdministrator = actor !== undefined && actor !== subject
  const isOwn = !isByAdministrator && !NOT_OWN.has(kind)
  const { purpose, count } = details
  return {
    id,
    last: id,
    kind,
    at,
    count: typeof count === 'number' && kind === 'devicesEnded' ? count : 1,
    sessionId,
    address: isOwn ? record.address : undefined,
    agent: isOwn ? record.agent : undefined,
    purpose: typeof purpose === 'string' ? purpose : undefined,
    isByAdministrator,
  }
}

function kindOf(record: AuditRecord, around: Surroundings): SecurityEventKind | undefined {
  if (isToldByOther(record, around)) return undefined
  const kinds = Object.hasOwn(KINDS, record.event) ? KINDS[record.event] : undefined
  const { code = '', requestId = '' } = record
  if (kinds === 'signedIn' && around.newDevices.has(requestId)) return 'signedInNew'
  if (typeof kinds !== 'object') return kinds
  return Object.hasOwn(kinds, code) ? kinds[code] : undefined
}

/** The ends that follow where all sessions ended at once come a moment later, one by one. */
const TIDIED_WITHIN = 60_000

function isToldByOther(record: AuditRecord, around: Surroundings): boolean {
  const { requestId = '', sessionId = '' } = record
  switch (record.event) {
    case 'session.started':
      return around.impersonated.has(sessionId)
    case 'session.renewed':
      return around.changes.has(requestId)
    case 'session.ended':
      return around.revocations.some((all) => isPartOf(all, record))
    case 'subject.revoked':
      return record.details?.['count'] === 0
    default:
      return false
  }
}

function isPartOf(all: AuditRecord, { code, at }: AuditRecord): boolean {
  return all.code === code && at >= all.at && at - all.at <= TIDIED_WITHIN
}

function isSame(one: Telling, other: Telling): boolean {
  return (
    COUNTED.has(one.kind) &&
    one.kind === other.kind &&
    one.address === other.address &&
    one.agent === other.agent &&
    one.isByAdministrator === other.isByAdministrator
  )
}
