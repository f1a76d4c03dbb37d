//! Signing in and out. These need no session.

use leptos::{prelude::*, server_fn::codec::PostUrl};

use super::{
    AppError,
    request::{caller, forget_session, go_to, keep_session, remember_project, respond_error},
};
use wayfare_domain::{
    access::{account::PasswordOffer, members::InvitationPreview},
    names::PersonName,
};

/// Opens a session and goes on to `next`.
#[server(prefix = "/api/ui", endpoint = "session/sign-in", input = PostUrl)]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    let (services, caller) = caller()?;
    let session =
        services.sign_in(&email, &password, &caller.client).await.map_err(respond_error)?;
    keep_session(&session, &caller.client);
    go_to(&next);
    Ok(())
}

/// Ends the session that is asking.
#[server(prefix = "/api/ui", endpoint = "session/sign-out")]
pub async fn sign_out() -> Result<(), AppError> {
    let (services, caller) = caller()?;
    if let Some(auth) = &caller.standing {
        services.sign_out(auth).await.map_err(respond_error)?;
    }
    forget_session(&caller.client);
    go_to("/sign-in?notice=signed-out");
    Ok(())
}

/// The first account, in local mode. From then on sign-in is required.
#[server(prefix = "/api/ui", endpoint = "session/found")]
pub async fn create_first_account(
    name: String,
    email: String,
    password: String,
) -> Result<(), AppError> {
    let (services, caller) = caller()?;
    let auth = caller.standing.as_ref();
    let session = services
        .create_first_account(auth, &name, &email, &password, &caller.client)
        .await
        .map_err(respond_error)?;
    keep_session(&session, &caller.client);
    go_to("/journeys");
    Ok(())
}

/// Chooses a password with a one-time link.
#[server(prefix = "/api/ui", endpoint = "session/choose-password")]
pub async fn choose_password(link: String, password: String) -> Result<(), AppError> {
    let (services, caller) = caller()?;
    services.use_password_link(&link, &password, &caller.client).await.map_err(respond_error)?;
    forget_session(&caller.client);
    go_to("/sign-in?notice=password-chosen");
    Ok(())
}

/// Joins a project with the account that is signed in.
#[server(prefix = "/api/ui", endpoint = "session/join")]
pub async fn join(link: String) -> Result<(), AppError> {
    let (services, caller) = caller()?;
    let auth = caller.standing.as_ref().ok_or_else(|| respond_error(AppError::SignedOut))?;
    let project = services.join(&link, auth).await.map_err(respond_error)?;
    remember_project(project, &caller.client);
    go_to("/journeys");
    Ok(())
}

/// Joins a project with a new account of the invited address.
#[server(prefix = "/api/ui", endpoint = "session/join-new")]
pub async fn join_new(link: String, name: String, password: String) -> Result<(), AppError> {
    let (services, caller) = caller()?;
    let name = PersonName::parse(&name).map_err(|error| respond_error(AppError::field(error)))?;
    let session = services
        .join_with_new_account(&link, &name, &password, &caller.client)
        .await
        .map_err(respond_error)?;
    keep_session(&session, &caller.client);
    go_to("/journeys");
    Ok(())
}

/// What the sign-in page needs.
pub struct SignInPage {
    /// The label of the SSO button, if there is one.
    pub provider: Option<String>,
    /// No one has to sign in: no account exists yet.
    pub local: bool,
}

pub fn read_sign_in() -> Result<SignInPage, AppError> {
    let (services, caller) = caller()?;
    let local = caller.standing.is_some_and(|auth| auth.is_local());
    Ok(SignInPage { provider: services.provider_name(), local })
}

/// What an invitation offers.
///
/// # Errors
/// If the link is not valid.
pub async fn read_invitation(link: &str) -> Result<InvitationPreview, AppError> {
    let (services, caller) = caller()?;
    services.invitation_offer(link, caller.standing.as_ref()).await.map_err(respond_error)
}

/// The account whose password the link changes.
///
/// # Errors
/// If the link is not valid.
pub async fn read_password_link(link: &str) -> Result<PasswordOffer, AppError> {
    let (services, _) = caller()?;
    services.read_password_link(link).await.map_err(respond_error)
}
