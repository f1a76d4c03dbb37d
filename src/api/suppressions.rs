//! The suppression list.

use leptos::prelude::*;

use super::{
    AppError,
    request::{context, go_to, respond_error},
};
#[cfg(feature = "ssr")]
use wayfare_domain::messages::canonical_address::read_addresses;
use wayfare_domain::{
    error::FieldError,
    messages::suppression::{AddressKind, SuppressionPage, SuppressionQuery},
};

/// One page of the list; `query` is the query string of its address.
///
/// # Errors
/// If the actor may not see it, or the query is not valid.
pub async fn read_suppressions(query: &str) -> Result<SuppressionPage, AppError> {
    let (services, actor) = context()?;
    let query =
        SuppressionQuery::parse(query).map_err(|error| respond_error(AppError::field(error)))?;
    services.suppressions(&actor, &query).await.map_err(respond_error)
}

fn kind_of(key: &str) -> Result<AddressKind, AppError> {
    let unknown = || {
        AppError::field(FieldError::new(
            "kind",
            "unknown_value",
            "The kind of address is missing. Choose one.",
        ))
    };
    AddressKind::from_key(key).ok_or_else(|| respond_error(unknown()))
}

/// Adds addresses to the list, one per line.
#[server(prefix = "/api/ui", endpoint = "suppressions/add")]
pub async fn add_suppressions(
    kind: String,
    addresses: String,
    #[server(default)] note: String,
) -> Result<(), AppError> {
    let (services, actor) = context()?;
    let kind = kind_of(&kind)?;
    let addresses =
        read_addresses(kind, &addresses).map_err(|error| respond_error(AppError::field(error)))?;
    services.suppress(&actor, kind, &addresses, note.trim()).await.map_err(respond_error)?;
    go_to("/suppressions?notice=saved");
    Ok(())
}

/// Removes an address from the list.
#[server(prefix = "/api/ui", endpoint = "suppressions/remove")]
pub async fn remove_suppression(kind: String, address: String) -> Result<(), AppError> {
    let (services, actor) = context()?;
    services.unsuppress(&actor, kind_of(&kind)?, &address).await.map_err(respond_error)?;
    go_to("/suppressions?notice=suppression-removed");
    Ok(())
}
