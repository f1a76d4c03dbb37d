//! [`AccessStore`] for SQLite: each method is a file of this folder.

use super::{SqliteStore, accounts, audit, keys, member_roles, members, projects, sessions, sso};
use wayfare_domain::{
    access::{
        account::{EmailAddress, LinkedIdentity, PasswordOffer, SessionView},
        actor::{Actor, ProjectRef, RequestOrigin},
        members::{ApiKey, Invitation, InvitationPreview, Member, ProjectSummary},
        permissions::Role,
        sso::SsoIdentity,
    },
    audit::{AuditEntry, AuditEvent, AuditPage, AuditQuery},
    ids::{ApiKeyId, InvitationId, ProjectId, SessionId, UserId},
    names::{PersonName, ProjectTitle},
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{
    StoreResult,
    access::{
        AccessStore, AccountRecord, ActiveApiKey, ActiveSession, InitialRole, NewAccount, NewKey,
        NewSession, PasswordChange, PendingSsoSignIn,
    },
};

impl AccessStore for SqliteStore {
    async fn live_session(
        &self,
        secret: &SecretHash,
        idle_ms: i64,
        now: Timestamp,
    ) -> StoreResult<Option<ActiveSession>> {
        Ok(sessions::live(self, secret, idle_ms, now).await?)
    }

    async fn live_key(&self, secret: &SecretHash) -> StoreResult<Option<ActiveApiKey>> {
        Ok(keys::live(self, secret).await?)
    }

    async fn local_projects(&self) -> StoreResult<Option<Vec<ProjectRef>>> {
        Ok(sessions::local_projects(self).await?)
    }

    async fn touch_session(&self, session: SessionId, now: Timestamp) -> StoreResult<()> {
        Ok(sessions::touch(self, session, now).await?)
    }

    async fn touch_key(&self, key: ApiKeyId, now: Timestamp) -> StoreResult<()> {
        Ok(keys::touch(self, key, now).await?)
    }

    async fn project_of(&self, thing: uuid::Uuid) -> StoreResult<Option<ProjectId>> {
        Ok(projects::of_thing(self, thing).await?)
    }

    async fn account(&self, email: &EmailAddress) -> StoreResult<Option<AccountRecord>> {
        Ok(accounts::by_email(self, email).await?)
    }

    async fn account_of(&self, user: UserId) -> StoreResult<AccountRecord> {
        Ok(accounts::by_user(self, user).await?)
    }

    async fn accounts(&self) -> StoreResult<Vec<AccountRecord>> {
        Ok(accounts::all(self).await?)
    }

    async fn create_account(
        &self,
        account: &NewAccount,
        role: &InitialRole,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId> {
        Ok(accounts::create(self, account, role, origin, now).await?)
    }

    async fn rename_account(
        &self,
        actor: &Actor,
        name: &PersonName,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(accounts::rename(self, actor, name, now).await?)
    }

    async fn suspend_account(
        &self,
        user: UserId,
        suspend: bool,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(accounts::suspend(self, user, suspend, now).await?)
    }

    async fn change_password(
        &self,
        actor: &Actor,
        change: &PasswordChange<'_>,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(accounts::change_password(self, actor, change, now).await?)
    }

    async fn make_password_link(
        &self,
        user: UserId,
        secret: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(accounts::make_link(self, user, secret, expires_at, now).await?)
    }

    async fn password_link(
        &self,
        secret: &SecretHash,
        now: Timestamp,
    ) -> StoreResult<PasswordOffer> {
        Ok(accounts::link(self, secret, now).await?)
    }

    async fn use_password_link(
        &self,
        secret: &SecretHash,
        hash: &str,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(accounts::use_link(self, secret, hash, origin, now).await?)
    }

    async fn open_session(
        &self,
        session: &NewSession,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(sessions::open(self, session, origin, now).await?)
    }

    async fn sessions(
        &self,
        user: UserId,
        idle_ms: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<SessionView>> {
        Ok(sessions::of_user(self, user, idle_ms, now).await?)
    }

    async fn end_session(
        &self,
        actor: &Actor,
        session: SessionId,
        event: AuditEvent,
        now: Timestamp,
    ) -> StoreResult<bool> {
        Ok(sessions::end(self, actor, session, event, now).await?)
    }

    async fn end_all_sessions(&self, actor: &Actor, now: Timestamp) -> StoreResult<i64> {
        Ok(sessions::end_all(self, actor, now).await?)
    }

    async fn note_failed_sign_in(
        &self,
        user: UserId,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(sessions::note_failed(self, user, origin, now).await?)
    }

    async fn begin_provider_sign_in(
        &self,
        state: &SecretHash,
        pending: &PendingSsoSignIn,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(sso::begin(self, state, pending, expires_at, now).await?)
    }

    async fn take_provider_sign_in(
        &self,
        state: &SecretHash,
        now: Timestamp,
    ) -> StoreResult<Option<PendingSsoSignIn>> {
        Ok(sso::take(self, state, now).await?)
    }

    async fn provided_account(
        &self,
        person: &SsoIdentity,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId> {
        Ok(sso::account(self, person, origin, now).await?)
    }

    async fn identities(&self, user: UserId) -> StoreResult<Vec<LinkedIdentity>> {
        Ok(sso::identities(self, user).await?)
    }

    async fn link_identity(
        &self,
        actor: &Actor,
        session: SessionId,
        person: &SsoIdentity,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(sso::link(self, actor, session, person, now).await?)
    }

    async fn unlink_identity(
        &self,
        actor: &Actor,
        session: SessionId,
        identity: &LinkedIdentity,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(sso::unlink(self, actor, session, identity, now).await?)
    }

    async fn projects(&self, user: Option<UserId>) -> StoreResult<Vec<ProjectSummary>> {
        Ok(projects::all(self, user).await?)
    }

    async fn create_project(
        &self,
        actor: &Actor,
        name: &ProjectTitle,
        now: Timestamp,
    ) -> StoreResult<ProjectId> {
        Ok(projects::create(self, actor, name, now).await?)
    }

    async fn rename_project(
        &self,
        actor: &Actor,
        project: ProjectId,
        name: &ProjectTitle,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(projects::rename(self, actor, project, name, now).await?)
    }

    async fn archive_project(
        &self,
        actor: &Actor,
        project: ProjectId,
        archive: bool,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(projects::archive(self, actor, project, archive, now).await?)
    }

    async fn acting_role(&self, project: ProjectId, user: UserId) -> StoreResult<Option<Role>> {
        Ok(member_roles::acting(self, project, user).await?)
    }

    async fn members(&self, project: ProjectId) -> StoreResult<Vec<Member>> {
        Ok(members::all(self, project).await?)
    }

    async fn set_role(
        &self,
        actor: &Actor,
        user: UserId,
        before: Role,
        role: Option<Role>,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(members::set_role(self, actor, user, before, role, now).await?)
    }

    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> StoreResult<Vec<Invitation>> {
        Ok(members::invitations(self, project, now).await?)
    }

    async fn invite(
        &self,
        actor: &Actor,
        email: &EmailAddress,
        role: Role,
        secret: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(members::invite(self, actor, email, role, secret, expires_at, now).await?)
    }

    async fn withdraw_invitation(
        &self,
        actor: &Actor,
        invitation: InvitationId,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(members::withdraw(self, actor, invitation, now).await?)
    }

    async fn invitation_offer(
        &self,
        secret: &SecretHash,
        asking: Option<UserId>,
        now: Timestamp,
    ) -> StoreResult<InvitationPreview> {
        Ok(members::offer(self, secret, asking, now).await?)
    }

    async fn accept_invitation(
        &self,
        secret: &SecretHash,
        user: UserId,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<ProjectId> {
        Ok(members::accept(self, secret, user, origin, now).await?)
    }

    async fn accept_with_new_account(
        &self,
        secret: &SecretHash,
        name: &PersonName,
        password_hash: &str,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId> {
        Ok(members::accept_with_new_account(self, secret, name, password_hash, origin, now).await?)
    }

    async fn keys(&self, project: ProjectId, now: Timestamp) -> StoreResult<Vec<ApiKey>> {
        Ok(keys::all(self, project, now).await?)
    }

    async fn create_key(
        &self,
        actor: &Actor,
        key: &NewKey<'_>,
        now: Timestamp,
    ) -> StoreResult<ApiKeyId> {
        Ok(keys::create(self, actor, key, now).await?)
    }

    async fn take_key_over(&self, actor: &Actor, key: ApiKeyId, now: Timestamp) -> StoreResult<()> {
        Ok(keys::take_over(self, actor, key, now).await?)
    }

    async fn revoke_key(&self, actor: &Actor, key: ApiKeyId, now: Timestamp) -> StoreResult<()> {
        Ok(keys::revoke(self, actor, key, now).await?)
    }

    async fn audit(&self, project: ProjectId, query: &AuditQuery) -> StoreResult<AuditPage> {
        Ok(audit::page(self, project, query).await?)
    }

    async fn audit_batch(
        &self,
        project: ProjectId,
        query: &AuditQuery,
        before: Option<i64>,
    ) -> StoreResult<Vec<AuditEntry>> {
        Ok(audit::batch(self, project, query, before).await?)
    }

    async fn record_audit(
        &self,
        actor: &Actor,
        event: AuditEvent,
        summary: &str,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(audit::record_audit(self, actor, event, summary, now).await?)
    }
}
