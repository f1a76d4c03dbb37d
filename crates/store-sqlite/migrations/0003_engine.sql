-- People, what they do, and their trips through journeys (docs/engine.md).
--
-- Tables with millions of rows are about numbers, not ids: a project, a version and a person have a short number, which
-- keeps ten million events small. They have no foreign keys: the engine writes them in sets, and `wayfare check` looks.
--   enrolments.state  0 inside, 1 completed, 2 converted, 3 timed out, 4 force-exited, 5 stopped, 6 version exit
--   outbox.state      0 queued, 1 sent, 2 failed, 3 cancelled

ALTER TABLE projects ADD COLUMN number INTEGER;
UPDATE projects SET number = (SELECT count(*) FROM projects p WHERE (p.created_at, p.id) <= (projects.created_at, projects.id));
CREATE UNIQUE INDEX projects_number ON projects (number);
CREATE TRIGGER projects_numbered AFTER INSERT ON projects BEGIN
    UPDATE projects SET number = (SELECT coalesce(max(number), 0) + 1 FROM projects) WHERE id = NEW.id;
END;

-- Everything that the engine remembers of itself. `epoch` rises with every change that its plans depend on: a batch that
-- was decided in an older epoch is decided anew.
CREATE TABLE engine_state (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch   INTEGER NOT NULL,
    -- Rises where plans that are known must be read again: a graph, settings or a segment were edited.
    content INTEGER NOT NULL,
    -- The last event that was looked at.
    cursor  INTEGER NOT NULL
) STRICT;
INSERT INTO engine_state (id, epoch, content, cursor) VALUES (1, 1, 1, 0);

ALTER TABLE versions ADD COLUMN seq INTEGER;
UPDATE versions SET seq = (SELECT count(*) FROM versions v WHERE v.id <= versions.id);
CREATE UNIQUE INDEX versions_seq ON versions (seq);
-- Events up to this one do not let people in: they were accepted before entry was opened, or opened again.
ALTER TABLE versions ADD COLUMN entry_mark INTEGER NOT NULL DEFAULT 0;
-- Since when entry is open; runs that fell into a pause are not made up for.
ALTER TABLE versions ADD COLUMN entry_since INTEGER NOT NULL DEFAULT 0;
-- Had an occasion to enter; those of them who were held out for comparison.
ALTER TABLE versions ADD COLUMN qualified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE versions ADD COLUMN control INTEGER NOT NULL DEFAULT 0;
-- Figures that were there before trips were kept, or that came with a demo: {"entered", "inside", …}.
ALTER TABLE versions ADD COLUMN carried TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(carried));
UPDATE versions SET carried = json_object('entered', entered, 'inside', iif(status = 6, 0, inside), 'completed', completed,
    'converted', converted, 'timed_out', timed_out, 'force_exited', force_exited, 'stopped', stopped,
    'version_exit', version_exit, 'queued', queued, 'cancelled', cancelled) WHERE entered > 0 OR queued > 0 OR cancelled > 0;

-- What takes part in anything: the engine's plan.
CREATE INDEX versions_moving ON versions (status) WHERE status BETWEEN 2 AND 5;

CREATE TABLE event_names (
    id          INTEGER NOT NULL PRIMARY KEY,
    project     INTEGER NOT NULL,
    -- Without regard to case.
    name_key    TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    UNIQUE (project, name_key)
) STRICT;

CREATE TABLE profiles (
    seq         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    project     INTEGER NOT NULL,
    identity    TEXT,
    properties  TEXT    NOT NULL DEFAULT '{}',
    addresses   TEXT    NOT NULL DEFAULT '{}',
    consent     TEXT    NOT NULL DEFAULT '{}',
    time_zone   TEXT,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX profiles_of_project ON profiles (project, seq);
CREATE INDEX profiles_by_email ON profiles (project, lower(addresses ->> '$.email')) WHERE addresses ->> '$.email' IS NOT NULL;

-- Every name by which somebody is known. kind: 0 identity, 1 anonymous
CREATE TABLE aliases (
    project  INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    alias    TEXT    NOT NULL,
    profile  INTEGER NOT NULL,
    PRIMARY KEY (project, kind, alias)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_of_profile ON aliases (profile);

-- AUTOINCREMENT: a number is never given twice, the engine's cursor counts on it.
CREATE TABLE events (
    seq          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    project      INTEGER NOT NULL,
    profile      INTEGER NOT NULL,
    name         INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    -- First 16 bytes of the SHA-256 of project and message id.
    message      BLOB,
    -- Null where there are none.
    properties   TEXT
) STRICT;
CREATE INDEX events_of_profile ON events (profile, name, at);
CREATE UNIQUE INDEX events_message ON events (message) WHERE message IS NOT NULL;

-- Profiles that changed and have not been looked at since.
CREATE TABLE profile_changes (
    seq      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    project  INTEGER NOT NULL,
    profile  INTEGER NOT NULL
) STRICT;

CREATE TABLE lists (
    id          INTEGER NOT NULL PRIMARY KEY,
    project     INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    UNIQUE (project, name)
) STRICT;
CREATE TABLE list_members (
    list     INTEGER NOT NULL,
    profile  INTEGER NOT NULL,
    PRIMARY KEY (list, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_members_of_profile ON list_members (profile, list);

CREATE TABLE segments (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    project_id  BLOB    NOT NULL REFERENCES projects (id),
    name        TEXT    NOT NULL,
    criteria    TEXT    NOT NULL CHECK (json_valid(criteria)),
    created_by  BLOB    NOT NULL REFERENCES users (id),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (project_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolments (
    seq               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    project           INTEGER NOT NULL,
    journey           INTEGER NOT NULL,
    version           INTEGER NOT NULL,
    -- Null once the person was deleted: the counts stay right.
    profile           INTEGER,
    state             INTEGER NOT NULL DEFAULT 0,
    node              TEXT    NOT NULL,
    visit             INTEGER NOT NULL,
    entered_at        INTEGER NOT NULL,
    began_at          INTEGER NOT NULL,
    -- When the wait at the node is over, apart from the journey's time-out.
    wait_until        INTEGER,
    -- The earlier of both: when she has to be looked at.
    due_at            INTEGER,
    ended_at          INTEGER,
    entry_properties  TEXT
) STRICT;
CREATE INDEX enrolments_of_profile ON enrolments (profile, journey) WHERE profile IS NOT NULL;
-- One live enrolment per person and version; the gates see to it for the journey.
CREATE UNIQUE INDEX enrolments_live ON enrolments (version, profile) WHERE state = 0;
CREATE INDEX enrolments_due ON enrolments (due_at) WHERE due_at IS NOT NULL;

-- The trip step by step: one row for each time that she moved, [[node, what, reason], …].
CREATE TABLE steps (
    enrolment  INTEGER NOT NULL,
    visit      INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    path       TEXT    NOT NULL,
    PRIMARY KEY (enrolment, visit, at)
) STRICT, WITHOUT ROWID;

-- outlet: '' came to the node, '!…' ended there, else left by it.
CREATE TABLE node_figures (
    version  INTEGER NOT NULL,
    node     TEXT    NOT NULL,
    outlet   TEXT    NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (version, node, outlet)
) STRICT, WITHOUT ROWID;

-- The last time that a gate kept somebody out.
CREATE TABLE refusals (
    version  INTEGER NOT NULL,
    profile  INTEGER NOT NULL,
    gate     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    times    INTEGER NOT NULL,
    PRIMARY KEY (version, profile)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    seq         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    project     INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    enrolment   INTEGER NOT NULL,
    profile     INTEGER,
    node        TEXT    NOT NULL,
    visit       INTEGER NOT NULL,
    channel     TEXT    NOT NULL,
    state       INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    settled_at  INTEGER,
    -- A message exists once.
    UNIQUE (enrolment, node, visit)
) STRICT;
CREATE INDEX outbox_queued ON outbox (seq) WHERE state = 0;

-- Who met the criteria of an entry when she was last looked at: only coming to meet them lets people in.
CREATE TABLE met_criteria (
    version  INTEGER NOT NULL,
    profile  INTEGER NOT NULL,
    PRIMARY KEY (version, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX met_criteria_of_profile ON met_criteria (profile);

-- Runs of segment and list entries: how far the one under way has come, and until when runs are done.
CREATE TABLE segment_runs (
    version       INTEGER NOT NULL PRIMARY KEY,
    -- The run that is under way, or was done last.
    run_at        INTEGER NOT NULL,
    -- The last person that it looked at; null once it is done.
    last_profile  INTEGER
) STRICT;

CREATE TRIGGER versions_numbered AFTER INSERT ON versions BEGIN
    UPDATE versions SET seq = (SELECT coalesce(max(seq), 0) + 1 FROM versions) WHERE id = NEW.id AND seq IS NULL;
    UPDATE engine_state SET epoch = epoch + 1;
END;
-- What the engine's plans depend on.
CREATE TRIGGER versions_planned AFTER UPDATE OF status ON versions BEGIN
    UPDATE engine_state SET epoch = epoch + 1;
END;
CREATE TRIGGER versions_edited AFTER UPDATE OF graph, settings ON versions BEGIN
    UPDATE engine_state SET epoch = epoch + 1, content = content + 1;
END;
CREATE TRIGGER versions_unplanned AFTER DELETE ON versions BEGIN
    UPDATE engine_state SET epoch = epoch + 1;
END;
-- Whatever opens entry: what was accepted before it lets nobody in.
CREATE TRIGGER versions_opened AFTER UPDATE OF status ON versions WHEN NEW.status = 2 AND OLD.status <> 2 BEGIN
    UPDATE versions SET entry_mark = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) WHERE id = NEW.id;
    DELETE FROM met_criteria WHERE version = NEW.seq;
END;
CREATE TRIGGER segments_inserted AFTER INSERT ON segments BEGIN UPDATE engine_state SET epoch = epoch + 1, content = content + 1; END;
CREATE TRIGGER segments_updated AFTER UPDATE ON segments BEGIN UPDATE engine_state SET epoch = epoch + 1, content = content + 1; END;
CREATE TRIGGER segments_deleted AFTER DELETE ON segments BEGIN UPDATE engine_state SET epoch = epoch + 1, content = content + 1; END;
