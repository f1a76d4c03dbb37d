//! What the engine plans with: where everything stands, and the versions in which anything may
//! happen.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use sqlx::{FromRow, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::{
    SqliteStore,
    codes::{QUEUED, TEST_MODE},
    error::SqliteResult,
    rows::{json, status, to_json},
};
use wayfare_domain::{
    graph::criteria::Criteria,
    ids::{EnrolmentKey, JourneyId, JourneyKey, ProjectId, ProjectKey, VersionKey},
    journeys::status::Status,
    profiles::profile::Channel,
    time::Timestamp,
};
use wayfare_store::engine::{ActiveVersionInfo, EngineState, VersionDefinition};

/// Reads [`EngineState`]; the same for a reader and inside of the writing transaction.
static HEAD: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT epoch, definitions_epoch, event_cursor,
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS last_event,
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'enrolments'), 0) AS last_enrolment,
    coalesce((SELECT max(seq) FROM profile_changes), 0) AS last_profile_change,
         EXISTS (SELECT 1 FROM outbox WHERE status = {QUEUED} AND is_live = {TEST_MODE}) AS queued,
    EXISTS (SELECT 1 FROM message_events WHERE pending = 1) AS answers
    FROM engine_state"
    )
});

#[derive(FromRow)]
struct EngineStateRow {
    epoch: i64,
    definitions_epoch: i64,
    event_cursor: i64,
    last_event: i64,
    last_enrolment: i64,
    last_profile_change: i64,
    queued: bool,
    answers: bool,
}

impl From<EngineStateRow> for EngineState {
    fn from(row: EngineStateRow) -> Self {
        Self {
            epoch: row.epoch,
            definitions_epoch: row.definitions_epoch,
            cursor: row.event_cursor,
            last_event: row.last_event,
            last_enrolment: EnrolmentKey(row.last_enrolment),
            last_profile_change: row.last_profile_change,
            queued: row.queued,
            answers: row.answers,
        }
    }
}

/// What is known of versions is read anew, and rounds that were decided on it are decided again.
pub async fn raise_definitions_epoch(connection: &mut SqliteConnection) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE engine_state SET epoch = epoch + 1, definitions_epoch = definitions_epoch +
         1",
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn engine_state(from: impl SqliteExecutor<'_>) -> SqliteResult<EngineState> {
    let sql = sqlx::AssertSqlSafe(HEAD.as_str());
    let row: EngineStateRow = sqlx::query_as(sql).fetch_one(from).await?;
    Ok(row.into())
}

#[derive(FromRow)]
struct PlannedRow {
    key: i64,
    journey_key: i64,
    journey_id: Uuid,
    journey_name: String,
    project_key: i64,
    project_id: Uuid,
    status: i64,
    entry_cursor: i64,
    entry_opened_at: i64,
    entered: i64,
}

pub async fn active_versions(store: &SqliteStore) -> SqliteResult<Vec<ActiveVersionInfo>> {
    // In the text, so that the index over these statuses is used.
    let (first, last) = (Status::Running.code(), Status::Restricted.code());
    let rows: Vec<PlannedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT v.key, j.key AS journey_key, v.journey_id, j.name AS journey_name,
         p.key AS project_key, v.project_id, v.status, v.entry_cursor, v.entry_opened_at, v.entered
         FROM versions v JOIN journeys j ON j.id = v.journey_id JOIN projects p
         ON p.id = v.project_id
         WHERE v.status BETWEEN {first} AND {last} AND v.bulk_exit_reason IS NULL
         AND p.archived_at IS NULL ORDER BY v.key"
    )))
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ActiveVersionInfo {
                seq: VersionKey(row.key),
                journey: JourneyKey(row.journey_key),
                journey_id: JourneyId(row.journey_id),
                journey_name: row.journey_name,
                project: ProjectKey(row.project_key),
                project_id: ProjectId(row.project_id),
                status: status(row.status)?,
                entry_mark: row.entry_cursor,
                entry_since: Timestamp(row.entry_opened_at),
                entered: row.entered,
            })
        })
        .collect()
}

pub async fn version_definitions(
    store: &SqliteStore,
    versions: &[VersionKey],
) -> SqliteResult<Vec<VersionDefinition>> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT v.key, v.graph, v.settings FROM json_each(?1) chosen CROSS JOIN versions v
         ON v.key = chosen.value",
    )
    .bind(to_json(&versions)?)
    .fetch_all(&store.readers)
    .await?;
    let content = |(seq, graph, settings): (i64, String, String)| {
        SqliteResult::Ok(VersionDefinition {
            seq: VersionKey(seq),
            graph: json(&graph, "graph")?,
            settings: json(&settings, "settings")?,
        })
    };
    // One version that cannot be read must not hold up all the others.
    let readable = |row: (i64, String, String)| {
        let seq = row.0;
        content(row)
            .inspect_err(
                |error| tracing::error!(version = seq, %error, "engine.unreadable_version"),
            )
            .ok()
    };
    Ok(rows.into_iter().filter_map(readable).collect())
}

pub async fn segments_by_project(
    store: &SqliteStore,
) -> SqliteResult<HashMap<ProjectKey, HashMap<String, Criteria>>> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT p.key, s.name, s.criteria FROM segments s JOIN projects p
            ON p.id = s.project_id",
    )
    .fetch_all(&store.readers)
    .await?;
    let mut segments: HashMap<ProjectKey, HashMap<String, Criteria>> = HashMap::new();
    for (project, name, criteria) in rows {
        match json(&criteria, "criteria") {
            Ok(criteria) => {
                segments.entry(ProjectKey(project)).or_default().insert(name, criteria);
            }
            Err(error) => {
                tracing::error!(project, segment = name, %error, "engine.unreadable_segment")
            }
        }
    }
    Ok(segments)
}

pub async fn live_channels(store: &SqliteStore) -> SqliteResult<HashSet<(ProjectKey, Channel)>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT p.key, c.channel FROM channels c JOIN projects p
            ON p.id = c.project_id WHERE c.live = 1",
    )
    .fetch_all(&store.readers)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(project, channel)| Some((project.into(), Channel::from_key(&channel)?)))
        .collect())
}

pub async fn event_names(
    store: &SqliteStore,
    after: i64,
) -> SqliteResult<Vec<(i64, ProjectKey, String)>> {
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT id, project_key, name_key FROM event_names WHERE id > ? ORDER BY id",
    )
    .bind(after)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(id, project, name)| (id, ProjectKey(project), name)).collect())
}
