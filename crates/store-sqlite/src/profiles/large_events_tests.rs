//! Events that are as large as they may be, in a real database file: they cost no more memory than
//! what is asked of them.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{SqliteConfig, SqliteStore, engine::read};
use wayfare_domain::{
    graph::criteria::{Comparison, Criteria, EventMatch, PropertyFilter},
    ids::ProfileKey,
    profiles::{
        Profile, Properties,
        ingest_record::{IngestRecord, NewEvent, ProfileRef, RecordPayload},
        read_model::EventSummary,
        sender::{Batch, RecordSource, Sender},
    },
    time::Timestamp,
};
use wayfare_store::{
    access::ProjectStore,
    engine::{EngineSource, ProfileNeeds},
    profiles::{IngestStore, ProfileStore},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A person who did something so many times, with about a megabyte of lists each time and a short
/// text among them.
async fn person_of_large_events(count: i64) -> (TempDir, SqliteStore) {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("large.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.ensure_local_actor(NOW).await.expect("an actor");
    let who = ProfileRef::read(Some("ada".to_string()), None).expect("a profile");
    let record = |number: i64| {
        let at = Some(NOW.plus(-number));
        let event = NewEvent::read("View", at, Properties::new(), None, NOW).expect("an event");
        IngestRecord { who: who.clone(), what: RecordPayload::Event(event) }
    };
    let sender = Sender::trusted(actor.user, RecordSource::Api);
    let records = (0..count).map(record).collect();
    let batch = Batch { project: actor.project, sender, records };
    store.ingest(&[batch], NOW).await.expect("stored");
    // As they were taken in before the memory of a record was counted.
    sqlx::query("UPDATE events SET properties = ?")
        .bind(large_properties())
        .execute(&store.writer)
        .await
        .expect("written");
    (folder, store)
}

fn large_properties() -> String {
    let zeros = vec![vec![0; 100]; 100];
    let lists = (0..50).map(|number| (format!("p{number}"), json!(zeros)));
    let properties: Properties = lists.chain([("plan".to_string(), json!("gold"))]).collect();
    Value::Object(properties).to_string()
}

async fn with_asked(store: &SqliteStore, asked: &[&str]) -> Profile {
    let asked: HashSet<String> = asked.iter().copied().map(str::to_string).collect();
    let events = HashMap::from([("view".to_string(), asked)]);
    let needs = ProfileNeeds { events, ..ProfileNeeds::default() };
    store
        .load_profiles(&[ProfileKey(1)], &needs)
        .await
        .expect("people")
        .remove(&ProfileKey(1))
        .expect("a person")
}

async fn page(store: &SqliteStore) -> Vec<EventSummary> {
    let project = store.ensure_local_actor(NOW).await.expect("an actor").project;
    store.get_profile(project, ProfileKey(1)).await.expect("a page").events
}

#[tokio::test]
async fn of_large_events_nothing_is_read_that_no_condition_asks_for() {
    let (_folder, store) = person_of_large_events(60).await;
    let person = with_asked(&store, &["plan"]).await;
    let kept: Vec<Value> = person.events.iter().map(|event| json!(event.properties)).collect();
    assert_eq!(kept, vec![json!({ "plan": "gold" }); 60]);
}

#[tokio::test]
async fn large_events_count_where_none_of_their_properties_is_asked_for() {
    let (_folder, store) = person_of_large_events(60).await;
    let person = with_asked(&store, &[]).await;
    assert_eq!(person.events.len(), 60);
    assert!(person.events.iter().all(|event| event.properties.is_empty()));
}

#[tokio::test]
async fn a_list_of_lists_that_a_condition_asks_for_is_known_without_what_is_in_it() {
    let (_folder, store) = person_of_large_events(3).await;
    let person = with_asked(&store, &["p7"]).await;
    let kept: Vec<Value> = person.events.iter().map(|event| json!(event.properties)).collect();
    assert_eq!(kept, vec![json!({ "p7": [] }); 3]);
}

#[tokio::test]
async fn a_condition_on_a_text_of_large_events_holds() {
    let (_folder, store) = person_of_large_events(60).await;
    let gold = PropertyFilter {
        property: "plan".to_string(),
        is: Comparison::Equals,
        value: json!("gold"),
    };
    let event = EventMatch { name: "View".to_string(), filters: vec![gold] };
    let question = Criteria::Did { event, at_least: 60, within_days: Some(1) };
    assert!(question.matches(&with_asked(&store, &["plan"]).await, NOW));
}

#[tokio::test]
async fn a_round_ends_early_where_events_are_large_and_the_next_goes_on_after_it() {
    let (_folder, store) = person_of_large_events(30).await;
    let (mut cursor, mut rounds, mut seen) = (0, Vec::new(), Vec::new());
    loop {
        let events = read::events_after(&store, cursor, 4_000).await.expect("events");
        let Some(last) = events.last() else { break };
        cursor = last.seq;
        rounds.push(events.len());
        seen.extend(events.iter().map(|event| event.seq));
    }
    assert_eq!(seen, (1..=30).collect::<Vec<i64>>());
    assert!(rounds.iter().all(|count| *count < 10), "{rounds:?}");
}

#[tokio::test]
async fn the_page_of_a_person_leaves_out_what_is_too_large_to_show() {
    let (_folder, store) = person_of_large_events(60).await;
    let events = page(&store).await;
    assert_eq!(events.len(), 50);
    assert!(events.iter().all(|event| event.is_too_large && event.properties.is_empty()));
}

#[tokio::test]
async fn the_page_of_a_person_shows_properties_up_to_its_bound_in_bytes() {
    let (_folder, store) = person_of_large_events(2).await;
    // Two bytes each: as many characters as may be shown would be too many bytes.
    for (seq, letters) in [(1, 8_000), (2, 9_000)] {
        sqlx::query("UPDATE events SET properties = ?2 WHERE seq = ?1")
            .bind(seq)
            .bind(json!({ "x": "ä".repeat(letters) }).to_string())
            .execute(&store.writer)
            .await
            .expect("written");
    }
    let shown: Vec<(bool, usize)> = page(&store)
        .await
        .iter()
        .map(|event| (event.is_too_large, event.properties.len()))
        .collect();
    assert_eq!(shown, [(false, 1), (true, 0)]);
}
