//! A version with everything around it.

use sqlx::FromRow;
use uuid::Uuid;

use crate::{SqliteStore, detail, error::SqliteResult, rows::json};
use wayfare_domain::{
    access::actor::ActorRef,
    ids::{JourneyId, ProjectId, UserId},
    journeys::read_model::VersionSummary,
    time::Timestamp,
};
use wayfare_store::{StoreError, versions::VersionDetail};

#[derive(FromRow)]
struct ContentRow {
    revision: i64,
    saved_by: Option<Uuid>,
    saved_by_name: Option<String>,
    saved_at: Option<i64>,
    graph: String,
    settings: String,
}

pub async fn open(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
    version: Option<i64>,
) -> SqliteResult<VersionDetail> {
    let summary = detail::summary(store, project, journey).await?;
    let versions = detail::versions(store, project, journey).await?;
    let chosen = VersionSummary::to_open(&versions, version).cloned();
    let chosen = chosen.ok_or(StoreError::NotFound("version"))?;
    let content: Option<ContentRow> = sqlx::query_as(
        "SELECT v.revision, v.saved_by, (SELECT u.name FROM actors u
            WHERE u.id = v.saved_by) AS saved_by_name, v.saved_at,
                v.graph, v.settings
         FROM versions v WHERE v.journey_id = ? AND v.project_id = ? AND v.number = ?",
    )
    .bind(journey.0)
    .bind(project.0)
    .bind(chosen.number)
    .fetch_optional(&store.readers)
    .await?;
    let content = content.ok_or(StoreError::NotFound("version"))?;
    let nodes = detail::nodes(store, project, journey, Some(chosen.number)).await?;
    Ok(VersionDetail {
        summary,
        versions,
        version: chosen,
        revision: content.revision,
        saved_by: content.saved_by.map(|id| ActorRef {
            id: UserId(id),
            name: content.saved_by_name.clone().unwrap_or_default(),
        }),
        saved_at: content.saved_at.map(Timestamp),
        graph: json(&content.graph, "graph")?,
        settings: json(&content.settings, "settings")?,
        nodes,
    })
}
