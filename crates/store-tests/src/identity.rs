//! What a store knows of itself: its server, its key, and whether it is held.

use wayfare_domain::hold::{Hold, HoldReason};

use crate::{
    mailing::sms_channel,
    test_project::{NOW, TestProject},
};
use wayfare_store::Stores;

pub async fn a_hold_stays_until_it_is_released_once(stores: &Stores) {
    let project = TestProject::new(stores).await;
    stores.ownership.take_over("test", NOW).await.expect("ours");
    assert_eq!(stores.ownership.confirm_ownership().await.expect("an answer"), None);
    stores.ownership.hold(HoldReason::Requested, NOW).await.expect("held");
    stores.ownership.hold(HoldReason::Requested, NOW.plus(5)).await.expect("held");
    let held = Hold { since: NOW, reason: HoldReason::Requested };
    assert_eq!(stores.ownership.confirm_ownership().await.expect("an answer"), Some(held));
    assert!(stores.ownership.release_hold(&project.actor, NOW).await.expect("released"));
    assert_eq!(stores.ownership.confirm_ownership().await.expect("an answer"), None);
    assert!(!stores.ownership.release_hold(&project.actor, NOW).await.expect("answered"));
}

pub async fn it_is_known_when_a_server_last_ran(stores: &Stores) {
    assert_eq!(stores.ownership.find_last_alive().await.expect("an answer"), None);
    stores.ownership.record_alive(NOW).await.expect("recorded");
    assert_eq!(stores.ownership.find_last_alive().await.expect("an answer"), Some(NOW));
}

pub async fn the_keys_fingerprint_is_kept_and_secrets_depend_on_it(stores: &Stores) {
    let project = TestProject::new(stores).await;
    assert_eq!(stores.ownership.find_key_fingerprint().await.expect("an answer"), None);
    stores.ownership.save_key_fingerprint(&[7; 16]).await.expect("saved");
    assert_eq!(stores.ownership.find_key_fingerprint().await.expect("an answer"), Some([7; 16]));
    assert!(!stores.ownership.depends_on_key().await.expect("an answer"));
    stores.channels.save_channel(&project.actor, &sms_channel(false, 0), NOW).await.expect("saved");
    assert!(stores.ownership.depends_on_key().await.expect("an answer"));
}

pub async fn an_empty_store_is_ready_and_adds_up(stores: &Stores) {
    stores.maintenance.check_ready().await.expect("ready");
    assert!(!stores.maintenance.is_damaged());
    assert_eq!(stores.maintenance.check_consistency().await.expect("checked"), []);
    assert_eq!(stores.projects.list_generations().await.expect("numbers"), []);
}

pub async fn the_first_project_is_made_once_and_known_afterwards(stores: &Stores) {
    let nowhere = stores.projects.get_local_actor().await.expect("an actor").project;
    assert_eq!(stores.journey_transfer.count_journeys(nowhere).await.expect("a count"), 0);
    assert_eq!(
        stores.projects.list_projects(None).await.expect("projects").len(),
        0,
        "nothing was made"
    );
    let first = TestProject::new(stores).await.actor.project;
    assert_eq!(TestProject::new(stores).await.actor.project, first);
    let known = stores.projects.get_local_actor().await.expect("an actor").project;
    assert_eq!(known, first);
    assert_eq!(stores.projects.list_projects(None).await.expect("projects").len(), 1);
}
