//! Sign-in through an identity provider.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::{
        account::LinkedIdentity,
        actor::{Actor, RequestOrigin},
        sso::SsoIdentity,
    },
    ids::{SessionId, UserId},
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;

/// A sign-in on its way to the provider and back.
#[derive(Debug, Clone)]
pub struct PendingSsoSignIn {
    pub nonce: String,
    pub pkce_verifier: String,
    pub next: String,
    /// The session from which someone links the provider to their account; only there it can be
    /// finished. None for a sign-in.
    pub links: Option<SessionId>,
}

/// Sign-in through an identity provider, and whom it knows.
#[async_trait]
pub trait SsoStore: Send + Sync {
    /// Keeps a sign-in that is on its way to the provider, until it expires.
    async fn begin_sso_sign_in(
        &self,
        state: &SecretHash,
        pending: &PendingSsoSignIn,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Takes it out: it can be finished once.
    async fn take_sso_sign_in(
        &self,
        state: &SecretHash,
        now: Timestamp,
    ) -> StoreResult<Option<PendingSsoSignIn>>;
    /// The account of this identity, made where there is none, with the roles that the rules give
    /// now.
    async fn account_of_sso_identity(
        &self,
        identity: &SsoIdentity,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId>;
    /// The identities that are linked to an account.
    async fn list_linked_identities(&self, user: UserId) -> StoreResult<Vec<LinkedIdentity>>;
    /// From now on whoever the provider knows by this identity signs in to the actor's account.
    /// Refused where the session that asks has ended.
    async fn link_identity(
        &self,
        actor: &Actor,
        session: SessionId,
        identity: &SsoIdentity,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Takes the link back, and the roles that the rules gave. Refused where there is no password,
    /// or the session that asks has ended.
    async fn unlink_identity(
        &self,
        actor: &Actor,
        session: SessionId,
        identity: &LinkedIdentity,
        now: Timestamp,
    ) -> StoreResult<()>;
}
