//! [`OwnershipStore`] for SQLite.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{SqliteStore, audit::NewAuditEntry, error::SqliteResult, write_queue::Urgency};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    hold::{Hold, HoldReason},
    ids::ProjectId,
    messages::message_status::{MessageRoute, MessageStatus},
    time::Timestamp,
};
use wayfare_secrets::server_key::KeyFingerprint;
use wayfare_store::{StoreError, StoreResult, error::WriteFailure, ownership::OwnershipStore};

#[async_trait]
impl OwnershipStore for SqliteStore {
    async fn take_over(&self, owner: &str, now: Timestamp) -> StoreResult<()> {
        Ok(take_over(self, owner, now).await?)
    }

    async fn confirm_ownership(&self) -> StoreResult<Option<Hold>> {
        Ok(confirm_ownership(self).await?)
    }

    async fn find_last_alive(&self) -> StoreResult<Option<Timestamp>> {
        Ok(last_alive(self).await?)
    }

    async fn record_alive(&self, now: Timestamp) -> StoreResult<()> {
        Ok(record_alive(self, now).await?)
    }

    async fn hold(&self, reason: HoldReason, now: Timestamp) -> StoreResult<()> {
        Ok(hold(self, reason, now).await?)
    }

    async fn release_hold(&self, actor: &Actor, now: Timestamp) -> StoreResult<bool> {
        Ok(release_hold(self, actor, now).await?)
    }

    async fn find_key_fingerprint(&self) -> StoreResult<Option<KeyFingerprint>> {
        Ok(key_fingerprint(self).await?)
    }

    async fn save_key_fingerprint(&self, fingerprint: &KeyFingerprint) -> StoreResult<()> {
        Ok(save_key_fingerprint(self, fingerprint).await?)
    }

    async fn depends_on_key(&self) -> StoreResult<bool> {
        Ok(depends_on_key(self).await?)
    }
}

async fn take_over(store: &SqliteStore, owner: &str, now: Timestamp) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let (number,): (i64,) = sqlx::query_as(
        "UPDATE database_identity
            SET fence = fence + 1, owner = ?, owned_since = ? RETURNING fence",
    )
    .bind(owner)
    .bind(now.0)
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    store.ownership.fence(number);
    Ok(())
}

async fn confirm_ownership(store: &SqliteStore) -> SqliteResult<Option<Hold>> {
    if let Some(lost) = store.ownership.look() {
        return Err(StoreError::Unavailable(lost).into());
    }
    if store.ownership.look_whether_whole() {
        tracing::error!(
            file = %store.file().path().display(),
            "database.damaged: a part of the file is missing; restore a backup"
        );
    }
    let (fence, since, reason): (i64, Option<i64>, Option<i64>) =
        sqlx::query_as("SELECT fence, held_since, held_reason FROM database_identity")
            .fetch_one(&store.readers)
            .await?;
    if !store.ownership.is_fenced_by(fence) {
        store.ownership.lose(WriteFailure::Displaced);
        return Err(StoreError::Unavailable(WriteFailure::Displaced).into());
    }
    let reason = reason.map(|code| HoldReason::from_code(code).unwrap_or(HoldReason::Requested));
    Ok(since.zip(reason).map(|(since, reason)| Hold { since: Timestamp(since), reason }))
}

async fn last_alive(store: &SqliteStore) -> SqliteResult<Option<Timestamp>> {
    let (alive_at,): (Option<i64>,) =
        sqlx::query_as("SELECT alive_at FROM database_identity").fetch_one(&store.readers).await?;
    Ok(alive_at.map(Timestamp))
}

async fn record_alive(store: &SqliteStore, now: Timestamp) -> SqliteResult<()> {
    let statement = sqlx::query("UPDATE database_identity SET alive_at = ?").bind(now.0);
    store.execute(Urgency::Upkeep, statement).await?;
    Ok(())
}

async fn hold(store: &SqliteStore, reason: HoldReason, now: Timestamp) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    sqlx::query(
        "UPDATE database_identity SET held_since = ?, held_reason = ? WHERE held_since IS NULL",
    )
    .bind(now.0)
    .bind(reason.code())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

async fn release_hold(store: &SqliteStore, actor: &Actor, now: Timestamp) -> SqliteResult<bool> {
    let mut transaction = store.begin().await?;
    let released = sqlx::query(
        "UPDATE database_identity SET held_since = NULL, held_reason = NULL
            WHERE held_since IS NOT NULL",
    )
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if released == 0 {
        return Ok(false);
    }
    // It is about everybody's messages: each project's log has it.
    let projects: Vec<(uuid::Uuid,)> =
        sqlx::query_as("SELECT id FROM projects").fetch_all(&mut *transaction).await?;
    for (project,) in projects {
        let entry = NewAuditEntry::of(
            actor,
            AuditEvent::HoldReleased,
            "People enter and move again, and messages go out.",
        );
        NewAuditEntry { project: Some(ProjectId(project)), ..entry }
            .write(&mut transaction, now)
            .await?;
    }
    transaction.commit().await?;
    Ok(true)
}

async fn key_fingerprint(store: &SqliteStore) -> SqliteResult<Option<KeyFingerprint>> {
    let (known,): (Option<Vec<u8>>,) =
        sqlx::query_as("SELECT key_fingerprint FROM database_identity")
            .fetch_one(&store.readers)
            .await?;
    Ok(known.and_then(|known| known.try_into().ok()))
}

async fn save_key_fingerprint(
    store: &SqliteStore,
    fingerprint: &KeyFingerprint,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    sqlx::query("UPDATE database_identity SET key_fingerprint = ?")
        .bind(fingerprint.as_slice())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

async fn depends_on_key(store: &SqliteStore) -> SqliteResult<bool> {
    // Those that a provider was never asked about have no key yet: queued, cancelled, skipped.
    let (depends,): (bool,) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM channels WHERE secret IS NOT NULL) OR EXISTS (SELECT 1
            FROM webhook_secrets)
             OR EXISTS (SELECT 1 FROM outbox WHERE is_live = ?1 AND (status IN (?2, ?3, ?4)
             OR attempts > 0 OR possible_duplicates > 0))",
    )
    .bind(MessageRoute::Live.code())
    .bind(MessageStatus::Sent.code())
    .bind(MessageStatus::Failed.code())
    .bind(MessageStatus::Sending.code())
    .fetch_one(&store.readers)
    .await?;
    Ok(depends)
}

/// A copy is held from the moment on in which it is first opened for writing.
pub async fn hold_restored(connection: &mut SqliteConnection) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE database_identity SET held_since = CAST(unixepoch('subsec') * 1000 AS INTEGER),
            held_reason = ?
         WHERE held_since IS NULL OR held_reason <> ?1",
    )
    .bind(HoldReason::Restored.code())
    .execute(connection)
    .await?;
    Ok(())
}
