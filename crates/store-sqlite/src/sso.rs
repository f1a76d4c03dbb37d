//! People whom a sign-in provider (OpenID Connect) knows.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore, accounts,
    audit::NewAuditEntry,
    members,
    sso_roles::{Given, give_roles},
};
use wayfare_domain::{
    access::{
        account::LinkedIdentity,
        actor::{Actor, RequestOrigin},
    },
    audit::AuditEvent,
    ids::{SessionId, UserId},
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{
    StoreError, StoreResult,
    access::{NewAccount, PendingSsoSignIn, SsoIdentity},
};

pub async fn begin(
    store: &SqliteStore,
    state: &SecretHash,
    pending: &PendingSsoSignIn,
    expires_at: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    sqlx::query("DELETE FROM provider_sign_ins WHERE expires_at <= ?")
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO provider_sign_ins (state_hash, nonce, pkce_verifier, next, expires_at,
         session_id) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(state.as_slice())
    .bind(&pending.nonce)
    .bind(&pending.pkce_verifier)
    .bind(&pending.next)
    .bind(expires_at.0)
    .bind(pending.links.map(|session| session.0))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

#[derive(FromRow)]
struct SsoSignInRow {
    nonce: String,
    pkce_verifier: String,
    next: String,
    session_id: Option<Uuid>,
}

pub async fn take(
    store: &SqliteStore,
    state: &SecretHash,
    now: Timestamp,
) -> StoreResult<Option<PendingSsoSignIn>> {
    let mut transaction = store.begin().await?;
    let row: Option<SsoSignInRow> = sqlx::query_as(
        "DELETE FROM provider_sign_ins WHERE state_hash = ? AND expires_at > ?
         RETURNING nonce, pkce_verifier, next, session_id",
    )
    .bind(state.as_slice())
    .bind(now.0)
    .fetch_optional(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(row.map(|row| PendingSsoSignIn {
        nonce: row.nonce,
        pkce_verifier: row.pkce_verifier,
        next: row.next,
        links: row.session_id.map(SessionId),
    }))
}

/// The account that has this identity; else, where the provider vouches for the address, the
/// account of the address that no one signs in to yet; else a new one.
pub async fn account(
    store: &SqliteStore,
    person: &SsoIdentity,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<UserId> {
    let mut transaction = store.begin().await?;
    let user = match known(&mut transaction, person).await? {
        Some(user) => user,
        None => first_time(&mut transaction, person, origin, now).await?,
    };
    let suspended: Option<(i64,)> =
        sqlx::query_as("SELECT 1 FROM accounts WHERE user_id = ? AND suspended_at IS NOT NULL")
            .bind(user.0)
            .fetch_optional(&mut *transaction)
            .await?;
    if suspended.is_some() {
        return Err(StoreError::Conflict("This account is suspended. Ask your administrator."));
    }
    let given = Given { roles: &person.roles, keeps_last_admin: false };
    give_roles(&mut transaction, &given, user, origin, now).await?;
    transaction.commit().await?;
    Ok(user)
}

async fn known(
    connection: &mut SqliteConnection,
    person: &SsoIdentity,
) -> StoreResult<Option<UserId>> {
    let row: Option<(Uuid,)> =
        sqlx::query_as("SELECT user_id FROM identities WHERE issuer = ? AND subject = ?")
            .bind(&person.issuer)
            .bind(&person.subject)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|(user,)| UserId(user)))
}

#[derive(FromRow)]
struct Addressed {
    user_id: Uuid,
    /// A password, or an identity at a provider: someone signs in to it already.
    in_use: bool,
}

/// Anyone who signs in to an account already links the provider from inside it: an address alone,
/// even a verified one, may be given to someone else tomorrow.
async fn first_time(
    connection: &mut SqliteConnection,
    person: &SsoIdentity,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<UserId> {
    let email = person.email.clone().ok_or(StoreError::Conflict(
        "Your identity provider does not share your email address. Ask your administrator to add \
            the email scope.",
    ))?;
    // An address that people write there themselves must not be taken from its owner; nor is it
    // told whether it has an account.
    if !person.email_verified {
        return Err(StoreError::Conflict(
            "Your identity provider does not confirm your email address, so it cannot open an account \
                here. Verify the address there and sign in again. Or ask an admin for an \
                invitation, then link the identity provider under “Your account”.",
        ));
    }
    let there: Option<Addressed> = sqlx::query_as(
        "SELECT a.user_id, a.password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM identities i
            WHERE i.user_id = a.user_id) AS in_use
         FROM accounts a WHERE a.email_key = ?",
    )
    .bind(email.key())
    .fetch_optional(&mut *connection)
    .await?;
    let (user, how) = match there {
        None => {
            let account = NewAccount { name: person.name.clone(), email, password_hash: None };
            (accounts::insert(&mut *connection, &account, origin, now).await?, "with a new account")
        }
        Some(there) if !there.in_use => (UserId(there.user_id), "found by its verified address"),
        Some(_) => {
            return Err(StoreError::Conflict(
                "The account with this email address is not linked to your identity provider. Sign \
                    in with its password, then link the identity provider under “Your account”.",
            ));
        }
    };
    insert_identity(connection, user, person, how, origin, now).await?;
    Ok(user)
}

async fn insert_identity(
    connection: &mut SqliteConnection,
    user: UserId,
    person: &SsoIdentity,
    how: &str,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<()> {
    sqlx::query("INSERT INTO identities (issuer, subject, user_id) VALUES (?, ?, ?)")
        .bind(&person.issuer)
        .bind(&person.subject)
        .bind(user.0)
        .execute(&mut *connection)
        .await?;
    let summary = format!("{} at {}, {how}", person.subject, person.issuer);
    NewAuditEntry::of_account(user, AuditEvent::SsoLinked, &summary, origin)
        .write(connection, now)
        .await
}

pub async fn identities(store: &SqliteStore, user: UserId) -> StoreResult<Vec<LinkedIdentity>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT issuer, subject FROM identities WHERE user_id = ? ORDER BY issuer, subject",
    )
    .bind(user.0)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(issuer, subject)| LinkedIdentity { issuer, subject }).collect())
}

pub async fn link(
    store: &SqliteStore,
    actor: &Actor,
    person: &SsoIdentity,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    match known(&mut transaction, person).await? {
        Some(user) if user == actor.user => return Ok(()),
        Some(_) => {
            return Err(StoreError::Conflict(
                "Your identity at the identity provider is already linked to another account. \
                    Nothing was linked.",
            ));
        }
        None => {}
    }
    insert_identity(
        &mut transaction,
        actor.user,
        person,
        "from inside the account",
        &actor.origin,
        now,
    )
    .await?;
    transaction.commit().await
}

pub async fn unlink(
    store: &SqliteStore,
    actor: &Actor,
    identity: &LinkedIdentity,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let unlinked =
        sqlx::query("DELETE FROM identities WHERE issuer = ? AND subject = ? AND user_id = ?")
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .bind(actor.user.0)
            .execute(&mut *transaction)
            .await?;
    if unlinked.rows_affected() == 0 {
        return Err(StoreError::NotFound("linked sign-in"));
    }
    let password: Option<(i64,)> =
        sqlx::query_as("SELECT 1 FROM accounts WHERE user_id = ? AND password_hash IS NOT NULL")
            .bind(actor.user.0)
            .fetch_optional(&mut *transaction)
            .await?;
    if password.is_none() {
        return Err(StoreError::Conflict(
            "Choose a password first. Without one, you could no longer sign in to this account.",
        ));
    }
    // The rule is asked at sign-ins with the provider: what it gave would stay for ever.
    let given = Given { roles: &[], keeps_last_admin: false };
    for project in give_roles(&mut transaction, &given, actor.user, &actor.origin, now).await? {
        if members::admins(&mut transaction, project).await? == 0 {
            return Err(StoreError::Conflict(
                "You are the only admin of a project, by an SSO rule. Make another member an admin \
                    first.",
            ));
        }
    }
    let summary = format!("{} at {}", identity.subject, identity.issuer);
    NewAuditEntry::of_account(actor.user, AuditEvent::SsoUnlinked, &summary, &actor.origin)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

/// Takes every link back, with the roles that came with it: somebody else may have made them. A
/// project keeps its last admin.
pub async fn unlink_all(
    connection: &mut SqliteConnection,
    user: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<()> {
    let unlinked: Vec<(String, String)> =
        sqlx::query_as("DELETE FROM identities WHERE user_id = ? RETURNING issuer, subject")
            .bind(user.0)
            .fetch_all(&mut *connection)
            .await?;
    if unlinked.is_empty() {
        return Ok(());
    }
    for (issuer, subject) in unlinked {
        let summary = format!("{subject} at {issuer}, by a link for a new password");
        NewAuditEntry::of_account(user, AuditEvent::SsoUnlinked, &summary, origin)
            .write(&mut *connection, now)
            .await?;
    }
    let given = Given { roles: &[], keeps_last_admin: true };
    give_roles(connection, &given, user, origin, now).await?;
    Ok(())
}
