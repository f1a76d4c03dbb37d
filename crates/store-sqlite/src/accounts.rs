//! Accounts and their passwords.

mod password_links;

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore, audit::NewAuditEntry, credentials, error::SqliteResult,
    invitation_makers::close_invitations_of, member_roles, sessions,
};
use wayfare_domain::{
    access::{
        account::{EmailAddress, PasswordOffer},
        actor::{Actor, RequestOrigin},
        change::AccessChange,
        credentials::decide_password_change,
        first_account::decide_first_account,
        member_role::MemberRole,
        refusal::AccessRefusal,
    },
    ids::{SessionId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{
    StoreError, StoreResult,
    access::{AccountRecord, AccountStore, InitialRole, NewAccount, PasswordChange},
};

#[async_trait]
impl AccountStore for SqliteStore {
    async fn find_account_by_email(
        &self,
        email: &EmailAddress,
    ) -> StoreResult<Option<AccountRecord>> {
        Ok(by_email(self, email).await?)
    }

    async fn get_account(&self, user: UserId) -> StoreResult<AccountRecord> {
        Ok(by_user(self, user).await?)
    }

    async fn list_accounts(&self) -> StoreResult<Vec<AccountRecord>> {
        Ok(all(self).await?)
    }

    async fn create_account(
        &self,
        account: &NewAccount,
        role: &InitialRole,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId> {
        Ok(create(self, account, role, origin, now).await?)
    }

    async fn rename_account(
        &self,
        actor: &Actor,
        name: &PersonName,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(rename(self, actor, name, now).await?)
    }

    async fn suspend_account(
        &self,
        user: UserId,
        is_suspended: bool,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(suspend(self, user, is_suspended, now).await?)
    }

    async fn change_password(
        &self,
        actor: &Actor,
        change: &PasswordChange<'_>,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(change_password(self, actor, change, now).await?)
    }

    async fn create_password_link(
        &self,
        user: UserId,
        secret: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(password_links::make_link(self, user, secret, expires_at, now).await?)
    }

    async fn get_password_offer(
        &self,
        secret: &SecretHash,
        now: Timestamp,
    ) -> StoreResult<PasswordOffer> {
        Ok(password_links::link(self, secret, now).await?)
    }

    async fn use_password_link(
        &self,
        secret: &SecretHash,
        hash: &str,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(password_links::use_link(self, secret, hash, origin, now).await?)
    }
}

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

async fn by_email(
    store: &SqliteStore,
    email: &EmailAddress,
) -> SqliteResult<Option<AccountRecord>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT a.user_id, u.name, a.email, a.password_hash, a.suspended_at, a.last_sign_in_at
         FROM accounts a JOIN actors u ON u.id = a.user_id WHERE a.email_key = ?",
    )
    .bind(email.key())
    .fetch_optional(&store.readers)
    .await?;
    Ok(row.map(Row::into_domain))
}

async fn by_user(store: &SqliteStore, user: UserId) -> SqliteResult<AccountRecord> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT a.user_id, u.name, a.email, a.password_hash, a.suspended_at, a.last_sign_in_at
         FROM accounts a JOIN actors u ON u.id = a.user_id WHERE a.user_id = ?",
    )
    .bind(user.0)
    .fetch_optional(&store.readers)
    .await?;
    row.map(Row::into_domain).ok_or(StoreError::NotFound("account").into())
}

async fn all(store: &SqliteStore) -> SqliteResult<Vec<AccountRecord>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT a.user_id, u.name, a.email, a.password_hash, a.suspended_at, a.last_sign_in_at
         FROM accounts a JOIN actors u ON u.id = a.user_id ORDER BY a.email_key",
    )
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(Row::into_domain).collect())
}

async fn create(
    store: &SqliteStore,
    account: &NewAccount,
    role: &InitialRole,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<UserId> {
    let mut transaction = store.begin().await?;
    let user = insert(&mut transaction, account, origin, now).await?;
    match role {
        InitialRole::Founder => {
            let (others,): (i64,) =
                sqlx::query_as("SELECT count(*) FROM accounts WHERE user_id <> ?")
                    .bind(user.0)
                    .fetch_one(&mut *transaction)
                    .await?;
            let role = decide_first_account(others)?;
            sqlx::query(
                "INSERT INTO memberships (project_id, user_id, role, created_at)
                SELECT id, ?, ?, ? FROM projects",
            )
            .bind(user.0)
            .bind(role.code())
            .bind(now.0)
            .execute(&mut *transaction)
            .await?;
        }
        InitialRole::In(roles) => {
            let mut given = BTreeMap::new();
            for (project, role) in roles {
                let before = given.get(project).copied().flatten();
                given.insert(*project, Some(MemberRole::with_invitation(before, *role)));
            }
            member_roles::write(&mut transaction, user, given, now).await?;
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
) -> SqliteResult<UserId> {
    let user = UserId::new();
    sqlx::query("INSERT INTO actors (id, name, email, created_at) VALUES (?, ?, ?, ?)")
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
        return Err(AccessRefusal::AddressTaken.into());
    }
    let change = AccessChange::AccountCreated { email: account.email.as_str() };
    NewAuditEntry::of_account(user, change.event(), &change.summary(), origin)
        .write(connection, now)
        .await?;
    Ok(user)
}

async fn rename(
    store: &SqliteStore,
    actor: &Actor,
    name: &PersonName,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let written = sqlx::query(
        "UPDATE actors SET name = ?2 WHERE id IN (SELECT user_id FROM accounts WHERE user_id = ?1)",
    )
    .bind(actor.user.0)
    .bind(name.as_str())
    .execute(&mut *transaction)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::NotFound("account").into());
    }
    let change = AccessChange::AccountRenamed { before: &actor.name, after: name.as_str() };
    NewAuditEntry::of_account(actor.user, change.event(), &change.summary(), &actor.origin)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

async fn suspend(
    store: &SqliteStore,
    user: UserId,
    suspend: bool,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let written = sqlx::query("UPDATE accounts SET suspended_at = ? WHERE user_id = ?")
        .bind(suspend.then_some(now.0))
        .bind(user.0)
        .execute(&mut *transaction)
        .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::NotFound("account").into());
    }
    if suspend {
        end_sessions(&mut transaction, user, None).await?;
        close_invitations_of(&mut transaction, user, user, &RequestOrigin::default(), now).await?;
    }
    let change =
        if suspend { AccessChange::AccountSuspended } else { AccessChange::AccountRestored };
    NewAuditEntry::of_account(user, change.event(), &change.summary(), &RequestOrigin::default())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

async fn change_password(
    store: &SqliteStore,
    actor: &Actor,
    change: &PasswordChange<'_>,
    now: Timestamp,
) -> SqliteResult<()> {
    let (user, session) = (actor.user, change.session);
    let mut transaction = store.begin().await?;
    let is_open = credentials::is_session_open(&mut transaction, session, user).await?;
    let account = credentials::load(&mut transaction, user).await?;
    decide_password_change(is_open, change.verified, &account)?;
    let keep = Some(session);
    write_password(&mut transaction, user, change.hash, keep, &actor.origin, now).await?;
    sessions::rotate(&mut transaction, session, &change.secret).await?;
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
) -> SqliteResult<()> {
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
    let change = AccessChange::PasswordChanged;
    NewAuditEntry::of_account(user, change.event(), &change.summary(), origin)
        .write(connection, now)
        .await
}

pub async fn end_sessions(
    connection: &mut SqliteConnection,
    user: UserId,
    keep: Option<SessionId>,
) -> SqliteResult<i64> {
    let ended = sqlx::query("DELETE FROM sessions WHERE user_id = ?1 AND id IS NOT ?2")
        .bind(user.0)
        .bind(keep.map(|session| session.0))
        .execute(connection)
        .await?;
    Ok(i64::try_from(ended.rows_affected()).unwrap_or(i64::MAX))
}
