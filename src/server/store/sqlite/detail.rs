//! Everything about one journey.

use sqlx::{AssertSqlSafe, FromRow};

use super::{
    SqliteStore,
    rows::{SUMMARY_COLUMNS, SummaryRow, VERSION_COLUMNS, VersionRow, json},
};
use crate::{
    domain::{
        delivery::fate::Fate,
        ids::{JourneyId, ProjectId},
        journey::{JourneyDetail, NodeFigures},
    },
    server::store::{StoreError, StoreResult},
};

#[derive(FromRow)]
struct ContentRow {
    graph: String,
    settings: String,
    missing: String,
}

pub async fn read(store: &SqliteStore, project: ProjectId, journey: JourneyId) -> StoreResult<JourneyDetail> {
    // The column lists are constants of this module; everything from outside is bound.
    let summary: Option<SummaryRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {SUMMARY_COLUMNS} FROM journeys j WHERE j.id = ? AND j.project_id = ? AND j.shelf < 2"
    )))
    .bind(journey.0)
    .bind(project.0)
    .fetch_optional(&store.readers)
    .await?;
    let summary = summary.ok_or(StoreError::NotFound("journey"))?.into_domain()?;
    let versions: Vec<VersionRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {VERSION_COLUMNS} FROM versions v WHERE v.journey_id = ? AND v.project_id = ? ORDER BY v.number DESC"
    )))
    .bind(journey.0)
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    let content: ContentRow = sqlx::query_as(
        "SELECT v.graph, v.settings, v.missing FROM versions v JOIN journeys j ON j.shown_version_id = v.id
         WHERE j.id = ? AND j.project_id = ?",
    )
    .bind(journey.0)
    .bind(project.0)
    .fetch_one(&store.readers)
    .await?;
    Ok(JourneyDetail {
        summary,
        versions: versions.into_iter().map(VersionRow::into_domain).collect::<StoreResult<_>>()?,
        graph: json(&content.graph, "graph")?,
        settings: json(&content.settings, "settings")?,
        missing: json(&content.missing, "missing things")?,
        nodes: nodes(store, project, journey).await?,
    })
}

/// Figures of the nodes of the shown version. In a stopped one nobody waits anywhere.
async fn nodes(store: &SqliteStore, project: ProjectId, journey: JourneyId) -> StoreResult<Vec<NodeFigures>> {
    let rows: Vec<(String, String, i64, bool)> = sqlx::query_as(
        "SELECT f.node, f.outlet, f.count, v.status = 6 FROM journeys j JOIN versions v ON v.id = j.shown_version_id
         JOIN node_figures f ON f.version = v.seq WHERE j.id = ? AND j.project_id = ? ORDER BY f.node, f.outlet",
    )
    .bind(journey.0)
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    let mut nodes: Vec<NodeFigures> = Vec::new();
    let mut stopped = false;
    for (node, outlet, count, over) in rows {
        stopped |= over;
        if nodes.last().is_none_or(|last| last.node != node) {
            nodes.push(NodeFigures { node, ..NodeFigures::default() });
        }
        let Some(figures) = nodes.last_mut() else { continue };
        match outlet.as_str() {
            "" => figures.came += count,
            ended if ended.starts_with('!') => figures.ended += count,
            // Outlets that are not drawn: whoever would have left by them waits or has ended, and is counted there.
            undrawn if undrawn.starts_with('~') => {}
            fate if fate.starts_with('@') => figures.messages.extend(Fate::from_key(&fate[1..]).map(|fate| (fate, count))),
            _ => figures.left.push((outlet, count)),
        }
    }
    if stopped {
        nodes.iter_mut().for_each(|figures| figures.ended += figures.waiting());
    }
    Ok(nodes)
}
