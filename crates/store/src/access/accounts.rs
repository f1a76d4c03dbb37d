//! Accounts and their passwords.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::{
        account::{EmailAddress, PasswordOffer},
        actor::{Actor, RequestOrigin},
        permissions::Role,
    },
    ids::{ProjectId, SessionId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;

/// An account as the sign-in looks at it.
#[derive(Debug, Clone)]
pub struct AccountRecord {
    pub user: UserId,
    pub name: String,
    pub email: String,
    /// A PHC string; none while no password was chosen.
    pub password_hash: Option<String>,
    pub suspended: bool,
    pub last_sign_in_at: Option<Timestamp>,
}

/// A new account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub name: PersonName,
    pub email: EmailAddress,
    pub password_hash: Option<String>,
}

/// What a new account may do.
#[derive(Debug, Clone)]
pub enum InitialRole {
    /// Admin of everything there is; refused where there is an account already.
    Founder,
    In(Vec<(ProjectId, Role)>),
}

/// A password that someone changes in a session of theirs.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChange<'a> {
    /// The session that asks.
    pub session: SessionId,
    /// The hash with which the present password was compared; none where there was none.
    pub verified: Option<&'a str>,
    pub hash: &'a str,
    /// The session's secret from now on.
    pub secret: SecretHash,
}

/// Accounts and their passwords.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The account of this address, however it is spelled.
    async fn find_account_by_email(
        &self,
        email: &EmailAddress,
    ) -> StoreResult<Option<AccountRecord>>;
    /// The account of a user.
    async fn get_account(&self, user: UserId) -> StoreResult<AccountRecord>;
    /// Every account, by address.
    async fn list_accounts(&self) -> StoreResult<Vec<AccountRecord>>;
    /// A new account with its roles. Refused where the address has one already.
    async fn create_account(
        &self,
        account: &NewAccount,
        role: &InitialRole,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId>;
    /// Changes the name of the actor's account.
    async fn rename_account(
        &self,
        actor: &Actor,
        name: &PersonName,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Suspends an account, or restores it. Suspended accounts lose their sessions and cannot sign
    /// in.
    async fn suspend_account(
        &self,
        user: UserId,
        is_suspended: bool,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// All other sessions end; the one that asks has another secret and another ID from now on, so
    /// that nothing goes on that began with the ones before. Refused where that session has ended,
    /// or the password that was verified is not the account's any more.
    async fn change_password(
        &self,
        actor: &Actor,
        change: &PasswordChange<'_>,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// A link that lets the user choose a password once; older ones open nothing any more.
    async fn create_password_link(
        &self,
        user: UserId,
        secret: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// The account whose password the link lets choose.
    async fn get_password_offer(
        &self,
        secret: &SecretHash,
        now: Timestamp,
    ) -> StoreResult<PasswordOffer>;
    /// Sets the password, spends the link, ends every session and takes every link to the identity
    /// provider back.
    async fn use_password_link(
        &self,
        secret: &SecretHash,
        hash: &str,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()>;
}
