//! Who is at a node.

use sqlx::FromRow;

use crate::{SqliteStore, error::SqliteResult};
use wayfare_domain::{
    ids::{JourneyId, ProjectId},
    time::Timestamp,
    versions::ProfileAtNode,
};

#[derive(FromRow)]
struct Row {
    trip: i64,
    person: Option<i64>,
    identity: Option<String>,
    since: i64,
}

/// They came to the node with the first line that the step log has of this visit; lines that are
/// too old are gone.
pub async fn read(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
    version: i64,
    node: &str,
    limit: i64,
) -> SqliteResult<Vec<ProfileAtNode>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT e.seq AS trip, e.profile AS person, p.identity,
                coalesce((SELECT min(s.at) FROM steps s WHERE s.enrolment = e.seq
                AND s.visit = e.visit), e.entered_at) AS since
         FROM (SELECT e.seq, e.profile, e.visit, e.entered_at
               FROM versions v CROSS JOIN enrolments e INDEXED BY enrolments_live
               ON e.version = v.seq AND e.state = 0
               WHERE v.project_id = ?1 AND v.journey_id = ?2 AND v.number = ?3 AND v.emptied IS NULL
               AND e.node = ?4
               LIMIT ?5) e
         LEFT JOIN profiles p ON p.seq = e.profile ORDER BY since DESC, e.seq DESC",
    )
    .bind(project.0)
    .bind(journey.0)
    .bind(version)
    .bind(node)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let here = |row: Row| ProfileAtNode {
        person: row.person,
        trip: row.trip,
        identity: row.identity,
        since: Timestamp(row.since),
    };
    Ok(rows.into_iter().map(here).collect())
}
