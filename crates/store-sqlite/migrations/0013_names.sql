-- Tables, columns, indexes and triggers get the words of docs/glossary.md. Only names change; no
-- row of a large table is touched, and indexes are built anew where their name changes.
--
-- What numbers in columns mean:
--   journeys.visibility         Visibility::code
--   *.status of journeys        Status::code
--   enrolments.exit_reason      ExitReason::enrolment_code; 0 inside
--   versions.bulk_exit_reason   ExitReason::code
--   outbox.status               MessageStatus::code
--   outbox.is_live              MessageRoute::code
--   message_events.kind         MessageEventKind::code
--   node_stats.kind             NodeStatsKind::code
--   entry_rejections.rejection  EntryRejection::code
--   suppressions.reason_code    SuppressionReason::code
--   imports.status              ImportState::code
-- `…_key` is the short number of a row that a large table names, `…_id` its id.

-- Triggers that say an old word; they come back at the end.
DROP TRIGGER journeys_inserted;
DROP TRIGGER journeys_moved;
DROP TRIGGER journeys_renamed;
DROP TRIGGER journeys_removed;
DROP TRIGGER versions_counted;
DROP TRIGGER versions_changed;
DROP TRIGGER versions_numbered;
DROP TRIGGER versions_edited;
DROP TRIGGER versions_opened;
DROP TRIGGER projects_numbered;
DROP TRIGGER segments_inserted;
DROP TRIGGER segments_updated;
DROP TRIGGER segments_deleted;
DROP TRIGGER audit_is_not_changed;
DROP TRIGGER audit_is_not_replaced;
DROP TRIGGER audit_is_not_shortened;

DROP INDEX projects_number;
DROP INDEX versions_seq;
DROP INDEX versions_emptied;
DROP INDEX aliases_of_profile;
DROP INDEX met_criteria_of_profile;
DROP INDEX hook_receipts_by_time;
DROP INDEX audit_of_project;
DROP INDEX audit_of_account;
DROP INDEX enrolments_live;
DROP INDEX outbox_queued;
DROP INDEX outbox_waiting;
DROP INDEX outbox_leased;
DROP INDEX outbox_undelivered;

-- Projects and those who act in them.
ALTER TABLE users RENAME TO actors;
ALTER TABLE identities RENAME TO sso_identities;
ALTER TABLE provider_sign_ins RENAME TO sso_sign_ins;
ALTER TABLE projects RENAME COLUMN number TO key;
ALTER TABLE project_changes RENAME COLUMN generation TO revision;
ALTER TABLE memberships RENAME COLUMN by_provider TO from_sso;
ALTER TABLE audit RENAME TO audit_entries;
ALTER TABLE audit_entries RENAME COLUMN user_id TO actor_id;

-- Journeys and their versions.
ALTER TABLE journeys RENAME COLUMN seq TO key;
ALTER TABLE journeys RENAME COLUMN shelf TO visibility;
ALTER TABLE journeys RENAME COLUMN shown_version_id TO current_version_id;
ALTER TABLE journey_counts RENAME COLUMN shelf TO visibility;
ALTER TABLE versions RENAME COLUMN seq TO key;
ALTER TABLE versions RENAME COLUMN carried TO baseline_stats;
ALTER TABLE versions RENAME COLUMN emptied TO bulk_exit_reason;
ALTER TABLE versions RENAME COLUMN left_at TO bulk_exited_at;
ALTER TABLE versions RENAME COLUMN entry_mark TO entry_cursor;
ALTER TABLE versions RENAME COLUMN entry_since TO entry_opened_at;
ALTER TABLE versions RENAME COLUMN missing TO unresolved_references;
ALTER TABLE operations RENAME COLUMN by TO actor_id;
ALTER TABLE operations RENAME COLUMN at TO created_at;
ALTER TABLE operations RENAME COLUMN only_name TO single_name;
ALTER TABLE operations RENAME COLUMN ended_inside TO exited_enrolments;
ALTER TABLE operation_items RENAME COLUMN place TO position;
ALTER TABLE operation_items RENAME COLUMN before TO undo_snapshot;

-- Profiles and what they do.
ALTER TABLE profiles RENAME COLUMN seq TO key;
ALTER TABLE profiles RENAME COLUMN project TO project_key;
ALTER TABLE profiles RENAME COLUMN of_browser TO browser_fields;
ALTER TABLE aliases RENAME TO profile_identifiers;
ALTER TABLE profile_identifiers RENAME COLUMN project TO project_key;
ALTER TABLE profile_identifiers RENAME COLUMN alias TO identifier;
ALTER TABLE profile_identifiers RENAME COLUMN profile TO profile_key;
ALTER TABLE profile_changes RENAME COLUMN project TO project_key;
ALTER TABLE profile_changes RENAME COLUMN profile TO profile_key;
ALTER TABLE contact_changes RENAME COLUMN project TO project_key;
ALTER TABLE contact_changes RENAME COLUMN profile TO profile_key;
ALTER TABLE contact_changes RENAME COLUMN user_id TO actor_id;
ALTER TABLE event_names RENAME COLUMN project TO project_key;
ALTER TABLE events RENAME COLUMN project TO project_key;
ALTER TABLE events RENAME COLUMN profile TO profile_key;
ALTER TABLE events RENAME COLUMN name TO name_id;
ALTER TABLE events RENAME COLUMN message TO message_hash;
ALTER TABLE lists RENAME COLUMN project TO project_key;
ALTER TABLE list_members RENAME COLUMN list TO list_id;
ALTER TABLE list_members RENAME COLUMN profile TO profile_key;
ALTER TABLE imports RENAME COLUMN state TO status;
ALTER TABLE imports RENAME COLUMN taken TO imported;
ALTER TABLE imports RENAME COLUMN refused TO rejected;
ALTER TABLE import_errors RENAME COLUMN import TO import_id;
ALTER TABLE import_errors RENAME COLUMN sentence TO message;

-- The engine.
ALTER TABLE engine_state RENAME COLUMN content TO definitions_epoch;
ALTER TABLE engine_state RENAME COLUMN cursor TO event_cursor;
ALTER TABLE enrolments RENAME COLUMN seq TO key;
ALTER TABLE enrolments RENAME COLUMN project TO project_key;
ALTER TABLE enrolments RENAME COLUMN journey TO journey_key;
ALTER TABLE enrolments RENAME COLUMN version TO version_key;
ALTER TABLE enrolments RENAME COLUMN profile TO profile_key;
ALTER TABLE enrolments RENAME COLUMN state TO exit_reason;
ALTER TABLE enrolments RENAME COLUMN awaits TO awaits_engagement;
ALTER TABLE enrolments RENAME COLUMN began_at TO triggered_at;
ALTER TABLE enrolments RENAME COLUMN wait_until TO timer_at;
ALTER TABLE steps RENAME TO enrolment_log;
ALTER TABLE enrolment_log RENAME COLUMN enrolment TO enrolment_key;
ALTER TABLE enrolment_log RENAME COLUMN path TO node_visits;
ALTER TABLE refusals RENAME TO entry_rejections;
ALTER TABLE entry_rejections RENAME COLUMN version TO version_key;
ALTER TABLE entry_rejections RENAME COLUMN profile TO profile_key;
ALTER TABLE entry_rejections RENAME COLUMN gate TO rejection;
ALTER TABLE met_criteria RENAME TO criteria_matches;
ALTER TABLE criteria_matches RENAME COLUMN version TO version_key;
ALTER TABLE criteria_matches RENAME COLUMN profile TO profile_key;
ALTER TABLE segment_runs RENAME TO entry_runs;
ALTER TABLE entry_runs RENAME COLUMN version TO version_key;
ALTER TABLE entry_runs RENAME COLUMN last_profile TO last_profile_key;

-- Delivery.
ALTER TABLE outbox RENAME COLUMN seq TO key;
ALTER TABLE outbox RENAME COLUMN project TO project_key;
ALTER TABLE outbox RENAME COLUMN version TO version_key;
ALTER TABLE outbox RENAME COLUMN enrolment TO enrolment_key;
ALTER TABLE outbox RENAME COLUMN profile TO profile_key;
ALTER TABLE outbox RENAME COLUMN state TO status;
ALTER TABLE outbox RENAME COLUMN lane TO is_live;
ALTER TABLE outbox RENAME COLUMN settled_at TO finished_at;
ALTER TABLE outbox RENAME COLUMN doubts TO possible_duplicates;
ALTER TABLE outbox RENAME COLUMN resent TO is_resend;
ALTER TABLE outbox RENAME COLUMN receiver TO endpoint;
ALTER TABLE message_events RENAME COLUMN message TO message_key;
ALTER TABLE message_events RENAME COLUMN what TO kind;
ALTER TABLE delivery_doubts RENAME TO possible_duplicates;
ALTER TABLE possible_duplicates RENAME COLUMN project TO project_key;
ALTER TABLE frequency_caps RENAME COLUMN most TO max_messages;
ALTER TABLE frequency_caps RENAME COLUMN hours TO window_hours;
ALTER TABLE suppressions RENAME COLUMN project TO project_key;
ALTER TABLE suppressions RENAME COLUMN cause TO reason_code;
ALTER TABLE suppressions_to_spell RENAME TO noncanonical_suppressions;
ALTER TABLE noncanonical_suppressions RENAME COLUMN project TO project_key;
ALTER TABLE hook_secrets RENAME TO webhook_secrets;
ALTER TABLE hook_receipts RENAME TO webhook_dedup_keys;
ALTER TABLE webhook_dedup_keys RENAME COLUMN project TO project_key;
ALTER TABLE webhook_dedup_keys RENAME COLUMN receipt TO dedup_key;

-- What a node counts, by kind: who arrived, who left by which outlet, who exited with which reason,
-- who would have left by an outlet that is not drawn, and the events of its messages. Until now the
-- first character of the outlet said which. It has as many rows as versions have outlets.
CREATE TABLE node_stats (
    version_key  INTEGER NOT NULL,
    node         TEXT    NOT NULL,
    kind         INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 4),
    outlet       TEXT    NOT NULL,
    count        INTEGER NOT NULL,
    PRIMARY KEY (version_key, node, kind, outlet)
) STRICT, WITHOUT ROWID;
INSERT INTO node_stats (version_key, node, kind, outlet, count)
SELECT version, node,
       CASE substr(outlet, 1, 1) WHEN '' THEN 0 WHEN '!' THEN 2 WHEN '~' THEN 3 WHEN '@' THEN 4 ELSE 1 END,
       iif(substr(outlet, 1, 1) IN ('!', '~', '@'), substr(outlet, 2), outlet), count
FROM node_figures;
DROP TABLE node_figures;

CREATE UNIQUE INDEX projects_by_key ON projects (key);
CREATE UNIQUE INDEX versions_by_key ON versions (key);
CREATE INDEX versions_bulk_exited ON versions (key) WHERE bulk_exit_reason IS NOT NULL;
CREATE INDEX profile_identifiers_of_profile ON profile_identifiers (profile_key);
CREATE INDEX criteria_matches_of_profile ON criteria_matches (profile_key);
CREATE INDEX webhook_dedup_keys_by_time ON webhook_dedup_keys (at);
CREATE INDEX audit_entries_of_project ON audit_entries (project_id, seq);
CREATE INDEX audit_entries_of_account ON audit_entries (actor_id, seq) WHERE project_id IS NULL;
-- At most one enrolment inside per profile and version; the re-entry rule sees to the journey.
CREATE UNIQUE INDEX enrolments_inside ON enrolments (version_key, profile_key) WHERE exit_reason = 0;
CREATE INDEX outbox_queued_test ON outbox (key) WHERE status = 0 AND is_live = 0;
CREATE INDEX outbox_queued_live ON outbox (version_key, channel, endpoint, due_at) WHERE status = 0 AND is_live = 1;
CREATE INDEX outbox_sending ON outbox (key) WHERE status = 4;
CREATE INDEX outbox_failed ON outbox (project_key, key) WHERE status = 2;

CREATE TRIGGER projects_keyed AFTER INSERT ON projects BEGIN
    UPDATE projects SET key = (SELECT coalesce(max(key), 0) + 1 FROM projects) WHERE id = NEW.id;
END;

CREATE TRIGGER journeys_inserted AFTER INSERT ON journeys BEGIN
    INSERT INTO journey_counts (project_id, visibility, status, count)
        VALUES (NEW.project_id, NEW.visibility, NEW.status, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO journey_names (rowid, name_key) VALUES (NEW.key, NEW.name_key);
END;
CREATE TRIGGER journeys_moved AFTER UPDATE OF visibility, status ON journeys
WHEN OLD.visibility <> NEW.visibility OR OLD.status <> NEW.status BEGIN
    UPDATE journey_counts SET count = count - 1
        WHERE project_id = OLD.project_id AND visibility = OLD.visibility AND status = OLD.status;
    INSERT INTO journey_counts (project_id, visibility, status, count)
        VALUES (NEW.project_id, NEW.visibility, NEW.status, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER journeys_renamed AFTER UPDATE OF name_key ON journeys WHEN OLD.name_key <> NEW.name_key BEGIN
    UPDATE journey_names SET name_key = NEW.name_key WHERE rowid = NEW.key;
END;
CREATE TRIGGER journeys_removed AFTER DELETE ON journeys BEGIN
    UPDATE journey_counts SET count = count - 1
        WHERE project_id = OLD.project_id AND visibility = OLD.visibility AND status = OLD.status;
    DELETE FROM journey_names WHERE rowid = OLD.key;
END;

-- The stats and the status of the current version reach the journey's row in the same transaction.
CREATE TRIGGER versions_counted AFTER UPDATE OF entered, inside, converted ON versions BEGIN
    UPDATE journeys SET entered = NEW.entered, inside = NEW.inside, converted = NEW.converted,
            rate = CASE WHEN NEW.entered > 0 THEN NEW.converted * 10000 / NEW.entered END
        WHERE id = NEW.journey_id AND current_version_id = NEW.id;
END;
CREATE TRIGGER versions_changed AFTER UPDATE OF status, entry_type, start_at, published_by, published_at ON versions BEGIN
    UPDATE journeys SET status = NEW.status, entry_type = NEW.entry_type, start_at = NEW.start_at,
            published_by = NEW.published_by, published_at = NEW.published_at
        WHERE id = NEW.journey_id AND current_version_id = NEW.id;
END;

CREATE TRIGGER versions_keyed AFTER INSERT ON versions BEGIN
    UPDATE versions SET key = (SELECT coalesce(max(key), 0) + 1 FROM versions) WHERE id = NEW.id AND key IS NULL;
    UPDATE engine_state SET epoch = epoch + 1;
END;
CREATE TRIGGER versions_edited AFTER UPDATE OF graph, settings ON versions WHEN NEW.status BETWEEN 1 AND 5 BEGIN
    UPDATE engine_state SET epoch = epoch + 1, definitions_epoch = definitions_epoch + 1;
END;
-- Whatever opens entry: what was accepted before it starts no enrolment.
CREATE TRIGGER versions_opened AFTER UPDATE OF status ON versions WHEN NEW.status = 2 AND OLD.status <> 2 BEGIN
    UPDATE versions SET entry_cursor = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) WHERE id = NEW.id;
    DELETE FROM criteria_matches WHERE version_key = NEW.key;
END;
CREATE TRIGGER segments_inserted AFTER INSERT ON segments BEGIN
    UPDATE engine_state SET epoch = epoch + 1, definitions_epoch = definitions_epoch + 1;
END;
CREATE TRIGGER segments_updated AFTER UPDATE ON segments BEGIN
    UPDATE engine_state SET epoch = epoch + 1, definitions_epoch = definitions_epoch + 1;
END;
CREATE TRIGGER segments_deleted AFTER DELETE ON segments BEGIN
    UPDATE engine_state SET epoch = epoch + 1, definitions_epoch = definitions_epoch + 1;
END;

CREATE TRIGGER audit_entries_are_not_changed BEFORE UPDATE ON audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
CREATE TRIGGER audit_entries_are_not_replaced BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE seq = NEW.seq) BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
CREATE TRIGGER audit_entries_are_not_shortened BEFORE DELETE ON audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
