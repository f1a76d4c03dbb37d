//! Everything about one journey.

use sqlx::{AssertSqlSafe, FromRow};

use super::{
    SqliteStore,
    rows::{STATS_COLUMNS, SUMMARY_COLUMNS, SummaryRow, VERSION_COLUMNS, VersionRow, json},
};
use wayfare_domain::{
    ids::{JourneyId, ProjectId},
    journeys::{
        read_model::{JourneyDetail, JourneySummary, NodeStats, VersionSummary},
        visibility::Visibility,
    },
    messages::event::MessageEventKind,
};
use wayfare_store::{StoreError, StoreResult};

#[derive(FromRow)]
struct ContentRow {
    graph: String,
    settings: String,
    missing: String,
}

/// The row of the list.
pub async fn summary(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
) -> StoreResult<JourneySummary> {
    // The column lists are constants of this module; everything from outside is bound.
    let summary: Option<SummaryRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {SUMMARY_COLUMNS} FROM journeys j WHERE j.id = ? AND j.project_id = ?
         AND j.shelf < ?"
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
) -> StoreResult<Vec<VersionSummary>> {
    let versions: Vec<VersionRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {VERSION_COLUMNS}, {STATS_COLUMNS} FROM versions v WHERE v.journey_id = ? AND v.project_id = ?
         ORDER BY v.number DESC"
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
) -> StoreResult<JourneyDetail> {
    let summary = summary(store, project, journey).await?;
    let versions = versions(store, project, journey).await?;
    let content: ContentRow = sqlx::query_as(
        "SELECT v.graph, v.settings, v.missing FROM versions v JOIN journeys j
            ON j.shown_version_id = v.id
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
        missing: json(&content.missing, "missing things")?,
        nodes: nodes(store, project, journey, None).await?,
    })
}

/// Figures of the nodes of a version; of the shown one where no number is given. In one that was
/// stopped or left no one waits anywhere.
pub async fn nodes(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
    version: Option<i64>,
) -> StoreResult<Vec<NodeStats>> {
    let rows: Vec<(String, String, i64, bool)> = sqlx::query_as(
        "SELECT f.node, f.outlet, f.count, v.emptied IS NOT NULL
         FROM journeys j JOIN versions v ON v.journey_id = j.id
         AND iif(?3 IS NULL, v.id = j.shown_version_id, v.number = ?3)
         JOIN node_figures f ON f.version = v.seq WHERE j.id = ?1 AND j.project_id = ?2
         ORDER BY f.node, f.outlet",
    )
    .bind(journey.0)
    .bind(project.0)
    .bind(version)
    .fetch_all(&store.readers)
    .await?;
    let mut nodes: Vec<NodeStats> = Vec::new();
    let mut emptied = false;
    for (node, outlet, count, over) in rows {
        emptied |= over;
        if nodes.last().is_none_or(|last| last.node != node) {
            nodes.push(NodeStats { node, ..NodeStats::default() });
        }
        let Some(figures) = nodes.last_mut() else { continue };
        match outlet.as_str() {
            "" => figures.came += count,
            ended if ended.starts_with('!') => figures.ended += count,
            // Outlets that are not drawn: anyone who would have left by them waits or has ended,
            // and is counted there.
            undrawn if undrawn.starts_with('~') => {}
            fate if fate.starts_with('@') => figures
                .messages
                .extend(MessageEventKind::from_key(&fate[1..]).map(|fate| (fate, count))),
            _ => figures.left.push((outlet, count)),
        }
    }
    if emptied {
        nodes.iter_mut().for_each(|figures| figures.ended += figures.waiting());
    }
    Ok(nodes)
}
