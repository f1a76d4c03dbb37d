//! Messages as they will look.

use super::{
    AppError,
    journeys::journey_id,
    request::{context, fail},
};
use crate::domain::delivery::preview::MessagePreview;

/// A message filled in for whoever has this identity or e-mail address; empty: for somebody made up.
///
/// # Errors
/// Where there is no such message.
pub async fn read_preview(journey: &str, node: &str, person: &str) -> Result<MessagePreview, AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(journey).map_err(fail)?;
    Ok(services.preview_message(&actor, journey, node, Some(person)).await.map_err(fail)?.view)
}
