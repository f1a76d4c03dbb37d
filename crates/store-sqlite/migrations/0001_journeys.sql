-- Journeys, their versions, labels, saved filters and the history of operations.
--
-- Ids are UUIDv7 in 16 bytes. Times are UTC milliseconds. `project_id` is on every table of a project and leads every
-- index. Words that sort (status, entry type) are stored as their number in the domain's order:
--   status      0 draft, 1 scheduled, 2 running, 3 paused, 4 completed, 5 restricted, 6 stopped
--   entry_type  0 event, 1 profile, 2 segment, 3 list, 4 api
--   shelf       0 in the list, 1 archived, 2 deleted (kept so that a delete can be undone)

CREATE TABLE projects (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name        TEXT    NOT NULL,
    email       TEXT,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The row of the list. What the list shows of the shown version (the newest published one, or the only draft) is kept
-- here as well, by the triggers below, so that the list reads one table and every sort has an index.
CREATE TABLE journeys (
    seq               INTEGER NOT NULL PRIMARY KEY,
    id                BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    project_id        BLOB    NOT NULL REFERENCES projects (id),
    name              TEXT    NOT NULL,
    -- The name as it is searched and sorted: without regard to case.
    name_key          TEXT    NOT NULL,
    description       TEXT    NOT NULL DEFAULT '',
    shelf             INTEGER NOT NULL DEFAULT 0 CHECK (shelf BETWEEN 0 AND 2),
    ever_published    INTEGER NOT NULL DEFAULT 0 CHECK (ever_published IN (0, 1)),
    shown_version_id  BLOB,
    version_count     INTEGER NOT NULL DEFAULT 1,
    created_by        BLOB    NOT NULL REFERENCES users (id),
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    -- Rises with every change made by a person; edits name the one they began from.
    revision          INTEGER NOT NULL DEFAULT 1,
    -- Mirrors of the shown version.
    status            INTEGER NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 6),
    entry_type        INTEGER NOT NULL DEFAULT 0 CHECK (entry_type BETWEEN 0 AND 4),
    start_at          INTEGER,
    published_by      BLOB    REFERENCES users (id),
    published_at      INTEGER,
    entered           INTEGER NOT NULL DEFAULT 0,
    inside            INTEGER NOT NULL DEFAULT 0,
    converted         INTEGER NOT NULL DEFAULT 0,
    -- Hundredths of a percent; null while nobody entered.
    rate              INTEGER
) STRICT;

-- One index for each way of sorting; `seq` makes the order total, so that paging never shows a row twice.
CREATE INDEX journeys_by_name      ON journeys (project_id, shelf, name_key, seq);
CREATE INDEX journeys_by_status    ON journeys (project_id, shelf, status, seq);
CREATE INDEX journeys_by_entry     ON journeys (project_id, shelf, entry_type, seq);
CREATE INDEX journeys_by_start     ON journeys (project_id, shelf, start_at, seq);
CREATE INDEX journeys_by_entered   ON journeys (project_id, shelf, entered, seq);
CREATE INDEX journeys_by_inside    ON journeys (project_id, shelf, inside, seq);
CREATE INDEX journeys_by_converted ON journeys (project_id, shelf, converted, seq);
CREATE INDEX journeys_by_rate      ON journeys (project_id, shelf, rate, seq);
CREATE INDEX journeys_by_versions  ON journeys (project_id, shelf, version_count, seq);
CREATE INDEX journeys_by_created   ON journeys (project_id, shelf, created_at, seq);
CREATE INDEX journeys_by_published ON journeys (project_id, shelf, published_at, seq);
-- And for the filter that has no sort of its own.
CREATE INDEX journeys_by_creator   ON journeys (project_id, shelf, created_by, seq);

-- The short id that the list shows can be searched for.
CREATE INDEX journeys_by_short_id  ON journeys (project_id, substr(hex(id), 21));

CREATE TABLE versions (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    journey_id    BLOB    NOT NULL REFERENCES journeys (id) ON DELETE CASCADE,
    project_id    BLOB    NOT NULL REFERENCES projects (id),
    number        INTEGER NOT NULL CHECK (number >= 1),
    status        INTEGER NOT NULL CHECK (status BETWEEN 0 AND 6),
    entry_type    INTEGER NOT NULL CHECK (entry_type BETWEEN 0 AND 4),
    graph         TEXT    NOT NULL CHECK (json_valid(graph)),
    settings      TEXT    NOT NULL CHECK (json_valid(settings)),
    start_at      INTEGER,
    end_at        INTEGER,
    created_by    BLOB    NOT NULL REFERENCES users (id),
    created_at    INTEGER NOT NULL,
    published_by  BLOB    REFERENCES users (id),
    published_at  INTEGER,
    -- The counters, kept in the transaction of the change that they count.
    entered       INTEGER NOT NULL DEFAULT 0 CHECK (entered >= 0),
    inside        INTEGER NOT NULL DEFAULT 0 CHECK (inside >= 0),
    completed     INTEGER NOT NULL DEFAULT 0 CHECK (completed >= 0),
    converted     INTEGER NOT NULL DEFAULT 0 CHECK (converted >= 0),
    timed_out     INTEGER NOT NULL DEFAULT 0 CHECK (timed_out >= 0),
    force_exited  INTEGER NOT NULL DEFAULT 0 CHECK (force_exited >= 0),
    stopped       INTEGER NOT NULL DEFAULT 0 CHECK (stopped >= 0),
    version_exit  INTEGER NOT NULL DEFAULT 0 CHECK (version_exit >= 0),
    queued        INTEGER NOT NULL DEFAULT 0 CHECK (queued >= 0),
    cancelled     INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
    UNIQUE (journey_id, number),
    -- Guarantee 6: nobody is lost.
    CHECK (entered = inside + completed + converted + timed_out + force_exited + stopped + version_exit)
) STRICT, WITHOUT ROWID;

-- At most one draft, and at most one version that takes entries (scheduled, running, paused).
CREATE UNIQUE INDEX versions_one_draft  ON versions (journey_id) WHERE status = 0;
CREATE UNIQUE INDEX versions_one_active ON versions (journey_id) WHERE status IN (1, 2, 3);
-- What starts or ends by itself, by time.
CREATE INDEX versions_to_start ON versions (start_at) WHERE status = 1;
CREATE INDEX versions_to_end   ON versions (end_at) WHERE status IN (2, 3) AND end_at IS NOT NULL;

-- How many journeys are on which shelf in which status: the quick filters and the unfiltered total in one look.
CREATE TABLE journey_counts (
    project_id  BLOB    NOT NULL REFERENCES projects (id),
    shelf       INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (project_id, shelf, status)
) STRICT, WITHOUT ROWID;

-- Substrings of names, from three characters on.
CREATE VIRTUAL TABLE journey_names USING fts5 (name_key, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1');

CREATE TRIGGER journeys_inserted AFTER INSERT ON journeys BEGIN
    INSERT INTO journey_counts (project_id, shelf, status, count) VALUES (NEW.project_id, NEW.shelf, NEW.status, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO journey_names (rowid, name_key) VALUES (NEW.seq, NEW.name_key);
END;

CREATE TRIGGER journeys_moved AFTER UPDATE OF shelf, status ON journeys
WHEN OLD.shelf <> NEW.shelf OR OLD.status <> NEW.status BEGIN
    UPDATE journey_counts SET count = count - 1
        WHERE project_id = OLD.project_id AND shelf = OLD.shelf AND status = OLD.status;
    INSERT INTO journey_counts (project_id, shelf, status, count) VALUES (NEW.project_id, NEW.shelf, NEW.status, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER journeys_renamed AFTER UPDATE OF name_key ON journeys WHEN OLD.name_key <> NEW.name_key BEGIN
    UPDATE journey_names SET name_key = NEW.name_key WHERE rowid = NEW.seq;
END;

CREATE TRIGGER journeys_removed AFTER DELETE ON journeys BEGIN
    UPDATE journey_counts SET count = count - 1
        WHERE project_id = OLD.project_id AND shelf = OLD.shelf AND status = OLD.status;
    DELETE FROM journey_names WHERE rowid = OLD.seq;
END;

-- The shown version's figures and status reach the row of the list in the same transaction.
CREATE TRIGGER versions_counted AFTER UPDATE OF entered, inside, converted ON versions BEGIN
    UPDATE journeys SET entered = NEW.entered, inside = NEW.inside, converted = NEW.converted,
            rate = CASE WHEN NEW.entered > 0 THEN NEW.converted * 10000 / NEW.entered END
        WHERE id = NEW.journey_id AND shown_version_id = NEW.id;
END;

CREATE TRIGGER versions_changed AFTER UPDATE OF status, entry_type, start_at, published_by, published_at ON versions BEGIN
    UPDATE journeys SET status = NEW.status, entry_type = NEW.entry_type, start_at = NEW.start_at,
            published_by = NEW.published_by, published_at = NEW.published_at
        WHERE id = NEW.journey_id AND shown_version_id = NEW.id;
END;

CREATE TABLE labels (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    project_id  BLOB    NOT NULL REFERENCES projects (id),
    name        TEXT    NOT NULL,
    name_key    TEXT    NOT NULL,
    hue         INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    UNIQUE (project_id, name_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE journey_labels (
    project_id  BLOB    NOT NULL REFERENCES projects (id),
    label_id    BLOB    NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
    journey_id  BLOB    NOT NULL REFERENCES journeys (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, label_id, journey_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX journey_labels_of_journey ON journey_labels (journey_id, label_id);

CREATE TABLE saved_filters (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    project_id  BLOB    NOT NULL REFERENCES projects (id),
    name        TEXT    NOT NULL,
    query       TEXT    NOT NULL,
    created_by  BLOB    NOT NULL REFERENCES users (id),
    created_at  INTEGER NOT NULL,
    UNIQUE (project_id, name)
) STRICT, WITHOUT ROWID;

-- The history. A bulk action is one operation with a row for each journey it was about.
CREATE TABLE operations (
    id                  BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    project_id          BLOB    NOT NULL REFERENCES projects (id),
    action              TEXT    NOT NULL,
    undo_of             BLOB    REFERENCES operations (id),
    undone              INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),
    by                  BLOB    NOT NULL REFERENCES users (id),
    at                  INTEGER NOT NULL,
    -- The list's query where the action was on all that match.
    filter              TEXT,
    matched             INTEGER NOT NULL,
    changed             INTEGER NOT NULL,
    -- [{"refusal", "count", "example"}]
    skipped             TEXT    NOT NULL CHECK (json_valid(skipped)),
    only_name           TEXT,
    note                TEXT    NOT NULL DEFAULT '',
    ended_inside        INTEGER NOT NULL DEFAULT 0,
    cancelled_messages  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX operations_by_time ON operations (project_id, at);

CREATE TABLE operation_items (
    operation_id  BLOB    NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    -- The order in which the journeys are accounted for.
    place         INTEGER NOT NULL,
    project_id    BLOB    NOT NULL REFERENCES projects (id),
    journey_id    BLOB    NOT NULL REFERENCES journeys (id) ON DELETE CASCADE,
    name          TEXT    NOT NULL,
    -- Null where it was changed, else the key of the reason.
    refusal       TEXT,
    from_status   INTEGER NOT NULL,
    to_status     INTEGER NOT NULL,
    -- What an undo puts back, and the journey's revision after the change, so that nobody else's change is undone.
    before        TEXT,
    revision      INTEGER NOT NULL,
    PRIMARY KEY (operation_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_items_of_journey ON operation_items (journey_id, operation_id);

-- Rises with every change that the list could show; other tabs and processes notice by it.
CREATE TABLE project_changes (
    project_id  BLOB    NOT NULL PRIMARY KEY REFERENCES projects (id),
    generation  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
