//! Segments: kept criteria.

use serde_json::{Value, json};
use wayfare_domain::{
    access::{
        actor::Actor,
        permissions::{Authority, Role},
    },
    graph::criteria::Criteria,
    ids::ProfileKey,
};
use wayfare_store::{StoreError, Stores};

use crate::test_project::{NOW, TestProject, one_step};

fn criteria(value: Value) -> Criteria {
    serde_json::from_value(value).expect("criteria")
}

fn on_plan(plan: &str) -> Criteria {
    criteria(json!({ "property": { "property": "plan", "is": "equals", "value": plan } }))
}

pub async fn a_segment_is_counted_as_people_are_now(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    stores
        .segments
        .save_segment(&project.actor, "Gold", &on_plan("gold"), NOW)
        .await
        .expect("saved");
    let not_gold = Criteria::Not(Box::new(Criteria::InSegment("Gold".to_string())));
    project.said("ada", json!({ "plan": "gold" })).await;
    project.said("joe", json!({ "plan": "free" })).await;
    let count = async |criteria: &Criteria| {
        stores.segments.count_matching_profiles(here, criteria, NOW).await
    };
    let gold = Criteria::InSegment("Gold".to_string());
    assert_eq!(count(&gold).await.expect("a count"), 1);
    assert_eq!(count(&not_gold).await.expect("a count"), 1);
    project.said("joe", json!({ "plan": "gold" })).await;
    assert_eq!(count(&gold).await.expect("a count"), 2);
    let found = stores
        .simulation
        .load_matching_profiles(here, &on_plan("gold"), ProfileKey(0), 10, NOW)
        .await
        .expect("people");
    assert_eq!(found, project.people().await);
}

pub async fn a_segment_of_the_same_name_replaces_the_one_before(stores: &Stores) {
    let project = TestProject::new(stores).await;
    for plan in ["gold", "free"] {
        stores
            .segments
            .save_segment(&project.actor, "Plan", &on_plan(plan), NOW)
            .await
            .expect("saved");
    }
    let segments = stores.segments.list_segments(project.actor.project).await.expect("segments");
    assert_eq!(segments.len(), 1);
    assert_eq!(segments[0].criteria, on_plan("free"));
}

pub async fn a_segment_that_a_journey_asks_for_also_within_another_is_not_a_creators_to_change(
    stores: &Stores,
) {
    let project = TestProject::new(stores).await;
    stores
        .segments
        .save_segment(&project.actor, "Gold", &on_plan("gold"), NOW)
        .await
        .expect("saved");
    let outer = Criteria::Not(Box::new(Criteria::InSegment("Gold".to_string())));
    stores.segments.save_segment(&project.actor, "Others", &outer, NOW).await.expect("saved");
    let entry = json!({ "entry": { "segment": { "name": "Others", "when": { "once": {} } } } });
    project.running(&one_step("Sale", entry, json!({ "force_exit": {} }))).await;
    let creator = Actor { authority: Authority::Role(Role::Creator), ..project.actor.clone() };
    for name in ["Others", "Gold"] {
        let saved = stores.segments.save_segment(&creator, name, &on_plan("free"), NOW).await;
        assert!(matches!(saved, Err(StoreError::Forbidden(_))), "{name}: {saved:?}");
        let deleted = stores.segments.delete_segment(&creator, name, NOW).await;
        assert!(matches!(deleted, Err(StoreError::Forbidden(_))), "{name}: {deleted:?}");
    }
    for actor in [&creator, &project.actor] {
        let saved = stores.segments.save_segment(actor, "Silver", &on_plan("silver"), NOW).await;
        saved.expect("no journey asks for it");
    }
    stores
        .segments
        .save_segment(&project.actor, "Gold", &on_plan("gold"), NOW)
        .await
        .expect("who operates journeys may");
}

pub async fn a_deleted_segment_is_gone(stores: &Stores) {
    let project = TestProject::new(stores).await;
    stores
        .segments
        .save_segment(&project.actor, "Gold", &on_plan("gold"), NOW)
        .await
        .expect("saved");
    stores.segments.delete_segment(&project.actor, "Gold", NOW).await.expect("deleted");
    assert!(
        stores.segments.list_segments(project.actor.project).await.expect("segments").is_empty()
    );
    let again = stores.segments.delete_segment(&project.actor, "Gold", NOW).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
}
