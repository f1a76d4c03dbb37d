-- Delivery: channels of a project, messages on their way, and what becomes of them (docs/delivery.md).
--   outbox.state         0 queued, 1 sent, 2 failed, 3 cancelled, 4 with the sender, 5 withheld by a gate
--   outbox.lane          0 the log takes it at once, 1 it goes out through a channel
--   message_events.what  Fate::code

-- Her message at the node went out, and she is waited on for what she does with it.
ALTER TABLE enrolments ADD COLUMN awaits INTEGER NOT NULL DEFAULT 0;

ALTER TABLE outbox ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
-- Not before; not any more from then on.
ALTER TABLE outbox ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN expires_at INTEGER;
ALTER TABLE outbox ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
-- How often the server died while it was with the sender: it may have gone out before.
ALTER TABLE outbox ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0;
-- Somebody had it sent again: it goes out although she has gone on meanwhile.
ALTER TABLE outbox ADD COLUMN resent INTEGER NOT NULL DEFAULT 0;
-- Why it was not sent, or not yet.
ALTER TABLE outbox ADD COLUMN reason TEXT;
-- What the provider calls it.
ALTER TABLE outbox ADD COLUMN provider_id TEXT;

DROP INDEX outbox_queued;
CREATE INDEX outbox_queued ON outbox (seq) WHERE state = 0 AND lane = 0;
CREATE INDEX outbox_waiting ON outbox (version, channel, due_at) WHERE state = 0 AND lane = 1;
CREATE INDEX outbox_leased ON outbox (seq) WHERE state = 4;
CREATE INDEX outbox_undelivered ON outbox (project, seq) WHERE state = 2;
CREATE INDEX outbox_of_profile ON outbox (profile, settled_at) WHERE profile IS NOT NULL;
CREATE INDEX outbox_of_provider ON outbox (provider_id) WHERE provider_id IS NOT NULL;

-- What became of messages; each thing once for a message. Pending until the engine has acted on it.
CREATE TABLE message_events (
    message  INTEGER NOT NULL,
    what     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    detail   TEXT,
    pending  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (message, what)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_events_pending ON message_events (at, message) WHERE pending = 1;

-- How many messages of a project were with a sender when the server died, ever.
CREATE TABLE delivery_doubts (
    project  INTEGER NOT NULL PRIMARY KEY,
    count    INTEGER NOT NULL
) STRICT;

CREATE TABLE channels (
    project_id  BLOB    NOT NULL REFERENCES projects (id),
    channel     TEXT    NOT NULL,
    -- 0: test mode, messages are logged and not sent.
    live        INTEGER NOT NULL,
    settings    TEXT    NOT NULL CHECK (json_valid(settings)),
    -- Sealed with the server's key.
    secret      BLOB,
    -- Most messages a second; null: as many as the provider takes.
    per_second  INTEGER,
    revision    INTEGER NOT NULL DEFAULT 1,
    updated_by  BLOB    NOT NULL REFERENCES users (id),
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (project_id, channel)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER channels_inserted AFTER INSERT ON channels BEGIN UPDATE engine_state SET epoch = epoch + 1; END;
CREATE TRIGGER channels_updated AFTER UPDATE ON channels BEGIN UPDATE engine_state SET epoch = epoch + 1; END;

-- At most so many messages to a person in so many hours. channel '': all together.
CREATE TABLE frequency_caps (
    project_id  BLOB    NOT NULL REFERENCES projects (id),
    channel     TEXT    NOT NULL,
    most        INTEGER NOT NULL,
    hours       INTEGER NOT NULL,
    PRIMARY KEY (project_id, channel)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER frequency_caps_inserted AFTER INSERT ON frequency_caps BEGIN UPDATE engine_state SET epoch = epoch + 1; END;
CREATE TRIGGER frequency_caps_updated AFTER UPDATE ON frequency_caps BEGIN UPDATE engine_state SET epoch = epoch + 1; END;
CREATE TRIGGER frequency_caps_deleted AFTER DELETE ON frequency_caps BEGIN UPDATE engine_state SET epoch = epoch + 1; END;

-- Addresses that get nothing any more. kind: email, phone, push, web_push; cause: Cause::code, the greater goes before the lesser
CREATE TABLE suppressions (
    project  INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    cause    INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (project, kind, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX suppressions_by_time ON suppressions (project, at);

-- What providers' reports are verified with.
CREATE TABLE hook_secrets (
    project_id  BLOB    NOT NULL REFERENCES projects (id),
    provider    TEXT    NOT NULL,
    -- Sealed with the server's key.
    secret      BLOB    NOT NULL,
    updated_by  BLOB    NOT NULL REFERENCES users (id),
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (project_id, provider)
) STRICT, WITHOUT ROWID;

-- Reports that count once, whoever sends them again.
CREATE TABLE hook_receipts (
    project  INTEGER NOT NULL,
    receipt  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (project, receipt)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_receipts_by_time ON hook_receipts (at);

-- Who answers STOP from this number?
CREATE INDEX profiles_by_phone ON profiles (project,
    replace(replace(replace(replace(replace(replace(addresses ->> '$.phone', ' ', ''), '-', ''), '(', ''), ')', ''), '.', ''), '/', ''))
    WHERE addresses ->> '$.phone' IS NOT NULL;
