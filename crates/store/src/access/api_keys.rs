//! How programs sign in.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::{
        actor::Actor,
        members::ApiKey,
        permissions::{KeyFacts, Scope},
    },
    ids::{ApiKeyId, ProjectId},
    names::KeyName,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;

/// An API key of a project that is not archived.
#[derive(Debug, Clone)]
pub struct ActiveApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub project: ProjectId,
    pub scopes: Vec<Scope>,
    pub last_used_at: Option<Timestamp>,
    /// What decides whether it opens anything.
    pub facts: KeyFacts,
}

/// A key to be made.
#[derive(Debug)]
pub struct NewKey<'a> {
    pub name: &'a KeyName,
    pub scopes: &'a [Scope],
    pub expires_at: Option<Timestamp>,
    /// The first characters of the secret.
    pub hint: &'a str,
    pub secret: SecretHash,
}

/// The API keys of a project.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// The key of this secret, if its project is not archived, with what decides whether it opens
    /// anything.
    async fn find_active_api_key(&self, secret: &SecretHash) -> StoreResult<Option<ActiveApiKey>>;
    /// The key was used just now.
    async fn touch_api_key(&self, key: ApiKeyId, now: Timestamp) -> StoreResult<()>;
    /// The keys of a project, the newest first, and after them those that were revoked.
    async fn list_api_keys(&self, project: ProjectId, now: Timestamp) -> StoreResult<Vec<ApiKey>>;
    /// A new key.
    async fn create_api_key(
        &self,
        actor: &Actor,
        key: &NewKey<'_>,
        now: Timestamp,
    ) -> StoreResult<ApiKeyId>;
    /// From now on the actor answers for it.
    async fn take_over_api_key(
        &self,
        actor: &Actor,
        key: ApiKeyId,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// From now on the key opens nothing.
    async fn revoke_api_key(&self, actor: &Actor, key: ApiKeyId, now: Timestamp)
    -> StoreResult<()>;
}
