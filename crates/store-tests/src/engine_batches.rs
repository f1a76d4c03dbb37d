//! Batches of the engine: what a round decided is carried out as a whole.

use wayfare_domain::engine::entry::{start_event_key, start_event_properties};
use wayfare_store::{
    Stores,
    engine::{EngineBatch, NewStartEvent},
};

use crate::test_project::{NOW, TestProject};

/// An empty batch on what is in the store.
pub(crate) async fn batch_on(stores: &Stores) -> EngineBatch {
    let head = stores.engine.get_engine_state().await.expect("a head");
    EngineBatch { head, cursor: head.cursor, now: NOW, ..EngineBatch::default() }
}

pub async fn a_started_journey_is_an_event_of_ours_for_each_person(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project.said("ada", serde_json::json!({})).await;
    project.said("joe", serde_json::json!({})).await;
    let people = [project.number_of("ada").await, project.number_of("joe").await];
    let number = stores.projects.get_project_key(project.actor.project).await.expect("a number");
    let start = |profile| NewStartEvent {
        project: number,
        profile,
        key: start_event_key("Sale"),
        properties: serde_json::Value::Object(start_event_properties(3)).to_string(),
    };
    let batch = EngineBatch { started: people.map(start).into(), ..batch_on(stores).await };
    assert!(stores.engine.commit_batch(&batch).await.expect("carried out"));
    let events = stores.engine.load_events_after(0, 10).await.expect("events");
    let names = stores.engine_source.load_event_names(0).await.expect("names");
    assert_eq!(names, [(events[0].name, number, "$enter sale".to_string())]);
    let stored: Vec<_> =
        events.iter().map(|event| (event.profile, event.at, event.properties.as_deref())).collect();
    assert_eq!(stored, people.map(|person| (person, NOW, Some(r#"{"$depth":3}"#))));
}
