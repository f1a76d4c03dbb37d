//! What becomes of messages: told once, with what follows for consent and the suppression list.

use serde_json::json;
use wayfare_domain::{
    ids::MessageKey,
    messages::{
        event::MessageEventKind,
        feedback::NewMessageEvent,
        outcome::SendOutcome,
        preferences::PreferenceUpdate,
        provider_webhook::WebhookProvider,
        reply::SmsReply,
        suppression::{AddressKind, SuppressionReason},
    },
    names::ProjectTitle,
    profiles::profile::Channel,
};
use wayfare_store::{
    Stores,
    message_events::InboundBatch,
    outbox::{ChangedFacts, ChangedPerson},
};

use crate::{
    mailing::{Mailing, phone, sent},
    test_project::{NOW, TestProject},
};

/// One person, to whom a message went out; answers its number.
async fn delivered(stores: &Stores) -> (Mailing<'_>, i64) {
    let mailing = Mailing::of_people(stores, 1).await;
    let message = mailing.lease(1, NOW).await.remove(0);
    mailing.record(&message, sent(), NOW).await;
    mailing.project.run(NOW).await;
    (mailing, message.seq.0)
}

async fn report(stores: &Stores, message: i64, kinds: &[MessageEventKind]) -> (u64, ChangedFacts) {
    let event = |(place, kind): (usize, &MessageEventKind)| {
        NewMessageEvent::new(MessageKey(message), *kind, NOW.plus(place as i64))
    };
    let reports = kinds.iter().enumerate().map(event).collect();
    let told = InboundBatch { reports, ..InboundBatch::default() };
    stores.message_events.record_message_events(&[told], NOW).await.expect("written")
}

pub async fn each_thing_becomes_of_a_message_once(stores: &Stores) {
    let (mailing, message) = delivered(stores).await;
    let told = [MessageEventKind::Delivered, MessageEventKind::Delivered];
    assert_eq!(report(stores, message, &told).await.0, 1);
    assert_eq!(report(stores, message, &told).await.0, 0);
    let answers = mailing.messages_to("p0").await.remove(0).answers;
    let delivered = answers.iter().filter(|answer| answer.kind == MessageEventKind::Delivered);
    assert_eq!(delivered.count(), 1);
}

pub async fn who_clicked_has_seen_it(stores: &Stores) {
    let (mailing, message) = delivered(stores).await;
    assert_eq!(report(stores, message, &[MessageEventKind::Clicked]).await.0, 2);
    let answers = mailing.messages_to("p0").await.remove(0).answers;
    assert!(answers.iter().any(|answer| answer.kind == MessageEventKind::Viewed), "{answers:?}");
}

pub async fn what_is_told_of_an_unknown_message_is_left_alone(stores: &Stores) {
    let (_, message) = delivered(stores).await;
    let answer = report(stores, message + 7, &[MessageEventKind::Bounced]).await;
    assert_eq!(answer, (0, ChangedFacts::default()));
}

pub async fn a_request_with_a_receipt_that_was_seen_changes_nothing(stores: &Stores) {
    let (mailing, message) = delivered(stores).await;
    let here = mailing.project.actor.project;
    let told = |kind| InboundBatch {
        reports: vec![NewMessageEvent::new(MessageKey(message), kind, NOW)],
        dedup_key: Some((here, "receipt".to_string())),
        ..InboundBatch::default()
    };
    let first = stores
        .message_events
        .record_message_events(&[told(MessageEventKind::Delivered)], NOW)
        .await
        .expect("written");
    let second = stores
        .message_events
        .record_message_events(&[told(MessageEventKind::Complained)], NOW)
        .await
        .expect("read");
    assert_eq!((first.0, second.0), (1, 0));
    let number = phone(0);
    let listed = stores
        .suppressions
        .find_suppression_reason(here, AddressKind::Phone, &number)
        .await
        .expect("an answer");
    assert_eq!(listed, None);
}

pub async fn an_address_that_bounces_for_good_gets_nothing_any_more(stores: &Stores) {
    let (mailing, message) = delivered(stores).await;
    let here = mailing.project.actor.project;
    let bounced = |is_permanent| InboundBatch {
        reports: vec![NewMessageEvent {
            is_permanent,
            address: Some(phone(0)),
            ..NewMessageEvent::new(MessageKey(message), MessageEventKind::Bounced, NOW)
        }],
        ..InboundBatch::default()
    };
    let (news, changed) =
        stores.message_events.record_message_events(&[bounced(true)], NOW).await.expect("written");
    assert_eq!(news, 1);
    assert_eq!(changed.suppressed.len(), 1, "{changed:?}");
    let why = stores
        .suppressions
        .find_suppression_reason(here, AddressKind::Phone, &phone(0))
        .await
        .expect("an answer");
    let why = why.expect("a reason");
    assert!(why.starts_with(SuppressionReason::Bounced.words()), "{why}");
}

pub async fn a_bounce_that_passes_lists_no_one(stores: &Stores) {
    let (mailing, message) = delivered(stores).await;
    let passing = NewMessageEvent {
        is_permanent: false,
        ..NewMessageEvent::new(MessageKey(message), MessageEventKind::Bounced, NOW)
    };
    let told = InboundBatch { reports: vec![passing], ..InboundBatch::default() };
    let (_, changed) =
        stores.message_events.record_message_events(&[told], NOW).await.expect("written");
    assert_eq!(changed, ChangedFacts::default());
    let here = mailing.project.actor.project;
    let listed = stores
        .suppressions
        .find_suppression_reason(here, AddressKind::Phone, &phone(0))
        .await
        .expect("an answer");
    assert_eq!(listed, None);
}

pub async fn who_answers_stop_gets_nothing_until_they_answer_start(stores: &Stores) {
    let (mailing, _) = delivered(stores).await;
    let project = &mailing.project;
    let here = project.actor.project;
    let reply = async |wanted| {
        let reply = SmsReply { channel: Channel::Sms, address: phone(0), wanted, at: NOW };
        let told = InboundBatch { replies: vec![(here, reply)], ..InboundBatch::default() };
        stores.message_events.record_message_events(&[told], NOW).await.expect("written").1
    };
    let listed = async || {
        stores.suppressions.find_suppression_reason(here, AddressKind::Phone, &phone(0)).await
    };
    let changed = reply(false).await;
    let person = project.number_of("p0").await;
    let withdrawn = ChangedPerson::withdrawn(person, Some(Channel::Sms));
    assert!(changed.people.contains(&withdrawn), "{changed:?}");
    assert!(listed().await.expect("an answer").is_some());
    assert!(project.person("p0").await.consent.contains(&("sms".to_string(), false)));
    reply(true).await;
    assert_eq!(listed().await.expect("an answer"), None);
    assert!(project.person("p0").await.consent.contains(&("sms".to_string(), true)));
}

pub async fn no_one_takes_back_what_was_listed_for_a_graver_reason(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    project.said("p0", json!({ "phone": phone(0) })).await;
    let (kind, addresses) = (AddressKind::Phone, [phone(0)]);
    stores
        .suppressions
        .add_suppressions(&project.actor, kind, &addresses, "asked by post", NOW)
        .await
        .expect("listed");
    for wanted in [false, true] {
        let reply = SmsReply { channel: Channel::Sms, address: phone(0), wanted, at: NOW };
        let told = InboundBatch { replies: vec![(here, reply)], ..InboundBatch::default() };
        stores.message_events.record_message_events(&[told], NOW).await.expect("written");
        let why = stores
            .suppressions
            .find_suppression_reason(here, kind, &phone(0))
            .await
            .expect("an answer");
        let why = why.expect("a reason");
        assert!(why.starts_with(SuppressionReason::ByHand.words()), "{why}");
    }
}

pub async fn who_unsubscribes_on_the_page_of_a_message_is_believed(stores: &Stores) {
    let (mailing, message) = delivered(stores).await;
    let project = &mailing.project;
    let recipient = stores
        .message_events
        .find_recipient(MessageKey(message))
        .await
        .expect("an answer")
        .expect("someone");
    assert_eq!((recipient.channel, &recipient.addresses["phone"]), (Channel::Sms, &phone(0)));
    let wish = PreferenceUpdate::Unsubscribe;
    let changed = stores
        .message_events
        .save_preferences(MessageKey(message), &wish, NOW)
        .await
        .expect("saved");
    let changed = changed.expect("a message");
    let person = project.number_of("p0").await;
    let withdrawn = ChangedPerson::withdrawn(person, Some(Channel::Sms));
    assert!(changed.people.contains(&withdrawn), "{changed:?}");
    assert_eq!(project.person("p0").await.consent, [("sms".to_string(), false)]);
    assert_eq!(
        stores.message_events.find_recipient(MessageKey(message + 7)).await.expect("an answer"),
        None
    );
    let nobody = stores
        .message_events
        .save_preferences(MessageKey(message + 7), &wish, NOW)
        .await
        .expect("an answer");
    assert_eq!(nobody, None);
}

pub async fn messages_are_found_by_their_providers_names_in_their_project(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 1).await;
    let message = mailing.lease(1, NOW).await.remove(0);
    let named = SendOutcome::Sent { provider_id: Some("SM1".to_string()) };
    mailing.record(&message, named, NOW).await;
    let here = mailing.project.actor.project;
    let names = ["SM1".to_string(), "SM2".to_string()];
    let found =
        stores.message_events.load_messages_by_provider_id(here, &names).await.expect("an answer");
    assert_eq!(found, [("SM1".to_string(), message.seq)].into());
    let ours = stores
        .message_events
        .list_messages_of_project(here, &[message.seq, MessageKey(message.seq.0 + 7)])
        .await
        .expect("an answer");
    assert_eq!(ours, [message.seq]);
    let title = ProjectTitle::parse("Shop").expect("a title");
    let actor = &mailing.project.actor;
    let other = stores.projects.create_project(actor, &title, NOW).await.expect("a project");
    assert!(
        stores
            .message_events
            .load_messages_by_provider_id(other, &names)
            .await
            .expect("an answer")
            .is_empty()
    );
    assert!(
        stores
            .message_events
            .list_messages_of_project(other, &[message.seq])
            .await
            .expect("an answer")
            .is_empty()
    );
}

pub async fn a_providers_secret_is_kept_sealed_until_it_is_taken_away(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let (here, provider) = (project.actor.project, WebhookProvider::Twilio);
    let kept = async || {
        stores.webhook_secrets.find_webhook_secret(here, provider).await.expect("an answer")
    };
    assert_eq!(kept().await, None);
    for sealed in [vec![1, 2], vec![3]] {
        let save = stores.webhook_secrets.save_webhook_secret(
            &project.actor,
            provider,
            Some(&sealed),
            NOW,
        );
        save.await.expect("saved");
        assert_eq!(kept().await, Some(sealed));
    }
    let known = stores.webhook_secrets.list_webhook_secrets(here).await.expect("secrets");
    assert_eq!(known.iter().map(|one| one.provider).collect::<Vec<_>>(), [provider]);
    stores
        .webhook_secrets
        .save_webhook_secret(&project.actor, provider, None, NOW)
        .await
        .expect("taken away");
    assert_eq!(kept().await, None);
}
