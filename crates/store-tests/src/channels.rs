//! Channels: one state of each, changed by who has seen the last; and frequency caps.

use wayfare_domain::{messages::send_rules::FrequencyCap, profiles::profile::Channel};
use wayfare_store::{
    StoreError,
    channels::{SaveChannel, SealedSecretUpdate},
};

use crate::{
    AnyStore,
    mailing::sms_channel,
    test_project::{NOW, TestProject},
};

pub async fn a_channel_that_someone_changed_since_is_not_overwritten(store: &impl AnyStore) {
    let project = TestProject::new(store).await;
    let here = project.actor.project;
    let save = async |change: SaveChannel| store.save_channel(&project.actor, &change, NOW).await;
    let kept = async || store.channel(here, Channel::Sms).await.expect("an answer").expect("one");
    save(sms_channel(true, 0)).await.expect("saved");
    let first = kept().await;
    save(sms_channel(false, first.revision)).await.expect("saved");
    let second = kept().await;
    assert!(!second.live && second.revision != first.revision);
    for revision in [first.revision, 0] {
        let stale = save(sms_channel(true, revision)).await;
        assert!(matches!(stale, Err(StoreError::RevisionChanged { .. })), "{stale:?}");
    }
    let third = kept().await;
    assert_eq!((third.live, third.revision), (second.live, second.revision));
    assert_eq!(store.channels(here).await.expect("channels").len(), 1);
}

pub async fn a_secret_is_kept_replaced_or_removed_as_it_is_said(store: &impl AnyStore) {
    let project = TestProject::new(store).await;
    let here = project.actor.project;
    let mut revision = 0;
    for (sealed, then) in [
        (SealedSecretUpdate::Set(vec![1]), Some(vec![1])),
        (SealedSecretUpdate::Keep, Some(vec![1])),
        (SealedSecretUpdate::Set(vec![2]), Some(vec![2])),
        (SealedSecretUpdate::Forget, None),
    ] {
        let change = SaveChannel { sealed, ..sms_channel(true, revision) };
        store.save_channel(&project.actor, &change, NOW).await.expect("saved");
        let kept = store.channel(here, Channel::Sms).await.expect("an answer").expect("one");
        assert_eq!(kept.sealed, then);
        revision = kept.revision;
    }
}

pub async fn only_live_channels_send(store: &impl AnyStore) {
    let project = TestProject::new(store).await;
    let number = store.project_number(project.actor.project).await.expect("a number");
    let mut revision = 0;
    for live in [true, false] {
        store.save_channel(&project.actor, &sms_channel(live, revision), NOW).await.expect("saved");
        let channels = store.live_channels().await.expect("channels");
        assert_eq!(channels.contains(&(number, Channel::Sms)), live);
        let active = store.active_channels().await.expect("channels");
        assert_eq!(active.len(), usize::from(live));
        let kept = store.channel(project.actor.project, Channel::Sms).await.expect("an answer");
        revision = kept.expect("one").revision;
    }
}

pub async fn frequency_caps_are_the_last_that_were_set(store: &impl AnyStore) {
    let project = TestProject::new(store).await;
    let here = project.actor.project;
    let cap = |channel, most| FrequencyCap { channel, most, hours: 24 };
    let two = vec![cap(None, 3), cap(Some(Channel::Sms), 1)];
    for caps in [two, vec![cap(Some(Channel::Email), 2)], Vec::new()] {
        store.set_frequency_caps(&project.actor, &caps, NOW).await.expect("set");
        assert_eq!(store.frequency_caps(here).await.expect("caps"), caps);
        let number = store.project_number(here).await.expect("a number");
        let all = store.all_caps().await.expect("caps");
        assert_eq!(all.get(&number).cloned().unwrap_or_default(), caps);
    }
}
