//! People whom a sign-in provider (OpenID Connect) knows.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{SqliteStore, accounts, audit::Entry};
use crate::{
    domain::{actor::Origin, audit::AuditEvent, ids::UserId, time::Timestamp},
    server::store::{
        StoreError, StoreResult,
        access::{NewAccount, PendingSignIn, ProvidedPerson, SecretHash},
    },
};

pub async fn begin(
    store: &SqliteStore,
    state: &SecretHash,
    pending: &PendingSignIn,
    expires_at: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    sqlx::query("DELETE FROM provider_sign_ins WHERE expires_at <= ?").bind(now.0).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO provider_sign_ins (state_hash, nonce, pkce_verifier, next, expires_at) VALUES (?, ?, ?, ?, ?)")
        .bind(state.as_slice())
        .bind(&pending.nonce)
        .bind(&pending.pkce_verifier)
        .bind(&pending.next)
        .bind(expires_at.0)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

#[derive(FromRow)]
struct Pending {
    nonce: String,
    pkce_verifier: String,
    next: String,
}

pub async fn take(store: &SqliteStore, state: &SecretHash, now: Timestamp) -> StoreResult<Option<PendingSignIn>> {
    let row: Option<Pending> = sqlx::query_as(
        "DELETE FROM provider_sign_ins WHERE state_hash = ? AND expires_at > ? RETURNING nonce, pkce_verifier, next",
    )
    .bind(state.as_slice())
    .bind(now.0)
    .fetch_optional(&mut *store.writer().await?)
    .await?;
    Ok(row.map(|row| PendingSignIn { nonce: row.nonce, pkce_verifier: row.pkce_verifier, next: row.next }))
}

/// The account that has this identity; else, where the provider vouches for the address, the account of the address; else a
/// new one.
pub async fn account(store: &SqliteStore, person: &ProvidedPerson, origin: &Origin, now: Timestamp) -> StoreResult<UserId> {
    let mut transaction = store.begin().await?;
    let user = match known(&mut transaction, person).await? {
        Some(user) => user,
        None => {
            let user = match of_address(&mut transaction, person).await? {
                Some(user) => user,
                None => new(&mut transaction, person, origin, now).await?,
            };
            sqlx::query("INSERT INTO identities (issuer, subject, user_id) VALUES (?, ?, ?)")
                .bind(&person.issuer)
                .bind(&person.subject)
                .bind(user.0)
                .execute(&mut *transaction)
                .await?;
            user
        }
    };
    let suspended: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM accounts WHERE user_id = ? AND suspended_at IS NOT NULL")
        .bind(user.0)
        .fetch_optional(&mut *transaction)
        .await?;
    if suspended.is_some() {
        return Err(StoreError::Conflict("This account is suspended. Ask whoever runs this Wayfare."));
    }
    give_roles(&mut transaction, person, user, origin, now).await?;
    transaction.commit().await?;
    Ok(user)
}

async fn known(connection: &mut SqliteConnection, person: &ProvidedPerson) -> StoreResult<Option<UserId>> {
    let row: Option<(Uuid,)> = sqlx::query_as("SELECT user_id FROM identities WHERE issuer = ? AND subject = ?")
        .bind(&person.issuer)
        .bind(&person.subject)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|(user,)| UserId(user)))
}

async fn of_address(connection: &mut SqliteConnection, person: &ProvidedPerson) -> StoreResult<Option<UserId>> {
    let Some(email) = person.email.as_ref().filter(|_| person.email_verified) else { return Ok(None) };
    let row: Option<(Uuid,)> =
        sqlx::query_as("SELECT user_id FROM accounts WHERE email_key = ?").bind(email.key()).fetch_optional(connection).await?;
    Ok(row.map(|(user,)| UserId(user)))
}

async fn new(connection: &mut SqliteConnection, person: &ProvidedPerson, origin: &Origin, now: Timestamp) -> StoreResult<UserId> {
    let email = person.email.clone().ok_or(StoreError::Conflict(
        "Your sign-in provider does not tell your e-mail address. Ask whoever runs it to add the email scope.",
    ))?;
    let account = NewAccount { name: person.name.clone(), email, password_hash: None };
    accounts::insert(connection, &account, origin, now).await
}

/// Roles that the rule gave earlier are replaced by those that it gives now; roles given by an admin stay.
async fn give_roles(
    connection: &mut SqliteConnection,
    person: &ProvidedPerson,
    user: UserId,
    origin: &Origin,
    now: Timestamp,
) -> StoreResult<()> {
    let before: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT project_id, role FROM memberships WHERE user_id = ? ORDER BY project_id")
            .bind(user.0)
            .fetch_all(&mut *connection)
            .await?;
    sqlx::query("DELETE FROM memberships WHERE user_id = ? AND by_provider = 1").bind(user.0).execute(&mut *connection).await?;
    for given in &person.roles {
        sqlx::query(
            "INSERT INTO memberships (project_id, user_id, role, by_provider, created_at)
             SELECT id, ?1, ?2, 1, ?3 FROM projects WHERE ?4 IS NULL OR name = ?4 COLLATE NOCASE
             ON CONFLICT DO UPDATE SET role = max(role, excluded.role) WHERE by_provider = 1",
        )
        .bind(user.0)
        .bind(given.role.code())
        .bind(now.0)
        .bind(&given.project)
        .execute(&mut *connection)
        .await?;
    }
    let after: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT project_id, role FROM memberships WHERE user_id = ? ORDER BY project_id")
            .bind(user.0)
            .fetch_all(&mut *connection)
            .await?;
    if before != after {
        let summary = "by the rule of the sign-in provider";
        Entry::of_account(user, AuditEvent::RoleChanged, summary, origin).write(connection, now).await?;
    }
    Ok(())
}
