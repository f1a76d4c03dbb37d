//! Segments: saved questions, counted when they are looked at.

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use super::number_of;
use crate::{
    SqliteStore,
    audit::NewAuditEntry,
    criteria_sql,
    error::SqliteResult,
    rows::{json, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    graph::{Graph, criteria::Criteria},
    ids::ProjectId,
    journeys::{
        references::{ReferenceKind, references, segments_within},
        settings::Settings,
        status::Status,
        visibility::Visibility,
    },
    profiles::{
        read_model::SegmentSummary,
        segments::{CHANGE_USED, check_segment},
    },
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, profiles::SegmentStore};

#[async_trait]
impl SegmentStore for SqliteStore {
    async fn list_segments(&self, project: ProjectId) -> StoreResult<Vec<SegmentSummary>> {
        Ok(all(self, project).await?)
    }

    async fn save_segment(
        &self,
        actor: &Actor,
        name: &str,
        criteria: &Criteria,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(save(self, actor, name, criteria, now).await?)
    }

    async fn delete_segment(&self, actor: &Actor, name: &str, now: Timestamp) -> StoreResult<()> {
        Ok(delete(self, actor, name, now).await?)
    }

    async fn count_matching_profiles(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        now: Timestamp,
    ) -> StoreResult<i64> {
        Ok(count(self, project, criteria, now).await?)
    }
}

pub async fn all(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<SegmentSummary>> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT s.name, s.criteria, u.name, s.updated_at FROM segments s JOIN actors u
            ON u.id = s.created_by
         WHERE s.project_id = ? ORDER BY s.name",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter()
        .map(|(name, criteria, created_by, updated_at)| {
            let criteria = json(&criteria, "criteria")?;
            Ok(SegmentSummary {
                name,
                criteria,
                created_by,
                updated_at: Timestamp(updated_at),
                people: None,
            })
        })
        .collect()
}

/// The criteria of every segment, by its name.
pub async fn by_name(
    from: impl SqliteExecutor<'_>,
    project: ProjectId,
) -> SqliteResult<HashMap<String, Criteria>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, criteria FROM segments WHERE project_id = ?")
            .bind(project.0)
            .fetch_all(from)
            .await?;
    rows.into_iter().map(|(name, criteria)| Ok((name, json(&criteria, "criteria")?))).collect()
}

/// Asked in the transaction that changes the segment. Whoever may operate journeys may: for them no
/// journey is read.
async fn require_may_change(
    connection: &mut SqliteConnection,
    actor: &Actor,
    name: &str,
) -> SqliteResult<()> {
    if let Err(forbidden) = actor.require(CHANGE_USED)
        && is_used(connection, actor.project, name).await?
    {
        return Err(forbidden.into());
    }
    Ok(())
}

/// Does a published version ask for the segment, itself or within another one, and may it still do
/// so?
async fn is_used(
    connection: &mut SqliteConnection,
    project: ProjectId,
    name: &str,
) -> SqliteResult<bool> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT v.graph, v.settings FROM journeys j JOIN versions v ON v.journey_id = j.id
         WHERE j.project_id = ?1 AND j.visibility < ?4 AND v.status NOT IN (?2, ?3)",
    )
    .bind(project.0)
    .bind(Status::Draft.code())
    .bind(Status::Stopped.code())
    .bind(Visibility::Deleted.code())
    .fetch_all(&mut *connection)
    .await?;
    let segments = by_name(&mut *connection, project).await?;
    for (graph, settings) in rows {
        let (graph, settings): (Graph, Settings) =
            (json(&graph, "graph")?, json(&settings, "settings")?);
        let named = references(&graph, &settings)
            .into_iter()
            .filter(|reference| reference.kind == ReferenceKind::Segment)
            .map(|reference| reference.name);
        if segments_within(named, &segments).contains(name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The question of a segment with every other segment put in.
pub async fn expanded(
    store: &SqliteStore,
    project: ProjectId,
    name: &str,
) -> SqliteResult<Criteria> {
    with_segments(store, project, &Criteria::InSegment(name.to_string())).await
}

/// A question with every segment that it names put in.
pub async fn with_segments(
    store: &SqliteStore,
    project: ProjectId,
    criteria: &Criteria,
) -> SqliteResult<Criteria> {
    Ok(criteria.inline_segments(&by_name(&store.readers, project).await?))
}

async fn count(
    store: &SqliteStore,
    project: ProjectId,
    criteria: &Criteria,
    now: Timestamp,
) -> SqliteResult<i64> {
    let number = number_of(store, project).await?;
    let criteria = with_segments(store, project, criteria).await?;
    criteria_sql::count(store, number, &criteria, now).await
}

async fn save(
    store: &SqliteStore,
    actor: &Actor,
    name: &str,
    criteria: &Criteria,
    now: Timestamp,
) -> SqliteResult<()> {
    // Read within: what another one saves at the same time may name this segment.
    let mut transaction = store.begin().await?;
    require_may_change(&mut transaction, actor, name).await?;
    let mut segments = by_name(&mut *transaction, actor.project).await?;
    segments.insert(name.to_string(), criteria.clone());
    check_segment(name, &segments).map_err(|refusal| StoreError::Conflict(refusal.sentence()))?;
    sqlx::query(
        "INSERT INTO segments (id, project_id, name, criteria, created_by, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
         ON CONFLICT (project_id, name) DO UPDATE
         SET criteria = excluded.criteria, updated_at = excluded.updated_at",
    )
    .bind(Uuid::now_v7())
    .bind(actor.project.0)
    .bind(name)
    .bind(to_json(criteria)?)
    .bind(actor.user.0)
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    NewAuditEntry::of(actor, AuditEvent::SegmentSaved, name).write(&mut transaction, now).await?;
    store.commit(transaction, actor.project).await
}

async fn delete(
    store: &SqliteStore,
    actor: &Actor,
    name: &str,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    require_may_change(&mut transaction, actor, name).await?;
    let done = sqlx::query("DELETE FROM segments WHERE project_id = ? AND name = ?")
        .bind(actor.project.0)
        .bind(name)
        .execute(&mut *transaction)
        .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NotFound("segment").into());
    }
    NewAuditEntry::of(actor, AuditEvent::SegmentDeleted, name).write(&mut transaction, now).await?;
    store.commit(transaction, actor.project).await
}

pub async fn known_events(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT n.name FROM event_names n JOIN projects p ON p.key = n.project_key
         WHERE p.id = ? AND n.name NOT GLOB '$*' ORDER BY n.name_key LIMIT 1000",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}
