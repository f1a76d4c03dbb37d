//! Accounts and their passwords.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{SqliteStore, audit::NewAuditEntry, invitation_makers::close_invitations_of, sso};
use wayfare_domain::{
    access::{
        account::{EmailAddress, PasswordOffer},
        actor::{Actor, RequestOrigin},
        permissions::Role,
    },
    audit::AuditEvent,
    ids::{ProjectId, SessionId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{
    StoreError, StoreResult,
    access::{AccountRecord, InitialRole, NewAccount},
};

#[derive(FromRow)]
struct Row {
    user_id: Uuid,
    name: String,
    email: String,
    password_hash: Option<String>,
    suspended_at: Option<i64>,
    last_sign_in_at: Option<i64>,
}

impl Row {
    fn into_domain(self) -> AccountRecord {
        AccountRecord {
            user: UserId(self.user_id),
            name: self.name,
            email: self.email,
            password_hash: self.password_hash,
            suspended: self.suspended_at.is_some(),
            last_sign_in_at: self.last_sign_in_at.map(Timestamp),
        }
    }
}

pub async fn by_email(
    store: &SqliteStore,
    email: &EmailAddress,
) -> StoreResult<Option<AccountRecord>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT a.user_id, u.name, a.email, a.password_hash, a.suspended_at, a.last_sign_in_at
         FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.email_key = ?",
    )
    .bind(email.key())
    .fetch_optional(&store.readers)
    .await?;
    Ok(row.map(Row::into_domain))
}

pub async fn by_user(store: &SqliteStore, user: UserId) -> StoreResult<AccountRecord> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT a.user_id, u.name, a.email, a.password_hash, a.suspended_at, a.last_sign_in_at
         FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.user_id = ?",
    )
    .bind(user.0)
    .fetch_optional(&store.readers)
    .await?;
    row.map(Row::into_domain).ok_or(StoreError::NotFound("account"))
}

pub async fn all(store: &SqliteStore) -> StoreResult<Vec<AccountRecord>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT a.user_id, u.name, a.email, a.password_hash, a.suspended_at, a.last_sign_in_at
         FROM accounts a JOIN users u ON u.id = a.user_id ORDER BY a.email_key",
    )
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(Row::into_domain).collect())
}

pub async fn create(
    store: &SqliteStore,
    account: &NewAccount,
    role: &InitialRole,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<UserId> {
    let mut transaction = store.begin().await?;
    let user = insert(&mut transaction, account, origin, now).await?;
    match role {
        InitialRole::Founder => {
            let (others,): (i64,) =
                sqlx::query_as("SELECT count(*) FROM accounts WHERE user_id <> ?")
                    .bind(user.0)
                    .fetch_one(&mut *transaction)
                    .await?;
            if others > 0 {
                return Err(StoreError::Conflict(
                    "There is an account already. Sign in with it, or ask an admin to invite you.",
                ));
            }
            sqlx::query(
                "INSERT INTO memberships (project_id, user_id, role, created_at)
                SELECT id, ?, ?, ? FROM projects",
            )
            .bind(user.0)
            .bind(Role::Admin.code())
            .bind(now.0)
            .execute(&mut *transaction)
            .await?;
        }
        InitialRole::In(roles) => {
            for (project, role) in roles {
                give_role(&mut transaction, *project, user, *role, now).await?;
            }
        }
    }
    transaction.commit().await?;
    Ok(user)
}

/// A new account; an address that has one is refused.
pub async fn insert(
    connection: &mut SqliteConnection,
    account: &NewAccount,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<UserId> {
    let user = UserId::new();
    sqlx::query("INSERT INTO users (id, name, email, created_at) VALUES (?, ?, ?, ?)")
        .bind(user.0)
        .bind(account.name.as_str())
        .bind(account.email.as_str())
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
    let written = sqlx::query(
        "INSERT INTO accounts (user_id, email, email_key, password_hash, created_at)
            VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (email_key) DO NOTHING",
    )
    .bind(user.0)
    .bind(account.email.as_str())
    .bind(account.email.key())
    .bind(&account.password_hash)
    .bind(now.0)
    .execute(&mut *connection)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::Conflict("An account with this email address already exists."));
    }
    NewAuditEntry::of_account(user, AuditEvent::AccountCreated, account.email.as_str(), origin)
        .write(connection, now)
        .await?;
    Ok(user)
}

/// Gives a role where there is none; anyone who has one keeps the higher. Beside a role of an SSO
/// rule it is kept apart: what the rule gave goes when the rule takes it.
pub async fn give_role(
    connection: &mut SqliteConnection,
    project: ProjectId,
    user: UserId,
    role: Role,
    now: Timestamp,
) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO memberships (project_id, user_id, role, created_at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET role = max(role, excluded.role),
            invited_role = iif(by_provider = 1 OR invited_role IS NOT NULL,
                max(coalesce(invited_role, excluded.role), excluded.role), NULL)",
    )
    .bind(project.0)
    .bind(user.0)
    .bind(role.code())
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn rename(
    store: &SqliteStore,
    actor: &Actor,
    name: &PersonName,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let written = sqlx::query(
        "UPDATE users SET name = ?2 WHERE id IN (SELECT user_id FROM accounts WHERE user_id = ?1)",
    )
    .bind(actor.user.0)
    .bind(name.as_str())
    .execute(&mut *transaction)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::NotFound("account"));
    }
    let summary = format!("from “{}” to “{name}”", actor.name);
    NewAuditEntry::of_account(actor.user, AuditEvent::AccountRenamed, &summary, &actor.origin)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

pub async fn suspend(
    store: &SqliteStore,
    user: UserId,
    suspend: bool,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let written = sqlx::query("UPDATE accounts SET suspended_at = ? WHERE user_id = ?")
        .bind(suspend.then_some(now.0))
        .bind(user.0)
        .execute(&mut *transaction)
        .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::NotFound("account"));
    }
    if suspend {
        end_sessions(&mut transaction, user, None).await?;
        close_invitations_of(&mut transaction, user, user, &RequestOrigin::default(), now).await?;
    }
    let event = if suspend { AuditEvent::AccountSuspended } else { AuditEvent::AccountRestored };
    NewAuditEntry::of_account(user, event, "from the command line", &RequestOrigin::default())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

pub async fn set_password(
    store: &SqliteStore,
    user: UserId,
    hash: &str,
    keep: Option<SessionId>,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    write_password(&mut transaction, user, hash, keep, origin, now).await?;
    transaction.commit().await
}

/// Every session but `keep` ends, and every link that was made to set the password.
async fn write_password(
    connection: &mut SqliteConnection,
    user: UserId,
    hash: &str,
    keep: Option<SessionId>,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<()> {
    sqlx::query("UPDATE accounts SET password_hash = ? WHERE user_id = ?")
        .bind(hash)
        .bind(user.0)
        .execute(&mut *connection)
        .await?;
    end_sessions(connection, user, keep).await?;
    sqlx::query("DELETE FROM password_links WHERE user_id = ?")
        .bind(user.0)
        .execute(&mut *connection)
        .await?;
    let summary = "and every other session ended";
    NewAuditEntry::of_account(user, AuditEvent::PasswordChanged, summary, origin)
        .write(connection, now)
        .await
}

pub async fn end_sessions(
    connection: &mut SqliteConnection,
    user: UserId,
    keep: Option<SessionId>,
) -> StoreResult<i64> {
    let ended = sqlx::query("DELETE FROM sessions WHERE user_id = ?1 AND id IS NOT ?2")
        .bind(user.0)
        .bind(keep.map(|session| session.0))
        .execute(connection)
        .await?;
    Ok(i64::try_from(ended.rows_affected()).unwrap_or(i64::MAX))
}

pub async fn make_link(
    store: &SqliteStore,
    user: UserId,
    secret: &SecretHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    // One at a time: a new link makes the older ones worthless.
    sqlx::query("DELETE FROM password_links WHERE user_id = ?1 OR expires_at <= ?2")
        .bind(user.0)
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO password_links (secret_hash, user_id, created_at, expires_at)
        VALUES (?, ?, ?, ?)",
    )
    .bind(secret.as_slice())
    .bind(user.0)
    .bind(now.0)
    .bind(expires_at.0)
    .execute(&mut *transaction)
    .await?;
    let summary = "from the command line";
    NewAuditEntry::of_account(
        user,
        AuditEvent::PasswordLinkMade,
        summary,
        &RequestOrigin::default(),
    )
    .write(&mut transaction, now)
    .await?;
    transaction.commit().await
}

pub async fn link(
    store: &SqliteStore,
    secret: &SecretHash,
    now: Timestamp,
) -> StoreResult<PasswordOffer> {
    let known: Option<(Uuid, String)> = sqlx::query_as(
        "SELECT a.user_id, a.email FROM password_links l JOIN accounts a ON a.user_id = l.user_id
         WHERE l.secret_hash = ? AND l.expires_at > ? AND a.suspended_at IS NULL",
    )
    .bind(secret.as_slice())
    .bind(now.0)
    .fetch_optional(&store.readers)
    .await?;
    let (user, email) = known.ok_or(StoreError::LinkExpired)?;
    Ok(PasswordOffer { email, linked: sso::identities(store, UserId(user)).await? })
}

pub async fn use_link(
    store: &SqliteStore,
    secret: &SecretHash,
    hash: &str,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let user: Option<(Uuid,)> = sqlx::query_as(
        "SELECT l.user_id FROM password_links l JOIN accounts a ON a.user_id = l.user_id
         WHERE l.secret_hash = ? AND l.expires_at > ? AND a.suspended_at IS NULL",
    )
    .bind(secret.as_slice())
    .bind(now.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let (user,) = user.ok_or(StoreError::LinkExpired)?;
    let user = UserId(user);
    write_password(&mut transaction, user, hash, None, origin, now).await?;
    // Whoever had the account before must not keep a way in.
    sso::unlink_all(&mut transaction, user, origin, now).await?;
    transaction.commit().await
}
