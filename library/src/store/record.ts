import type { EndReason } from './end-reason.js'

/**
 * Public name of a session: `bucket.id`, 25 characters. Safe to log, to list and to put into a JWT
 * as `sid`. It is never a secret: knowing it lets nobody in.
 */
export type SessionId = string

/** One top-level value of a session's data, as it rests in the store. */
export interface DataEntry {
  /** The value as JSON text. No store ever looks inside (Lua's cjson would turn `[]` into `{}`). */
  readonly json: string
  /** The record's revision at which this key was last written; tells concurrent writers apart. */
  readonly revision: number
}

/** What a session looks like at rest. Instants are epoch milliseconds by the store's clock. */
export interface SessionRecord {
  readonly id: SessionId
  /** Whom the session belongs to (`sub`), or `undefined` while it is anonymous. */
  readonly subject: string | undefined
  /** SHA-256 of the session secret, base64url. Nothing at rest can be presented as a credential. */
  readonly secretDigest: string
  /** The digest before the last renewal. Accepted until the successor is first presented, and not after {@link previousUntil}. */
  readonly previousDigest: string | undefined
  readonly previousUntil: number | undefined
  readonly createdAt: number
  readonly lastSeenAt: number
  /** When the person last proved who they are; `undefined` while anonymous. */
  readonly authenticatedAt: number | undefined
  /** Milliseconds of inactivity after which the session expires. */
  readonly idleTimeout: number
  /** The instant after which nothing extends the session. */
  readonly absoluteExpiresAt: number
  /** What to call the end at {@link absoluteExpiresAt}, where it is not `expired_absolute`. */
  readonly endsAs: EndReason | undefined
  /** The subject's epoch when the session started. A session of an older epoch has been revoked. */
  readonly epoch: number
  /** Counts the writes to the data, that of `create` included; 0 while there never was any. */
  readonly revision: number
  /** The refresh tokens of this session, or `undefined` while it has none. */
  readonly family: RefreshFamily | undefined
  /** Short facts the store keeps without reading them: see {@link TRAITS}. */
  readonly traits: Readonly<Partial<Record<TraitName, string>>>
  readonly data: ReadonlyMap<string, DataEntry>
}

/**
 * All refresh tokens that descend from one: what is kept of them is a number that grows. Nothing here can be
 * presented, and every token is recomputed from its predecessor, never stored.
 */
export interface RefreshFamily {
  /** SHA-256 of the random seed that all tokens of the family carry, base64url. */
  readonly seedDigest: string
  /** The number of the one token that is good; the first has 1. */
  readonly generation: number
  /** The number of the token that was exchanged for it; `undefined` before the first exchange. */
  readonly parent: number | undefined
  /** When it was exchanged, or when the family began. */
  readonly rotatedAt: number
  /** The present token was seen in use: it was exchanged itself, or an access token issued with it came in. */
  readonly isPresented: boolean
  /** The instant after which no token of the family is exchanged, however often it was. */
  readonly expiresAt: number
}

/**
 * Facts about a session that no store verb depends on, but that `rotate` compares `client`. The one-letter field names keep a Redis
 * record small; each value stays under 64 bytes, past which Redis doubles the record.
 */
export const TRAITS = {
  /** `1` when the cookie outlives the browser window ("remember me"). */
  persistent: 'p',
  /** Authentication methods, comma-separated (RFC 8176 `amr`). */
  methods: 'm',
  /** Client address, in the form the privacy option allows. */
  address: 'i',
  /** User agent, in the form the privacy option allows. */
  agent: 'w',
  /** Who acts for the subject, while impersonating. */
  actor: 'o',
  /** Thumbprint of the key that this session is bound to (`cnf`, RFC 7800), once it is. */
  confirmation: 'f',
  /** The one-time challenge that a bound key has to answer next. */
  challenge: 'n',
  /** When the secret was last renewed, as epoch milliseconds in base 36; absent until the first renewal. */
  renewed: 'r',
  /** The OAuth client that its tokens were issued to. */
  client: 'c',
  /** What its tokens allow, space-separated (RFC 6749 section 3.3). */
  scope: 's',
  /** Whom its tokens are for, space-separated, where it is not everybody configured. */
  audience: 'a',
  /** The session from which this one was opened, while impersonating. */
  parent: 'v',
  /** Why somebody acts for the subject. */
  purpose: 'u',
  /** How sure the authentication was, in the application's own words (`acr`, OpenID Connect Core section 2). */
  level: 'l',
  /** `address` as the session began, once it has changed; `-` where there was none. */
  firstAddress: 'j',
  /** `agent` likewise. */
  firstAgent: 'k',
  /** Why the person has to prove once more who they are before the session counts. */
  awaits: 'q',
  /** What the person calls the device, of at most 64 characters. */
  name: 'x',
} as const

/** Name of a trait. */
export type TraitName = keyof typeof TRAITS

/** The instant at which the record expires if nothing happens. */
export function expiresAt(
  record: Pick<SessionRecord, 'lastSeenAt' | 'idleTimeout' | 'absoluteExpiresAt'>,
): number {
  return Math.min(record.lastSeenAt + record.idleTimeout, record.absoluteExpiresAt)
}

/** How a record ends by time at `now`, or `undefined` while it lives. The absolute limit is told first. */
export function expiryReason(
  record: Pick<SessionRecord, 'lastSeenAt' | 'idleTimeout' | 'absoluteExpiresAt' | 'endsAs'>,
  now: number,
): EndReason | undefined {
  if (now >= record.absoluteExpiresAt) return record.endsAs ?? 'expired_absolute'
  if (now >= record.lastSeenAt + record.idleTimeout) return 'expired_idle'
  return undefined
}

/** What a store keeps of a subject beside its sessions. Missing means: epoch 0, enabled, no attributes. */
export interface SubjectRecord {
  /** Grows by one when all sessions of the subject are revoked; older sessions are dead from then on. */
  readonly epoch: number
  /** Why the sessions of older epochs ended. */
  readonly epochReason: EndReason | undefined
  /** A disabled subject has no live session and cannot start one. */
  readonly isDisabled: boolean
  /** Grows by one with every change of the attributes, so that what was made from older ones can be told. */
  readonly version: number
  /** Facts that all sessions of the subject share (role, plan, …), as JSON text by key. */
  readonly attributes: ReadonlyMap<string, string>
}

/** The subject record of somebody the store holds nothing about. */
export const NO_SUBJECT_RECORD: SubjectRecord = {
  epoch: 0,
  epochReason: undefined,
  isDisabled: false,
  version: 0,
  attributes: new Map(),
}

/**
 * Why a record that is still there must not be used: its subject is disabled, its epoch is over, or
 * its time has run out. `undefined` while it is good. Every store and every cache asks this one function.
 */
export function endedBecause(
  record: SessionRecord,
  subject: SubjectRecord,
  now: number,
): EndReason | undefined {
  if (subject.isDisabled) return 'subject_disabled'
  if (record.epoch < subject.epoch) return subject.epochReason ?? 'unknown'
  return expiryReason(record, now)
}
