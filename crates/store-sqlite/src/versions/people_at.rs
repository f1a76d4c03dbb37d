//! Who is at a node.

use sqlx::{AssertSqlSafe, FromRow};

use crate::{SqliteStore, codes::INSIDE, error::SqliteResult};
use wayfare_domain::{
    ids::{JourneyId, ProjectId},
    time::Timestamp,
    versions::ProfileAtNode,
};

#[derive(FromRow)]
struct Row {
    key: i64,
    profile_key: Option<i64>,
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
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT e.key, e.profile_key, p.identity,
                coalesce((SELECT min(s.at) FROM enrolment_log s WHERE s.enrolment_key = e.key
                AND s.visit = e.visit), e.entered_at) AS since
         FROM (SELECT e.key, e.profile_key, e.visit, e.entered_at
               FROM versions v CROSS JOIN enrolments e INDEXED BY enrolments_inside
               ON e.version_key = v.key AND e.exit_reason = {INSIDE}
               WHERE v.project_id = ?1 AND v.journey_id = ?2 AND v.number = ?3
               AND v.bulk_exit_reason IS NULL
               AND e.node = ?4
               LIMIT ?5) e
         LEFT JOIN profiles p ON p.key = e.profile_key ORDER BY since DESC, e.key DESC"
    )))
    .bind(project.0)
    .bind(journey.0)
    .bind(version)
    .bind(node)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let here = |row: Row| ProfileAtNode {
        person: row.profile_key,
        enrolment: row.key,
        identity: row.identity,
        since: Timestamp(row.since),
    };
    Ok(rows.into_iter().map(here).collect())
}
