/**
 * The second version of the schema: refresh families, documents, and what is told of changes.
 *
 * The table of sessions is built anew, so that `data` stays the last column: lists need not read past it.
 * What is told is written by triggers, in the transaction of the change itself, whoever makes it: by the
 * first version of this store as well, where it still has the file open. `change` is a ring of the latest
 * names; its places have no gaps, so that a reader notices when it comes too late.
 */
export const SECOND_VERSION = `
  CREATE TABLE session_2 (
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
    seed_digest TEXT,
    generation INTEGER,
    parent INTEGER,
    rotated_at INTEGER,
    is_presented INTEGER,
    family_expires_at INTEGER,
    traits TEXT NOT NULL,
    data TEXT NOT NULL,
    CHECK (expires_at = min(last_seen_at + idle_timeout, absolute_expires_at)),
    CHECK (max(created_at, last_seen_at, idle_timeout, absolute_expires_at) < 9007199254740992),
    CHECK (seed_digest IS NULL OR is_presented IS NOT NULL AND coalesce(parent, 0) < generation
      AND coalesce(max(generation, rotated_at, family_expires_at), -1) BETWEEN 0 AND 9007199254740991)
  ) STRICT;
  INSERT INTO session_2 (
    id, version, subject, secret_digest, previous_digest, previous_until, created_at, last_seen_at,
    authenticated_at, idle_timeout, absolute_expires_at, ends_as, epoch, revision, expires_at, traits, data)
  SELECT
    id, version, subject, secret_digest, previous_digest, previous_until, created_at, last_seen_at,
    authenticated_at, idle_timeout, absolute_expires_at, ends_as, epoch, revision, expires_at, traits, data
  FROM session;
  DROP TABLE session;
  ALTER TABLE session_2 RENAME TO session;
  CREATE INDEX session_by_subject
    ON session (subject, epoch, last_seen_at DESC, id, expires_at) WHERE subject IS NOT NULL;
  CREATE INDEX session_by_expiry ON session (expires_at);

  CREATE INDEX tombstone_by_instant ON tombstone (ended_at);

  ALTER TABLE subject ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE subject ADD COLUMN epoch_except TEXT;
  CREATE INDEX subject_by_epoch ON subject (epoch_at) WHERE epoch_at IS NOT NULL;

  CREATE TABLE document (
    name TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    forget_at INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;

  CREATE TABLE change (
    place INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER change_ring AFTER INSERT ON change BEGIN
    DELETE FROM change WHERE place = NEW.place - 1024;
  END;

  CREATE TRIGGER session_changed AFTER UPDATE OF
    secret_digest, previous_digest, previous_until, authenticated_at, absolute_expires_at, ends_as, epoch,
    revision, seed_digest, generation, is_presented, traits, data ON session
  BEGIN
    INSERT INTO change (kind, name) VALUES ('session', NEW.id);
  END;
  CREATE TRIGGER session_ended AFTER INSERT ON tombstone BEGIN
    INSERT INTO change (kind, name) VALUES ('session', NEW.id);
  END;
  CREATE TRIGGER subject_began AFTER INSERT ON subject BEGIN
    INSERT INTO change (kind, name) VALUES ('subject', NEW.subject);
  END;
  CREATE TRIGGER subject_changed AFTER UPDATE OF epoch, is_disabled, attributes ON subject
    WHEN OLD.epoch <> NEW.epoch OR OLD.is_disabled <> NEW.is_disabled
      OR OLD.version <> NEW.version OR OLD.attributes <> NEW.attributes
  BEGIN
    INSERT INTO change (kind, name) VALUES ('subject', NEW.subject);
  END;
  CREATE TRIGGER document_began AFTER INSERT ON document BEGIN
    INSERT INTO change (kind, name) VALUES ('document', NEW.name);
  END;
  CREATE TRIGGER document_changed AFTER UPDATE OF revision ON document BEGIN
    INSERT INTO change (kind, name) VALUES ('document', NEW.name);
  END;
`
