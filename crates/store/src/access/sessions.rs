//! Sessions of users, and local mode.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::{
        account::SessionView,
        actor::{Actor, Membership, ProjectRef, RequestOrigin},
        credentials::VerifiedCredential,
        sessions::SignInMethod,
    },
    audit::AuditEvent,
    ids::{SessionId, UserId},
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;

/// A session that is alive, with everything that its owner may enter.
#[derive(Debug, Clone)]
pub struct ActiveSession {
    pub id: SessionId,
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub last_seen_at: Timestamp,
    /// In projects that are not archived, by name.
    pub memberships: Vec<Membership>,
}

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub user: UserId,
    pub secret: SecretHash,
    pub expires_at: Timestamp,
    /// The session that this browser had before; it ends.
    pub replaces: Option<SecretHash>,
    pub method: SignInMethod,
    /// It has to open the account still.
    pub verified: VerifiedCredential,
}

/// Who is asking: sessions of users, and local mode.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The session of this secret, if it is neither idle for longer than `idle_ms` nor over nor of
    /// a suspended account.
    async fn find_active_session(
        &self,
        secret: &SecretHash,
        idle_ms: i64,
        now: Timestamp,
    ) -> StoreResult<Option<ActiveSession>>;
    /// All projects that are not archived while there is no account, `None` from the first account
    /// on.
    async fn find_local_projects(&self) -> StoreResult<Option<Vec<ProjectRef>>>;
    /// The session was used just now.
    async fn touch_session(&self, session: SessionId, now: Timestamp) -> StoreResult<()>;
    /// Opens a session. Refused where what was verified does not open the account any more.
    async fn open_session(
        &self,
        session: &NewSession,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// The active sessions of a user, the latest used first.
    async fn list_sessions(
        &self,
        user: UserId,
        idle_ms: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<SessionView>>;
    /// Ends one session of the actor; answers whether there was one.
    async fn end_session(
        &self,
        actor: &Actor,
        session: SessionId,
        event: AuditEvent,
        now: Timestamp,
    ) -> StoreResult<bool>;
    /// Ends every session of the actor; answers how many there were.
    async fn end_all_sessions(&self, actor: &Actor, now: Timestamp) -> StoreResult<i64>;
    /// Records in the audit log that someone tried to sign in as this user.
    async fn record_failed_sign_in(
        &self,
        user: UserId,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()>;
}
