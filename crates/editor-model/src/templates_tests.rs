use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::{
    problems::find_problems,
    simulation::{Simulation, simulate},
};
use wayfare_domain::{
    engine::{CompiledVersion, time_zones::UtcOnly},
    ids::ProfileKey,
    interrupt::Uninterrupted,
    profiles::Profile,
    time::Timestamp,
    versions::{PUBLISHED_DESCRIPTION_MAX, Severity, SimulatedEvent},
};

/// A Monday, 12:00 UTC.
const NOON: Timestamp = Timestamp(1_790_596_800_000);

fn ada() -> Profile {
    let properties =
        json!({"first_name": "Ada", "next_birthday": "2026-12-10", "trial_ends": "2026-10-12"});
    let addresses = [("email", "ada@example.com"), ("phone", "+4912345"), ("push", "token")]
        .map(|(key, text)| (key.to_string(), text.to_string()));
    Profile {
        seq: ProfileKey(7),
        properties: properties.as_object().cloned().expect("an object"),
        addresses: addresses.into(),
        ..Profile::default()
    }
}

/// The nodes that someone passes, and how they leave.
fn walked(document: &JourneyDocument, later: &[SimulatedEvent]) -> Vec<(String, String)> {
    let version = CompiledVersion::new(&document.graph, &document.settings, &HashMap::new());
    let event = json!({"cart_id": 42, "order_id": 43, "product_id": 44, "score": 3})
        .as_object()
        .cloned()
        .expect("an object");
    let case = Simulation { version: &version, calendar: &UtcOnly, start: NOON, event, later };
    simulate(&case, ada(), &Uninterrupted)
        .expect("steps")
        .into_iter()
        .map(|step| (step.node, step.what))
        .collect()
}

#[test]
fn every_template_could_be_published_as_it_is() {
    for template in TEMPLATES {
        let document =
            template.document().unwrap_or_else(|error| panic!("{}: {error}", template.key));
        assert_eq!(document.problems(), [], "{}", template.key);
        let found = find_problems(&document.graph, &document.settings, &Default::default(), NOON);
        let errors: Vec<_> =
            found.into_iter().filter(|check| check.severity == Severity::Error).collect();
        assert_eq!(errors, [], "{}", template.key);
        let length = document.description.as_str().chars().count();
        assert!((1..=PUBLISHED_DESCRIPTION_MAX).contains(&length), "{}", template.key);
        assert_eq!(Template::from_key(template.key), Some(template));
    }
}

#[test]
fn somebody_who_does_nothing_gets_through_every_template_and_is_written_to() {
    for template in TEMPLATES {
        let document = template.document().expect("a document");
        let steps = walked(&document, &[]);
        let (_, last) = steps.last().expect("steps");
        assert!(last.starts_with("ended:"), "{}: {steps:?}", template.key);
        assert!(steps.iter().any(|(_, what)| what == "sends"), "{}: {steps:?}", template.key);
    }
}

#[test]
fn whoever_does_what_a_template_hopes_for_takes_its_better_way() {
    let later = |name: &str, minutes: u32| {
        vec![SimulatedEvent { minutes, name: name.to_string(), properties: Default::default() }]
    };
    for (key, event, minutes, ending) in [
        ("abandoned_cart", "Order Completed", 30, "ended:converted"),
        ("browse_abandonment", "Product Added", 30, "ended:force_exited"),
        ("welcome_series", "Order Completed", 60, "ended:converted"),
        ("trial_ending", "Subscription Started", 60, "ended:converted"),
        ("onboarding_drip", "Activated", 60, "ended:converted"),
        ("win_back", "Order Completed", 600, "ended:converted"),
        ("re_permission", "$clicked", 60, "ended:converted"),
        ("birthday", "Order Completed", 60 * 24 * 74, "ended:converted"),
    ] {
        let document = Template::from_key(key).expect("a template").document().expect("a document");
        let steps = walked(&document, &later(event, minutes));
        assert_eq!(steps.last().map(|(_, what)| what.as_str()), Some(ending), "{key}: {steps:?}");
    }
}
