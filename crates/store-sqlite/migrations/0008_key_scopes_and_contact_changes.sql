-- Finer scopes of API keys, their end and who answers for them, and a trace of changed addresses and consent.
--   api_keys.scopes         1 ingest, 2 read, 4 operate, 8 enter, 16 erase, 32 profiles, added up; 64 browser, alone
--   contact_changes.source  ContactSource::code

CREATE TABLE api_keys_with_end (
    id            BLOB    NOT NULL PRIMARY KEY REFERENCES users (id),
    project_id    BLOB    NOT NULL REFERENCES projects (id),
    name          TEXT    NOT NULL,
    hint          TEXT    NOT NULL,
    secret_hash   BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    scopes        INTEGER NOT NULL CHECK (scopes BETWEEN 1 AND 64),
    created_by    BLOB    NOT NULL REFERENCES users (id),
    -- Who answers for it: it opens nothing while they may not manage the project's keys.
    kept_by       BLOB    NOT NULL REFERENCES users (id),
    created_at    INTEGER NOT NULL,
    -- Null: it has no end of its own.
    expires_at    INTEGER,
    last_used_at  INTEGER,
    revoked_at    INTEGER
) STRICT, WITHOUT ROWID;
-- Keys that are there may go on doing what they could until now: ingest let people enter and erased them, read and operate showed
-- people.
INSERT INTO api_keys_with_end (id, project_id, name, hint, secret_hash, scopes, created_by, kept_by, created_at, last_used_at, revoked_at)
SELECT id, project_id, name, hint, secret_hash, scopes | iif(scopes & 1, 8 + 16, 0) | iif(scopes & (2 + 4), 32, 0), created_by,
       created_by, created_at, last_used_at, revoked_at FROM api_keys;
DROP TABLE api_keys;
ALTER TABLE api_keys_with_end RENAME TO api_keys;
CREATE INDEX api_keys_of_project ON api_keys (project_id, created_at);

-- What became of addresses and consent that were known already. Values are kept as pages mask them; null: there was none.
CREATE TABLE contact_changes (
    seq      INTEGER NOT NULL PRIMARY KEY,
    project  INTEGER NOT NULL,
    profile  INTEGER NOT NULL,
    -- A key of the addresses, or consent:CHANNEL.
    field    TEXT    NOT NULL,
    before   TEXT,
    after    TEXT,
    source   INTEGER NOT NULL,
    -- The key or the person who sent it; null where the recipient or a provider did.
    user_id  BLOB    REFERENCES users (id),
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_changes_of_profile ON contact_changes (profile, seq);

-- In whose name the audit log has what recipients choose.
INSERT INTO users (id, name, created_at) VALUES (x'01900000000070008000000000000004', 'Recipient', 0) ON CONFLICT DO NOTHING;
