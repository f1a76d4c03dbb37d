//! Records become profiles and events: one transaction for as many senders as are waiting, a fixed
//! number of statements for as many records as there are.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{changed_profiles, identity::resolve, merge, new_events, new_list_members};
use crate::{SqliteStore, error::SqliteResult, write_queue::Urgency};
use wayfare_domain::{
    ids::{ProfileKey, ProjectId, ProjectKey},
    profiles::{
        resolved_record::{ResolvedRecord, resolve_records},
        sender::{Batch, Ignored},
    },
    time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    outbox::ChangedPerson,
    profiles::{IngestStore, Ingested},
};

#[async_trait]
impl IngestStore for SqliteStore {
    async fn ingest(&self, batches: &[Batch], now: Timestamp) -> StoreResult<Vec<Ingested>> {
        Ok(ingest(self, batches, now).await?)
    }
}

async fn ingest(
    store: &SqliteStore,
    batches: &[Batch],
    now: Timestamp,
) -> SqliteResult<Vec<Ingested>> {
    let result = write(store, batches, now).await;
    if result.is_err() {
        store.row_keys().forget_names();
    }
    result
}

async fn write(
    store: &SqliteStore,
    batches: &[Batch],
    now: Timestamp,
) -> SqliteResult<Vec<Ingested>> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let connection = &mut *transaction;
    let mut numbered: Vec<(ProjectKey, &Batch)> = Vec::with_capacity(batches.len());
    for batch in batches {
        numbered.push((project_number(store, connection, batch.project).await?, batch));
    }
    let resolved = resolve(connection, &numbered, now).await?;
    let mut asked_again = AskedAgain::new();
    for (from, into) in &resolved.merges {
        let changed = merge::merge(connection, *from, *into, now).await?;
        asked_again.entry(*into).or_default().extend(changed);
    }
    let (records, mut ignored) = resolve_records(&numbered, &resolved);
    let without_room =
        changed_profiles::apply(connection, &records, &resolved, &mut asked_again, now).await?;
    let nameless = new_events::insert(store, connection, &records, now).await?;
    for (batch, left) in without_room.into_iter().chain(nameless) {
        ignored[batch].push(left);
    }
    new_list_members::insert(connection, &records, now).await?;
    store.merges.note(&resolved.merges);
    transaction.commit().await?;
    Ok(by_sender(ignored, &records, &asked_again))
}

/// What changed that send rules ask for, by the person that records are about.
pub(super) type AskedAgain = HashMap<ProfileKey, Vec<ChangedPerson>>;

/// The same by sender; nearly always there is nothing.
fn by_sender(
    ignored: Vec<Vec<Ignored>>,
    records: &[ResolvedRecord<'_>],
    asked_again: &AskedAgain,
) -> Vec<Ingested> {
    let mut ingested: Vec<Ingested> =
        ignored.into_iter().map(|ignored| Ingested { ignored, ..Ingested::default() }).collect();
    if asked_again.is_empty() {
        return ingested;
    }
    let about: HashSet<(usize, ProfileKey)> =
        records.iter().map(|record| (record.batch, record.profile)).collect();
    for (batch, profile) in about {
        if let (Some(ingested), Some(people)) = (ingested.get_mut(batch), asked_again.get(&profile))
        {
            ingested.changed.people.extend(people);
        }
    }
    ingested
}

async fn project_number(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    project: ProjectId,
) -> SqliteResult<ProjectKey> {
    let known = store.row_keys().project(project);
    if let Some(number) = known {
        return Ok(number);
    }
    let row: Option<(i64,)> = sqlx::query_as("SELECT key FROM projects WHERE id = ?")
        .bind(project.0)
        .fetch_optional(connection)
        .await?;
    let (number,) = row.ok_or(StoreError::NotFound("project"))?;
    store.row_keys().learn_project(project, ProjectKey(number));
    Ok(ProjectKey(number))
}
