//! Messages as they will look.

use leptos::prelude::*;

use super::{
    AppError,
    journeys::journey_id,
    request::{context, fail, go_to},
};
use crate::domain::{
    delivery::preview::{MessagePreview, message_address},
    query_string::write_query,
};

/// A message filled in for whoever has this identity or e-mail address; empty: for somebody made
/// up.
///
/// # Errors
/// Where there is no such message.
pub async fn read_preview(
    journey: &str,
    node: &str,
    person: &str,
) -> Result<MessagePreview, AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(journey).map_err(fail)?;
    Ok(services.preview_message(&actor, journey, node, Some(person)).await.map_err(fail)?.view)
}

/// Sends a message of a journey right now, filled in as its page shows it. Answers what the
/// provider calls it.
#[server(prefix = "/api/ui", endpoint = "messages/test")]
pub async fn test_message(
    journey: String,
    node: String,
    #[server(default)] person: String,
    #[server(default)] to: String,
) -> Result<Option<String>, AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(&journey).map_err(fail)?;
    let taken =
        services.test_message(&actor, journey, &node, Some(&person), &to).await.map_err(fail)?;
    let query = write_query(&[("person", person), ("notice", "test-taken".to_string())]);
    go_to(&format!("{}?{query}", message_address(journey, &node)));
    Ok(taken)
}
