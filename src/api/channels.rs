//! How messages of a project reach their providers, and how many a person gets.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{
    AppError,
    request::{context, go_to, respond_error},
};
use wayfare_domain::{
    messages::{
        channel::ChannelView,
        channel_form::{ChannelForm, caps_of_columns},
        send_rules::FrequencyCap,
    },
    profiles::profile::Channel,
};

/// # Errors
/// If the actor may not manage channels.
pub async fn read_channels() -> Result<(Vec<ChannelView>, Vec<FrequencyCap>), AppError> {
    let (services, actor) = context()?;
    let channels = services.channels(&actor).await.map_err(respond_error)?;
    Ok((channels, services.frequency_caps(&actor).await.map_err(respond_error)?))
}

/// # Errors
/// If there is no such channel, or the actor may not manage it.
pub async fn read_channel(key: String) -> Result<ChannelView, AppError> {
    let (services, actor) = context()?;
    // Without the permission, an unknown channel is refused like a known one.
    let channel = Channel::from_key(&key).unwrap_or(Channel::InApp);
    services.channel(&actor, channel).await.map_err(respond_error)
}

fn named(key: &str) -> Result<Channel, AppError> {
    Channel::from_key(key).ok_or_else(|| respond_error(AppError::NotFound("channel".to_string())))
}

/// Keeps the settings of a channel. An empty secret keeps the one that is there.
#[server(prefix = "/api/ui", endpoint = "channels/save")]
pub async fn save_channel(
    channel: String,
    #[server(default)] revision: i64,
    #[server(default)] fields: BTreeMap<String, String>,
    #[server(default)] secret: String,
    #[server(default)] forget_secret: String,
    #[server(default)] live: String,
    #[server(default)] per_second: String,
) -> Result<(), AppError> {
    let (services, actor) = context()?;
    let forget_secret = !forget_secret.is_empty();
    let form =
        ChannelForm { fields, secret, forget_secret, live: !live.is_empty(), per_second, revision };
    services.save_channel(&actor, named(&channel)?, &form).await.map_err(respond_error)?;
    go_to(&format!("/channels/{channel}?notice=channel-saved"));
    Ok(())
}

/// Sends a test message with the settings that are saved. Returns the ID that the provider gave it.
#[server(prefix = "/api/ui", endpoint = "channels/test")]
pub async fn test_channel(channel: String, to: String) -> Result<Option<String>, AppError> {
    let (services, actor) = context()?;
    let taken =
        services.test_channel(&actor, named(&channel)?, &to).await.map_err(respond_error)?;
    go_to(&format!("/channels/{channel}?notice=test-taken"));
    Ok(taken)
}

/// Keeps the frequency caps: these rows and no others.
#[server(prefix = "/api/ui", endpoint = "channels/caps")]
pub async fn save_caps(
    #[server(default)] channel: Vec<String>,
    #[server(default)] most: Vec<String>,
    #[server(default)] hours: Vec<String>,
) -> Result<(), AppError> {
    let (services, actor) = context()?;
    let caps = caps_of_columns(&channel, &most, &hours)
        .map_err(|errors| respond_error(AppError::Invalid(errors)))?;
    services.save_frequency_caps(&actor, &caps).await.map_err(respond_error)?;
    go_to("/channels?notice=caps-saved");
    Ok(())
}
