//! Channels: one state of each, changed by who has seen the last; and frequency caps.

use wayfare_domain::{messages::send_rules::FrequencyCap, profiles::profile::Channel};
use wayfare_store::{
    StoreError, Stores,
    channels::{SaveChannel, SealedSecretUpdate},
};

use crate::{
    mailing::sms_channel,
    test_project::{NOW, TestProject},
};

pub async fn a_channel_that_someone_changed_since_is_not_overwritten(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    let save = async |change: SaveChannel| {
        stores.channels.save_channel(&project.actor, &change, NOW).await
    };
    let kept = async || {
        stores.channels.find_channel(here, Channel::Sms).await.expect("an answer").expect("one")
    };
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
    assert_eq!(stores.channels.list_channels(here).await.expect("channels").len(), 1);
}

pub async fn a_secret_is_kept_replaced_or_removed_as_it_is_said(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    let mut revision = 0;
    for (sealed, then) in [
        (SealedSecretUpdate::Set(vec![1]), Some(vec![1])),
        (SealedSecretUpdate::Keep, Some(vec![1])),
        (SealedSecretUpdate::Set(vec![2]), Some(vec![2])),
        (SealedSecretUpdate::Forget, None),
    ] {
        let change = SaveChannel { sealed, ..sms_channel(true, revision) };
        stores.channels.save_channel(&project.actor, &change, NOW).await.expect("saved");
        let kept = stores
            .channels
            .find_channel(here, Channel::Sms)
            .await
            .expect("an answer")
            .expect("one");
        assert_eq!(kept.sealed, then);
        revision = kept.revision;
    }
}

pub async fn only_live_channels_send(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let number = stores.projects.get_project_key(project.actor.project).await.expect("a number");
    let mut revision = 0;
    for live in [true, false] {
        stores
            .channels
            .save_channel(&project.actor, &sms_channel(live, revision), NOW)
            .await
            .expect("saved");
        let channels = stores.engine_source.load_live_channels().await.expect("channels");
        assert_eq!(channels.contains(&(number, Channel::Sms)), live);
        let active = stores.outbox.list_active_channels().await.expect("channels");
        assert_eq!(active.len(), usize::from(live));
        let kept = stores
            .channels
            .find_channel(project.actor.project, Channel::Sms)
            .await
            .expect("an answer");
        revision = kept.expect("one").revision;
    }
}

pub async fn frequency_caps_are_the_last_that_were_set(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    let cap = |channel, most| FrequencyCap { channel, most, hours: 24 };
    let two = vec![cap(None, 3), cap(Some(Channel::Sms), 1)];
    for caps in [two, vec![cap(Some(Channel::Email), 2)], Vec::new()] {
        stores.channels.set_frequency_caps(&project.actor, &caps, NOW).await.expect("set");
        assert_eq!(stores.channels.list_frequency_caps(here).await.expect("caps"), caps);
        let number = stores.projects.get_project_key(here).await.expect("a number");
        let all = stores.outbox.load_caps_by_project().await.expect("caps");
        assert_eq!(all.get(&number).cloned().unwrap_or_default(), caps);
    }
}
