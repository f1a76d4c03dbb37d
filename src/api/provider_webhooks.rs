//! Provider webhooks.

use leptos::prelude::*;

use super::{
    AppError,
    request::{caller, context, go_to, respond_error},
};
use wayfare_domain::{
    error::FieldError,
    messages::provider_webhook::{ProviderWebhookView, WebhookProvider},
};

/// # Errors
/// If the actor may not manage channels.
pub async fn read_provider_webhooks() -> Result<Vec<ProviderWebhookView>, AppError> {
    let (services, actor) = context()?;
    let (_, caller) = caller()?;
    let base = caller.client.base.parse().map_err(|_| respond_error(AppError::Internal))?;
    services.provider_webhooks(&actor, &base).await.map_err(respond_error)
}

fn provider_of(key: &str) -> Result<WebhookProvider, AppError> {
    let unknown = || {
        let sentence = "This provider does not exist. Choose one from the page.";
        AppError::field(FieldError::new("provider", "unknown_value", sentence))
    };
    WebhookProvider::from_key(key).ok_or_else(|| respond_error(unknown()))
}

/// Saves the secret that verifies a provider's requests.
#[server(prefix = "/api/ui", endpoint = "hooks/save")]
pub async fn save_webhook_secret(provider: String, secret: String) -> Result<(), AppError> {
    let (services, actor) = context()?;
    services
        .save_webhook_secret(&actor, provider_of(&provider)?, &secret)
        .await
        .map_err(respond_error)?;
    go_to("/channels/webhooks?notice=hook-saved");
    Ok(())
}

#[server(prefix = "/api/ui", endpoint = "hooks/remove")]
pub async fn remove_webhook_secret(provider: String) -> Result<(), AppError> {
    let (services, actor) = context()?;
    services.remove_webhook_secret(&actor, provider_of(&provider)?).await.map_err(respond_error)?;
    go_to("/channels/webhooks?notice=hook-removed");
    Ok(())
}
