//! API keys. The secret is kept nowhere, only its SHA-256.

use sqlx::FromRow;
use uuid::Uuid;

use super::{SqliteStore, audit::Entry};
use crate::{
    domain::{
        access::Scope,
        actor::{Actor, Person},
        audit::AuditEvent,
        ids::{ApiKeyId, ProjectId, UserId},
        team::ApiKey,
        text::KeyName,
        time::Timestamp,
    },
    server::store::{StoreError, StoreResult, access::SecretHash},
};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    hint: String,
    scopes: i64,
    created_by: Uuid,
    created_by_name: String,
    created_at: i64,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

pub async fn all(store: &SqliteStore, project: ProjectId) -> StoreResult<Vec<ApiKey>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT k.id, k.name, k.hint, k.scopes, k.created_by, u.name AS created_by_name, k.created_at, k.last_used_at, k.revoked_at
         FROM api_keys k JOIN users u ON u.id = k.created_by
         WHERE k.project_id = ? ORDER BY k.revoked_at IS NOT NULL, k.created_at DESC, k.id",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    let key = |row: Row| ApiKey {
        id: ApiKeyId(row.id),
        name: row.name,
        hint: row.hint,
        scopes: Scope::of_bits(row.scopes).into_iter().map(|scope| scope.key().to_string()).collect(),
        created_by: Person { id: UserId(row.created_by), name: row.created_by_name },
        created_at: Timestamp(row.created_at),
        last_used_at: row.last_used_at.map(Timestamp),
        revoked_at: row.revoked_at.map(Timestamp),
    };
    Ok(rows.into_iter().map(key).collect())
}

pub async fn create(
    store: &SqliteStore,
    actor: &Actor,
    name: &KeyName,
    scopes: &[Scope],
    hint: &str,
    secret: &SecretHash,
    now: Timestamp,
) -> StoreResult<ApiKeyId> {
    let key = ApiKeyId::new();
    let mut transaction = store.begin().await?;
    // What the key does stands in the history under its name.
    sqlx::query("INSERT INTO users (id, name, created_at) VALUES (?, ?, ?)")
        .bind(key.0)
        .bind(format!("API key {name}"))
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO api_keys (id, project_id, name, hint, secret_hash, scopes, created_by, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key.0)
    .bind(actor.project.0)
    .bind(name.as_str())
    .bind(hint)
    .bind(secret.as_slice())
    .bind(scopes.iter().fold(0, |bits, scope| bits | scope.bit()))
    .bind(actor.user.0)
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    let scopes: Vec<_> = scopes.iter().map(|scope| scope.key()).collect();
    let summary = format!("{name} ({hint}…), {}", scopes.join(", "));
    Entry::of(actor, AuditEvent::KeyCreated, &summary).write(&mut transaction, now).await?;
    transaction.commit().await?;
    Ok(key)
}

pub async fn revoke(store: &SqliteStore, actor: &Actor, key: ApiKeyId, now: Timestamp) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let known: Option<(String, String)> = sqlx::query_as(
        "UPDATE api_keys SET revoked_at = ?3 WHERE id = ?1 AND project_id = ?2 AND revoked_at IS NULL RETURNING name, hint",
    )
    .bind(key.0)
    .bind(actor.project.0)
    .bind(now.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let (name, hint) = known.ok_or(StoreError::NotFound("API key"))?;
    Entry::of(actor, AuditEvent::KeyRevoked, &format!("{name} ({hint}…)")).write(&mut transaction, now).await?;
    Ok(transaction.commit().await?)
}
