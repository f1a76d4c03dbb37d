//! API keys of a project.

use super::{ServiceResult, Services};
use crate::{
    domain::{
        access::{Permission, Scope},
        actor::Actor,
        error::FieldError,
        ids::ApiKeyId,
        team::ApiKey,
        text::KeyName,
    },
    server::{auth::secret::Secret, store::Store},
};

impl<S: Store + Clone> Services<S> {
    pub async fn keys(&self, actor: &Actor) -> ServiceResult<Vec<ApiKey>> {
        actor.require(Permission::ManageKeys)?;
        Ok(self.store.keys(actor.project).await?)
    }

    /// Makes a key. This is the only time that its secret is known.
    ///
    /// # Errors
    /// Where it has no scope.
    pub async fn create_key(&self, actor: &Actor, name: &KeyName, scopes: &[Scope]) -> ServiceResult<Secret> {
        actor.require(Permission::ManageKeys)?;
        if scopes.is_empty() {
            return Err(FieldError::new("scopes", "required", "Choose at least one thing that the key may do.").into());
        }
        let secret = Secret::new_key()?;
        let id = self.store.create_key(actor, name, scopes, &secret.hint(), &secret.hash(), self.now()).await?;
        tracing::info!(key = %id, project = %actor.project, by = %actor.user, "key.created");
        Ok(secret)
    }

    /// From the answer on nobody gets in with it.
    ///
    /// # Errors
    /// Where there is no such key, or it was revoked already.
    pub async fn revoke_key(&self, actor: &Actor, key: ApiKeyId) -> ServiceResult<()> {
        actor.require(Permission::ManageKeys)?;
        self.store.revoke_key(actor, key, self.now()).await?;
        tracing::info!(%key, project = %actor.project, by = %actor.user, "key.revoked");
        Ok(())
    }
}
