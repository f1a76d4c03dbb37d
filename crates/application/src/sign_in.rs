//! Sign-in, sign-out, accounts and passwords.

use std::sync::Arc;

use super::{AuthContext, RequestClient, ServiceError, ServiceResult, Services};
use crate::auth::{device, password};
use wayfare_domain::{
    access::{
        account::{EmailAddress, Password, PasswordOffer, SessionView},
        credentials::VerifiedCredential,
        refusal::AccessRefusal,
        sessions::SignInMethod,
    },
    audit::AuditEvent,
    ids::{SessionId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_runtime::supervisor::short_task;
use wayfare_secrets::secret::{self, Secret};
use wayfare_store::{
    StoreError,
    access::{AccountRecord, InitialRole, NewAccount, NewSession, PasswordChange},
};

/// A session that was opened: its secret goes into the browser's cookie.
pub struct OpenedSession {
    pub secret: Secret,
    /// Milliseconds until it ends, used or not.
    pub lifetime: i64,
    /// By what the browser is known from now on; a cookie of its own. None where there is no key to
    /// sign it.
    pub device: Option<String>,
}

impl Services {
    /// Opens a session for anyone who knows the password.
    ///
    /// # Errors
    /// [`ServiceError::WrongCredentials`] for an unknown address, a wrong password and a suspended
    /// account alike, after the same work; [`ServiceError::TooMany`] where it is tried too often.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        client: &RequestClient,
    ) -> ServiceResult<OpenedSession> {
        let email = EmailAddress::parse(email).ok();
        let key = email.as_ref().map(EmailAddress::key).unwrap_or_default();
        self.attempt(&key, client)?;
        let account = match &email {
            Some(email) => self.stores.accounts.find_account_by_email(email).await?,
            None => None,
        };
        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let right = self.auth.passwords.verify(hash, Password::from_sign_in(password)).await?;
        let Some(account) = account else {
            tracing::info!(address = ?client.origin.address, "sign_in.unknown_account");
            return Err(ServiceError::WrongCredentials);
        };
        let user = account.user;
        let verified = account.password_hash.filter(|_| right && !account.suspended);
        let opened = match verified.map(VerifiedCredential::PasswordHash) {
            Some(hash) => self.open_session(user, client, SignInMethod::Password, hash).await,
            None => Err(ServiceError::WrongCredentials),
        };
        if let Err(ServiceError::WrongCredentials) = &opened {
            self.note_failed_sign_in(user, client);
            tracing::info!(%user, address = ?client.origin.address, "sign_in.failed");
        }
        opened
    }

    /// Counts an attempt on an account, known or not.
    pub(super) fn attempt(&self, account: &str, client: &RequestClient) -> ServiceResult<()> {
        let server_key = self.delivery.as_ref().map(|delivery| &delivery.server_key);
        let device =
            server_key.and_then(|server_key| device::known(server_key, &client.devices, account));
        Ok(self.auth.throttle.attempt(account, client.origin.address, device)?)
    }

    /// No one waits for it: an answer that came later for known accounts would tell them apart from
    /// unknown ones.
    fn note_failed_sign_in(&self, user: UserId, client: &RequestClient) {
        let (sessions, origin, now) =
            (Arc::clone(&self.stores.sessions), client.origin.clone(), self.now());
        short_task("sign_in.note_failed", async move {
            if let Err(error) = sessions.record_failed_sign_in(user, &origin, now).await {
                tracing::warn!(%error, "sign_in.not_noted");
            }
        });
    }

    /// Opens a session, if what was verified opens the account still.
    pub(super) async fn open_session(
        &self,
        user: UserId,
        client: &RequestClient,
        method: SignInMethod,
        verified: VerifiedCredential,
    ) -> ServiceResult<OpenedSession> {
        let secret = Secret::new()?;
        let now = self.now();
        let lifetime = self.auth.lifetimes.session;
        let session = NewSession {
            user,
            secret: secret.hash(),
            expires_at: Timestamp(now.0.saturating_add(lifetime)),
            // A cookie from before the sign-in is worth nothing after it.
            replaces: client.secret,
            method,
            verified,
        };
        self.stores.sessions.open_session(&session, &client.origin, now).await?;
        tracing::info!(%user, how = method.phrase(), "sign_in.done");
        let account = self.stores.accounts.get_account(user).await?;
        Ok(OpenedSession { secret, lifetime, device: self.known_device(&account, client)? })
    }

    /// The browser is known to this account from now on.
    fn known_device(
        &self,
        account: &AccountRecord,
        client: &RequestClient,
    ) -> ServiceResult<Option<String>> {
        let Some(delivery) = &self.delivery else { return Ok(None) };
        Ok(Some(device::remember(
            &delivery.server_key,
            &client.devices,
            &account.email.to_lowercase(),
        )?))
    }

    /// Ends the session that is asking.
    ///
    /// # Errors
    /// The store's own.
    pub async fn sign_out(&self, auth: &AuthContext) -> ServiceResult<()> {
        if let Some(session) = auth.session() {
            self.stores
                .sessions
                .end_session(&auth.actor, session, AuditEvent::SignedOut, self.now())
                .await?;
        }
        Ok(())
    }

    /// Ends every session of this person, the asking one too.
    ///
    /// # Errors
    /// The store's own.
    pub async fn sign_out_everywhere(&self, auth: &AuthContext) -> ServiceResult<()> {
        self.signed_in(auth)?;
        self.stores.sessions.end_all_sessions(&auth.actor, self.now()).await?;
        Ok(())
    }

    /// Ends one session of this person.
    ///
    /// # Errors
    /// Where they have no such session.
    pub async fn end_session(&self, auth: &AuthContext, session: SessionId) -> ServiceResult<()> {
        self.signed_in(auth)?;
        if self
            .stores
            .sessions
            .end_session(&auth.actor, session, AuditEvent::SessionEnded, self.now())
            .await?
        {
            Ok(())
        } else {
            Err(StoreError::NotFound("session").into())
        }
    }

    pub async fn sessions(&self, auth: &AuthContext) -> ServiceResult<Vec<SessionView>> {
        let current = self.signed_in(auth)?;
        let idle = self.auth.lifetimes.session_idle;
        let mut sessions =
            self.stores.sessions.list_sessions(auth.actor.user, idle, self.now()).await?;
        sessions.iter_mut().for_each(|session| session.current = session.id == current);
        Ok(sessions)
    }

    /// The account of this person.
    ///
    /// # Errors
    /// Where no one is signed in.
    pub async fn own_account(&self, auth: &AuthContext) -> ServiceResult<AccountRecord> {
        self.signed_in(auth)?;
        Ok(self.stores.accounts.get_account(auth.actor.user).await?)
    }

    pub async fn rename_account(&self, auth: &AuthContext, name: &PersonName) -> ServiceResult<()> {
        self.signed_in(auth)?;
        Ok(self.stores.accounts.rename_account(&auth.actor, name, self.now()).await?)
    }

    /// Changes the password; every other session ends and this one gets another secret.
    ///
    /// # Errors
    /// Where the present password is wrong or was changed meanwhile, the session has ended, or the
    /// new password is too weak.
    pub async fn change_password(
        &self,
        auth: &AuthContext,
        present: &str,
        chosen: &str,
        client: &RequestClient,
    ) -> ServiceResult<OpenedSession> {
        let session = self.signed_in(auth)?;
        // Anyone who came through a provider has none yet, and may choose one.
        let verified = self.require_password(auth, present, client).await?;
        let account = self.stores.accounts.get_account(auth.actor.user).await?;
        let password = password::check_strength(chosen, &account.name, &account.email)?;
        let hash = self.auth.passwords.hash(password).await?;
        let secret = Secret::new()?;
        let change = PasswordChange {
            session,
            verified: verified.as_deref(),
            hash: &hash,
            secret: secret.hash(),
        };
        self.stores.accounts.change_password(&auth.actor, &change, self.now()).await?;
        let device = self.known_device(&account, client)?;
        Ok(OpenedSession { secret, lifetime: self.auth.lifetimes.session, device })
    }

    pub(super) fn signed_in(&self, auth: &AuthContext) -> ServiceResult<SessionId> {
        auth.session().ok_or(ServiceError::SignedOut)
    }

    /// The first account, made in local mode: admin of everything. From then on sign-in is
    /// required.
    ///
    /// # Errors
    /// Where there is an account already.
    pub async fn create_first_account(
        &self,
        auth: Option<&AuthContext>,
        name: &str,
        email: &str,
        password: &str,
        client: &RequestClient,
    ) -> ServiceResult<OpenedSession> {
        if !auth.is_some_and(AuthContext::is_local) {
            return Err(AccessRefusal::FirstAccountExists.into());
        }
        let account = self.new_account(name, email, password).await?;
        let user = self
            .stores
            .accounts
            .create_account(&account, &InitialRole::Founder, &client.origin, self.now())
            .await?;
        let hash = account.password_hash.ok_or(ServiceError::Hash)?;
        let verified = VerifiedCredential::PasswordHash(hash);
        self.open_session(user, client, SignInMethod::FirstAccount, verified).await
    }

    async fn new_account(
        &self,
        name: &str,
        email: &str,
        password: &str,
    ) -> ServiceResult<NewAccount> {
        let name = PersonName::parse(name)?;
        let email = EmailAddress::parse(email)?;
        let password = password::check_strength(password, name.as_str(), email.as_str())?;
        let password_hash = Some(self.auth.passwords.hash(password).await?);
        Ok(NewAccount { name, email, password_hash })
    }

    /// An account made by anyone who owns the machine. Without a password they choose one with a
    /// link.
    ///
    /// # Errors
    /// Where the address has an account, or the password is too weak.
    pub async fn add_account(
        &self,
        name: &str,
        email: &str,
        password: Option<&str>,
        role: InitialRole,
    ) -> ServiceResult<UserId> {
        let account = match password {
            Some(password) => self.new_account(name, email, password).await?,
            None => NewAccount {
                name: PersonName::parse(name)?,
                email: EmailAddress::parse(email)?,
                password_hash: None,
            },
        };
        Ok(self
            .stores
            .accounts
            .create_account(&account, &role, &Default::default(), self.now())
            .await?)
    }

    pub async fn accounts(&self) -> ServiceResult<Vec<AccountRecord>> {
        Ok(self.stores.accounts.list_accounts().await?)
    }

    /// The account of an address, for anyone who owns the machine.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn account(&self, email: &str) -> ServiceResult<AccountRecord> {
        let email = EmailAddress::parse(email)?;
        Ok(self
            .stores
            .accounts
            .find_account_by_email(&email)
            .await?
            .ok_or(StoreError::NotFound("account"))?)
    }

    pub async fn suspend_account(&self, user: UserId, suspend: bool) -> ServiceResult<()> {
        Ok(self.stores.accounts.suspend_account(user, suspend, self.now()).await?)
    }

    /// The path of a link with which the account's password can be chosen, once, within a day.
    ///
    /// # Errors
    /// The store's own.
    pub async fn password_link(&self, user: UserId) -> ServiceResult<String> {
        let secret = Secret::new()?;
        let now = self.now();
        let expires_at = Timestamp(now.0 + self.auth.lifetimes.password_link);
        self.stores.accounts.create_password_link(user, &secret.hash(), expires_at, now).await?;
        Ok(format!("/password/{}", secret.expose()))
    }

    /// The account whose password the link lets choose.
    ///
    /// # Errors
    /// Where the link opens nothing.
    pub async fn read_password_link(&self, link: &str) -> ServiceResult<PasswordOffer> {
        Ok(self.stores.accounts.get_password_offer(&secret::hash(link), self.now()).await?)
    }

    /// Chooses the password; the link is spent, every session ends, and so does every link to the
    /// sign-in provider.
    ///
    /// # Errors
    /// Where the link opens nothing or the password is too weak; then the link can be used again.
    pub async fn use_password_link(
        &self,
        link: &str,
        chosen: &str,
        client: &RequestClient,
    ) -> ServiceResult<()> {
        self.auth.throttle.attempt_from(client.origin.address)?;
        let offer = self.read_password_link(link).await?;
        let password = password::check_strength(chosen, "", &offer.email)?;
        let hash = self.auth.passwords.hash(password).await?;
        Ok(self
            .stores
            .accounts
            .use_password_link(&secret::hash(link), &hash, &client.origin, self.now())
            .await?)
    }
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
