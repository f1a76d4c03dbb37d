//! One module per address. Those marked `ssr` are plain HTML: the browser's half contains only the
//! Journeys page.

#[cfg(feature = "ssr")]
pub mod account;
#[cfg(feature = "ssr")]
pub mod api_keys;
#[cfg(feature = "ssr")]
pub mod audit;
#[cfg(feature = "ssr")]
pub mod channel;
#[cfg(feature = "ssr")]
pub mod channels;
#[cfg(feature = "ssr")]
pub mod check_list;
#[cfg(feature = "ssr")]
pub mod clone_journey;
#[cfg(feature = "ssr")]
pub mod compare_versions;
#[cfg(feature = "ssr")]
pub mod delivery;
#[cfg(feature = "ssr")]
pub mod edit_journey;
#[cfg(feature = "ssr")]
pub mod enrolment;
#[cfg(feature = "ssr")]
pub mod graph_picture;
#[cfg(feature = "ssr")]
pub mod imports;
#[cfg(feature = "ssr")]
pub mod invitation;
#[cfg(feature = "ssr")]
pub mod journey;
pub mod journeys;
pub mod label_fields;
#[cfg(feature = "ssr")]
pub mod label_journeys;
#[cfg(feature = "ssr")]
pub mod message;
#[cfg(feature = "ssr")]
pub mod message_findings;
#[cfg(feature = "ssr")]
pub mod message_table;
#[cfg(feature = "ssr")]
pub mod messages_card;
#[cfg(feature = "ssr")]
pub mod missing_card;
#[cfg(feature = "ssr")]
pub mod new_journey;
#[cfg(feature = "ssr")]
pub mod node_table;
pub mod not_found;
#[cfg(feature = "ssr")]
pub mod operation;
#[cfg(feature = "ssr")]
pub mod password;
pub mod plain_outcome;
#[cfg(feature = "ssr")]
pub mod profile;
#[cfg(feature = "ssr")]
pub mod profiles;
#[cfg(feature = "ssr")]
pub mod projects;
#[cfg(feature = "ssr")]
pub mod provider_webhooks;
#[cfg(feature = "ssr")]
pub mod publish_journey;
#[cfg(feature = "ssr")]
pub mod role_change;
#[cfg(feature = "ssr")]
pub mod segments;
#[cfg(feature = "ssr")]
pub mod setup;
#[cfg(feature = "ssr")]
pub mod sign_in;
pub mod stop_effect;
#[cfg(feature = "ssr")]
pub mod stop_journeys;
#[cfg(feature = "ssr")]
pub mod suppressions;
#[cfg(feature = "ssr")]
pub mod team;
#[cfg(feature = "ssr")]
pub mod test_card;
#[cfg(feature = "ssr")]
pub mod versions_table;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The `:id` of the address.
#[cfg(feature = "ssr")]
pub fn id_of_path() -> String {
    part_of_path("id")
}

/// A named part of the address.
#[cfg(feature = "ssr")]
pub fn part_of_path(name: &str) -> String {
    leptos_router::hooks::use_params_map().read_untracked().get(name).unwrap_or_default()
}

/// A parameter of the address.
#[cfg(feature = "ssr")]
pub fn query_value(name: &str) -> String {
    leptos_router::hooks::use_query_map().read_untracked().get(name).unwrap_or_default()
}

/// The query string of the address, as it changes.
pub fn query_string() -> Memo<String> {
    let query = use_location().query;
    Memo::new(move |_| query.read().to_query_string().trim_start_matches('?').to_string())
}
