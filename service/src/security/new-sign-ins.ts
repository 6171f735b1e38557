import type { Kysely, Selectable } from 'kysely'
import { guarded } from '../account/guarded.js'
import type { NewSignInTable, Schema } from '../account/schema.js'

/** A sign-in on a device that was not seen before, and of which nobody has said yet whose it was. */
export interface NewSignIn {
  readonly sessionId: string
  readonly subject: string
  /** Epoch milliseconds. */
  readonly at: number
  /** As far as the session keeps them. */
  readonly address: string | undefined
  readonly agent: string | undefined
}

/**
 * Sign-ins that wait for an answer: rows of their own, as a record of the trail may be late or lost, and may be told to keep no
 * address. Every method throws `AccountsUnavailable` where the database cannot be used.
 */
export interface NewSignIns {
  /** Of one person the latest {@link MOST_WAITING} are kept. */
  add(signIn: NewSignIn): Promise<void>
  /** Newest first. */
  listOf(subject: string): Promise<readonly NewSignIn[]>
  /** They wait no longer. Ids of other people's sessions change nothing. */
  settle(subject: string, sessionIds: readonly string[]): Promise<void>
  /** Deletes what is older, of everybody. */
  sweep(before: number): Promise<void>
  /** Deletes what is kept of a person. */
  erase(subject: string): Promise<void>
}

/** More would not be read; a program without cookies is new each time it signs in. */
export const MOST_WAITING = 20

/** The rows, in a database that `openDatabase` has opened. */
export function createNewSignIns(database: Kysely<Schema>): NewSignIns {
  const newestFirst = (subject: string) =>
    database
      .selectFrom('new_sign_in')
      .where('subject', '=', subject)
      .orderBy('at', 'desc')
      .orderBy('session_id', 'desc')
  const remove = () => database.deleteFrom('new_sign_in')
  return {
    async add({ sessionId, subject, at, address = null, agent = null }) {
      const row = { session_id: sessionId, subject, at, address, agent }
      await guarded(() =>
        database
          .insertInto('new_sign_in')
          .values(row)
          .onConflict((clash) => clash.column('session_id').doNothing())
          .execute(),
      )
      const tooMany = newestFirst(subject).select('session_id').offset(MOST_WAITING).limit(1_000)
      await guarded(() => remove().where('session_id', 'in', tooMany).execute())
    },
    async listOf(subject) {
      const rows = await guarded(() => newestFirst(subject).selectAll().execute())
      return rows.map(toNewSignIn)
    },
    async settle(subject, sessionIds) {
      if (sessionIds.length === 0) return
      await guarded(() =>
        remove()
          .where('subject', '=', subject)
          .where('session_id', 'in', [...sessionIds])
          .execute(),
      )
    },
    async sweep(before) {
      await guarded(() => remove().where('at', '<', before).execute())
    },
    async erase(subject) {
      await guarded(() => remove().where('subject', '=', subject).execute())
    },
  }
}

function toNewSignIn({
  session_id,
  address,
  agent,
  ...row
}: Selectable<NewSignInTable>): NewSignIn {
  return {
    ...row,
    sessionId: session_id,
    address: address ?? undefined,
    agent: agent ?? undefined,
  }
}
