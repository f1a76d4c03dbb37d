//! What opens an account, read in the transaction that acts on what was verified.

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{error::SqliteResult, sso};
use wayfare_domain::{
    access::credentials::AccountCredentials,
    ids::{SessionId, UserId},
};
use wayfare_store::StoreError;

pub async fn load(
    connection: &mut SqliteConnection,
    user: UserId,
) -> SqliteResult<AccountCredentials> {
    let row: Option<(Option<String>, bool)> = sqlx::query_as(
        "SELECT password_hash, suspended_at IS NOT NULL FROM accounts WHERE user_id = ?",
    )
    .bind(user.0)
    .fetch_optional(&mut *connection)
    .await?;
    let (password_hash, is_suspended) = row.ok_or(StoreError::NotFound("account"))?;
    let identities = sso::load_identities(connection, user).await?;
    Ok(AccountCredentials { password_hash, identities, is_suspended })
}

/// Has this person the session still?
pub async fn is_session_open(
    connection: &mut SqliteConnection,
    session: SessionId,
    user: UserId,
) -> SqliteResult<bool> {
    let row: Option<(Uuid,)> =
        sqlx::query_as("SELECT user_id FROM sessions WHERE id = ? AND user_id = ?")
            .bind(session.0)
            .bind(user.0)
            .fetch_optional(connection)
            .await?;
    Ok(row.is_some())
}
