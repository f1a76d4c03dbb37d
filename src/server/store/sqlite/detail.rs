//! Everything about one journey.

use sqlx::{AssertSqlSafe, FromRow};

use super::{
    SqliteStore,
    rows::{SUMMARY_COLUMNS, SummaryRow, VERSION_COLUMNS, VersionRow, json},
};
use crate::{
    domain::{
        ids::{JourneyId, ProjectId},
        journey::JourneyDetail,
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
    })
}
