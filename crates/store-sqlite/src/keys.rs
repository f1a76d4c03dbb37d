//! API keys. The secret is kept nowhere, only its SHA-256.

use std::time::Instant;

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    SqliteStore, audit::NewAuditEntry, error::SqliteResult, member_roles::role,
    write_queue::Urgency,
};
use wayfare_domain::{
    access::{
        actor::{Actor, ActorRef},
        change::{AccessChange, AuditedKey},
        key::actor_name_of_key,
        members::ApiKey,
        permissions::{Keeper, KeyFacts, Scope},
    },
    ids::{ApiKeyId, ProjectId, UserId},
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{
    StoreError, StoreResult,
    access::{ActiveApiKey, ApiKeyStore, NewKey},
};

#[async_trait]
impl ApiKeyStore for SqliteStore {
    async fn find_active_api_key(&self, secret: &SecretHash) -> StoreResult<Option<ActiveApiKey>> {
        Ok(live(self, secret).await?)
    }

    async fn touch_api_key(&self, key: ApiKeyId, now: Timestamp) -> StoreResult<()> {
        Ok(touch(self, key, now).await?)
    }

    async fn list_api_keys(&self, project: ProjectId, now: Timestamp) -> StoreResult<Vec<ApiKey>> {
        Ok(all(self, project, now).await?)
    }

    async fn create_api_key(
        &self,
        actor: &Actor,
        key: &NewKey<'_>,
        now: Timestamp,
    ) -> StoreResult<ApiKeyId> {
        Ok(create(self, actor, key, now).await?)
    }

    async fn take_over_api_key(
        &self,
        actor: &Actor,
        key: ApiKeyId,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(take_over(self, actor, key, now).await?)
    }

    async fn revoke_api_key(
        &self,
        actor: &Actor,
        key: ApiKeyId,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(revoke(self, actor, key, now).await?)
    }
}

/// Who answers for a key or an invitation. Anyone who owns the machine has no account.
#[derive(FromRow, Clone, Copy)]
pub struct KeeperRow {
    has_account: bool,
    suspended: bool,
    keeper_role: Option<i64>,
}

impl KeeperRow {
    pub fn into_domain(self) -> SqliteResult<Keeper> {
        if !self.has_account {
            return Ok(Keeper::Owner);
        }
        let role = self.keeper_role.map(role).transpose()?;
        Ok(Keeper::Account { suspended: self.suspended, role })
    }
}

/// What decides whether a key opens anything.
#[derive(FromRow)]
struct FactsRow {
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    #[sqlx(flatten)]
    keeper: KeeperRow,
}

const FACTS: &str = "k.expires_at, k.revoked_at, a.user_id IS NOT NULL AS has_account, \
    a.suspended_at IS NOT NULL AS suspended, m.role AS keeper_role";
const KEEPER: &str = "LEFT JOIN accounts a ON a.user_id = k.kept_by
    LEFT JOIN memberships m ON m.project_id = k.project_id AND m.user_id = k.kept_by";

impl FactsRow {
    fn into_domain(self) -> SqliteResult<KeyFacts> {
        let keeper = self.keeper.into_domain()?;
        let (expires_at, revoked_at) =
            (self.expires_at.map(Timestamp), self.revoked_at.map(Timestamp));
        Ok(KeyFacts { expires_at, revoked_at, keeper })
    }
}

#[derive(FromRow)]
struct LiveRow {
    id: Uuid,
    name: String,
    project_id: Uuid,
    scopes: i64,
    last_used_at: Option<i64>,
    #[sqlx(flatten)]
    facts: FactsRow,
}

/// The key of this secret in a project that is not archived.
async fn live(store: &SqliteStore, secret: &SecretHash) -> SqliteResult<Option<ActiveApiKey>> {
    let (asked_at, person_commits) = (Instant::now(), store.turns.person_commits());
    if let Some(recent) = store.recent_keys.get(secret, person_commits) {
        return Ok(Some(recent));
    }
    let found = read_live(store, secret).await?;
    if let Some(key) = &found {
        store.recent_keys.insert(*secret, key.clone(), asked_at, person_commits);
    }
    Ok(found)
}

async fn read_live(store: &SqliteStore, secret: &SecretHash) -> SqliteResult<Option<ActiveApiKey>> {
    let row: Option<LiveRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT k.id, k.name, k.project_id, k.scopes, k.last_used_at, {FACTS}
         FROM api_keys k JOIN projects p ON p.id = k.project_id {KEEPER}
         WHERE k.secret_hash = ? AND p.archived_at IS NULL"
    )))
    .bind(secret.as_slice())
    .fetch_optional(&store.readers)
    .await?;
    let live = |row: LiveRow| {
        Ok(ActiveApiKey {
            id: ApiKeyId(row.id),
            name: row.name,
            project: ProjectId(row.project_id),
            scopes: Scope::of_bits(row.scopes),
            last_used_at: row.last_used_at.map(Timestamp),
            facts: row.facts.into_domain()?,
        })
    };
    row.map(live).transpose()
}

async fn touch(store: &SqliteStore, key: ApiKeyId, now: Timestamp) -> SqliteResult<()> {
    let statement =
        sqlx::query("UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1").bind(key.0).bind(now.0);
    store.execute(Urgency::Work, statement).await?;
    store.recent_keys.clear();
    Ok(())
}

#[derive(FromRow)]
struct KeyRow {
    id: Uuid,
    name: String,
    hint: String,
    scopes: i64,
    created_by: Uuid,
    created_by_name: String,
    kept_by: Uuid,
    kept_by_name: String,
    created_at: i64,
    last_used_at: Option<i64>,
    #[sqlx(flatten)]
    facts: FactsRow,
}

impl KeyRow {
    fn into_domain(self, now: Timestamp) -> SqliteResult<ApiKey> {
        let facts = self.facts.into_domain()?;
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            name: self.name,
            hint: self.hint,
            scopes: Scope::of_bits(self.scopes)
                .into_iter()
                .map(|scope| scope.key().to_string())
                .collect(),
            created_by: ActorRef { id: UserId(self.created_by), name: self.created_by_name },
            kept_by: ActorRef { id: UserId(self.kept_by), name: self.kept_by_name },
            created_at: Timestamp(self.created_at),
            expires_at: facts.expires_at,
            state: facts.state(now),
            last_used_at: self.last_used_at.map(Timestamp),
            revoked_at: facts.revoked_at,
        })
    }
}

async fn all(store: &SqliteStore, project: ProjectId, now: Timestamp) -> SqliteResult<Vec<ApiKey>> {
    let rows: Vec<KeyRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT k.id, k.name, k.hint, k.scopes, k.created_by, u.name AS created_by_name,
            k.kept_by, keeper.name AS kept_by_name,
                k.created_at, k.last_used_at, {FACTS}
         FROM api_keys k JOIN actors u ON u.id = k.created_by JOIN actors keeper
         ON keeper.id = k.kept_by {KEEPER}
         WHERE k.project_id = ? ORDER BY k.revoked_at IS NOT NULL, k.created_at DESC, k.id"
    )))
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter().map(|row| row.into_domain(now)).collect()
}

async fn create(
    store: &SqliteStore,
    actor: &Actor,
    new: &NewKey<'_>,
    now: Timestamp,
) -> SqliteResult<ApiKeyId> {
    let NewKey { name, scopes, expires_at, hint, secret } = new;
    let key = ApiKeyId::new();
    let mut transaction = store.begin().await?;
    // What the key does stands in the history under its name.
    sqlx::query("INSERT INTO actors (id, name, created_at) VALUES (?, ?, ?)")
        .bind(key.0)
        .bind(actor_name_of_key(name.as_str()))
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO api_keys (id, project_id, name, hint, secret_hash, scopes, created_by,
            kept_by, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9)",
    )
    .bind(key.0)
    .bind(actor.project.0)
    .bind(name.as_str())
    .bind(hint)
    .bind(secret.as_slice())
    .bind(Scope::to_bits(scopes))
    .bind(actor.user.0)
    .bind(now.0)
    .bind(expires_at.map(|end| end.0))
    .execute(&mut *transaction)
    .await?;
    let told = AuditedKey { name: name.as_str(), hint };
    let change = AccessChange::KeyCreated { key: told, scopes, expires_at: *expires_at };
    NewAuditEntry::of(actor, change.event(), &change.summary())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await?;
    Ok(key)
}

async fn take_over(
    store: &SqliteStore,
    actor: &Actor,
    key: ApiKeyId,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let known: Option<(String, String)> = sqlx::query_as(
        "UPDATE api_keys SET kept_by = ?3 WHERE id = ?1 AND project_id = ?2 AND revoked_at IS NULL
         RETURNING name, hint",
    )
    .bind(key.0)
    .bind(actor.project.0)
    .bind(actor.user.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let (name, hint) = known.ok_or(StoreError::NotFound("API key"))?;
    let change = AccessChange::KeyTakenOver(AuditedKey { name: &name, hint: &hint });
    NewAuditEntry::of(actor, change.event(), &change.summary())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

async fn revoke(
    store: &SqliteStore,
    actor: &Actor,
    key: ApiKeyId,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let known: Option<(String, String)> = sqlx::query_as(
        "UPDATE api_keys SET revoked_at = ?3 WHERE id = ?1 AND project_id = ?2
         AND revoked_at IS NULL RETURNING name, hint",
    )
    .bind(key.0)
    .bind(actor.project.0)
    .bind(now.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let (name, hint) = known.ok_or(StoreError::NotFound("API key"))?;
    let change = AccessChange::KeyRevoked(AuditedKey { name: &name, hint: &hint });
    NewAuditEntry::of(actor, change.event(), &change.summary())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}
