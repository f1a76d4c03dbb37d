//! API keys of a project.

use super::{ServiceResult, Services};
use wayfare_domain::{
    access::{
        actor::Actor,
        members::ApiKey,
        permissions::{KeyLifetime, Permission, Scope},
    },
    ids::ApiKeyId,
    names::KeyName,
};
use wayfare_secrets::secret::Secret;
use wayfare_store::access::NewKey;

impl Services {
    pub async fn keys(&self, actor: &Actor) -> ServiceResult<Vec<ApiKey>> {
        actor.require(Permission::ManageKeys)?;
        Ok(self.stores.api_keys.list_api_keys(actor.project, self.now()).await?)
    }

    /// Makes a key. This is the only time that its secret is known.
    ///
    /// # Errors
    /// Where no key has such scopes.
    pub async fn create_key(
        &self,
        actor: &Actor,
        name: &KeyName,
        scopes: &[Scope],
        lifetime: KeyLifetime,
    ) -> ServiceResult<Secret> {
        actor.require(Permission::ManageKeys)?;
        Scope::check(scopes)?;
        let (secret, now) = (Secret::new_key()?, self.now());
        let (hint, expires_at) = (secret.hint(), lifetime.end(now));
        let new = NewKey { name, scopes, expires_at, hint: &hint, secret: secret.hash() };
        let id = self.stores.api_keys.create_api_key(actor, &new, now).await?;
        tracing::info!(key = %id, project = %actor.project, by = %actor.user, "key.created");
        Ok(secret)
    }

    /// From the answer on the actor answers for the key, no matter who made it.
    ///
    /// # Errors
    /// Where there is no such key, or it was revoked.
    pub async fn take_key_over(&self, actor: &Actor, key: ApiKeyId) -> ServiceResult<()> {
        actor.require(Permission::ManageKeys)?;
        self.stores.api_keys.take_over_api_key(actor, key, self.now()).await?;
        tracing::info!(%key, project = %actor.project, by = %actor.user, "key.taken_over");
        Ok(())
    }

    /// From the answer on no one gets in with it.
    ///
    /// # Errors
    /// Where there is no such key, or it was revoked already.
    pub async fn revoke_key(&self, actor: &Actor, key: ApiKeyId) -> ServiceResult<()> {
        actor.require(Permission::ManageKeys)?;
        self.stores.api_keys.revoke_api_key(actor, key, self.now()).await?;
        tracing::info!(%key, project = %actor.project, by = %actor.user, "key.revoked");
        Ok(())
    }
}
