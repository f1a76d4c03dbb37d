//! Who is a member of a project, and who is invited.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::{
        account::EmailAddress,
        actor::{Actor, RequestOrigin},
        members::{Invitation, InvitationPreview, Member},
        permissions::Role,
    },
    ids::{InvitationId, ProjectId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;

/// The members of a project, their roles, and invitations.
#[async_trait]
pub trait MemberStore: Send + Sync {
    /// With which a user acts now: none while the account is suspended or the project is archived.
    async fn find_acting_role(&self, project: ProjectId, user: UserId)
    -> StoreResult<Option<Role>>;
    /// The members of a project, by name.
    async fn list_members(&self, project: ProjectId) -> StoreResult<Vec<Member>>;
    /// Gives a role, or takes every role away, where the member still has the one before. The last
    /// admin of a project stays.
    async fn set_member_role(
        &self,
        actor: &Actor,
        user: UserId,
        before: Role,
        role: Option<Role>,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Invitations that can still be accepted.
    async fn list_invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> StoreResult<Vec<Invitation>>;
    /// Invites an address, in place of an invitation that it had. Refused where it is a member's.
    async fn invite_member(
        &self,
        actor: &Actor,
        email: &EmailAddress,
        role: Role,
        secret: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// From now on the invitation opens nothing.
    async fn withdraw_invitation(
        &self,
        actor: &Actor,
        invitation: InvitationId,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// What an invitation offers to whoever opens it.
    async fn get_invitation_preview(
        &self,
        secret: &SecretHash,
        asking: Option<UserId>,
        now: Timestamp,
    ) -> StoreResult<InvitationPreview>;
    /// Joins with the account that is signed in, if it is the one that was invited.
    async fn accept_invitation(
        &self,
        secret: &SecretHash,
        user: UserId,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<ProjectId>;
    /// Joins with a new account of the invited address.
    async fn accept_invitation_with_new_account(
        &self,
        secret: &SecretHash,
        name: &PersonName,
        password_hash: &str,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId>;
}
