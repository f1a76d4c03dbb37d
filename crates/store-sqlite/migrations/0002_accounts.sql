-- Accounts, sessions, projects' people, API keys and the audit log.
--
-- `users` stays what it was: everybody in whose name something was done. Whoever can sign in has an account as well;
-- an API key has a user of the same id. Secrets are kept as SHA-256 of 32 random bytes, passwords as Argon2id.
--   role    0 viewer, 1 creator, 2 publisher, 3 admin
--   scopes  1 ingest, 2 read, 4 operate, added up

ALTER TABLE projects ADD COLUMN archived_at INTEGER;

CREATE TABLE accounts (
    user_id          BLOB    NOT NULL PRIMARY KEY REFERENCES users (id),
    email            TEXT    NOT NULL,
    -- In lower case: addresses that differ in case are one account.
    email_key        TEXT    NOT NULL UNIQUE,
    -- Null while it was never chosen, or where the sign-in provider knows it.
    password_hash    TEXT,
    created_at       INTEGER NOT NULL,
    suspended_at     INTEGER,
    last_sign_in_at  INTEGER
) STRICT, WITHOUT ROWID;

-- Who somebody is at a sign-in provider (OpenID Connect Core, 5.7: issuer and subject together).
CREATE TABLE identities (
    issuer   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    user_id  BLOB NOT NULL REFERENCES accounts (user_id),
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    project_id   BLOB    NOT NULL REFERENCES projects (id),
    user_id      BLOB    NOT NULL REFERENCES accounts (user_id),
    role         INTEGER NOT NULL CHECK (role BETWEEN 0 AND 3),
    -- Given by the sign-in provider's rule, and given anew at each sign-in.
    by_provider  INTEGER NOT NULL DEFAULT 0 CHECK (by_provider IN (0, 1)),
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (project_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_of_user ON memberships (user_id, project_id);

CREATE TABLE sessions (
    secret_hash   BLOB    NOT NULL PRIMARY KEY CHECK (length(secret_hash) = 32),
    id            BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    user_id       BLOB    NOT NULL REFERENCES accounts (user_id),
    created_at    INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    -- The absolute end; the idle one follows from last_seen_at.
    expires_at    INTEGER NOT NULL,
    address       TEXT    NOT NULL,
    agent         TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id, last_seen_at);

CREATE TABLE invitations (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    secret_hash  BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    project_id   BLOB    NOT NULL REFERENCES projects (id),
    email        TEXT    NOT NULL,
    email_key    TEXT    NOT NULL,
    role         INTEGER NOT NULL CHECK (role BETWEEN 0 AND 3),
    created_by   BLOB    NOT NULL REFERENCES users (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    -- Followed or withdrawn: it opens nothing any more.
    closed_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_of_project ON invitations (project_id, expires_at) WHERE closed_at IS NULL;

CREATE TABLE password_links (
    secret_hash  BLOB    NOT NULL PRIMARY KEY CHECK (length(secret_hash) = 32),
    user_id      BLOB    NOT NULL REFERENCES accounts (user_id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A sign-in that has gone to the provider and is not back yet.
CREATE TABLE provider_sign_ins (
    state_hash     BLOB    NOT NULL PRIMARY KEY CHECK (length(state_hash) = 32),
    nonce          TEXT    NOT NULL,
    pkce_verifier  TEXT    NOT NULL,
    next           TEXT    NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id            BLOB    NOT NULL PRIMARY KEY REFERENCES users (id),
    project_id    BLOB    NOT NULL REFERENCES projects (id),
    name          TEXT    NOT NULL,
    hint          TEXT    NOT NULL,
    secret_hash   BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    scopes        INTEGER NOT NULL CHECK (scopes BETWEEN 1 AND 7),
    created_by    BLOB    NOT NULL REFERENCES users (id),
    created_at    INTEGER NOT NULL,
    last_used_at  INTEGER,
    revoked_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_of_project ON api_keys (project_id, created_at);

-- Added to and never changed. Entries without a project are about an account; the projects of its owner show them.
CREATE TABLE audit (
    seq           INTEGER NOT NULL PRIMARY KEY,
    project_id    BLOB    REFERENCES projects (id),
    user_id       BLOB    NOT NULL REFERENCES users (id),
    at            INTEGER NOT NULL,
    event         TEXT    NOT NULL,
    summary       TEXT    NOT NULL,
    operation_id  BLOB    REFERENCES operations (id),
    address       TEXT    NOT NULL,
    agent         TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_of_project ON audit (project_id, seq);
CREATE INDEX audit_of_account ON audit (user_id, seq) WHERE project_id IS NULL;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;

CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq) BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;

CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;

-- What was done before there was an audit log is in the history of journeys; it keeps its place.
INSERT INTO audit (project_id, user_id, at, event, summary, operation_id, address, agent)
SELECT project_id, by, at, 'journeys.' || action, changed || ' of ' || matched || ' changed', id, '', ''
FROM operations ORDER BY at, id;

-- What a draft names that its project does not have, since it was cloned from another one: [{"kind", "name"}].
ALTER TABLE versions ADD COLUMN missing TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(missing));
