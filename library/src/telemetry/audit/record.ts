import type { EventName, SojournEvents } from '../../session/events.js'
import type { SessionId } from '../../store/record.js'
import { randomToken } from '../../system/random.js'
import { entryOf, type AuditOutcome } from './catalogue.js'
import type { Reducer } from './privacy.js'
import { safeText } from './safe-text.js'

/**
 * One thing that happened: when, what, to whom, by whom and from where (ASVS 16.2.1). All text is one line without
 * control characters and without anything that could be presented as a credential.
 */
export interface AuditRecord {
  /** Unique; sorts by time. */
  readonly id: string
  /** Epoch milliseconds, by the clock of the process that recorded it. */
  readonly at: number
  /** What: an event of the catalogue, or `audit.dropped` where records were lost. */
  readonly event: EventName | 'audit.dropped'
  readonly outcome: AuditOutcome
  /** Whom it happened to. */
  readonly subject?: string
  /** Who did it, where that is somebody else. */
  readonly actor?: string
  readonly sessionId?: SessionId
  /** From where, as far as the privacy options keep it. */
  readonly address?: string
  /** With what, as far as the privacy options keep it. */
  readonly agent?: string
  /** Which, or why: a word of the event's own list. */
  readonly code?: string
  /** The request in which it happened. */
  readonly requestId?: string
  readonly method?: string
  /** Path without query. */
  readonly path?: string
  /** Further facts of this event. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
}

/** The request in which events happen. */
export interface AuditedRequest {
  readonly address?: string | undefined
  /** The `User-Agent` header. */
  readonly agent?: string | undefined
  readonly requestId?: string | undefined
  readonly method?: string | undefined
  /** Path without query. */
  readonly path?: string | undefined
  /** Who acts for the subject, asked when something is recorded. */
  readonly actorOf?: (() => string | undefined) | undefined
}

const LONGEST = { word: 128, detail: 256, agent: 256, path: 512 } as const
const ID_TIME = 9
const ID_BYTES = 9

/** The part of an id that tells the time; ids made before an instant sort before it. */
export function auditIdAt(at: number): string {
  return Math.max(0, Math.trunc(at)).toString(36).padStart(ID_TIME, '0')
}

/** A new id for what happened at an instant. */
export function auditId(at: number): string {
  return `${auditIdAt(at)}-${randomToken(ID_BYTES)}`
}

/** What is recorded of an event; `undefined` where nothing is. */
export function toRecord<Name extends EventName>(
  name: Name,
  event: SojournEvents[Name],
  around: AuditedRequest | undefined,
  at: number,
  reducer: Reducer,
): AuditRecord | undefined {
  const entry = entryOf(name)
  if (entry === undefined || entry.only?.is(event) === false) return undefined
  const request = entry.isApart?.(event) === true ? undefined : around
  const facts = event as Facts
  return withoutGaps({
    id: auditId(at),
    at,
    event: name,
    outcome: entry.isNotice?.(event) === true ? 'notice' : entry.outcome,
    ...whoAndWhy(entry as unknown as Keys, facts, request),
    ...whereFrom(facts, request ?? {}, reducer),
    details: detailsOf(entry.details as readonly string[] | undefined, facts),
  })
}

type Facts = Readonly<Record<string, unknown>>
type Keys = Readonly<Partial<Record<'subject' | 'actor' | 'sessionId' | 'code', string>>>

function whoAndWhy(keys: Keys, facts: Facts, request: AuditedRequest | undefined) {
  const word = (key: string | undefined): string | undefined =>
    key === undefined ? undefined : textOf(facts[key], LONGEST.word)
  return {
    subject: word(keys.subject),
    actor: word(keys.actor) ?? textOf(request?.actorOf?.(), LONGEST.word),
    sessionId: word(keys.sessionId),
    code: word(keys.code),
  }
}

function whereFrom(facts: Facts, request: AuditedRequest, reducer: Reducer) {
  const address = textIn(facts['address']) ?? request.address
  return {
    address: textOf(reducer.address(address), LONGEST.word),
    agent: textOf(reducer.agent(request.agent), LONGEST.agent),
    requestId: textOf(request.requestId, LONGEST.word),
    method: textOf(facts['method'] ?? request.method, LONGEST.word),
    path: textOf(facts['path'] ?? request.path, LONGEST.path),
  }
}

type Details = NonNullable<AuditRecord['details']>

function detailsOf(keys: readonly string[] | undefined, facts: Facts): Details | undefined {
  const kept: Record<string, Details[string]> = {}
  for (const key of keys ?? []) {
    const value = facts[key]
    const isPlain = typeof value === 'number' || typeof value === 'boolean'
    const kind = Array.isArray(value) ? value.join(' ') : value
    const told = isPlain ? value : textOf(kind, LONGEST.detail)
    if (told !== undefined) kept[key] = told
  }
  return Object.keys(kept).length === 0 ? undefined : kept
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function textOf(value: unknown, most: number): string | undefined {
  const text = textIn(value)
  return text === undefined ? undefined : safeText(text, most)
}

type Gaps<Whole> = { readonly [Key in keyof Whole]: Whole[Key] | undefined }

function withoutGaps(record: Gaps<AuditRecord>): AuditRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as AuditRecord
}
