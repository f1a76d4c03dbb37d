-- From here on node_figures has a fourth kind of outlet: '~…' would have been left by, but is not drawn.

-- Files of people and events that were read in from a page, with what became of their rows.
--   state  0 under way, 1 done, 2 broken off
CREATE TABLE imports (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    project_id   BLOB    NOT NULL REFERENCES projects (id),
    file_name    TEXT    NOT NULL,
    -- The list that everybody in the file is put on.
    list         TEXT,
    state        INTEGER NOT NULL DEFAULT 0,
    -- Why it was broken off, for a person.
    problem      TEXT,
    bytes        INTEGER NOT NULL,
    bytes_read   INTEGER NOT NULL DEFAULT 0,
    taken        INTEGER NOT NULL DEFAULT 0,
    refused      INTEGER NOT NULL DEFAULT 0,
    started_by   BLOB    NOT NULL REFERENCES users (id),
    started_at   INTEGER NOT NULL,
    finished_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_of_project ON imports (project_id, started_at);

-- Rows that were refused; the first thousand of a file.
CREATE TABLE import_errors (
    import    BLOB    NOT NULL,
    -- The place in the file: the line, counted from 1.
    line      INTEGER NOT NULL,
    field     TEXT    NOT NULL,
    sentence  TEXT    NOT NULL,
    PRIMARY KEY (import, line)
) STRICT, WITHOUT ROWID;
