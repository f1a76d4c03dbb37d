//! Why someone is not in a journey: whatever the entry's conditions ask for is loaded.

use serde_json::json;
use wayfare_domain::{
    engine::explain::{EntryFacts, explain_entry},
    profiles::{
        Properties,
        ingest_record::{IngestRecord, NewEvent, RecordPayload},
    },
};

use crate::test_project::{NOW, TestProject, known, one_step, properties};
use wayfare_store::Stores;

/// Ada, who paid with gold, and a running journey with this entry trigger.
async fn facts_of_ada(stores: &Stores, trigger: serde_json::Value) -> EntryFacts {
    let project = TestProject::new(stores).await;
    let said = properties(json!({ "plan": "gold", "zeros": [[0]] }));
    let paid = NewEvent::read("Paid", Some(NOW), said, None, NOW).expect("an event");
    project
        .ingest(vec![IngestRecord { who: known("ada"), what: RecordPayload::Event(paid) }])
        .await;
    let criteria = serde_json::from_value(json!({ "did": {
        "event": { "name": "Paid", "filters": [gold()] }, "at_least": 1
    } }))
    .expect("criteria");
    stores
        .segments
        .save_segment(&project.actor, "Payers", &criteria, NOW)
        .await
        .expect("a segment");
    let thanks = one_step("Thanks", json!({ "entry": trigger }), json!({ "force_exit": {} }));
    let journey = project.running(&thanks).await;
    let ada = project.number_of("ada").await;
    stores
        .profile_queries
        .load_entry_facts(project.actor.project, ada, journey)
        .await
        .expect("facts")
}

fn gold() -> serde_json::Value {
    json!({ "property": "plan", "is": "equals", "value": "gold" })
}

async fn reasons(stores: &Stores, trigger: serde_json::Value) -> Vec<String> {
    let facts = facts_of_ada(stores, trigger).await;
    let reasons = explain_entry(&facts, NOW).reasons;
    reasons.into_iter().map(|because| because.sentence).collect()
}

const NOTHING: &str = "Nothing prevents entry. They enter with the next matching event.";

pub async fn who_is_in_the_segment_by_what_they_did_meets_the_trigger(stores: &Stores) {
    let segment = json!({ "segment": { "name": "Payers", "when": { "once": {} } } });
    assert_eq!(reasons(stores, segment).await, [NOTHING]);
}

pub async fn of_an_event_only_what_the_trigger_asks_for_is_loaded(stores: &Stores) {
    let event = json!({ "event": { "name": "paid", "filters": [gold()] } });
    let facts = facts_of_ada(stores, event).await;
    let properties: Vec<Properties> =
        facts.events.into_iter().map(|event| event.properties).collect();
    assert_eq!(properties, [Properties::from_iter([("plan".to_string(), json!("gold"))])]);
}

pub async fn who_never_did_the_event_is_told_so(stores: &Stores) {
    let event = json!({ "event": { "name": "Signed Up" } });
    assert_eq!(reasons(stores, event).await, ["This person has never done “Signed Up”."]);
}
