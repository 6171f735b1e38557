/**
 * The third version of the schema: what guards count. Both tables are swept by their end. They tell nobody: no near
 * cache holds a count, so they have no triggers.
 */
export const THIRD_VERSION = `
  CREATE TABLE debt (
    key TEXT PRIMARY KEY,
    ends_at INTEGER NOT NULL,
    spare INTEGER NOT NULL,
    quota INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX debt_by_end ON debt (ends_at);

  CREATE TABLE tally (
    key TEXT PRIMARY KEY,
    ends_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    is_locked INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tally_by_end ON tally (ends_at);
`
