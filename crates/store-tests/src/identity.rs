//! What a store knows of itself: its server, its key, and whether it is held.

use wayfare_domain::hold::{Hold, HoldReason};

use crate::{
    AnyStore,
    mailing::sms_channel,
    test_project::{NOW, TestProject},
};

pub async fn a_hold_stays_until_it_is_released_once(store: &impl AnyStore) {
    let project = TestProject::new(store).await;
    store.take_over("test", NOW).await.expect("ours");
    assert_eq!(store.look_at_identity().await.expect("an answer"), None);
    store.hold(HoldReason::Requested, NOW).await.expect("held");
    store.hold(HoldReason::Requested, NOW.plus(5)).await.expect("held");
    let held = Hold { since: NOW, reason: HoldReason::Requested };
    assert_eq!(store.look_at_identity().await.expect("an answer"), Some(held));
    assert!(store.release_hold(&project.actor, NOW).await.expect("released"));
    assert_eq!(store.look_at_identity().await.expect("an answer"), None);
    assert!(!store.release_hold(&project.actor, NOW).await.expect("answered"));
}

pub async fn the_keys_fingerprint_is_kept_and_secrets_depend_on_it(store: &impl AnyStore) {
    let project = TestProject::new(store).await;
    assert_eq!(store.key_fingerprint().await.expect("an answer"), None);
    store.save_key_fingerprint(&[7; 16]).await.expect("saved");
    assert_eq!(store.key_fingerprint().await.expect("an answer"), Some([7; 16]));
    assert!(!store.depends_on_key().await.expect("an answer"));
    store.save_channel(&project.actor, &sms_channel(false, 0), NOW).await.expect("saved");
    assert!(store.depends_on_key().await.expect("an answer"));
}

pub async fn an_empty_store_is_ready_and_adds_up(store: &impl AnyStore) {
    store.ready().await.expect("ready");
    assert!(!store.is_damaged());
    assert_eq!(store.check().await.expect("checked"), []);
    assert_eq!(store.generations().await.expect("numbers"), []);
}

pub async fn the_first_project_is_made_once_and_known_afterwards(store: &impl AnyStore) {
    let nowhere = store.known_local_actor().await.expect("an actor").project;
    assert_eq!(store.journey_count(nowhere).await.expect("a count"), 0);
    assert_eq!(store.projects(None).await.expect("projects").len(), 0, "nothing was made");
    let first = TestProject::new(store).await.actor.project;
    assert_eq!(TestProject::new(store).await.actor.project, first);
    let known = store.known_local_actor().await.expect("an actor").project;
    assert_eq!(known, first);
    assert_eq!(store.projects(None).await.expect("projects").len(), 1);
}
