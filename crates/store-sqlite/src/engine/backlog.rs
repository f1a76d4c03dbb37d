//! What waits, and how each journey does, for anyone who watches the server.

use sqlx::FromRow;
use uuid::Uuid;

use crate::{SqliteStore, error::SqliteResult};
use wayfare_domain::{
    ids::{JourneyId, ProjectId},
    journeys::{status::Status, visibility::Visibility},
    stats::NodeStatsKind,
    time::Timestamp,
};
use wayfare_store::engine::{EngineBacklog, JourneyStatsRow};

/// Most journeys that are told of: those that are running first.
const JOURNEYS: i64 = 2_000;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    entered: i64,
    inside: i64,
    failed: i64,
    unreachable: i64,
}

pub async fn read(
    store: &SqliteStore,
    project: ProjectId,
    now: Timestamp,
) -> SqliteResult<EngineBacklog> {
    let (due,): (i64,) = sqlx::query_as(
        "SELECT count(*) FROM enrolments INDEXED BY enrolments_due WHERE due_at <= ?",
    )
    .bind(now.0)
    .fetch_one(&store.readers)
    .await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT j.id, j.name, sum(v.entered) AS entered, sum(v.inside) AS inside,
                coalesce(sum((SELECT sum(f.count) FROM node_stats f WHERE f.version_key = v.key
                AND f.kind IN (?4, ?5) AND f.outlet = ?6)), 0) AS failed,
                coalesce(sum((SELECT sum(f.count) FROM node_stats f WHERE f.version_key = v.key
                AND f.kind IN (?4, ?5) AND f.outlet = ?7)), 0) AS unreachable
         FROM (SELECT id, name FROM journeys WHERE project_id = ?1 AND visibility = ?8
               AND ever_published
               ORDER BY status <> ?3, key DESC LIMIT ?2) j
              JOIN versions v ON v.journey_id = j.id
         GROUP BY j.id ORDER BY j.name",
    )
    .bind(project.0)
    .bind(JOURNEYS)
    .bind(Status::Running.code())
    .bind(NodeStatsKind::Left.code())
    .bind(NodeStatsKind::MissingOutlet.code())
    .bind("failed")
    .bind("unreachable")
    .bind(Visibility::Listed.code())
    .fetch_all(&store.readers)
    .await?;
    let load = |row: Row| JourneyStatsRow {
        id: JourneyId(row.id),
        name: row.name,
        entered: row.entered,
        inside: row.inside,
        failed: row.failed,
        unreachable: row.unreachable,
    };
    Ok(EngineBacklog { due, journeys: rows.into_iter().map(load).collect() })
}
