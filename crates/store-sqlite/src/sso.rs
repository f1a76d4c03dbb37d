//! People whom a sign-in provider (OpenID Connect) knows.

use async_trait::async_trait;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore, accounts,
    audit::NewAuditEntry,
    credentials,
    error::SqliteResult,
    sso_roles::{RuleGrant, apply_rules},
};
use wayfare_domain::{
    access::{
        account::LinkedIdentity,
        actor::{Actor, RequestOrigin},
        change::{AccessChange, LinkMethod, UnlinkMethod},
        credentials::require_session,
        sso::{
            SsoAccount, SsoCandidate, SsoCandidates, SsoIdentity, decide_account, decide_link,
            decide_unlink,
        },
        sso_roles::LastAdmin,
    },
    ids::{SessionId, UserId},
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{
    StoreError, StoreResult,
    access::{NewAccount, PendingSsoSignIn, SsoStore},
};

#[async_trait]
impl SsoStore for SqliteStore {
    async fn begin_sso_sign_in(
        &self,
        state: &SecretHash,
        pending: &PendingSsoSignIn,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(begin(self, state, pending, expires_at, now).await?)
    }

    async fn take_sso_sign_in(
        &self,
        state: &SecretHash,
        now: Timestamp,
    ) -> StoreResult<Option<PendingSsoSignIn>> {
        Ok(take(self, state, now).await?)
    }

    async fn account_of_sso_identity(
        &self,
        identity: &SsoIdentity,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId> {
        Ok(account(self, identity, origin, now).await?)
    }

    async fn list_linked_identities(&self, user: UserId) -> StoreResult<Vec<LinkedIdentity>> {
        Ok(identities(self, user).await?)
    }

    async fn link_identity(
        &self,
        actor: &Actor,
        session: SessionId,
        identity: &SsoIdentity,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(link(self, actor, session, identity, now).await?)
    }

    async fn unlink_identity(
        &self,
        actor: &Actor,
        session: SessionId,
        identity: &LinkedIdentity,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(unlink(self, actor, session, identity, now).await?)
    }
}

async fn begin(
    store: &SqliteStore,
    state: &SecretHash,
    pending: &PendingSsoSignIn,
    expires_at: Timestamp,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    sqlx::query("DELETE FROM sso_sign_ins WHERE expires_at <= ?")
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO sso_sign_ins (state_hash, nonce, pkce_verifier, next, expires_at,
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

async fn take(
    store: &SqliteStore,
    state: &SecretHash,
    now: Timestamp,
) -> SqliteResult<Option<PendingSsoSignIn>> {
    let mut transaction = store.begin().await?;
    let row: Option<SsoSignInRow> = sqlx::query_as(
        "DELETE FROM sso_sign_ins WHERE state_hash = ? AND expires_at > ?
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

/// Signs someone in: the account is found or made, and has the roles that rules give now.
async fn account(
    store: &SqliteStore,
    person: &SsoIdentity,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<UserId> {
    let mut transaction = store.begin().await?;
    let candidates = load_candidates(&mut transaction, person).await?;
    let (user, how) = match decide_account(person, &candidates)? {
        SsoAccount::Linked(user) => (user, None),
        SsoAccount::Unclaimed(user) => (user, Some(LinkMethod::VerifiedAddress)),
        SsoAccount::New(email) => {
            let (name, email) = (person.name.clone(), email.clone());
            let account = NewAccount { name, email, password_hash: None };
            let user = accounts::insert(&mut transaction, &account, origin, now).await?;
            (user, Some(LinkMethod::NewAccount))
        }
    };
    if let Some(how) = how {
        insert_identity(&mut transaction, user, &person.identity, how, origin, now).await?;
    }
    let grant = RuleGrant { roles: &person.roles, last_admin: LastAdmin::Leaves };
    apply_rules(&mut transaction, &grant, user, origin, now).await?;
    transaction.commit().await?;
    Ok(user)
}

#[derive(FromRow)]
struct CandidateRow {
    user_id: Uuid,
    is_suspended: bool,
    is_in_use: bool,
}

const CANDIDATE: &str = "a.user_id, a.suspended_at IS NOT NULL AS is_suspended,
    a.password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM sso_identities o
        WHERE o.user_id = a.user_id) AS is_in_use";

impl From<CandidateRow> for SsoCandidate {
    fn from(row: CandidateRow) -> Self {
        SsoCandidate {
            user: UserId(row.user_id),
            is_suspended: row.is_suspended,
            is_in_use: row.is_in_use,
        }
    }
}

/// The account of the address is looked for only where the provider vouches for it.
async fn load_candidates(
    connection: &mut SqliteConnection,
    person: &SsoIdentity,
) -> SqliteResult<SsoCandidates> {
    let linked: Option<CandidateRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {CANDIDATE} FROM sso_identities i JOIN accounts a ON a.user_id = i.user_id
         WHERE i.issuer = ? AND i.subject = ?"
    )))
    .bind(&person.identity.issuer)
    .bind(&person.identity.subject)
    .fetch_optional(&mut *connection)
    .await?;
    let linked = linked.map(SsoCandidate::from);
    let (None, Ok(email)) = (linked, person.confirmed_address()) else {
        return Ok(SsoCandidates { linked, of_address: None });
    };
    let of_address: Option<CandidateRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {CANDIDATE} FROM accounts a WHERE a.email_key = ?"
    )))
    .bind(email.key())
    .fetch_optional(connection)
    .await?;
    Ok(SsoCandidates { linked, of_address: of_address.map(SsoCandidate::from) })
}

/// The account that an identity opens.
async fn owner(
    connection: &mut SqliteConnection,
    identity: &LinkedIdentity,
) -> SqliteResult<Option<UserId>> {
    let row: Option<(Uuid,)> =
        sqlx::query_as("SELECT user_id FROM sso_identities WHERE issuer = ? AND subject = ?")
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|(user,)| UserId(user)))
}

async fn insert_identity(
    connection: &mut SqliteConnection,
    user: UserId,
    identity: &LinkedIdentity,
    how: LinkMethod,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<()> {
    sqlx::query("INSERT INTO sso_identities (issuer, subject, user_id) VALUES (?, ?, ?)")
        .bind(&identity.issuer)
        .bind(&identity.subject)
        .bind(user.0)
        .execute(&mut *connection)
        .await?;
    let change = AccessChange::SsoLinked { identity, how };
    NewAuditEntry::of_account(user, change.event(), &change.summary(), origin)
        .write(connection, now)
        .await
}

pub async fn identities(store: &SqliteStore, user: UserId) -> SqliteResult<Vec<LinkedIdentity>> {
    let mut connection = store.readers.acquire().await?;
    load_identities(&mut connection, user).await
}

pub async fn load_identities(
    connection: &mut SqliteConnection,
    user: UserId,
) -> SqliteResult<Vec<LinkedIdentity>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT issuer, subject FROM sso_identities WHERE user_id = ? ORDER BY issuer, subject",
    )
    .bind(user.0)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(issuer, subject)| LinkedIdentity { issuer, subject }).collect())
}

async fn link(
    store: &SqliteStore,
    actor: &Actor,
    session: SessionId,
    person: &SsoIdentity,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    require_session(credentials::is_session_open(&mut transaction, session, actor.user).await?)?;
    let owner = owner(&mut transaction, &person.identity).await?;
    if !decide_link(owner, actor.user)? {
        return Ok(());
    }
    let (user, how) = (actor.user, LinkMethod::FromAccount);
    insert_identity(&mut transaction, user, &person.identity, how, &actor.origin, now).await?;
    transaction.commit().await
}

async fn unlink(
    store: &SqliteStore,
    actor: &Actor,
    session: SessionId,
    identity: &LinkedIdentity,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    require_session(credentials::is_session_open(&mut transaction, session, actor.user).await?)?;
    let unlinked =
        sqlx::query("DELETE FROM sso_identities WHERE issuer = ? AND subject = ? AND user_id = ?")
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .bind(actor.user.0)
            .execute(&mut *transaction)
            .await?;
    if unlinked.rows_affected() == 0 {
        return Err(StoreError::NotFound("linked sign-in").into());
    }
    let (has_password,): (bool,) =
        sqlx::query_as("SELECT password_hash IS NOT NULL FROM accounts WHERE user_id = ?")
            .bind(actor.user.0)
            .fetch_one(&mut *transaction)
            .await?;
    decide_unlink(has_password)?;
    // The rules are asked at sign-ins with the provider: what they gave would stay for ever.
    let grant = RuleGrant { roles: &[], last_admin: LastAdmin::IsRefused };
    apply_rules(&mut transaction, &grant, actor.user, &actor.origin, now).await?;
    let change = AccessChange::SsoUnlinked { identity, how: UnlinkMethod::FromAccount };
    NewAuditEntry::of_account(actor.user, change.event(), &change.summary(), &actor.origin)
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
) -> SqliteResult<()> {
    let unlinked: Vec<(String, String)> =
        sqlx::query_as("DELETE FROM sso_identities WHERE user_id = ? RETURNING issuer, subject")
            .bind(user.0)
            .fetch_all(&mut *connection)
            .await?;
    if unlinked.is_empty() {
        return Ok(());
    }
    for (issuer, subject) in unlinked {
        let (identity, how) = (LinkedIdentity { issuer, subject }, UnlinkMethod::PasswordLink);
        let change = AccessChange::SsoUnlinked { identity: &identity, how };
        NewAuditEntry::of_account(user, change.event(), &change.summary(), origin)
            .write(&mut *connection, now)
            .await?;
    }
    let grant = RuleGrant { roles: &[], last_admin: LastAdmin::Stays };
    apply_rules(connection, &grant, user, origin, now).await
}
