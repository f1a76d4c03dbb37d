//! The members of a project and invitations to it.

use leptos::prelude::*;

use super::{
    AppError,
    request::{ShownOnce, ask_on, caller, context, go_to, require_auth, respond_error, show_once},
};
use wayfare_application::ServiceError;
use wayfare_domain::{
    access::{
        account::EmailAddress,
        members::{Invitation, Member, RoleChange},
        permissions::Role,
    },
    error::FieldError,
    ids::UserId,
};

/// What the Team page shows.
pub struct TeamPageData {
    pub members: Vec<Member>,
    pub invitations: Vec<Invitation>,
    /// The user who looks at the page.
    pub me: UserId,
}

/// # Errors
/// If the actor may not manage members.
pub async fn read_team() -> Result<TeamPageData, AppError> {
    let (services, actor) = context()?;
    let members = services.members(&actor).await.map_err(respond_error)?;
    let invitations = services.invitations(&actor).await.map_err(respond_error)?;
    Ok(TeamPageData { members, invitations, me: actor.user })
}

/// Creates a link to join the project. It is shown once.
#[server(prefix = "/api/ui", endpoint = "people/invite")]
pub async fn invite(email: String, role: String) -> Result<String, AppError> {
    let (services, actor) = context()?;
    let email =
        EmailAddress::parse(&email).map_err(|error| respond_error(AppError::field(error)))?;
    let role: Role = role.parse().map_err(|error| respond_error(AppError::field(error)))?;
    let path = services.invite(&actor, &email, role).await.map_err(respond_error)?;
    let link = format!("{}{path}", caller()?.1.client.base);
    show_once(ShownOnce {
        title: "Invitation",
        text: format!(
            "Send this link to {email}. It works once, expires after 7 days and is not shown again."
        ),
        secret: link.clone(),
        back: "/team",
    });
    Ok(link)
}

#[server(prefix = "/api/ui", endpoint = "people/withdraw")]
pub async fn withdraw_invitation(invitation: String) -> Result<(), AppError> {
    let (services, actor) = context()?;
    let invitation = invitation.parse().map_err(|error| {
        respond_error(AppError::field(FieldError::new(
            "invitation",
            "malformed",
            format!("{error}"),
        )))
    })?;
    services.withdraw_invitation(&actor, invitation).await.map_err(respond_error)?;
    go_to("/team?notice=invitation-withdrawn");
    Ok(())
}

/// What the page confirms before a role is changed.
///
/// # Errors
/// If the actor may not manage members, or the user is not a member.
pub async fn read_role_change(user: String, role: String) -> Result<RoleChange, AppError> {
    let (services, auth) = require_auth()?;
    let (user, wanted) = role_wanted(&user, &role)?;
    let (member, proof) =
        services.role_change(&auth.actor, user, wanted).await.map_err(respond_error)?;
    let project = auth.project().map(|project| project.name.clone()).unwrap_or_default();
    Ok(RoleChange { member, project, wanted, proof })
}

fn role_wanted(user: &str, role: &str) -> Result<(UserId, Option<Role>), AppError> {
    let user = user.parse().map_err(|error| {
        respond_error(AppError::field(FieldError::new("user", "malformed", format!("{error}"))))
    })?;
    let role = match role {
        "" => None,
        role => Some(role.parse().map_err(|error| respond_error(AppError::field(error)))?),
    };
    Ok((user, role))
}

/// Changes a member's role; an empty one removes them from the project. The page of
/// [`read_role_change`] has to confirm it first: a form without its `confirmed` is sent there.
#[server(prefix = "/api/ui", endpoint = "people/role")]
pub async fn set_role(
    user: String,
    #[server(default)] role: String,
    #[server(default)] confirmed: String,
) -> Result<(), AppError> {
    let (services, actor) = context()?;
    let (user, role) = role_wanted(&user, &role)?;
    match services.set_role(&actor, user, role, &confirmed).await {
        Ok(()) => {}
        Err(error @ ServiceError::Unconfirmed) => {
            return Err(ask_on(
                &format!("/team/role?user={user}&role={}", role.map_or("", Role::key)),
                error,
            ));
        }
        Err(error) => return Err(respond_error(error)),
    }
    go_to(if role.is_some() { "/team?notice=saved" } else { "/team?notice=removed" });
    Ok(())
}
