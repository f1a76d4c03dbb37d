//! The people of a project and invitations to it.

use super::{AuthContext, RequestClient, ServiceError, ServiceResult, Services};
use crate::{
    auth::{confirmation, password},
    sign_in::OpenedSession,
};
use wayfare_domain::{
    access::{
        account::EmailAddress,
        actor::Actor,
        credentials::VerifiedCredential,
        members::{Invitation, InvitationPreview, Member},
        permissions::{Permission, Role},
        sessions::SignInMethod,
    },
    ids::{InvitationId, ProjectId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_secrets::secret::{self, Secret};
use wayfare_store::StoreError;

impl Services {
    pub async fn members(&self, actor: &Actor) -> ServiceResult<Vec<Member>> {
        actor.require(Permission::ManageMembers)?;
        Ok(self.stores.members.list_members(actor.project).await?)
    }

    /// A change of someone's role, with the proof that it was asked about. `None` takes the person
    /// out of the project.
    ///
    /// # Errors
    /// Where the person is not in the project.
    pub async fn role_change(
        &self,
        actor: &Actor,
        user: UserId,
        wanted: Option<Role>,
    ) -> ServiceResult<(Member, String)> {
        let member = self.member(actor, user).await?;
        let proof = confirmation::prove(
            &self.delivery()?.server_key,
            &about(actor, user, member.role, wanted),
            self.now(),
        );
        Ok((member, proof))
    }

    /// Gives someone of the project a role, or takes them out of it.
    ///
    /// # Errors
    /// Where it was not asked about before, the person is not in the project, or its last admin
    /// would be gone.
    pub async fn set_role(
        &self,
        actor: &Actor,
        user: UserId,
        role: Option<Role>,
        proof: &str,
    ) -> ServiceResult<()> {
        let before = self.member(actor, user).await?.role;
        if !confirmation::is_proven(
            &self.delivery()?.server_key,
            &about(actor, user, before, role),
            proof,
            self.now(),
        ) {
            return Err(ServiceError::Unconfirmed);
        }
        self.stores.members.set_member_role(actor, user, before, role, self.now()).await?;
        tracing::info!(project = %actor.project, %user, ?role, by = %actor.user, "people.role_changed");
        Ok(())
    }

    async fn member(&self, actor: &Actor, user: UserId) -> ServiceResult<Member> {
        let mut members = self.members(actor).await?.into_iter();
        Ok(members
            .find(|member| member.person.id == user)
            .ok_or(StoreError::NotFound("member of this project"))?)
    }

    pub async fn invitations(&self, actor: &Actor) -> ServiceResult<Vec<Invitation>> {
        actor.require(Permission::ManageMembers)?;
        Ok(self.stores.members.list_invitations(actor.project, self.now()).await?)
    }

    /// The path of a link with which someone joins the project, once, within a week.
    ///
    /// # Errors
    /// Where they are in the project already.
    pub async fn invite(
        &self,
        actor: &Actor,
        email: &EmailAddress,
        role: Role,
    ) -> ServiceResult<String> {
        actor.require(Permission::ManageMembers)?;
        let secret = Secret::new()?;
        let now = self.now();
        let expires_at = Timestamp(now.0 + self.auth.lifetimes.invitation);
        self.stores
            .members
            .invite_member(actor, email, role, &secret.hash(), expires_at, now)
            .await?;
        Ok(format!("/invitations/{}", secret.expose()))
    }

    pub async fn withdraw_invitation(
        &self,
        actor: &Actor,
        invitation: InvitationId,
    ) -> ServiceResult<()> {
        actor.require(Permission::ManageMembers)?;
        Ok(self.stores.members.withdraw_invitation(actor, invitation, self.now()).await?)
    }

    /// What someone who holds the link is told; holding it is all the right that is needed.
    ///
    /// # Errors
    /// Where the link opens nothing.
    pub async fn invitation_offer(
        &self,
        link: &str,
        asking: Option<&AuthContext>,
    ) -> ServiceResult<InvitationPreview> {
        let asking = asking.filter(|auth| !auth.is_local()).map(|auth| auth.actor.user);
        Ok(self
            .stores
            .members
            .get_invitation_preview(&secret::hash(link), asking, self.now())
            .await?)
    }

    /// Joins with the account that is signed in.
    ///
    /// # Errors
    /// Where the link opens nothing, or was meant for another account.
    pub async fn join(&self, link: &str, auth: &AuthContext) -> ServiceResult<ProjectId> {
        if auth.is_local() {
            return Err(StoreError::LinkExpired.into());
        }
        let actor = &auth.actor;
        Ok(self
            .stores
            .members
            .accept_invitation(&secret::hash(link), actor.user, &actor.origin, self.now())
            .await?)
    }

    /// Joins with a new account, and signs in.
    ///
    /// # Errors
    /// Where the link opens nothing, the password is too weak, or the address has an account.
    pub async fn join_with_new_account(
        &self,
        link: &str,
        name: &PersonName,
        chosen: &str,
        client: &RequestClient,
    ) -> ServiceResult<OpenedSession> {
        self.auth.throttle.attempt_from(client.origin.address)?;
        let offer = self.invitation_offer(link, None).await?;
        let password = password::check_strength(chosen, name.as_str(), &offer.email)?;
        let hash = self.auth.passwords.hash(password).await?;
        let user = self
            .stores
            .members
            .accept_invitation_with_new_account(
                &secret::hash(link),
                name,
                &hash,
                &client.origin,
                self.now(),
            )
            .await?;
        let verified = VerifiedCredential::PasswordHash(hash);
        self.open_session(user, client, SignInMethod::Invitation, verified).await
    }
}

/// What a page asked: who, where, for whom, from what to what.
fn about(actor: &Actor, user: UserId, before: Role, wanted: Option<Role>) -> String {
    format!(
        "role {} {} {user} {} {}",
        actor.user,
        actor.project,
        before.key(),
        wanted.map_or("none", Role::key)
    )
}
