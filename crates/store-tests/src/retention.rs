//! Retention: what is old goes, and nothing that is still needed; counts stay as they are.

use serde_json::json;
use wayfare_domain::{
    ids::{EnrolmentKey, VersionKey},
    journeys::transition::Action,
    messages::message_status::MessageStatus,
    time::{DAY_MS, Timestamp},
};
use wayfare_store::{
    Stores, engine::EngineBatch, message_events::InboundBatch, profiles::NewImport,
    retention::RetentionCutoff,
};

use crate::{
    engine_batches::batch_on,
    mailing::{Mailing, sent},
    test_project::{NOW, TestProject, one_step},
};

/// Everything that was written at [`NOW`] is old.
const LATER: Timestamp = Timestamp(NOW.0 + 100 * DAY_MS);
const OLD: RetentionCutoff = RetentionCutoff { before: Timestamp(NOW.0 + DAY_MS), now: LATER };
const YOUNG: RetentionCutoff = RetentionCutoff { before: NOW, now: LATER };

/// The engine has looked at every event that there is.
async fn look_at_all(stores: &Stores) {
    let batch = batch_on(stores).await;
    let cursor = batch.head.last_event;
    let kept = EngineBatch { cursor, ..batch };
    assert!(stores.engine.commit_batch(&kept).await.expect("kept"));
}

pub async fn old_events_go_once_the_engine_has_looked_at_them(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project.did(&["ada", "joe"], "Visited", NOW).await;
    let unseen = stores.retention.delete_old_events(OLD, 0, 100).await.expect("looked");
    assert_eq!(unseen.deleted, 0);
    look_at_all(stores).await;
    let young = stores.retention.delete_old_events(YOUNG, 0, 100).await.expect("looked");
    assert_eq!(young.deleted, 0);
    let page = stores.retention.delete_old_events(OLD, 0, 1).await.expect("deleted");
    assert_eq!(page.deleted, 1);
    let next = page.next.expect("more");
    assert_eq!(
        stores.retention.delete_old_events(OLD, next, 100).await.expect("deleted").deleted,
        1
    );
    assert!(stores.engine.load_events_after(0, 10).await.expect("events").is_empty());
}

pub async fn a_deleted_events_number_is_not_given_again(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project.did(&["ada"], "Visited", NOW).await;
    let before = stores.engine.load_events_after(0, 10).await.expect("events")[0].seq;
    look_at_all(stores).await;
    stores.retention.delete_old_events(OLD, 0, 100).await.expect("deleted");
    project.did(&["ada"], "Visited", LATER).await;
    let after = stores.engine.load_events_after(before, 10).await.expect("events");
    assert_eq!(after.len(), 1, "it comes after the cursor");
}

pub async fn messages_with_an_outcome_go_and_those_that_wait_stay(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 3).await;
    let leased = mailing.lease(2, NOW).await;
    mailing.record(&leased[0], sent(), NOW).await;
    mailing.project.run(NOW).await;
    let young = stores.retention.delete_old_messages(YOUNG, 0, 100).await.expect("looked");
    assert_eq!(young.deleted, 0);
    let page = stores.retention.delete_old_messages(OLD, 0, 100).await.expect("deleted");
    assert_eq!(page.deleted, 1);
    let mut states = Vec::new();
    for person in ["p0", "p1", "p2"] {
        states.extend(mailing.messages_to(person).await.iter().map(|message| message.state.code()));
    }
    states.sort_unstable();
    assert_eq!(states, [MessageStatus::Queued.code(), MessageStatus::Sending.code()]);
    mailing.project.adds_up().await;
}

pub async fn cancelled_messages_stay_counted_without_their_rows(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 1).await;
    let journey = [mailing.journey];
    mailing.project.operate(&journey, Action::Stop).await;
    mailing.project.run(NOW).await;
    assert_eq!(
        stores.retention.delete_old_messages(OLD, 0, 100).await.expect("deleted").deleted,
        1
    );
    assert_eq!(mailing.counts().await, (0, 1));
    mailing.project.adds_up().await;
}

pub async fn the_log_of_an_old_enrolment_goes_and_the_enrolment_stays(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let entry = json!({"entry": {"event": {"name": "Signed Up"}}});
    let journey = project.running(&one_step("Welcome", entry, json!({"force_exit": {}}))).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.run(NOW).await;
    let enrolment = project.person("ada").await.enrolments[0].seq;
    let detail = async || {
        stores
            .profiles
            .get_enrolment(project.actor.project, EnrolmentKey(enrolment))
            .await
            .expect("one")
    };
    assert!(!detail().await.steps.is_empty());
    assert_eq!(
        stores
            .retention
            .delete_old_enrolment_logs(YOUNG, EnrolmentKey(0), 100)
            .await
            .expect("looked")
            .deleted,
        0
    );
    assert!(
        stores
            .retention
            .delete_old_enrolment_logs(OLD, EnrolmentKey(0), 100)
            .await
            .expect("deleted")
            .deleted
            > 0
    );
    assert!(detail().await.steps.is_empty());
    assert_eq!(project.stats(journey).await.entered, 1);
    project.adds_up().await;
}

pub async fn why_people_did_not_enter_goes(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let entry = json!({"entry": {"event": {"name": "Signed Up"}}, "reentry": "never"});
    project.running(&one_step("Welcome", entry, json!({"force_exit": {}}))).await;
    project.did(&["ada", "ada"], "Signed Up", NOW).await;
    project.run(NOW).await;
    assert_eq!(
        stores
            .retention
            .delete_old_entry_rejections(YOUNG, VersionKey(0), 100)
            .await
            .expect("looked")
            .deleted,
        0
    );
    assert_eq!(
        stores
            .retention
            .delete_old_entry_rejections(OLD, VersionKey(0), 100)
            .await
            .expect("deleted")
            .deleted,
        1
    );
}

pub async fn accounts_of_imports_and_receipts_go(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    let file = NewImport { file_name: "people.csv".to_string(), list: None, bytes: 1 };
    let done = stores.imports.begin_import(&project.actor, &file, NOW).await.expect("begun");
    stores.imports.finish_import(&project.actor, done, None, NOW).await.expect("done");
    let running = stores.imports.begin_import(&project.actor, &file, NOW).await.expect("begun");
    let told =
        InboundBatch { dedup_key: Some((here, "receipt".to_string())), ..InboundBatch::default() };
    stores.message_events.record_message_events(&[told], NOW).await.expect("written");
    assert_eq!(
        stores
            .retention
            .delete_old_imports_and_dedup_keys(YOUNG, 100)
            .await
            .expect("looked")
            .deleted,
        0
    );
    assert_eq!(
        stores
            .retention
            .delete_old_imports_and_dedup_keys(OLD, 100)
            .await
            .expect("deleted")
            .deleted,
        2
    );
    let left: Vec<_> = stores
        .imports
        .list_imports(here, None)
        .await
        .expect("imports")
        .iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(left, [running]);
}
