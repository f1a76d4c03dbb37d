//! One module an address.

pub mod edit_journey;
pub mod graph_picture;
pub mod journey;
pub mod journeys;
pub mod label_journeys;
pub mod new_journey;
pub mod not_found;
pub mod operation;
pub mod stop_journeys;

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map};

/// The `:id` of the address.
pub fn id_of_path() -> String {
    use_params_map().read_untracked().get("id").unwrap_or_default()
}

/// The query string of the address, as it changes.
pub fn query_string() -> Memo<String> {
    use_location().query.with_untracked(|_| ());
    let query = use_location().query;
    Memo::new(move |_| query.read().to_query_string().trim_start_matches('?').to_string())
}
