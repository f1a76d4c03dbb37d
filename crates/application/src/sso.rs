//! Signing in with the provider (OpenID Connect), and linking it to an account that exists.

use super::{
    AuthContext, RequestClient, ServiceError, ServiceResult, Services, sign_in::OpenedSession,
};
use crate::auth::oidc::OidcClient;
use wayfare_domain::{
    access::{
        account::{LinkedIdentity, Password},
        credentials::VerifiedCredential,
        refusal::AccessRefusal,
        sessions::{SignInMethod, is_recent_sign_in},
        sso::SsoIdentity,
    },
    ids::SessionId,
    time::Timestamp,
};
use wayfare_secrets::secret;
use wayfare_store::{StoreError, access::PendingSsoSignIn};

/// A sign-in that goes to the provider.
pub struct SsoRedirect {
    pub address: String,
    pub state: String,
    /// Milliseconds that it has.
    pub lifetime: i64,
}

/// What coming back from the provider was for.
pub enum ProviderArrival {
    SignedIn {
        session: OpenedSession,
        /// The page to go on to.
        next: String,
    },
    /// The account of the session has the provider's identity now.
    Linked,
}

impl Services {
    /// What the button of the sign-in provider says, where there is one.
    pub fn provider_name(&self) -> Option<String> {
        self.auth.provider.as_ref().map(|provider| provider.config.name.clone())
    }

    /// Begins a sign-in with the provider.
    ///
    /// # Errors
    /// Where there is none, or it cannot be reached.
    pub async fn depart_to_provider(
        &self,
        client: &RequestClient,
        next: &str,
    ) -> ServiceResult<SsoRedirect> {
        self.auth.throttle.attempt_from(client.origin.address)?;
        let provider =
            self.auth.provider.as_ref().ok_or(StoreError::NotFound("identity provider"))?;
        self.depart(provider, client, next, None).await
    }

    /// Begins to link the provider to the account that asks, which shows once more who it is: the
    /// link opens the account for as long as it stands.
    ///
    /// # Errors
    /// Where the present password is wrong, there is no provider, or it cannot be reached.
    pub async fn depart_to_link(
        &self,
        auth: &AuthContext,
        present: &str,
        client: &RequestClient,
    ) -> ServiceResult<SsoRedirect> {
        let session = self.signed_in(auth)?;
        let provider = self.auth.provider.as_ref().ok_or(AccessRefusal::SsoNotSetUp)?;
        self.require_password(auth, present, client).await?;
        self.depart(provider, client, "", Some(session)).await
    }

    async fn depart(
        &self,
        provider: &OidcClient,
        client: &RequestClient,
        next: &str,
        links: Option<SessionId>,
    ) -> ServiceResult<SsoRedirect> {
        let departure = provider.begin(&back_from_provider(client), next).await?;
        let now = self.now();
        let lifetime = self.auth.lifetimes.provider_sign_in;
        let state = secret::hash(&departure.state);
        let pending = PendingSsoSignIn { links, ..departure.pending };
        self.stores
            .sso
            .begin_sso_sign_in(&state, &pending, Timestamp(now.0 + lifetime), now)
            .await?;
        Ok(SsoRedirect { address: departure.address, state: departure.state, lifetime })
    }

    /// Finishes it: opens a session, or links the account whose session began it.
    ///
    /// # Errors
    /// [`StoreError::LinkExpired`] where it was not begun here, or finished already, or is to be
    /// linked from another session.
    pub async fn arrive_from_provider(
        &self,
        state: &str,
        code: String,
        auth: Option<&AuthContext>,
        client: &RequestClient,
    ) -> ServiceResult<ProviderArrival> {
        let provider =
            self.auth.provider.as_ref().ok_or(StoreError::NotFound("identity provider"))?;
        let pending = self.stores.sso.take_sso_sign_in(&secret::hash(state), self.now()).await?;
        let pending = pending.ok_or(StoreError::LinkExpired)?;
        let owner = match pending.links {
            Some(session) => {
                let same = auth.filter(|auth| auth.session() == Some(session));
                Some((same.ok_or(StoreError::LinkExpired)?, session))
            }
            None => None,
        };
        let person = provider.finish(code, &pending, &back_from_provider(client)).await?;
        match owner {
            Some((owner, session)) => self.link(owner, session, &person).await,
            None => {
                let user = self
                    .stores
                    .sso
                    .account_of_sso_identity(&person, &client.origin, self.now())
                    .await?;
                let verified = VerifiedCredential::SsoIdentity(person.identity);
                let session = self.open_session(user, client, SignInMethod::Sso, verified).await?;
                Ok(ProviderArrival::SignedIn { session, next: pending.next })
            }
        }
    }

    /// A session that ended on the way is told like one that had ended before.
    async fn link(
        &self,
        owner: &AuthContext,
        session: SessionId,
        person: &SsoIdentity,
    ) -> ServiceResult<ProviderArrival> {
        let linked = self.stores.sso.link_identity(&owner.actor, session, person, self.now()).await;
        linked.map_err(|error| match error {
            StoreError::Access(AccessRefusal::SessionEnded) => StoreError::LinkExpired,
            error => error,
        })?;
        tracing::info!(user = %owner.actor.user, "sso.linked");
        Ok(ProviderArrival::Linked)
    }

    /// Who the person that asks is at the provider.
    ///
    /// # Errors
    /// Where no one is signed in.
    pub async fn linked_identities(
        &self,
        auth: &AuthContext,
    ) -> ServiceResult<Vec<LinkedIdentity>> {
        self.signed_in(auth)?;
        Ok(self.stores.sso.list_linked_identities(auth.actor.user).await?)
    }

    /// Takes a link back, with the roles that came from the provider's rule.
    ///
    /// # Errors
    /// Where there is no such link, no password to sign in with, or a project would lose its last
    /// admin.
    pub async fn unlink(&self, auth: &AuthContext, identity: &LinkedIdentity) -> ServiceResult<()> {
        let session = self.signed_in(auth)?;
        self.stores.sso.unlink_identity(&auth.actor, session, identity, self.now()).await?;
        tracing::info!(user = %auth.actor.user, "sso.unlinked");
        Ok(())
    }

    /// Anyone who has a password shows it once more; anyone who has none has signed in just now: a
    /// session that was borrowed must not become a way in that lasts. Answers the hash with which
    /// the password was compared, none where there is none: what follows has to find the same.
    ///
    /// # Errors
    /// [`ServiceError::WrongCredentials`] where it is another one; [`ServiceError::TooMany`] where
    /// it is tried too often; [`AccessRefusal::SignInTooOld`] where the sign-in is too long ago.
    pub(super) async fn require_password(
        &self,
        auth: &AuthContext,
        present: &str,
        client: &RequestClient,
    ) -> ServiceResult<Option<String>> {
        let account = self.stores.accounts.get_account(auth.actor.user).await?;
        self.attempt(&account.email.to_lowercase(), client)?;
        let Some(hash) = account.password_hash else {
            self.require_fresh_session(auth).await?;
            return Ok(None);
        };
        let present = Password::from_sign_in(present);
        if self.auth.passwords.verify(Some(hash.clone()), present).await? {
            Ok(Some(hash))
        } else {
            Err(ServiceError::WrongCredentials)
        }
    }

    async fn require_fresh_session(&self, auth: &AuthContext) -> ServiceResult<()> {
        let session = self.sessions(auth).await?.into_iter().find(|session| session.current);
        if session.is_some_and(|session| is_recent_sign_in(session.created_at, self.now())) {
            Ok(())
        } else {
            Err(AccessRefusal::SignInTooOld.into())
        }
    }
}

/// Where the provider sends the browser back to.
fn back_from_provider(client: &RequestClient) -> String {
    format!("{}/sign-in/provider/back", client.base)
}
