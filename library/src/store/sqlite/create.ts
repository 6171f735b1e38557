import { toRecord } from '../memory/record.js'
import { expiresAt, type SessionRecord } from '../record.js'
import type { CreateResult, NewSession, SessionLimit } from '../store.js'
import type { Context } from './context.js'
import { fromFamily } from './family.js'
import { find, findEnding, readSubject } from './lookup.js'
import { fromData, fromTraits, ROW_VERSION } from './row.js'
import { bury } from './tombstone.js'

/** {@link Store.create}. */
export function create(context: Context, session: NewSession): CreateResult {
  if (isTaken(context, session.id)) return { status: 'refused', reason: 'exists' }
  let epoch = 0
  let evicted: readonly string[] = []
  if (session.subject !== undefined) {
    const subject = readSubject(context, session.subject)
    if (subject.isDisabled) return { status: 'refused', reason: 'disabled' }
    epoch = subject.epoch
    const surplus = surplusOf(context, session.subject, epoch, session.limit)
    if (surplus.length > 0 && session.limit?.whenFull === 'refuse') {
      return { status: 'refused', reason: 'limit' }
    }
    evicted = surplus
    evict(context, session.subject, evicted)
  }
  const record = toRecord(session, epoch, context.now)
  insert(context, record)
  return { status: 'created', record, evicted }
}

function isTaken(context: Context, id: string): boolean {
  return find(context, id) !== 'missing' || findEnding(context, id) !== undefined
}

/** The live sessions of a subject, from the first to go to the last. */
const BY_AGE = `
  SELECT id FROM session WHERE subject = ? AND epoch = ? AND expires_at > ? ORDER BY created_at, id`
const BY_USE = `
  SELECT id FROM session WHERE subject = ? AND epoch = ? AND expires_at > ? ORDER BY last_seen_at, id`

/** Sessions that have to go so that one more is within the limit. */
function surplusOf(
  { connection, now }: Context,
  subject: string,
  epoch: number,
  limit: SessionLimit | undefined,
): readonly string[] {
  if (limit === undefined) return []
  const sql = limit.whenFull === 'evict-least-recent' ? BY_USE : BY_AGE
  const live = connection.all(sql, subject, epoch, now) as readonly { readonly id: string }[]
  return live.slice(0, Math.max(0, live.length + 1 - limit.max)).map(({ id }) => id)
}

function evict(context: Context, subject: string, ids: readonly string[]): void {
  const ending = { reason: 'evicted_limit', endedAt: context.now, subject } as const
  for (const id of ids) bury(context, id, ending)
}

/** Replaces a row of that id that has lingered and was not swept yet. */
const INSERT = `
  INSERT OR REPLACE INTO session (
    id, version, subject, secret_digest, created_at, last_seen_at, authenticated_at, idle_timeout,
    absolute_expires_at, expires_at, epoch, revision, seed_digest, generation, parent, rotated_at,
    is_presented, family_expires_at, traits, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

function insert({ connection }: Context, record: SessionRecord): void {
  connection.run(
    INSERT,
    record.id,
    ROW_VERSION,
    record.subject ?? null,
    record.secretDigest,
    record.createdAt,
    record.lastSeenAt,
    record.authenticatedAt ?? null,
    record.idleTimeout,
    record.absoluteExpiresAt,
    expiresAt(record),
    record.epoch,
    record.revision,
    ...fromFamily(record.family),
    fromTraits(record.traits),
    fromData(record.data),
  )
}
