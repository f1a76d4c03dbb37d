//! Everything about one journey.

use sqlx::{AssertSqlSafe, FromRow};

use super::{
    SqliteStore,
    error::SqliteResult,
    rows::{STATS_COLUMNS, SUMMARY_COLUMNS, SummaryRow, VERSION_COLUMNS, VersionRow, json},
};
use wayfare_domain::{
    ids::{JourneyId, ProjectId},
    journeys::{
        read_model::{JourneyDetail, JourneySummary, NodeStats, VersionSummary},
        visibility::Visibility,
    },
    stats::NodeStatsKind,
};
use wayfare_store::StoreError;

#[derive(FromRow)]
struct ContentRow {
    graph: String,
    settings: String,
    unresolved_references: String,
}

/// The row of the list.
pub async fn summary(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
) -> SqliteResult<JourneySummary> {
    // The column lists are constants of this module; everything from outside is bound.
    let summary: Option<SummaryRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {SUMMARY_COLUMNS} FROM journeys j WHERE j.id = ? AND j.project_id = ?
         AND j.visibility < ?"
    )))
    .bind(journey.0)
    .bind(project.0)
    .bind(Visibility::Deleted.code())
    .fetch_optional(&store.readers)
    .await?;
    summary.ok_or(StoreError::NotFound("journey"))?.into_domain()
}

/// Newest first.
pub async fn versions(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
) -> SqliteResult<Vec<VersionSummary>> {
    let versions: Vec<VersionRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {VERSION_COLUMNS}, {STATS_COLUMNS} FROM versions v
         WHERE v.journey_id = ? AND v.project_id = ? ORDER BY v.number DESC"
    )))
    .bind(journey.0)
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    versions.into_iter().map(VersionRow::into_domain).collect()
}

pub async fn read(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
) -> SqliteResult<JourneyDetail> {
    let summary = summary(store, project, journey).await?;
    let versions = versions(store, project, journey).await?;
    let content: ContentRow = sqlx::query_as(
        "SELECT v.graph, v.settings, v.unresolved_references FROM versions v JOIN journeys j
            ON j.current_version_id = v.id
         WHERE j.id = ? AND j.project_id = ?",
    )
    .bind(journey.0)
    .bind(project.0)
    .fetch_one(&store.readers)
    .await?;
    Ok(JourneyDetail {
        summary,
        versions,
        graph: json(&content.graph, "graph")?,
        settings: json(&content.settings, "settings")?,
        missing: json(&content.unresolved_references, "missing things")?,
        nodes: nodes(store, project, journey, None).await?,
    })
}

/// Figures of the nodes of a version; of the shown one where no number is given.
pub async fn nodes(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
    version: Option<i64>,
) -> SqliteResult<Vec<NodeStats>> {
    let rows: Vec<(String, i64, String, i64, bool)> = sqlx::query_as(
        "SELECT f.node, f.kind, f.outlet, f.count, v.bulk_exit_reason IS NOT NULL
         FROM journeys j JOIN versions v ON v.journey_id = j.id
         AND iif(?3 IS NULL, v.id = j.current_version_id, v.number = ?3)
         JOIN node_stats f ON f.version_key = v.key WHERE j.id = ?1 AND j.project_id = ?2
         ORDER BY f.node, f.kind, f.outlet",
    )
    .bind(journey.0)
    .bind(project.0)
    .bind(version)
    .fetch_all(&store.readers)
    .await?;
    let is_emptied = rows.iter().any(|(.., emptied)| *emptied);
    let counts = rows.into_iter().map(|(node, code, outlet, count, _)| {
        let kind = NodeStatsKind::from_code(code)
            .ok_or_else(|| StoreError::Corrupt(format!("the unknown kind {code} of a count")))?;
        Ok((node, kind, outlet, count))
    });
    Ok(NodeStats::collect(counts.collect::<SqliteResult<Vec<_>>>()?, is_emptied))
}
