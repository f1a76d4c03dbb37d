//! Who is asking: sessions of people, and local mode.

use async_trait::async_trait;
use serde::Deserialize;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore, accounts::end_sessions, audit::NewAuditEntry, credentials, error::SqliteResult,
    member_roles::role, rows::json,
};
use wayfare_domain::{
    access::{
        account::{SessionView, describe_user_agent},
        actor::{Actor, Membership, ProjectRef, RequestOrigin},
        change::AccessChange,
        credentials::decide_session,
        sessions::SessionFacts,
    },
    audit::AuditEvent,
    ids::{ProjectId, SessionId, UserId},
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{
    StoreResult,
    access::{ActiveSession, NewSession, SessionStore},
};

#[async_trait]
impl SessionStore for SqliteStore {
    async fn find_active_session(
        &self,
        secret: &SecretHash,
        idle_ms: i64,
        now: Timestamp,
    ) -> StoreResult<Option<ActiveSession>> {
        Ok(live(self, secret, idle_ms, now).await?)
    }

    async fn find_local_projects(&self) -> StoreResult<Option<Vec<ProjectRef>>> {
        Ok(local_projects(self).await?)
    }

    async fn touch_session(&self, session: SessionId, now: Timestamp) -> StoreResult<()> {
        Ok(touch(self, session, now).await?)
    }

    async fn open_session(
        &self,
        session: &NewSession,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(open(self, session, origin, now).await?)
    }

    async fn list_sessions(
        &self,
        user: UserId,
        idle_ms: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<SessionView>> {
        Ok(of_user(self, user, idle_ms, now).await?)
    }

    async fn end_session(
        &self,
        actor: &Actor,
        session: SessionId,
        event: AuditEvent,
        now: Timestamp,
    ) -> StoreResult<bool> {
        Ok(end(self, actor, session, event, now).await?)
    }

    async fn end_all_sessions(&self, actor: &Actor, now: Timestamp) -> StoreResult<i64> {
        Ok(end_all(self, actor, now).await?)
    }

    async fn record_failed_sign_in(
        &self,
        user: UserId,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(note_failed(self, user, origin, now).await?)
    }
}

#[derive(FromRow)]
struct LiveRow {
    id: Uuid,
    user_id: Uuid,
    name: String,
    email: String,
    expires_at: i64,
    last_seen_at: i64,
    is_account_suspended: bool,
    memberships: String,
}

impl LiveRow {
    fn facts(&self) -> SessionFacts {
        SessionFacts {
            expires_at: Timestamp(self.expires_at),
            last_seen_at: Timestamp(self.last_seen_at),
            is_account_suspended: self.is_account_suspended,
        }
    }
}

#[derive(Deserialize)]
struct MembershipCell(Uuid, String, i64);

async fn live(
    store: &SqliteStore,
    secret: &SecretHash,
    idle_ms: i64,
    now: Timestamp,
) -> SqliteResult<Option<ActiveSession>> {
    let row: Option<LiveRow> = sqlx::query_as(
        "SELECT s.id, s.user_id, u.name, a.email, s.expires_at, s.last_seen_at,
                a.suspended_at IS NOT NULL AS is_account_suspended,
                (SELECT json_group_array(json_array(lower(hex(p.id)), p.name, m.role)
                ORDER BY p.name COLLATE NOCASE, p.id)
                   FROM memberships m JOIN projects p ON p.id = m.project_id
                  WHERE m.user_id = s.user_id AND p.archived_at IS NULL) AS memberships
         FROM sessions s JOIN accounts a ON a.user_id = s.user_id JOIN actors u ON u.id = s.user_id
         WHERE s.secret_hash = ?",
    )
    .bind(secret.as_slice())
    .fetch_optional(&store.readers)
    .await?;
    let Some(row) = row.filter(|row| row.facts().is_active(idle_ms, now)) else { return Ok(None) };
    let cells: Vec<MembershipCell> = json(&row.memberships, "memberships")?;
    let memberships = cells
        .into_iter()
        .map(|MembershipCell(id, name, code)| {
            Ok(Membership { project: ProjectRef { id: ProjectId(id), name }, role: role(code)? })
        })
        .collect::<SqliteResult<_>>()?;
    Ok(Some(ActiveSession {
        id: SessionId(row.id),
        user: UserId(row.user_id),
        name: row.name,
        email: row.email,
        last_seen_at: Timestamp(row.last_seen_at),
        memberships,
    }))
}

#[derive(FromRow)]
struct LocalRow {
    id: Option<Uuid>,
    name: Option<String>,
    accounts: bool,
}

async fn local_projects(store: &SqliteStore) -> SqliteResult<Option<Vec<ProjectRef>>> {
    let rows: Vec<LocalRow> = sqlx::query_as(
        "SELECT p.id, p.name, x.accounts FROM (SELECT EXISTS (SELECT 1 FROM accounts) AS accounts) x
         LEFT JOIN projects p ON p.archived_at IS NULL ORDER BY p.created_at, p.id",
    )
    .fetch_all(&store.readers)
    .await?;
    if rows.iter().any(|row| row.accounts) {
        return Ok(None);
    }
    Ok(Some(
        rows.into_iter()
            .filter_map(|row| Some(ProjectRef { id: ProjectId(row.id?), name: row.name? }))
            .collect(),
    ))
}

async fn touch(store: &SqliteStore, session: SessionId, now: Timestamp) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    sqlx::query("UPDATE sessions SET last_seen_at = ?2 WHERE id = ?1 AND last_seen_at < ?2")
        .bind(session.0)
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

async fn open(
    store: &SqliteStore,
    session: &NewSession,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let account = credentials::load(&mut transaction, session.user).await?;
    decide_session(&session.verified, &account)?;
    // What is over is swept here: sign-ins are rare.
    sqlx::query("DELETE FROM sessions WHERE expires_at <= ?1 OR secret_hash IS ?2")
        .bind(now.0)
        .bind(session.replaces.as_ref().map(|secret| secret.as_slice()))
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO sessions (secret_hash, id, user_id, created_at, last_seen_at, expires_at,
            address, agent)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)",
    )
    .bind(session.secret.as_slice())
    .bind(SessionId::new().0)
    .bind(session.user.0)
    .bind(now.0)
    .bind(session.expires_at.0)
    .bind(origin.address.map(|address| address.to_string()).unwrap_or_default())
    .bind(&origin.agent)
    .execute(&mut *transaction)
    .await?;
    sqlx::query("UPDATE accounts SET last_sign_in_at = ?2 WHERE user_id = ?1")
        .bind(session.user.0)
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    let change = AccessChange::SignedIn(session.method);
    NewAuditEntry::of_account(session.user, change.event(), &change.summary(), origin)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

/// The session under another secret, and another ID: a request that came with the secret before
/// is of a session that has ended.
pub async fn rotate(
    connection: &mut SqliteConnection,
    session: SessionId,
    secret: &SecretHash,
) -> SqliteResult<()> {
    sqlx::query("UPDATE sessions SET secret_hash = ?2, id = ?3 WHERE id = ?1")
        .bind(session.0)
        .bind(secret.as_slice())
        .bind(SessionId::new().0)
        .execute(connection)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct SessionRow {
    id: Uuid,
    agent: String,
    address: String,
    created_at: i64,
    expires_at: i64,
    last_seen_at: i64,
    is_account_suspended: bool,
}

impl SessionRow {
    fn facts(&self) -> SessionFacts {
        SessionFacts {
            expires_at: Timestamp(self.expires_at),
            last_seen_at: Timestamp(self.last_seen_at),
            is_account_suspended: self.is_account_suspended,
        }
    }
}

async fn of_user(
    store: &SqliteStore,
    user: UserId,
    idle_ms: i64,
    now: Timestamp,
) -> SqliteResult<Vec<SessionView>> {
    let rows: Vec<SessionRow> = sqlx::query_as(
        "SELECT s.id, s.agent, s.address, s.created_at, s.expires_at, s.last_seen_at,
                a.suspended_at IS NOT NULL AS is_account_suspended
         FROM sessions s JOIN accounts a ON a.user_id = s.user_id
         WHERE s.user_id = ? ORDER BY s.last_seen_at DESC, s.id",
    )
    .bind(user.0)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows
        .into_iter()
        .filter(|row| row.facts().is_active(idle_ms, now))
        .map(|row| SessionView {
            id: SessionId(row.id),
            device: describe_user_agent(&row.agent),
            address: row.address,
            created_at: Timestamp(row.created_at),
            last_seen_at: Timestamp(row.last_seen_at),
            current: false,
        })
        .collect())
}

async fn end(
    store: &SqliteStore,
    actor: &Actor,
    session: SessionId,
    event: AuditEvent,
    now: Timestamp,
) -> SqliteResult<bool> {
    let mut transaction = store.begin().await?;
    let ended: Option<(String,)> =
        sqlx::query_as("DELETE FROM sessions WHERE id = ? AND user_id = ? RETURNING agent")
            .bind(session.0)
            .bind(actor.user.0)
            .fetch_optional(&mut *transaction)
            .await?;
    let Some((agent,)) = ended else { return Ok(false) };
    NewAuditEntry::of_account(actor.user, event, &describe_user_agent(&agent), &actor.origin)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await?;
    Ok(true)
}

async fn end_all(store: &SqliteStore, actor: &Actor, now: Timestamp) -> SqliteResult<i64> {
    let mut transaction = store.begin().await?;
    let ended = end_sessions(&mut transaction, actor.user, None).await?;
    let change = AccessChange::SignedOutEverywhere { sessions: ended };
    NewAuditEntry::of_account(actor.user, change.event(), &change.summary(), &actor.origin)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await?;
    Ok(ended)
}

async fn note_failed(
    store: &SqliteStore,
    user: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let change = AccessChange::SignInFailed;
    NewAuditEntry::of_account(user, change.event(), &change.summary(), origin)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}
