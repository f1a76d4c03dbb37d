//! Links by which someone sets the password of an account.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::write_password;
use crate::{SqliteStore, audit::NewAuditEntry, error::SqliteResult, sso};
use wayfare_domain::{
    access::{
        account::PasswordOffer, actor::RequestOrigin, change::AccessChange,
        links::PasswordLinkFacts,
    },
    ids::UserId,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::StoreError;

pub(super) async fn make_link(
    store: &SqliteStore,
    user: UserId,
    secret: &SecretHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> SqliteResult<()> {
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
    let change = AccessChange::PasswordLinkMade;
    NewAuditEntry::of_account(user, change.event(), &change.summary(), &RequestOrigin::default())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

#[derive(FromRow)]
struct PasswordLinkRow {
    user_id: Uuid,
    email: String,
    expires_at: i64,
    is_account_suspended: bool,
}

/// The account of a link that still opens something.
async fn open_link(
    connection: &mut SqliteConnection,
    secret: &SecretHash,
    now: Timestamp,
) -> SqliteResult<PasswordLinkRow> {
    let row: Option<PasswordLinkRow> = sqlx::query_as(
        "SELECT a.user_id, a.email, l.expires_at,
            a.suspended_at IS NOT NULL AS is_account_suspended
         FROM password_links l JOIN accounts a ON a.user_id = l.user_id WHERE l.secret_hash = ?",
    )
    .bind(secret.as_slice())
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or(StoreError::LinkExpired)?;
    let facts = PasswordLinkFacts {
        expires_at: Timestamp(row.expires_at),
        is_account_suspended: row.is_account_suspended,
    };
    if facts.opens(now) { Ok(row) } else { Err(StoreError::LinkExpired.into()) }
}

pub(super) async fn link(
    store: &SqliteStore,
    secret: &SecretHash,
    now: Timestamp,
) -> SqliteResult<PasswordOffer> {
    let mut connection = store.readers.acquire().await?;
    let row = open_link(&mut connection, secret, now).await?;
    drop(connection);
    Ok(PasswordOffer {
        email: row.email,
        linked: sso::identities(store, UserId(row.user_id)).await?,
    })
}

pub(super) async fn use_link(
    store: &SqliteStore,
    secret: &SecretHash,
    hash: &str,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let user = UserId(open_link(&mut transaction, secret, now).await?.user_id);
    write_password(&mut transaction, user, hash, None, origin, now).await?;
    // Whoever had the account before must not keep a way in.
    sso::unlink_all(&mut transaction, user, origin, now).await?;
    transaction.commit().await
}
