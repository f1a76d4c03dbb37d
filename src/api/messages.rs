//! Previews and test sends of messages.

use leptos::prelude::*;

use super::{
    AppError,
    journeys::journey_id,
    request::{context, go_to, respond_error},
};
use wayfare_domain::{
    messages::preview::{MessagePreview, message_address},
    query_string::write_query,
};

/// A preview with the data of the profile that has this identity or email address, or with sample
/// data if it is empty.
///
/// # Errors
/// If there is no such message.
pub async fn read_preview(
    journey: &str,
    node: &str,
    person: &str,
) -> Result<MessagePreview, AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(journey).map_err(respond_error)?;
    Ok(services
        .preview_message(&actor, journey, node, Some(person))
        .await
        .map_err(respond_error)?
        .view)
}

/// Sends a test of a journey's message, as its page shows it. Returns the ID that the provider gave
/// it.
#[server(prefix = "/api/ui", endpoint = "messages/test")]
pub async fn test_message(
    journey: String,
    node: String,
    #[server(default)] person: String,
    #[server(default)] to: String,
) -> Result<Option<String>, AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(&journey).map_err(respond_error)?;
    let taken = services
        .test_message(&actor, journey, &node, Some(&person), &to)
        .await
        .map_err(respond_error)?;
    let query = write_query(&[("person", person), ("notice", "test-taken".to_string())]);
    go_to(&format!("{}?{query}", message_address(journey, &node)));
    Ok(taken)
}
