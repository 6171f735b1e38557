import { ROUTING_KEY } from '../bucket.js'
import type { Connection } from './connection.js'
import { SECOND_VERSION } from './schema-2.js'
import { THIRD_VERSION } from './schema-3.js'

/** Written into the file's header (`PRAGMA application_id`), so that no other application's file is taken for ours: "Sojn". */
export const APPLICATION_ID = 0x536f_6a6e

/** One step from a version of the schema to the next. Runs inside a transaction. */
export type Migration = (connection: Connection) => void

/**
 * The first version; see schema-2.ts for what became of it. Sessions rest in one row each. `expires_at` is checked against the instants it is made of, so that no
 * index can disagree with them (a generated column would do that too, but SQLite cannot count sessions
 * in an index with one). `data` comes last, so that lists need not read past it.
 * The live sessions of a subject are all of its present epoch: one range of `session_by_subject`
 * holds them in the order of the list, however many dead ones of older epochs wait to be reaped.
 * The other check keeps out integers that a JavaScript number cannot hold: one such row, and the driver could
 * not read the page of a list that it is on.
 */
const TABLES = `
  CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE session (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    subject TEXT,
    secret_digest TEXT NOT NULL,
    previous_digest TEXT,
    previous_until INTEGER,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    authenticated_at INTEGER,
    idle_timeout INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    ends_as TEXT,
    epoch INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    traits TEXT NOT NULL,
    data TEXT NOT NULL,
    CHECK (expires_at = min(last_seen_at + idle_timeout, absolute_expires_at)),
    CHECK (max(created_at, last_seen_at, idle_timeout, absolute_expires_at) < 9007199254740992)
  ) STRICT;
  CREATE INDEX session_by_subject
    ON session (subject, epoch, last_seen_at DESC, id, expires_at) WHERE subject IS NOT NULL;
  CREATE INDEX session_by_expiry ON session (expires_at);

  CREATE TABLE tombstone (
    id TEXT PRIMARY KEY,
    subject TEXT,
    reason TEXT NOT NULL,
    ended_at INTEGER NOT NULL,
    forget_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tombstone_by_end ON tombstone (forget_at);

  CREATE TABLE subject (
    subject TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    epoch_reason TEXT,
    epoch_at INTEGER,
    is_disabled INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    forget_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX subject_by_end ON subject (forget_at) WHERE is_disabled = 0;
`

/** Every step there ever was, in order: the schema's version is their number. Never change one that was released. */
export const MIGRATIONS: readonly Migration[] = [
  (connection) => {
    connection.exec(TABLES)
    connection.run(`INSERT INTO setting VALUES ('routing_key', ?)`, ROUTING_KEY)
  },
  (connection) => {
    connection.exec(SECOND_VERSION)
  },
  (connection) => {
    connection.exec(THIRD_VERSION)
  },
]
