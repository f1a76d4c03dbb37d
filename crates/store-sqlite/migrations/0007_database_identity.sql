-- What the file knows of itself: who serves it, with which key, and whether everything that happens by itself stands still.
CREATE TABLE database_identity (
    id               INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    -- Rises with each server that takes the file. A server whose number is another one writes nothing any more.
    fence            INTEGER NOT NULL DEFAULT 0,
    -- Who took it last, for people: program, process and machine.
    owner            TEXT,
    owned_since      INTEGER,
    -- Of the server's key with which secrets were sealed and links signed; null before the first server with a key.
    key_fingerprint  BLOB    CHECK (length(key_fingerprint) = 16),
    -- Held: nobody enters or moves and nothing is sent until somebody releases it. Reason: 1 a restored copy, 2 asked for.
    held_since       INTEGER,
    held_reason      INTEGER CHECK (held_reason IN (1, 2)),
    CHECK ((held_since IS NULL) = (held_reason IS NULL))
) STRICT;
INSERT INTO database_identity (id) VALUES (1);
