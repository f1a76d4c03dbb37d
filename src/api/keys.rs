//! API keys of a project.

use leptos::prelude::*;

use super::{
    AppError,
    request::{ShownOnce, context, go_to, respond_error, show_once},
};
use wayfare_domain::{
    access::{
        members::ApiKey,
        permissions::{KeyLifetime, Scope},
    },
    error::FieldError,
    ids::ApiKeyId,
    names::KeyName,
};

/// # Errors
/// If the actor may not manage API keys.
pub async fn read_keys() -> Result<Vec<ApiKey>, AppError> {
    let (services, actor) = context()?;
    services.keys(&actor).await.map_err(respond_error)
}

/// Creates a key. Its secret is in the answer and nowhere else. Without a lifetime it never
/// expires.
#[server(prefix = "/api/ui", endpoint = "keys/create")]
pub async fn create_key(
    name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] lifetime: String,
) -> Result<String, AppError> {
    let (services, actor) = context()?;
    let refuse = |error| respond_error(AppError::field(error));
    let name = KeyName::parse(&name).map_err(refuse)?;
    let scopes: Vec<Scope> =
        scopes.iter().map(|scope| scope.parse()).collect::<Result<_, _>>().map_err(refuse)?;
    let lifetime: KeyLifetime = lifetime.parse().map_err(refuse)?;
    let secret =
        services.create_key(&actor, &name, &scopes, lifetime).await.map_err(respond_error)?;
    show_once(ShownOnce {
        title: "API key",
        text: format!("This is the API key “{name}”. Copy it now. You won’t see it again."),
        secret: secret.expose().to_string(),
        back: "/api-keys",
    });
    Ok(secret.expose().to_string())
}

#[server(prefix = "/api/ui", endpoint = "keys/take-over")]
pub async fn take_key_over(key: String) -> Result<(), AppError> {
    let (services, actor) = context()?;
    services
        .take_key_over(&actor, key_id(&key).map_err(respond_error)?)
        .await
        .map_err(respond_error)?;
    go_to("/api-keys?notice=key-taken-over");
    Ok(())
}

#[server(prefix = "/api/ui", endpoint = "keys/revoke")]
pub async fn revoke_key(key: String) -> Result<(), AppError> {
    let (services, actor) = context()?;
    services
        .revoke_key(&actor, key_id(&key).map_err(respond_error)?)
        .await
        .map_err(respond_error)?;
    go_to("/api-keys?notice=key-revoked");
    Ok(())
}

fn key_id(key: &str) -> Result<ApiKeyId, AppError> {
    key.parse()
        .map_err(|error| AppError::field(FieldError::new("key", "malformed", format!("{error}"))))
}
