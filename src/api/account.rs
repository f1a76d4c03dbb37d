//! The user's own account: name, password, sessions.

use leptos::prelude::*;

use super::{
    AppError,
    request::{caller, forget_session, go_to, keep_session, require_auth, respond_error},
};
use wayfare_domain::{
    access::account::{LinkedIdentity, SessionView},
    error::FieldError,
    names::PersonName,
};

/// What the account's page shows.
pub struct AccountPage {
    pub name: String,
    pub email: String,
    /// False for an account that came through SSO and never chose one.
    pub has_password: bool,
    pub sessions: Vec<SessionView>,
    /// The name of the SSO provider, if there is one.
    pub provider: Option<String>,
    pub linked: Vec<LinkedIdentity>,
}

/// # Errors
/// If no one is signed in.
pub async fn read_account() -> Result<AccountPage, AppError> {
    let (services, auth) = require_auth()?;
    let account = services.own_account(&auth).await.map_err(respond_error)?;
    let sessions = services.sessions(&auth).await.map_err(respond_error)?;
    let linked = services.linked_identities(&auth).await.map_err(respond_error)?;
    let (has_password, provider) = (account.password_hash.is_some(), services.provider_name());
    Ok(AccountPage {
        name: account.name,
        email: account.email,
        has_password,
        sessions,
        provider,
        linked,
    })
}

/// Unlinks an SSO identity.
#[server(prefix = "/api/ui", endpoint = "account/unlink-provider")]
pub async fn unlink_provider(issuer: String, subject: String) -> Result<(), AppError> {
    let (services, auth) = require_auth()?;
    services.unlink(&auth, &LinkedIdentity { issuer, subject }).await.map_err(respond_error)?;
    go_to("/account?notice=provider-unlinked");
    Ok(())
}

#[server(prefix = "/api/ui", endpoint = "account/rename")]
pub async fn rename_account(name: String) -> Result<(), AppError> {
    let (services, auth) = require_auth()?;
    let name = PersonName::parse(&name).map_err(|error| respond_error(AppError::field(error)))?;
    services.rename_account(&auth, &name).await.map_err(respond_error)?;
    go_to("/account?notice=saved");
    Ok(())
}

/// Changes the password; every other session ends.
#[server(prefix = "/api/ui", endpoint = "account/password")]
pub async fn change_password(
    #[server(default)] present: String,
    password: String,
) -> Result<(), AppError> {
    let (services, auth) = require_auth()?;
    let client = caller()?.1.client;
    let session = services
        .change_password(&auth, &present, &password, &client)
        .await
        .map_err(respond_error)?;
    keep_session(&session, &client);
    go_to("/account?notice=password-changed");
    Ok(())
}

/// Ends one of the user's sessions.
#[server(prefix = "/api/ui", endpoint = "account/end-session")]
pub async fn end_session(session: String) -> Result<(), AppError> {
    let (services, auth) = require_auth()?;
    let session = session.parse().map_err(|error| {
        respond_error(AppError::field(FieldError::new("session", "malformed", format!("{error}"))))
    })?;
    services.end_session(&auth, session).await.map_err(respond_error)?;
    go_to("/account?notice=session-ended");
    Ok(())
}

/// Ends all sessions of the user, including this one.
#[server(prefix = "/api/ui", endpoint = "account/sign-out-everywhere")]
pub async fn sign_out_everywhere() -> Result<(), AppError> {
    let (services, auth) = require_auth()?;
    services.sign_out_everywhere(&auth).await.map_err(respond_error)?;
    forget_session(&caller()?.1.client);
    go_to("/sign-in?notice=signed-out-everywhere");
    Ok(())
}
