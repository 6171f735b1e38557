/**
 * audit/ keeps the trail of the service: the rows in the database of accounts, and how long they stay. The library
 * makes the records; the admin API and the commands read them. It knows no HTTP and decides nothing.
 */
import type { Kysely, Selectable } from 'kysely'
import { auditIdAt, type AuditRecord } from 'sojourn/telemetry'
import { guarded } from '../account/guarded.js'
import type { AuditTable, Schema } from '../account/schema.js'
import { concerns, selectPage, type TrailPage } from './wanted.js'

export type { TrailPage } from './wanted.js'

/** What became of a person's records. */
export interface ErasedRecords {
  readonly deleted: number
  /** Records of nobody, from where the person was: they stay without address and agent. */
  readonly blanked: number
}

/** The rows of the trail. Every method throws `AccountsUnavailable` where the database cannot be used. */
export interface Trail {
  /** A record that is there already stays as it is. */
  add(records: readonly AuditRecord[]): Promise<void>
  list(page: TrailPage): Promise<readonly AuditRecord[]>
  /** The id of the last of so many records; `undefined` where there are no more than that. */
  idAt(wanted: Omit<TrailPage, 'limit'>, count: number): Promise<string | undefined>
  /** Deletes what is older, at most so many rows; answers how many. */
  sweep(before: number, most: number): Promise<number>
  /** How many records a person has. */
  countOf(subject: string): Promise<number>
  /** Deletes what tells of a person, and where others had nothing to do with it, from where they came. */
  erase(subject: string): Promise<ErasedRecords>
}

type Row = Selectable<AuditTable>

/** PostgreSQL takes 65,535 values in a statement, SQLite 32,766; a row has 14. */
const ROWS_AT_ONCE = 1_000
/** In place of a person who acted, in records that are somebody else's. */
const ERASED = 'erased'

/** The trail, in a database that `openDatabase` has opened. */
export function createTrail(database: Kysely<Schema>): Trail {
  return {
    async add(records) {
      for (let at = 0; at < records.length; at += ROWS_AT_ONCE) {
        const rows = records.slice(at, at + ROWS_AT_ONCE).map(toRow)
        await guarded(() =>
          database
            .insertInto('audit')
            .values(rows)
            .onConflict((clash) => clash.column('id').doNothing())
            .execute(),
        )
      }
    },
    async list(page) {
      return (await guarded(() => selectPage(database, page).execute())).map(toRecord)
    },
    async idAt(wanted, count) {
      const page = selectPage(database, { ...wanted, limit: count + 1 })
      const rows = await guarded(() =>
        database
          .selectFrom(page.as('wanted'))
          .select('id')
          .orderBy('id', 'desc')
          .offset(count - 1)
          .limit(2)
          .execute(),
      )
      return rows.length === 2 ? rows[0]?.id : undefined
    },
    async sweep(before, most) {
      const old = database
        .selectFrom('audit')
        .select('id')
        .where('id', '<', auditIdAt(before))
        .limit(most)
      return deleted(() => database.deleteFrom('audit').where('id', 'in', old).executeTakeFirst())
    },
    async countOf(subject) {
      const { count } = await guarded(() =>
        database
          .selectFrom('audit')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where(concerns(subject))
          .executeTakeFirstOrThrow(),
      )
      return count
    },
    erase: (subject) => erase(database, subject),
  }
}

async function erase(database: Kysely<Schema>, subject: string): Promise<ErasedRecords> {
  const own = database.selectFrom('audit').where('subject', '=', subject)
  const addresses = own.select('address').where('address', 'is not', null).distinct()
  const sessions = own.select('session_id').where('session_id', 'is not', null).distinct()
  // What was found before the rows went is what goes: in this order, a second call finishes a first that broke off.
  const blanked = await changed(() =>
    database
      .updateTable('audit')
      .set({ address: null, agent: null })
      .where('subject', 'is', null)
      .where('address', 'in', addresses)
      .executeTakeFirst(),
  )
  const ofSessions = await deleted(() =>
    database
      .deleteFrom('audit')
      .where('subject', 'is', null)
      .where('session_id', 'in', sessions)
      .executeTakeFirst(),
  )
  await changed(() =>
    database
      .updateTable('audit')
      .set({ actor: ERASED, address: null, agent: null })
      .where('actor', '=', subject)
      .executeTakeFirst(),
  )
  const ofPerson = await deleted(() =>
    database.deleteFrom('audit').where('subject', '=', subject).executeTakeFirst(),
  )
  return { deleted: ofPerson + ofSessions, blanked }
}

async function deleted(
  remove: () => Promise<{ readonly numDeletedRows: bigint }>,
): Promise<number> {
  return Number((await guarded(remove)).numDeletedRows)
}

async function changed(
  update: () => Promise<{ readonly numUpdatedRows: bigint }>,
): Promise<number> {
  return Number((await guarded(update)).numUpdatedRows)
}

function toRow(record: AuditRecord): Row {
  return {
    id: record.id,
    at: record.at,
    event: record.event,
    outcome: record.outcome,
    ...namesOf(record),
    address: record.address ?? null,
    agent: record.agent ?? null,
    request_id: record.requestId ?? null,
    method: record.method ?? null,
    path: record.path ?? null,
    details: record.details === undefined ? null : JSON.stringify(record.details),
  }
}

function namesOf({ subject, actor, sessionId, code }: AuditRecord) {
  return {
    subject: subject ?? null,
    actor: actor ?? null,
    session_id: sessionId ?? null,
    code: code ?? null,
  }
}

function toRecord({ session_id, request_id, details, ...row }: Row): AuditRecord {
  const whole = {
    ...row,
    sessionId: session_id,
    requestId: request_id,
    details: details === null ? null : (JSON.parse(details) as AuditRecord['details']),
  }
  const known = Object.entries(whole).filter(([, value]) => value !== null)
  return Object.fromEntries(known) as unknown as AuditRecord
}
