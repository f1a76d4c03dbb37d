-- The database knows when a server last ran on it, and can be held because of the clock (reason 3). SQLite changes no CHECK
-- of a table that exists, so the one row moves to a new table.
CREATE TABLE database_identity_with_clock (
    id               INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    -- Rises with each server that takes the file. A server whose number is another one writes nothing any more.
    fence            INTEGER NOT NULL DEFAULT 0,
    -- Who took it last, for people: program, process and machine.
    owner            TEXT,
    owned_since      INTEGER,
    -- Of the server's key with which secrets were sealed and links signed; null before the first server with a key.
    key_fingerprint  BLOB    CHECK (length(key_fingerprint) = 16),
    -- Held: nobody enters or moves and nothing is sent until somebody releases it. Reason: 1 a restored copy, 2 asked for,
    -- 3 the clock.
    held_since       INTEGER,
    held_reason      INTEGER CHECK (held_reason IN (1, 2, 3)),
    -- When a server that trusted its clock last said that it runs; null before the first that says so.
    alive_at         INTEGER,
    -- How often it was looked whether the file can be written, by writing this number.
    write_checks     INTEGER NOT NULL DEFAULT 0,
    CHECK ((held_since IS NULL) = (held_reason IS NULL))
) STRICT;
INSERT INTO database_identity_with_clock (id, fence, owner, owned_since, key_fingerprint, held_since, held_reason)
    SELECT id, fence, owner, owned_since, key_fingerprint, held_since, held_reason FROM database_identity;
DROP TABLE database_identity;
ALTER TABLE database_identity_with_clock RENAME TO database_identity;
