//! What the store knows of people: accounts, sessions, projects, members, keys and the audit log.

use std::future::Future;

use super::StoreResult;
use wayfare_domain::{
    access::{
        account::{EmailAddress, LinkedIdentity, PasswordOffer, SessionView},
        actor::{Actor, Membership, ProjectRef, RequestOrigin},
        credentials::VerifiedCredential,
        members::{ApiKey, Invitation, InvitationPreview, Member, ProjectSummary},
        permissions::{KeyFacts, Role, Scope},
        sessions::SignInMethod,
        sso::SsoIdentity,
    },
    audit::{AuditEntry, AuditEvent, AuditPage, AuditQuery},
    ids::{ApiKeyId, InvitationId, ProjectId, SessionId, UserId},
    names::{KeyName, PersonName, ProjectTitle},
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

/// Sessions, accounts and what they may enter.
pub trait AccessStore: Send + Sync + 'static {
    // Who is asking.
    /// The session of this secret, if it is neither idle for longer than `idle_ms` nor over nor of
    /// a suspended account.
    fn live_session(
        &self,
        secret: &SecretHash,
        idle_ms: i64,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Option<ActiveSession>>> + Send;
    fn live_key(
        &self,
        secret: &SecretHash,
    ) -> impl Future<Output = StoreResult<Option<ActiveApiKey>>> + Send;
    /// All projects that are not archived while there is no account, `None` from the first account
    /// on.
    fn local_projects(&self) -> impl Future<Output = StoreResult<Option<Vec<ProjectRef>>>> + Send;
    fn touch_session(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn touch_key(
        &self,
        key: ApiKeyId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// The project that a journey or an operation belongs to.
    fn project_of(
        &self,
        thing: uuid::Uuid,
    ) -> impl Future<Output = StoreResult<Option<ProjectId>>> + Send;

    // Accounts.
    fn account(
        &self,
        email: &EmailAddress,
    ) -> impl Future<Output = StoreResult<Option<AccountRecord>>> + Send;
    fn account_of(&self, user: UserId) -> impl Future<Output = StoreResult<AccountRecord>> + Send;
    fn accounts(&self) -> impl Future<Output = StoreResult<Vec<AccountRecord>>> + Send;
    fn create_account(
        &self,
        account: &NewAccount,
        role: &InitialRole,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<UserId>> + Send;
    fn rename_account(
        &self,
        actor: &Actor,
        name: &PersonName,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Suspended accounts lose their sessions and cannot sign in.
    fn suspend_account(
        &self,
        user: UserId,
        suspend: bool,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// All other sessions end; the one that asks has another secret and another ID from now on, so
    /// that nothing goes on that began with the ones before. Refused where that session has ended,
    /// or the password that was verified is not the account's any more.
    fn change_password(
        &self,
        actor: &Actor,
        change: &PasswordChange<'_>,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn make_password_link(
        &self,
        user: UserId,
        secret: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// The account whose password the link lets choose.
    fn password_link(
        &self,
        secret: &SecretHash,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<PasswordOffer>> + Send;
    /// Sets the password, spends the link, ends every session and takes every link to the sign-in
    /// provider back.
    fn use_password_link(
        &self,
        secret: &SecretHash,
        hash: &str,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    // Sessions.
    /// Refused where what was verified does not open the account any more.
    fn open_session(
        &self,
        session: &NewSession,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn sessions(
        &self,
        user: UserId,
        idle_ms: i64,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<SessionView>>> + Send;
    /// Ends one session of this person; answers whether there was one.
    fn end_session(
        &self,
        actor: &Actor,
        session: SessionId,
        event: AuditEvent,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<bool>> + Send;
    fn end_all_sessions(
        &self,
        actor: &Actor,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<i64>> + Send;
    fn note_failed_sign_in(
        &self,
        user: UserId,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    // A sign-in provider.
    fn begin_provider_sign_in(
        &self,
        state: &SecretHash,
        pending: &PendingSsoSignIn,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Takes it out: it can be finished once.
    fn take_provider_sign_in(
        &self,
        state: &SecretHash,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Option<PendingSsoSignIn>>> + Send;
    /// The account of this person, made where there is none, with the roles that the rule gives
    /// now.
    fn provided_account(
        &self,
        person: &SsoIdentity,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<UserId>> + Send;
    /// Who this person is at the sign-in provider, by what was linked.
    fn identities(
        &self,
        user: UserId,
    ) -> impl Future<Output = StoreResult<Vec<LinkedIdentity>>> + Send;
    /// From now on anyone whom the provider knows as this person signs in to the actor's account.
    /// Refused where the session that asks has ended.
    fn link_identity(
        &self,
        actor: &Actor,
        session: SessionId,
        person: &SsoIdentity,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Takes the link back, and the roles that the provider's rule gave. Refused where there is no
    /// password, or the session that asks has ended.
    fn unlink_identity(
        &self,
        actor: &Actor,
        session: SessionId,
        identity: &LinkedIdentity,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    // Projects.
    /// Those in which the person has a role; all of them for no one in particular (local mode, the
    /// command line).
    fn projects(
        &self,
        user: Option<UserId>,
    ) -> impl Future<Output = StoreResult<Vec<ProjectSummary>>> + Send;
    fn create_project(
        &self,
        actor: &Actor,
        name: &ProjectTitle,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<ProjectId>> + Send;
    fn rename_project(
        &self,
        actor: &Actor,
        project: ProjectId,
        name: &ProjectTitle,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Refused while a journey of the project takes or will take people in.
    fn archive_project(
        &self,
        actor: &Actor,
        project: ProjectId,
        archive: bool,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    // People of a project.
    /// With which an account acts now: none while it is suspended or the project is archived.
    fn acting_role(
        &self,
        project: ProjectId,
        user: UserId,
    ) -> impl Future<Output = StoreResult<Option<Role>>> + Send;
    fn members(&self, project: ProjectId) -> impl Future<Output = StoreResult<Vec<Member>>> + Send;
    /// Gives a role, or takes every role away, where the person still has the one before. The last
    /// admin of a project stays.
    fn set_role(
        &self,
        actor: &Actor,
        user: UserId,
        before: Role,
        role: Option<Role>,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<Invitation>>> + Send;
    fn invite(
        &self,
        actor: &Actor,
        email: &EmailAddress,
        role: Role,
        secret: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn withdraw_invitation(
        &self,
        actor: &Actor,
        invitation: InvitationId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn invitation_offer(
        &self,
        secret: &SecretHash,
        asking: Option<UserId>,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<InvitationPreview>> + Send;
    /// Joins with the account that is signed in, if it is the one that was invited.
    fn accept_invitation(
        &self,
        secret: &SecretHash,
        user: UserId,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<ProjectId>> + Send;
    /// Joins with a new account of the invited address.
    fn accept_with_new_account(
        &self,
        secret: &SecretHash,
        name: &PersonName,
        password_hash: &str,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<UserId>> + Send;

    // API keys.
    fn keys(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<ApiKey>>> + Send;
    fn create_key(
        &self,
        actor: &Actor,
        key: &NewKey<'_>,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<ApiKeyId>> + Send;
    /// From now on the actor answers for it.
    fn take_key_over(
        &self,
        actor: &Actor,
        key: ApiKeyId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn revoke_key(
        &self,
        actor: &Actor,
        key: ApiKeyId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    // The audit log.
    fn audit(
        &self,
        project: ProjectId,
        query: &AuditQuery,
    ) -> impl Future<Output = StoreResult<AuditPage>> + Send;
    /// A batch of entries older than `before`, newest first; empty at the end.
    fn audit_batch(
        &self,
        project: ProjectId,
        query: &AuditQuery,
        before: Option<i64>,
    ) -> impl Future<Output = StoreResult<Vec<AuditEntry>>> + Send;
    fn record_audit(
        &self,
        actor: &Actor,
        event: AuditEvent,
        summary: &str,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
}
