//! Someone made up, for checks and previews where no one is chosen.

use serde_json::{Value, json};

use super::CompiledMessage;
use wayfare_domain::profiles::{Profile, Properties};

/// A person and an event that have everything a message uses.
#[derive(Debug, Clone, Default)]
pub struct SampleData {
    pub profile: Profile,
    pub event: Properties,
}

/// Has a value for every property that the message uses; of those that no one can guess, their
/// name.
pub fn sample(message: &CompiledMessage) -> SampleData {
    let mut sample = SampleData {
        profile: Profile {
            identity: Some("ada-1815".to_string()),
            addresses: [
                ("email".to_string(), "ada@example.com".to_string()),
                ("phone".to_string(), "+442079460000".to_string()),
            ]
            .into(),
            ..Profile::default()
        },
        event: Properties::new(),
    };
    for (_, name) in message.names() {
        let Some(property) = &name.property else { continue };
        let to = match name.root.as_str() {
            root if is_person(root) => &mut sample.profile.properties,
            root if is_event(root) => &mut sample.event,
            _ => continue,
        };
        to.entry(property.clone()).or_insert_with(|| guess(property));
    }
    sample
}

/// Names under which templates know the person.
pub fn is_person(root: &str) -> bool {
    matches!(root, "profile" | "customer" | "Profile" | "Customer" | "custom_attribute" | "user")
}

/// Names under which templates know the event.
pub fn is_event(root: &str) -> bool {
    matches!(
        root,
        "event"
            | "trigger"
            | "Event"
            | "event_properties"
            | "context"
            | "canvas_entry_properties"
            | "api_trigger_properties"
    )
}

/// Names of what every message knows besides.
pub fn is_around(root: &str) -> bool {
    matches!(
        root,
        "journey" | "campaign" | "canvas" | "now" | "unsubscribe_url" | "preferences_url"
    )
}

fn guess(property: &str) -> Value {
    let words = property.to_lowercase().replace([' ', '-'], "_");
    match words.as_str() {
        "name" | "full_name" => json!("Ada Lovelace"),
        "first_name" | "firstname" => json!("Ada"),
        "last_name" | "lastname" | "surname" => json!("Lovelace"),
        "city" => json!("London"),
        "country" => json!("GB"),
        "language" => json!("en"),
        "items" | "products" | "tags" => json!([]),
        name if ["price", "amount", "total", "points", "count", "quantity", "age"]
            .iter()
            .any(|part| name.contains(part)) =>
        {
            json!(42)
        }
        name if name.ends_with("_at") || name.contains("date") || name == "birthday" => {
            json!("2026-12-10T09:00:00.000Z")
        }
        name if name.contains("url") || name.contains("link") => json!("https://example.com/"),
        _ => json!(property),
    }
}
