//! [`ChannelStore`] for SQLite.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::{SqliteStore, audit::NewAuditEntry, error::SqliteResult};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    ids::{ProjectId, ProjectKey},
    messages::{
        channel::ChannelSettings,
        channel_change::{SecretChange, audit_summary, caps_summary, is_current, subject},
        send_rules::FrequencyCap,
    },
    profiles::profile::Channel,
    time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    channels::{ChannelStore, SaveChannel, SealedSecretUpdate, StoredChannel},
    outbox::ActiveChannel,
};

#[derive(FromRow)]
struct Row {
    key: i64,
    project_id: Uuid,
    live: bool,
    settings: String,
    secret: Option<Vec<u8>>,
    per_second: Option<u32>,
    revision: i64,
    updated_by: String,
    updated_at: i64,
}

impl Row {
    fn into_stored(self) -> SqliteResult<StoredChannel> {
        let settings: ChannelSettings = serde_json::from_str(&self.settings).map_err(|error| {
            StoreError::Corrupt(format!("settings of a channel that cannot be read ({error})"))
        })?;
        Ok(StoredChannel {
            project: ProjectId(self.project_id),
            settings,
            live: self.live,
            sealed: self.secret,
            per_second: self.per_second,
            revision: self.revision,
            updated_by: self.updated_by,
            updated_at: Timestamp(self.updated_at),
        })
    }
}

/// The channels, with a condition.
macro_rules! read {
    ($condition:literal) => {
        concat!(
            "SELECT p.key, c.project_id, c.live, c.settings, c.secret, c.per_second,
                c.revision, u.name AS updated_by, c.updated_at
             FROM channels c JOIN actors u ON u.id = c.updated_by JOIN projects p
             ON p.id = c.project_id ",
            $condition
        )
    };
}

#[async_trait]
impl ChannelStore for SqliteStore {
    async fn list_channels(&self, project: ProjectId) -> StoreResult<Vec<StoredChannel>> {
        Ok(all(self, project).await?)
    }

    async fn find_channel(
        &self,
        project: ProjectId,
        channel: Channel,
    ) -> StoreResult<Option<StoredChannel>> {
        Ok(one(self, project, channel).await?)
    }

    async fn save_channel(
        &self,
        actor: &Actor,
        change: &SaveChannel,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(save(self, actor, change, now).await?)
    }

    async fn list_frequency_caps(&self, project: ProjectId) -> StoreResult<Vec<FrequencyCap>> {
        Ok(frequency_caps(self, project).await?)
    }

    async fn set_frequency_caps(
        &self,
        actor: &Actor,
        caps: &[FrequencyCap],
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(set_frequency_caps(self, actor, caps, now).await?)
    }
}

async fn all(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<StoredChannel>> {
    let rows: Vec<Row> = sqlx::query_as(read!("WHERE c.project_id = ?"))
        .bind(project.0)
        .fetch_all(&store.readers)
        .await?;
    rows.into_iter().map(Row::into_stored).collect()
}

async fn one(
    store: &SqliteStore,
    project: ProjectId,
    channel: Channel,
) -> SqliteResult<Option<StoredChannel>> {
    let row: Option<Row> = sqlx::query_as(read!("WHERE c.project_id = ? AND c.channel = ?"))
        .bind(project.0)
        .bind(channel.key())
        .fetch_optional(&store.readers)
        .await?;
    row.map(Row::into_stored).transpose()
}

async fn frequency_caps(
    store: &SqliteStore,
    project: ProjectId,
) -> SqliteResult<Vec<FrequencyCap>> {
    let rows: Vec<(String, u32, u32)> = sqlx::query_as(
        "SELECT channel, max_messages, window_hours FROM frequency_caps WHERE project_id = ?
         ORDER BY channel",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    let cap = |(key, most, hours): (String, u32, u32)| {
        let Some(channel) = capped_channel(&key) else {
            tracing::error!(%project, channel = key, "frequency_caps.cap_set_aside");
            return None;
        };
        Some(FrequencyCap { channel, most, hours })
    };
    Ok(rows.into_iter().filter_map(cap).collect())
}

async fn set_frequency_caps(
    store: &SqliteStore,
    actor: &Actor,
    caps: &[FrequencyCap],
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    sqlx::query("DELETE FROM frequency_caps WHERE project_id = ?")
        .bind(actor.project.0)
        .execute(&mut *transaction)
        .await?;
    for cap in caps {
        sqlx::query(
            "INSERT INTO frequency_caps (project_id, channel, max_messages, window_hours)
             VALUES (?, ?, ?, ?)",
        )
        .bind(actor.project.0)
        .bind(cap.channel.map_or("", Channel::key))
        .bind(cap.most)
        .bind(cap.hours)
        .execute(&mut *transaction)
        .await?;
    }
    NewAuditEntry::of(actor, AuditEvent::CapsSaved, &caps_summary(caps))
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

/// The channel that a cap is about, by its word in the store; `Some(None)` where it is about all
/// together, none where the word is not known.
pub fn capped_channel(key: &str) -> Option<Option<Channel>> {
    if key.is_empty() { Some(None) } else { Channel::from_key(key).map(Some) }
}

/// Those of all projects by which messages really go out.
pub async fn live(store: &SqliteStore) -> SqliteResult<Vec<ActiveChannel>> {
    let rows: Vec<Row> = sqlx::query_as(read!("WHERE c.live")).fetch_all(&store.readers).await?;
    // A channel whose settings cannot be read keeps no other from sending.
    let readable = |row: Row| {
        let project = row.key;
        let stored = row
            .into_stored()
            .inspect_err(|error| tracing::error!(project, %error, "delivery.channel_set_aside"));
        stored.ok().map(|stored| ActiveChannel { project: ProjectKey(project), stored })
    };
    Ok(rows.into_iter().filter_map(readable).collect())
}

async fn save(
    store: &SqliteStore,
    actor: &Actor,
    change: &SaveChannel,
    now: Timestamp,
) -> SqliteResult<()> {
    let channel = change.settings.channel();
    let settings = serde_json::to_string(&change.settings).map_err(|error| {
        StoreError::Corrupt(format!("settings that cannot be written ({error})"))
    })?;
    let mut transaction = store.begin().await?;
    let stored: Option<(i64,)> =
        sqlx::query_as("SELECT revision FROM channels WHERE project_id = ? AND channel = ?")
            .bind(actor.project.0)
            .bind(channel.key())
            .fetch_optional(&mut *transaction)
            .await?;
    if !is_current(stored.map(|(revision,)| revision), change.revision) {
        return Err(StoreError::RevisionChanged { name: subject(channel) }.into());
    }
    let (keep, sealed, secret) = match &change.sealed {
        SealedSecretUpdate::Keep => (true, None, SecretChange::Kept),
        SealedSecretUpdate::Set(sealed) => (false, Some(sealed.as_slice()), SecretChange::New),
        SealedSecretUpdate::Forget => (false, None, SecretChange::Removed),
    };
    sqlx::query(
        "INSERT INTO channels (project_id, channel, live, settings, secret, per_second,
            updated_by, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET live = excluded.live, settings = excluded.settings,
             secret = CASE WHEN ?9 THEN secret ELSE excluded.secret END,
             per_second = excluded.per_second, revision = revision + 1,
             updated_by = excluded.updated_by, updated_at = excluded.updated_at",
    )
    .bind(actor.project.0)
    .bind(channel.key())
    .bind(change.live)
    .bind(settings)
    .bind(sealed)
    .bind(change.per_second)
    .bind(actor.user.0)
    .bind(now.0)
    .bind(keep)
    .execute(&mut *transaction)
    .await?;
    let summary = audit_summary(&change.settings, change.live, secret);
    NewAuditEntry::of(actor, AuditEvent::ChannelSaved, &summary)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}
