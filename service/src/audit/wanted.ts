import type { ExpressionBuilder, Kysely, SelectQueryBuilder } from 'kysely'
import { auditIdAt } from 'sojourn/telemetry'
import type { AuditTable, Schema } from '../account/schema.js'

/** Which records are wanted, newest first. Each that is given narrows it down. */
export interface TrailPage {
  /** From 1. */
  readonly limit: number
  /** What happened to this person, or was done by them. */
  readonly subject?: string | undefined
  /** The same, without what they did to others. */
  readonly of?: string | undefined
  /** Only events of this name. */
  readonly event?: string | undefined
  /** Only events of these names. */
  readonly events?: readonly string[] | undefined
  readonly outcome?: string | undefined
  /** What this person did to others. */
  readonly actor?: string | undefined
  readonly sessionId?: string | undefined
  /** As records keep it: see `Audit.addressAsKept`. */
  readonly address?: string | undefined
  /** Epoch milliseconds. */
  readonly since?: number | undefined
  /** Epoch milliseconds; what happened then is not wanted any more. */
  readonly until?: number | undefined
  /** The id of the last record on the page before. */
  readonly before?: string | undefined
  /** The id of a record: only later ones. */
  readonly after?: string | undefined
}

type Records = SelectQueryBuilder<Schema, 'audit', AuditTable>

/**
 * The statement for a page. Of several events each is looked up by itself, so that the index leads to the newest at once,
 * however rare or frequent they are: with a list of them SQLite would read and sort all there ever were.
 */
export function selectPage(database: Kysely<Schema>, page: TrailPage): Records {
  const { events, limit } = page
  if (events === undefined || isNarrow(page)) return wanted(database, page)
  const each = (event: string) =>
    database
      .selectFrom(wanted(database, { ...page, event, events: undefined }).as('one'))
      .selectAll()
  const [first = '', ...others] = events
  return others
    .reduce((all, event) => all.unionAll(each(event)), each(first))
    .orderBy('id', 'desc')
    .limit(limit) as Records
}

/** Whether it is about one person, session or address: an index leads to few records then. */
function isNarrow({ subject, of, actor, sessionId, address }: TrailPage): boolean {
  return [subject, of, actor, sessionId, address].some((one) => one !== undefined)
}

function wanted(database: Kysely<Schema>, page: TrailPage): Records {
  const { limit, subject, of, event, events, outcome, actor, sessionId, address } = page
  const { since, until, before, after } = page
  return database
    .selectFrom('audit')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(limit)
    .$if(subject !== undefined, (query) => query.where(concerns(subject ?? '')))
    .$if(of !== undefined, (query) => query.where('subject', '=', of ?? ''))
    .$if(event !== undefined, (query) => query.where('event', '=', event ?? ''))
    .$if(events !== undefined, (query) => query.where('event', 'in', [...(events ?? [])]))
    .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome ?? ''))
    .$if(actor !== undefined, (query) => query.where('actor', '=', actor ?? ''))
    .$if(sessionId !== undefined, (query) => query.where('session_id', '=', sessionId ?? ''))
    .$if(address !== undefined, (query) => query.where('address', '=', address ?? ''))
    .$if(since !== undefined, (query) => query.where('id', '>=', auditIdAt(since ?? 0)))
    .$if(until !== undefined, (query) => query.where('id', '<', auditIdAt(until ?? 0)))
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
}

/** What happened to a person, or was done by them. */
export function concerns(subject: string) {
  return (row: ExpressionBuilder<Schema, 'audit'>) =>
    row.or([row('subject', '=', subject), row('actor', '=', subject)])
}
