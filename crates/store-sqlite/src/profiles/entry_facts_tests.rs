//! Whatever the entry's conditions ask for is loaded, in a real database file.

use serde_json::json;
use tempfile::TempDir;

use crate::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    engine::explain::explain_entry,
    ids::{JourneyId, ProjectId, UserId},
    journeys::{document::JourneyDocument, status::Status},
    profiles::{
        Properties,
        ingest_record::{IngestRecord, NewEvent, ProfileRef, RecordPayload},
        sender::{Batch, RecordSource, Sender},
    },
    stats::VersionStats,
    time::Timestamp,
};
use wayfare_store::{
    Store,
    profiles::ProfileStore,
    seed::{SeedJourney, SeedVersion},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const ADA: i64 = 1;

/// Ada, who paid with gold, and a running journey with this entry trigger.
async fn journey_for(trigger: serde_json::Value) -> (TempDir, SqliteStore, ProjectId, JourneyId) {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("entry.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.local_actor(NOW).await.expect("an actor");
    let who = ProfileRef::read(Some("ada".to_string()), None).expect("a profile");
    let properties = json!({ "plan": "gold", "zeros": [[0]] }).as_object().cloned();
    let event = NewEvent::read("Paid", Some(NOW), properties.unwrap_or_default(), None, NOW);
    let what = RecordPayload::Event(event.expect("an event"));
    let sender = Sender::trusted(actor.user, RecordSource::Api);
    let records = vec![IngestRecord { who, what }];
    store.ingest(&[Batch { project: actor.project, sender, records }], NOW).await.expect("stored");
    let criteria = serde_json::from_value(json!({ "did": {
        "event": { "name": "Paid", "filters": [gold()] }, "at_least": 1
    } }))
    .expect("criteria");
    store.save_segment(&actor, "Payers", &criteria, NOW).await.expect("a segment");
    let journey = running_journey(actor.user, trigger);
    store.seed(actor.project, &[], &[journey], NOW).await.expect("a journey");
    let journeys = store.published_journeys(actor.project).await.expect("journeys");
    (folder, store, actor.project, journeys[0].0)
}

/// A journey that is running, with this entry trigger and no step.
pub fn running_journey(user: UserId, trigger: serde_json::Value) -> SeedJourney {
    let document: JourneyDocument = serde_json::from_value(json!({
        "name": "Thanks",
        "settings": { "entry": trigger },
        "graph": { "nodes": [{ "id": "entry", "step": { "entry": {} } }], "connectors": [] }
    }))
    .expect("a journey");
    let version = SeedVersion {
        status: Status::Running,
        figures: VersionStats::default(),
        created_by: user,
        created_at: NOW,
        published: Some((user, NOW)),
        start: None,
    };
    SeedJourney {
        document,
        archived: false,
        created_by: user,
        created_at: NOW,
        versions: vec![version],
    }
}

fn gold() -> serde_json::Value {
    json!({ "property": "plan", "is": "equals", "value": "gold" })
}

async fn reasons(trigger: serde_json::Value) -> Vec<String> {
    let (_folder, store, project, journey) = journey_for(trigger).await;
    let facts = store.load_entry_facts(project, ADA, journey).await.expect("facts");
    let reasons = explain_entry(&facts, NOW).reasons;
    reasons.into_iter().map(|because| because.sentence).collect()
}

const NOTHING: &str = "Nothing prevents entry. They enter with the next matching event.";

#[tokio::test]
async fn who_is_in_the_segment_by_what_they_did_meets_the_trigger() {
    let segment = json!({ "segment": { "name": "Payers", "when": { "once": {} } } });
    assert_eq!(reasons(segment).await, [NOTHING]);
}

#[tokio::test]
async fn of_an_event_only_what_the_trigger_asks_for_is_loaded() {
    let event = json!({ "event": { "name": "paid", "filters": [gold()] } });
    let (_folder, store, project, journey) = journey_for(event).await;
    let facts = store.load_entry_facts(project, ADA, journey).await.expect("facts");
    let properties: Vec<Properties> =
        facts.events.into_iter().map(|event| event.properties).collect();
    assert_eq!(properties, [Properties::from_iter([("plan".to_string(), json!("gold"))])]);
}

#[tokio::test]
async fn who_never_did_the_event_is_told_so() {
    let event = json!({ "event": { "name": "Signed Up" } });
    assert_eq!(reasons(event).await, ["This person has never done “Signed Up”."]);
}
