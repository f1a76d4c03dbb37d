//! Secrets with which providers' reports are verified. They come sealed and stay so.

use async_trait::async_trait;
use sqlx::FromRow;

use crate::{SqliteStore, audit::NewAuditEntry, error::SqliteResult};
use wayfare_domain::{
    access::actor::Actor, audit::AuditEvent, ids::ProjectId,
    messages::provider_webhook::WebhookProvider, time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    message_events::{WebhookSecretInfo, WebhookSecretStore},
};

#[async_trait]
impl WebhookSecretStore for SqliteStore {
    async fn find_webhook_secret(
        &self,
        project: ProjectId,
        provider: WebhookProvider,
    ) -> StoreResult<Option<Vec<u8>>> {
        Ok(secret(self, project, provider).await?)
    }

    async fn list_webhook_secrets(
        &self,
        project: ProjectId,
    ) -> StoreResult<Vec<WebhookSecretInfo>> {
        Ok(all(self, project).await?)
    }

    async fn save_webhook_secret(
        &self,
        actor: &Actor,
        provider: WebhookProvider,
        sealed: Option<&[u8]>,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(save(self, actor, provider, sealed, now).await?)
    }
}

async fn secret(
    store: &SqliteStore,
    project: ProjectId,
    provider: WebhookProvider,
) -> SqliteResult<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> =
        sqlx::query_as("SELECT secret FROM webhook_secrets WHERE project_id = ? AND provider = ?")
            .bind(project.0)
            .bind(provider.key())
            .fetch_optional(&store.readers)
            .await?;
    Ok(row.map(|(secret,)| secret))
}

#[derive(FromRow)]
struct Row {
    provider: String,
    updated_at: i64,
    updated_by: String,
}

async fn all(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<WebhookSecretInfo>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT h.provider, h.updated_at, u.name AS updated_by FROM webhook_secrets h JOIN actors u
            ON u.id = h.updated_by
         WHERE h.project_id = ? ORDER BY h.provider",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    let known = |row: Row| {
        let provider = WebhookProvider::from_key(&row.provider)?;
        Some(WebhookSecretInfo {
            provider,
            updated_at: Timestamp(row.updated_at),
            updated_by: row.updated_by,
        })
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

async fn save(
    store: &SqliteStore,
    actor: &Actor,
    provider: WebhookProvider,
    sealed: Option<&[u8]>,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let event = match sealed {
        Some(sealed) => {
            sqlx::query(
                "INSERT INTO webhook_secrets (project_id, provider, secret, updated_by, updated_at)
                    VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET secret = excluded.secret, updated_by =
                 excluded.updated_by,
                     updated_at = excluded.updated_at",
            )
            .bind(actor.project.0)
            .bind(provider.key())
            .bind(sealed)
            .bind(actor.user.0)
            .bind(now.0)
            .execute(&mut *transaction)
            .await?;
            AuditEvent::HookSecretSaved
        }
        None => {
            let removed =
                sqlx::query("DELETE FROM webhook_secrets WHERE project_id = ? AND provider = ?")
                    .bind(actor.project.0)
                    .bind(provider.key())
                    .execute(&mut *transaction)
                    .await?;
            if removed.rows_affected() == 0 {
                return Err(StoreError::NotFound("secret").into());
            }
            AuditEvent::HookSecretRemoved
        }
    };
    NewAuditEntry::of(actor, event, provider.title()).write(&mut transaction, now).await?;
    transaction.commit().await
}
