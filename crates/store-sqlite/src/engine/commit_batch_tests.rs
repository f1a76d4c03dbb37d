//! What a round decided, carried out in a real database file.

use tempfile::TempDir;

use crate::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    engine::entry::{start_event_key, start_event_properties},
    time::Timestamp,
};
use wayfare_store::{
    Store,
    engine::{EngineBatch, EngineStore, NewStartEvent},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

async fn store() -> (TempDir, SqliteStore) {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("engine.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    store.local_actor(NOW).await.expect("a project");
    (folder, store)
}

/// An empty batch on what is in the store.
async fn batch(store: &SqliteStore) -> EngineBatch {
    let head = store.head().await.expect("a head");
    EngineBatch { head, cursor: head.cursor, now: NOW, ..EngineBatch::default() }
}

#[tokio::test]
async fn a_started_journey_is_an_event_of_ours_for_each_person() {
    let (_folder, store) = store().await;
    let start = |profile| NewStartEvent {
        project: 1,
        profile,
        key: start_event_key("Sale"),
        properties: serde_json::Value::Object(start_event_properties(3)).to_string(),
    };
    let batch = EngineBatch { started: vec![start(1), start(2)], ..batch(&store).await };
    assert!(store.commit_batch(&batch).await.expect("carried out"));
    let events = store.events_after(0, 10).await.expect("events");
    let names = store.event_names(0).await.expect("names");
    assert_eq!(names, [(events[0].name, 1, "$enter sale".to_string())]);
    let stored: Vec<_> =
        events.iter().map(|event| (event.profile, event.at, event.properties.as_deref())).collect();
    assert_eq!(stored, [(1, NOW, Some(r#"{"$depth":3}"#)), (2, NOW, Some(r#"{"$depth":3}"#))]);
}

#[tokio::test]
async fn a_batch_that_was_decided_on_something_else_is_not_carried_out() {
    let (_folder, store) = store().await;
    let mut batch = batch(&store).await;
    batch.head.epoch += 1;
    batch.lists.insert((1, 1, "VIP".to_string()), true);
    assert!(!store.commit_batch(&batch).await.expect("an answer"));
    let lists: (i64,) = sqlx::query_as("SELECT count(*) FROM lists")
        .fetch_one(&store.readers)
        .await
        .expect("a number");
    assert_eq!(lists, (0,));
}
