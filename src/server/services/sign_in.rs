//! Sign-in, sign-out, accounts and passwords.

use super::{ServiceError, ServiceResult, Services, Standing, Visitor};
use crate::{
    domain::{
        account::{EmailAddress, Password, SessionView},
        audit::AuditEvent,
        ids::{SessionId, UserId},
        text::PersonName,
        time::Timestamp,
    },
    server::{
        auth::{
            password,
            secret::{self, Secret},
        },
        store::{
            Store, StoreError,
            access::{AccountRow, FirstRole, NewAccount, NewSession},
        },
    },
};

/// A session that was opened: its secret goes into the browser's cookie.
pub struct OpenedSession {
    pub secret: Secret,
    /// Milliseconds until it ends, used or not.
    pub lifetime: i64,
}

/// A sign-in that goes to the provider.
pub struct ProviderDeparture {
    pub address: String,
    pub state: String,
    /// Milliseconds that it has.
    pub lifetime: i64,
}

impl<S: Store + Clone> Services<S> {
    /// Opens a session for whoever knows the password.
    ///
    /// # Errors
    /// [`ServiceError::WrongCredentials`] for an unknown address, a wrong password and a suspended account alike, after the
    /// same work; [`ServiceError::TooMany`] where it is tried too often.
    pub async fn sign_in(&self, email: &str, password: &str, visitor: &Visitor) -> ServiceResult<OpenedSession> {
        let email = EmailAddress::parse(email).ok();
        let key = email.as_ref().map(EmailAddress::key).unwrap_or_default();
        self.auth.throttle.attempt(&key, visitor.origin.address)?;
        let account = match &email {
            Some(email) => self.store.account(email).await?,
            None => None,
        };
        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let right = self.auth.passwords.verify(hash, Password::claim(password)).await;
        let Some(account) = account else {
            tracing::info!(address = ?visitor.origin.address, "sign_in.unknown_account");
            return Err(ServiceError::WrongCredentials);
        };
        if !right || account.suspended {
            self.store.note_failed_sign_in(account.user, &visitor.origin, self.now()).await?;
            tracing::info!(user = %account.user, address = ?visitor.origin.address, "sign_in.failed");
            return Err(ServiceError::WrongCredentials);
        }
        self.open_session(account.user, visitor, "with a password").await
    }

    pub(super) async fn open_session(&self, user: UserId, visitor: &Visitor, how: &'static str) -> ServiceResult<OpenedSession> {
        let secret = Secret::new()?;
        let now = self.now();
        let lifetime = self.auth.lifetimes.session;
        let session = NewSession {
            user,
            secret: secret.hash(),
            expires_at: Timestamp(now.0.saturating_add(lifetime)),
            // A cookie from before the sign-in is worth nothing after it.
            replaces: visitor.secret,
            how,
        };
        self.store.open_session(&session, &visitor.origin, now).await?;
        tracing::info!(%user, how, "sign_in.done");
        Ok(OpenedSession { secret, lifetime })
    }

    /// Ends the session that is asking.
    ///
    /// # Errors
    /// The store's own.
    pub async fn sign_out(&self, standing: &Standing) -> ServiceResult<()> {
        if let Some(session) = standing.session() {
            self.store.end_session(&standing.actor, session, AuditEvent::SignedOut, self.now()).await?;
        }
        Ok(())
    }

    /// Ends every session of this person, the asking one too.
    ///
    /// # Errors
    /// The store's own.
    pub async fn sign_out_everywhere(&self, standing: &Standing) -> ServiceResult<()> {
        self.signed_in(standing)?;
        self.store.end_all_sessions(&standing.actor, self.now()).await?;
        Ok(())
    }

    /// Ends one session of this person.
    ///
    /// # Errors
    /// Where she has no such session.
    pub async fn end_session(&self, standing: &Standing, session: SessionId) -> ServiceResult<()> {
        self.signed_in(standing)?;
        if self.store.end_session(&standing.actor, session, AuditEvent::SessionEnded, self.now()).await? {
            Ok(())
        } else {
            Err(StoreError::NotFound("session").into())
        }
    }

    pub async fn sessions(&self, standing: &Standing) -> ServiceResult<Vec<SessionView>> {
        let current = self.signed_in(standing)?;
        let idle = self.auth.lifetimes.session_idle;
        let mut sessions = self.store.sessions(standing.actor.user, idle, self.now()).await?;
        sessions.iter_mut().for_each(|session| session.current = session.id == current);
        Ok(sessions)
    }

    /// The account of this person.
    ///
    /// # Errors
    /// Where nobody is signed in.
    pub async fn own_account(&self, standing: &Standing) -> ServiceResult<AccountRow> {
        self.signed_in(standing)?;
        Ok(self.store.account_of(standing.actor.user).await?)
    }

    pub async fn rename_account(&self, standing: &Standing, name: &PersonName) -> ServiceResult<()> {
        self.signed_in(standing)?;
        Ok(self.store.rename_account(&standing.actor, name, self.now()).await?)
    }

    /// Changes the password; every other session ends and this one gets another secret.
    ///
    /// # Errors
    /// Where the present password is wrong, or the new one too weak.
    pub async fn change_password(&self, standing: &Standing, present: &str, chosen: &str) -> ServiceResult<OpenedSession> {
        let session = self.signed_in(standing)?;
        let account = self.store.account_of(standing.actor.user).await?;
        let email = EmailAddress::parse(&account.email)?;
        self.auth.throttle.attempt(&email.key(), standing.actor.origin.address)?;
        // Whoever came through a provider has none yet, and may choose one.
        if account.password_hash.is_some()
            && !self.auth.passwords.verify(account.password_hash.clone(), Password::claim(present)).await
        {
            return Err(ServiceError::WrongCredentials);
        }
        let password = password::judge(chosen, &account.name, &account.email)?;
        let hash = self.auth.passwords.hash(password).await?;
        let secret = Secret::new()?;
        self.store.set_password(account.user, &hash, Some(session), &standing.actor.origin, self.now()).await?;
        self.store.rotate_session(session, &secret.hash()).await?;
        Ok(OpenedSession { secret, lifetime: self.auth.lifetimes.session })
    }

    fn signed_in(&self, standing: &Standing) -> ServiceResult<SessionId> {
        standing.session().ok_or(ServiceError::SignedOut)
    }

    /// The first account, made in local mode: admin of everything. From then on sign-in is required.
    ///
    /// # Errors
    /// Where there is an account already.
    pub async fn found(
        &self,
        standing: Option<&Standing>,
        name: &str,
        email: &str,
        password: &str,
        visitor: &Visitor,
    ) -> ServiceResult<OpenedSession> {
        if !standing.is_some_and(Standing::is_local) {
            let sentence = "There is an account already. Sign in with it, or ask an admin to invite you.";
            return Err(StoreError::Conflict(sentence).into());
        }
        let account = self.new_account(name, email, password).await?;
        let user = self.store.create_account(&account, &FirstRole::Founder, &visitor.origin, self.now()).await?;
        self.open_session(user, visitor, "with the first account").await
    }

    async fn new_account(&self, name: &str, email: &str, password: &str) -> ServiceResult<NewAccount> {
        let name = PersonName::parse(name)?;
        let email = EmailAddress::parse(email)?;
        let password = password::judge(password, name.as_str(), email.as_str())?;
        let password_hash = Some(self.auth.passwords.hash(password).await?);
        Ok(NewAccount { name, email, password_hash })
    }

    /// An account made by whoever owns the machine. Without a password she chooses one with a link.
    ///
    /// # Errors
    /// Where the address has an account, or the password is too weak.
    pub async fn add_account(&self, name: &str, email: &str, password: Option<&str>, role: FirstRole) -> ServiceResult<UserId> {
        let account = match password {
            Some(password) => self.new_account(name, email, password).await?,
            None => NewAccount { name: PersonName::parse(name)?, email: EmailAddress::parse(email)?, password_hash: None },
        };
        Ok(self.store.create_account(&account, &role, &Default::default(), self.now()).await?)
    }

    pub async fn accounts(&self) -> ServiceResult<Vec<AccountRow>> {
        Ok(self.store.accounts().await?)
    }

    /// The account of an address, for whoever owns the machine.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn account(&self, email: &str) -> ServiceResult<AccountRow> {
        let email = EmailAddress::parse(email)?;
        Ok(self.store.account(&email).await?.ok_or(StoreError::NotFound("account"))?)
    }

    pub async fn suspend_account(&self, user: UserId, suspend: bool) -> ServiceResult<()> {
        Ok(self.store.suspend_account(user, suspend, self.now()).await?)
    }

    /// The path of a link with which the account's password can be chosen, once, within a day.
    ///
    /// # Errors
    /// The store's own.
    pub async fn password_link(&self, user: UserId) -> ServiceResult<String> {
        let secret = Secret::new()?;
        let now = self.now();
        let expires_at = Timestamp(now.0 + self.auth.lifetimes.password_link);
        self.store.make_password_link(user, &secret.hash(), expires_at, now).await?;
        Ok(format!("/password/{}", secret.expose()))
    }

    /// The address of the account whose password the link lets choose.
    ///
    /// # Errors
    /// Where the link opens nothing.
    pub async fn read_password_link(&self, link: &str) -> ServiceResult<String> {
        Ok(self.store.password_link(&secret::hash(link), self.now()).await?)
    }

    /// Chooses the password; the link is spent and every session ends.
    ///
    /// # Errors
    /// Where the link opens nothing or the password is too weak; then the link can be used again.
    pub async fn use_password_link(&self, link: &str, chosen: &str, visitor: &Visitor) -> ServiceResult<()> {
        self.auth.throttle.attempt_from(visitor.origin.address)?;
        let email = self.read_password_link(link).await?;
        let password = password::judge(chosen, "", &email)?;
        let hash = self.auth.passwords.hash(password).await?;
        Ok(self.store.use_password_link(&secret::hash(link), &hash, &visitor.origin, self.now()).await?)
    }

    /// What the button of the sign-in provider says, where there is one.
    pub fn provider_name(&self) -> Option<String> {
        self.auth.provider.as_ref().map(|provider| provider.config.name.clone())
    }

    /// Begins a sign-in with the provider.
    ///
    /// # Errors
    /// Where there is none, or it cannot be reached.
    pub async fn depart_to_provider(&self, visitor: &Visitor, next: &str) -> ServiceResult<ProviderDeparture> {
        self.auth.throttle.attempt_from(visitor.origin.address)?;
        let provider = self.auth.provider.as_ref().ok_or(StoreError::NotFound("sign-in provider"))?;
        let departure = provider.depart(&back_from_provider(visitor), next).await?;
        let now = self.now();
        let lifetime = self.auth.lifetimes.provider_sign_in;
        let state = secret::hash(&departure.state);
        self.store.begin_provider_sign_in(&state, &departure.pending, Timestamp(now.0 + lifetime), now).await?;
        Ok(ProviderDeparture { address: departure.address, state: departure.state, lifetime })
    }

    /// Finishes it; answers the session and the page to go on to.
    ///
    /// # Errors
    /// [`StoreError::DeadLink`] where the sign-in was not begun here, or finished already.
    pub async fn arrive_from_provider(
        &self,
        state: &str,
        code: String,
        visitor: &Visitor,
    ) -> ServiceResult<(OpenedSession, String)> {
        let provider = self.auth.provider.as_ref().ok_or(StoreError::NotFound("sign-in provider"))?;
        let pending = self.store.take_provider_sign_in(&secret::hash(state), self.now()).await?;
        let pending = pending.ok_or(StoreError::DeadLink)?;
        let person = provider.arrive(code, &pending, &back_from_provider(visitor)).await?;
        let user = self.store.provided_account(&person, &visitor.origin, self.now()).await?;
        let session = self.open_session(user, visitor, "with the sign-in provider").await?;
        Ok((session, pending.next))
    }
}

/// Where the provider sends the browser back to.
fn back_from_provider(visitor: &Visitor) -> String {
    format!("{}/sign-in/provider/back", visitor.base)
}
