//! The state of channels, and failed messages.

use leptos::prelude::*;

use super::{
    AppError,
    request::{context, go_to, respond_error},
};
use wayfare_domain::{
    error::FieldError,
    ids::MessageKey,
    messages::{channel_health::DeliveryOverview, failed::FailedMessageQuery},
    profiles::profile::Channel,
    query_string::pairs,
};

/// The page about delivery, for the journey and the channel in its address.
///
/// # Errors
/// If the actor may not see it, or the address is not valid.
pub async fn read_delivery(query: &str) -> Result<DeliveryOverview, AppError> {
    let (services, actor) = context()?;
    let all: Vec<(String, String)> = pairs(query).collect();
    let one = |name: &str| {
        all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let query = FailedMessageQuery {
        before: one("before").parse().ok(),
        ..chosen_ones(&one("journey"), &one("channel"))?
    };
    services.delivery_overview(&actor, &query).await.map_err(respond_error)
}

/// Empty fields choose everything.
fn chosen_ones(journey: &str, channel: &str) -> Result<FailedMessageQuery, AppError> {
    let journey = match journey {
        "" => None,
        id => Some(super::journeys::journey_id(id).map_err(respond_error)?),
    };
    let unknown = || {
        respond_error(AppError::field(FieldError::new(
            "channel",
            "unknown_value",
            "This channel does not exist. Choose one from the list.",
        )))
    };
    let channel = match channel {
        "" => None,
        key => Some(Channel::from_key(key).ok_or_else(unknown)?),
    };
    Ok(FailedMessageQuery { journey, channel, before: None })
}

/// Resends failed messages: the selected ones, or with `all` everything that the filter shows.
#[server(prefix = "/api/ui", endpoint = "delivery/again")]
pub async fn resend(
    #[server(default)] messages: Vec<MessageKey>,
    #[server(default)] all: bool,
    #[server(default)] journey: String,
    #[server(default)] channel: String,
) -> Result<i64, AppError> {
    let (services, actor) = context()?;
    if messages.is_empty() && !all {
        let sentence = "No message is selected. Select the messages to resend.";
        let none = FieldError::new("messages", "required", sentence);
        return Err(respond_error(AppError::field(none)));
    }
    let query = chosen_ones(&journey, &channel)?;
    let chosen = if all { &[][..] } else { &messages[..] };
    let count = services.resend(&actor, &query, chosen).await.map_err(respond_error)?;
    go_to("/delivery?notice=sent-again");
    Ok(count)
}
