PRAGMA application_id = 1399810670;
PRAGMA user_version = 3;
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
CREATE TABLE tombstone (
    id TEXT PRIMARY KEY,
    subject TEXT,
    reason TEXT NOT NULL,
    ended_at INTEGER NOT NULL,
    forget_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
CREATE TABLE subject (
    subject TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    epoch_reason TEXT,
    epoch_at INTEGER,
    is_disabled INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    forget_at INTEGER NOT NULL
  , version INTEGER NOT NULL DEFAULT 0, epoch_except TEXT) STRICT;
CREATE TABLE "session" (
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
CREATE TABLE debt (
    key TEXT PRIMARY KEY,
    ends_at INTEGER NOT NULL,
    spare INTEGER NOT NULL,
    quota INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
CREATE TABLE tally (
    key TEXT PRIMARY KEY,
    ends_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    is_locked INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
INSERT INTO "setting" VALUES ('routing_key', 'sojourn');
INSERT INTO "tombstone" VALUES ('Ch.7jJ4z4oCNmUkurlpqjyM2A', 'ada', 'logged_out', 1767225600000, 1767312000000);
INSERT INTO "tombstone" VALUES ('D7.UBMtoYJaUMuaNNlwghXPcw', 'bob', 'password_changed', 1767225600000, 1767312000000);
INSERT INTO "tombstone" VALUES ('D_.-ajv-3QmlzLXpN6xR7deFw', 'cid', 'subject_disabled', 1767225600000, 1767312000000);
INSERT INTO "subject" VALUES ('bob', 1, 'password_changed', 1767225600000, 0, '[]', 1767312000000, 0, NULL);
INSERT INTO "subject" VALUES ('cid', 2, 'subject_disabled', 1767225600000, 1, '[]', 1767312000000, 0, NULL);
INSERT INTO "subject" VALUES ('ada', 0, NULL, NULL, 0, CAST(x'5b5b22726f6c65222c225c2261646d696e5c22225d2c5b22613a7b627d222c225b5c22c3bc5c225d225d5d' AS TEXT), 1767312000000, 1, NULL);
INSERT INTO "session" VALUES ('Ch.MJqGP1s9ffsptST7NIanSA', 1, 'ada', 'lW6vUbHUrT8W4ZrdC7uiHj0h0I_aXTfAdh2_DP6EJG8', NULL, NULL, 1767225600000, 1767225600000, 1767225600000, 3600000, 1767312000000, NULL, 0, 1, 1767229200000, NULL, NULL, NULL, NULL, NULL, NULL, '{"address":"203.0.113.7","agent":"Mozilla/5.0 (X11; Linux x86_64) Test/1"}', CAST(x'5b5b2263617274222c312c227b5c226974656d735c223a5b312c5c22c3bc5c5c75303030305c225d2c5c22656d7074795c223a5b5d7d225d5d' AS TEXT));
INSERT INTO "session" VALUES ('Ch.WGZ9cBKcBvlfsQHaK76i8A', 1, 'ada', 'M7jddErGGWnRxRpGRdKTDbiGSx8csnNYre3DLqXW3V8', NULL, NULL, 1767225600000, 1767225600000, 1767225600000, 1209600000, 1769817600000, NULL, 0, 1, 1768435200000, '8sQmEvsXHQ5EcEI57zyTfWikSOTbUs6Hmjo0JFaqi-A', 1, NULL, 1767225600000, 0, 1769817600000, '{"persistent":"1","address":"203.0.113.7","agent":"Mozilla/5.0 (X11; Linux x86_64) Test/1","scope":"read"}', CAST(x'5b5b2263617274222c312c227b5c226974656d735c223a5b312c5c22c3bc5c5c75303030305c225d2c5c22656d7074795c223a5b5d7d225d5d' AS TEXT));
INSERT INTO "session" VALUES ('RK.VBIPJZjjBMYqJd6EzY5SNw', 1, CAST(x'613a7b627d2a0d0ac3bc' AS TEXT), 'PfpvaJ3zSidab3xx6VzVW3t_GsJQgJYO5IT-AE5fB2I', NULL, NULL, 1767225600000, 1767225600000, 1767225600000, 3600000, 1767312000000, NULL, 0, 1, 1767229200000, NULL, NULL, NULL, NULL, NULL, NULL, '{"address":"203.0.113.7","agent":"Mozilla/5.0 (X11; Linux x86_64) Test/1"}', CAST(x'5b5b2263617274222c312c227b5c226974656d735c223a5b312c5c22c3bc5c5c75303030305c225d2c5c22656d7074795c223a5b5d7d225d5d' AS TEXT));
INSERT INTO "session" VALUES ('9T.6F2bZBVbxywipdMHm2GrnA', 1, NULL, 'HG9GQp4H0g9IOsW66CoKH_KDEtwVj_T08-hLZal9Uik', NULL, NULL, 1767225600000, 1767225600000, NULL, 3600000, 1767312000000, NULL, 0, 1, 1767229200000, NULL, NULL, NULL, NULL, NULL, NULL, '{"address":"203.0.113.7","agent":"Mozilla/5.0 (X11; Linux x86_64) Test/1"}', CAST(x'5b5b2263617274222c312c227b5c226974656d735c223a5b312c5c22c3bc5c5c75303030305c225d2c5c22656d7074795c223a5b5d7d225d5d' AS TEXT));
INSERT INTO "session" VALUES ('D7.EUDnmF0-aoMSFw8X5RrDlA', 1, 'bob', '1xEqgw8FCDkbV7_OKCg-t7PXcdv4gqxh-dpzDjXdi5o', NULL, NULL, 1767225600000, 1767225600000, 1767225600000, 3600000, 1767312000000, NULL, 1, 1, 1767229200000, NULL, NULL, NULL, NULL, NULL, NULL, '{"address":"203.0.113.7","agent":"Mozilla/5.0 (X11; Linux x86_64) Test/1"}', CAST(x'5b5b2263617274222c312c227b5c226974656d735c223a5b312c5c22c3bc5c5c75303030305c225d2c5c22656d7074795c223a5b5d7d225d5d' AS TEXT));
INSERT INTO "session" VALUES ('f5.B1Bxwzwdxedkl4OX5oMA_w', 1, 'dan', 'mPgAzL4dVU4oKpTjC0k4ku3IMKtxiNUl21LgxaLWHks', NULL, NULL, 1767225600000, 1767225600000, 1767225600000, 3600000, 1767227400000, 'signed_in', 0, 1, 1767227400000, NULL, NULL, NULL, NULL, NULL, NULL, '{"address":"203.0.113.7","agent":"Mozilla/5.0 (X11; Linux x86_64) Test/1"}', CAST(x'5b5b2263617274222c312c227b5c226974656d735c223a5b312c5c22c3bc5c5c75303030305c225d2c5c22656d7074795c223a5b5d7d225d5d' AS TEXT));
INSERT INTO "session" VALUES ('f5.68HY0iQP9s_lQ4_iy7WRBQ', 1, 'dan', 'vqT56KvDmMhL6fuxqhr8RY0HPLeAME-b0GsYXojMtY0', 'yStVq4va7hY9nC4hsVFYhBz35U5YYjfnGUPa_YUErO8', 1767225900000, 1767225600000, 1767225600000, 1767225600000, 3600000, 1767312000000, NULL, 0, 1, 1767229200000, NULL, NULL, NULL, NULL, NULL, NULL, '{"address":"203.0.113.7","agent":"Mozilla/5.0 (X11; Linux x86_64) Test/1","renewed":"mjuohs00"}', CAST(x'5b5b2263617274222c312c227b5c226974656d735c223a5b312c5c22c3bc5c5c75303030305c225d2c5c22656d7074795c223a5b5d7d225d5d' AS TEXT));
INSERT INTO "document" VALUES ('shared', 2, 1801872000000, CAST(x'7b2274657874223a22c3bc227d' AS TEXT));
INSERT INTO "change" VALUES (1, 'session', 'Ch.MJqGP1s9ffsptST7NIanSA');
INSERT INTO "change" VALUES (2, 'session', 'Ch.WGZ9cBKcBvlfsQHaK76i8A');
INSERT INTO "change" VALUES (3, 'session', 'Ch.WGZ9cBKcBvlfsQHaK76i8A');
INSERT INTO "change" VALUES (4, 'session', 'Ch.WGZ9cBKcBvlfsQHaK76i8A');
INSERT INTO "change" VALUES (5, 'session', 'RK.VBIPJZjjBMYqJd6EzY5SNw');
INSERT INTO "change" VALUES (6, 'session', 'Ch.7jJ4z4oCNmUkurlpqjyM2A');
INSERT INTO "change" VALUES (7, 'session', 'Ch.7jJ4z4oCNmUkurlpqjyM2A');
INSERT INTO "change" VALUES (8, 'session', 'D7.UBMtoYJaUMuaNNlwghXPcw');
INSERT INTO "change" VALUES (9, 'subject', 'bob');
INSERT INTO "change" VALUES (10, 'session', 'D7.UBMtoYJaUMuaNNlwghXPcw');
INSERT INTO "change" VALUES (11, 'session', 'D7.EUDnmF0-aoMSFw8X5RrDlA');
INSERT INTO "change" VALUES (12, 'session', 'D_.-ajv-3QmlzLXpN6xR7deFw');
INSERT INTO "change" VALUES (13, 'subject', 'cid');
INSERT INTO "change" VALUES (14, 'session', 'D_.-ajv-3QmlzLXpN6xR7deFw');
INSERT INTO "change" VALUES (15, 'subject', 'cid');
INSERT INTO "change" VALUES (16, 'session', 'f5.B1Bxwzwdxedkl4OX5oMA_w');
INSERT INTO "change" VALUES (17, 'session', 'f5.B1Bxwzwdxedkl4OX5oMA_w');
INSERT INTO "change" VALUES (18, 'subject', 'ada');
INSERT INTO "change" VALUES (19, 'session', 'f5.68HY0iQP9s_lQ4_iy7WRBQ');
INSERT INTO "change" VALUES (20, 'session', 'f5.68HY0iQP9s_lQ4_iy7WRBQ');
INSERT INTO "change" VALUES (21, 'document', 'shared');
INSERT INTO "change" VALUES (22, 'document', 'shared');
INSERT INTO "debt" VALUES ('net:1', 1767227040000, 0, 10);
INSERT INTO "tally" VALUES ('sign-in:ada', 1767229200000, 3, 0);
CREATE INDEX tombstone_by_end ON tombstone (forget_at);
CREATE INDEX subject_by_end ON subject (forget_at) WHERE is_disabled = 0;
CREATE INDEX session_by_subject
    ON session (subject, epoch, last_seen_at DESC, id, expires_at) WHERE subject IS NOT NULL;
CREATE INDEX session_by_expiry ON session (expires_at);
CREATE INDEX tombstone_by_instant ON tombstone (ended_at);
CREATE INDEX subject_by_epoch ON subject (epoch_at) WHERE epoch_at IS NOT NULL;
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
CREATE INDEX debt_by_end ON debt (ends_at);
CREATE INDEX tally_by_end ON tally (ends_at);
