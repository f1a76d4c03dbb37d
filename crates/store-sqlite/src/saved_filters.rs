//! Filters that were kept under a name.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::{SqliteStore, audit::NewAuditEntry, error::SqliteResult, labels};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    ids::{ProjectId, SavedFilterId},
    journeys::{
        error::{JourneyError, LimitedThing},
        label::Label,
        list::{
            page::{SAVED_FILTERS_MAX, SavedFilter, deleted_filter_summary},
            query::ListQuery,
        },
    },
    names::SavedFilterName,
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, journeys::FilterStore};

#[async_trait]
impl FilterStore for SqliteStore {
    async fn list_labels(&self, project: ProjectId) -> StoreResult<Vec<Label>> {
        Ok(labels::all(self, project).await?)
    }

    async fn save_filter(
        &self,
        actor: &Actor,
        name: &SavedFilterName,
        query: &ListQuery,
        now: Timestamp,
    ) -> StoreResult<SavedFilter> {
        Ok(save(self, actor, name, query, now).await?)
    }

    async fn delete_filter(
        &self,
        actor: &Actor,
        filter: SavedFilterId,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(delete(self, actor, filter, now).await?)
    }
}

#[derive(FromRow)]
struct SavedFilterRow {
    id: Uuid,
    name: String,
    query: String,
}

pub async fn all(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<SavedFilter>> {
    let rows: Vec<SavedFilterRow> = sqlx::query_as(
        "SELECT id, name, query FROM saved_filters WHERE project_id = ? ORDER BY created_at, id",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SavedFilter { id: SavedFilterId(row.id), name: row.name, query: row.query })
        .collect())
}

async fn save(
    store: &SqliteStore,
    actor: &Actor,
    name: &SavedFilterName,
    query: &ListQuery,
    now: Timestamp,
) -> SqliteResult<SavedFilter> {
    let saved = SavedFilter {
        id: SavedFilterId::new(),
        name: name.to_string(),
        query: query.with_page(1).to_query(),
    };
    let mut transaction = store.begin().await?;
    let written = sqlx::query(
        "INSERT INTO saved_filters (id, project_id, name, query, created_by, created_at)
            VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(saved.id.0)
    .bind(actor.project.0)
    .bind(&saved.name)
    .bind(&saved.query)
    .bind(actor.user.0)
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::NameTaken("saved filter").into());
    }
    let (count,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM saved_filters WHERE project_id = ?")
            .bind(actor.project.0)
            .fetch_one(&mut *transaction)
            .await?;
    if count > SAVED_FILTERS_MAX {
        let what = LimitedThing::SavedFilters;
        return Err(JourneyError::LimitReached { what, most: SAVED_FILTERS_MAX }.into());
    }
    NewAuditEntry::of(actor, AuditEvent::FilterSaved, &saved.audit_summary())
        .write(&mut transaction, now)
        .await?;
    store.commit(transaction, actor.project).await?;
    Ok(saved)
}

async fn delete(
    store: &SqliteStore,
    actor: &Actor,
    filter: SavedFilterId,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let gone: Option<(String,)> =
        sqlx::query_as("DELETE FROM saved_filters WHERE id = ? AND project_id = ? RETURNING name")
            .bind(filter.0)
            .bind(actor.project.0)
            .fetch_optional(&mut *transaction)
            .await?;
    let (name,) = gone.ok_or(StoreError::NotFound("saved filter"))?;
    NewAuditEntry::of(actor, AuditEvent::FilterDeleted, &deleted_filter_summary(&name))
        .write(&mut transaction, now)
        .await?;
    store.commit(transaction, actor.project).await
}
