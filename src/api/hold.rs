//! The release of a server that is held.

use leptos::prelude::*;

use super::{
    AppError,
    request::{context, respond_error, services},
};
use wayfare_domain::hold::Hold;

/// The hold that is in force, for the page that says so.
pub fn current_hold() -> Option<Hold> {
    services().ok()?.hold()
}

/// Releases the hold, and shows the same page again.
#[server(prefix = "/api/ui", endpoint = "hold/release")]
pub async fn release_hold() -> Result<(), AppError> {
    let (services, actor) = context()?;
    services.release_hold(&actor).await.map_err(respond_error)?;
    Ok(())
}
