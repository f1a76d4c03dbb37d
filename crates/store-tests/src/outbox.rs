//! The outbox: messages are leased, recorded, given back, called off and sent again.

use serde_json::json;
use wayfare_domain::{
    engine::time_zones::UtcOnly,
    ids::{MessageKey, ProfileKey},
    journeys::transition::Action,
    messages::{
        failed::{FailedMessage, FailedMessageQuery},
        message_status::MessageStatus,
        outcome::{FixedReason, OutcomeReason, SendOutcome},
        send_rules::{
            FrequencyCap, LocalClock, POSTPONED_MAX_MS, SendContext, SendDecision, SendRuleReason,
            check_before_send, got_before,
        },
        suppression::{AddressKind, SuppressionReason},
    },
    names::JourneyName,
    profiles::profile::Channel,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
    versions::PreviousVersionPolicy,
};
use wayfare_store::{StoreError, Stores, engine::ProfileNeeds, outbox::LeasedMessage};

use crate::{
    mailing::{Mailing, failed, phone, quotas, result, sent, sms_channel, sms_quota},
    test_project::{NOW, document},
};

pub async fn what_waits_is_listed_by_journey_and_channel(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 3).await;
    let queues = stores.outbox.list_queues().await.expect("queues");
    let [queue] = queues.as_slice() else { panic!("{queues:?}") };
    assert_eq!((queue.channel, queue.endpoint.as_str()), (Channel::Sms, ""));
    assert!(queue.due_at <= NOW);
    let load = stores.outbox.get_outbox_depth(mailing.project.actor.project).await.expect("a load");
    assert_eq!(load.waiting, [(Channel::Sms, 3)].into());
    let names = stores.outbox.load_version_names(&[queue.version]).await.expect("names");
    assert_eq!(names[&queue.version].journey_name, "Welcome");
}

/// What the dispatcher knows of versions holds as long as the definitions' epoch.
pub async fn another_name_of_what_is_published_is_read_anew(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 1).await;
    let (actor, journey) = (&mailing.project.actor, mailing.journey);
    let epoch = async || stores.engine.get_engine_state().await.expect("a state").definitions_epoch;
    let name = |text: &str| JourneyName::parse(text).expect("a name");
    let first = epoch().await;
    let renamed =
        stores.journeys.rename_journey(actor, journey, &name("Hello"), NOW).await.expect("renamed");
    let second = epoch().await;
    assert!(second > first, "{second} after {first}");
    stores.journeys.undo_operation(actor, renamed.report.id, NOW).await.expect("undone");
    let third = epoch().await;
    assert!(third > second, "{third} after {second}");
    stores.journeys.rename_journey(actor, journey, &name("Welcome"), NOW).await.expect("as it is");
    let draft =
        stores.journeys.create_journey(actor, &document("Draft"), NOW).await.expect("created");
    stores.journeys.rename_journey(actor, draft, &name("Plan"), NOW).await.expect("renamed");
    assert_eq!(epoch().await, third, "no published name is another one");
}

pub async fn as_many_are_leased_as_are_asked_for(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 3).await;
    assert_eq!(mailing.lease(2, NOW).await.len(), 2);
    assert_eq!(mailing.status("p0").await, MessageStatus::Sending);
    assert_eq!(mailing.lease(2, NOW).await.len(), 1);
    assert_eq!(mailing.lease(2, NOW).await, []);
}

pub async fn a_message_that_is_tried_again_is_not_leased_before_its_time(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 1).await;
    let first = mailing.lease(1, NOW).await.remove(0);
    let later = NOW.plus(10 * MINUTE_MS);
    let reason = Some(OutcomeReason::Reported("busy".to_string()));
    let retry = SendOutcome::Retry { at: later, reason, tried: true };
    mailing.record(&first, retry, NOW).await;
    assert_eq!(mailing.status("p0").await, MessageStatus::Queued);
    assert_eq!(mailing.lease(1, later.plus(-1)).await, []);
    let second = mailing.lease(1, later).await.remove(0);
    assert_eq!((second.seq, second.attempts), (first.seq, 1));
    mailing.project.adds_up().await;
}

pub async fn who_got_their_message_moves_on(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 1).await;
    let message = mailing.lease(1, NOW).await.remove(0);
    assert_eq!(mailing.counts().await, (1, 0));
    mailing.record(&message, sent(), NOW).await;
    assert_eq!(mailing.counts().await, (0, 0));
    assert_eq!(mailing.project.stats(mailing.journey).await.inside, 1);
    mailing.project.run(NOW).await;
    let stats = mailing.project.stats(mailing.journey).await;
    assert_eq!((stats.inside, stats.completed), (0, 1));
    assert_eq!(mailing.status("p0").await, MessageStatus::Sent);
    mailing.project.adds_up().await;
}

pub async fn what_was_recorded_and_what_is_leased_is_one_change(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 2).await;
    let first = mailing.lease(1, NOW).await.remove(0);
    let quotas = quotas(stores, 1).await;
    let next = stores.outbox.record_and_lease(&[result(&first, sent())], &quotas, NOW).await;
    let next = next.expect("recorded and leased");
    assert_eq!(next.len(), 1);
    assert_ne!(next[0].seq, first.seq);
    assert_eq!(mailing.counts().await, (1, 0));
}

pub async fn what_was_with_a_sender_when_the_server_died_waits_again(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 2).await;
    let leased = mailing.lease(1, NOW).await.remove(0);
    assert_eq!(stores.outbox.requeue_leased(&[], NOW).await.expect("requeued"), 1);
    assert_eq!(stores.outbox.requeue_leased(&[], NOW).await.expect("requeued"), 0);
    let load = stores.outbox.get_outbox_depth(mailing.project.actor.project).await.expect("a load");
    assert_eq!((load.waiting[&Channel::Sms], load.doubts), (2, 1));
    let again: Vec<MessageKey> =
        mailing.lease(5, NOW).await.iter().map(|message| message.seq).collect();
    assert!(again.contains(&leased.seq) && again.len() == 2, "{again:?}");
    mailing.project.adds_up().await;
}

pub async fn what_was_put_off_while_the_clock_was_ahead_is_due_at_the_next_start(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 2).await;
    let [long, too_long] = mailing.lease(2, NOW).await.try_into().expect("two messages");
    for (message, by) in [(&long, POSTPONED_MAX_MS), (&too_long, POSTPONED_MAX_MS + 1)] {
        let retry = SendOutcome::Retry { at: NOW.plus(by), reason: None, tried: true };
        mailing.record(message, retry, NOW).await;
    }
    assert_eq!(mailing.lease(2, NOW).await, []);
    assert_eq!(stores.outbox.requeue_leased(&[], NOW).await.expect("requeued"), 0);
    let due: Vec<MessageKey> =
        mailing.lease(2, NOW).await.iter().map(|message| message.seq).collect();
    assert_eq!(due, [too_long.seq]);
}

pub async fn nothing_is_leased_once_a_stop_was_answered(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 2).await;
    let in_hand = mailing.lease(1, NOW).await.remove(0);
    let stopped = mailing.project.operate(&[mailing.journey], Action::Stop).await;
    assert_eq!(stopped.report.cancelled_messages, 2);
    let closed = stores.outbox.load_stopped_versions(&[in_hand.version]).await.expect("versions");
    assert!(closed.contains(&in_hand.version));
    let leased = stores.outbox.record_and_lease(&[], &[sms_quota(&in_hand)], NOW).await;
    assert_eq!(leased.expect("an answer"), []);
    assert_eq!(stores.outbox.list_queues().await.expect("queues"), []);
    mailing.project.run(NOW).await;
    mailing.project.adds_up().await;
}

pub async fn a_retry_in_a_journey_that_was_stopped_is_cancelled_and_was_counted_before(
    stores: &Stores,
) {
    let mailing = Mailing::of_people(stores, 1).await;
    let in_hand = mailing.lease(1, NOW).await.remove(0);
    mailing.project.operate(&[mailing.journey], Action::Stop).await;
    assert_eq!(mailing.counts().await, (0, 1));
    mailing.record(&in_hand, SendOutcome::untouched(NOW), NOW).await;
    assert_eq!(mailing.status("p0").await, MessageStatus::Cancelled);
    assert_eq!(mailing.counts().await, (0, 1));
    mailing.project.run(NOW).await;
    mailing.project.adds_up().await;
}

pub async fn what_went_out_although_its_journey_was_stopped_counts_as_sent(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 1).await;
    let in_hand = mailing.lease(1, NOW).await.remove(0);
    mailing.project.operate(&[mailing.journey], Action::Stop).await;
    mailing.record(&in_hand, sent(), NOW).await;
    assert_eq!(mailing.status("p0").await, MessageStatus::Sent);
    assert_eq!(mailing.counts().await, (0, 0));
    mailing.project.run(NOW).await;
    mailing.project.adds_up().await;
}

pub async fn nothing_is_leased_of_a_channel_that_was_changed_or_switched_off(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 2).await;
    let project = &mailing.project;
    let seen_before = mailing.quotas(1).await;
    stores.channels.save_channel(&project.actor, &sms_channel(true, 1), NOW).await.expect("saved");
    let leased = stores.outbox.record_and_lease(&[], &seen_before, NOW).await.expect("an answer");
    assert_eq!(leased, []);
    assert_eq!(mailing.lease(1, NOW).await.len(), 1);
    let live = mailing.quotas(1).await;
    let revision = live[0].revision;
    stores
        .channels
        .save_channel(&project.actor, &sms_channel(false, revision), NOW)
        .await
        .expect("saved");
    for revision in [revision, revision + 1] {
        let mut quota = live[0].clone();
        quota.revision = revision;
        assert_eq!(
            stores.outbox.record_and_lease(&[], &[quota], NOW).await.expect("an answer"),
            []
        );
    }
}

pub async fn a_message_to_someone_who_has_left_is_cancelled_says_so_and_counts_so(stores: &Stores) {
    let goals = json!({"goals": [{"name": "Order", "event": {"name": "Ordered"}}]});
    let mailing = Mailing::with(stores, goals).await;
    mailing.sign_up(1).await;
    mailing.project.did(&["p0"], "Ordered", NOW.plus(1)).await;
    mailing.project.run(NOW.plus(1)).await;
    assert_eq!(mailing.project.stats(mailing.journey).await.converted, 1);
    assert_eq!(mailing.lease(1, NOW.plus(1)).await, []);
    let message = mailing.messages_to("p0").await.remove(0);
    assert_eq!(message.state, MessageStatus::Cancelled);
    assert_eq!(message.reason, FixedReason::LeftJourney.text());
    assert_eq!(mailing.counts().await, (0, 1));
    mailing.project.adds_up().await;
}

pub async fn what_failed_is_listed_and_can_be_sent_again(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 2).await;
    let project = &mailing.project;
    for message in mailing.lease(2, NOW).await {
        mailing.record(&message, failed(), NOW).await;
    }
    let query = FailedMessageQuery::default();
    let page = stores
        .failed_messages
        .get_failed_message_page(project.actor.project, &query)
        .await
        .expect("a page");
    assert_eq!((page.rows.len(), page.total), (2, 2));
    assert_eq!(page.reasons, [("no such number".to_string(), 2)]);
    let chosen = [MessageKey(page.rows[0].number)];
    let resent = stores
        .failed_messages
        .resend_messages(&project.actor, &query, &chosen, NOW)
        .await
        .expect("resent");
    assert_eq!(resent, 1);
    assert_eq!(mailing.counts().await, (1, 0));
    assert_eq!(mailing.lease(5, NOW).await[0].seq, chosen[0]);
    let again = stores.failed_messages.resend_messages(&project.actor, &query, &chosen, NOW).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
    mailing.project.run(NOW).await;
    mailing.project.adds_up().await;
}

pub async fn what_the_page_offers_to_resend_is_what_is_resent(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 3).await;
    let project = &mailing.project;
    for message in mailing.lease(3, NOW).await {
        mailing.record(&message, failed(), NOW).await;
    }
    let erased = project.number_of("p1").await;
    stores
        .profiles
        .delete_profile(&project.actor, ProfileKey(erased.0), NOW)
        .await
        .expect("erased");
    let query = FailedMessageQuery::default();
    let offered = async || {
        let page = stores
            .failed_messages
            .get_failed_message_page(project.actor.project, &query)
            .await
            .expect("a page");
        page.rows.iter().filter(|row| FailedMessage::may_be_resent(row)).count() as i64
    };
    assert_eq!(offered().await, 2);
    project.operate(&[mailing.journey], Action::Stop).await;
    assert_eq!(offered().await, 0);
    let resent = stores
        .failed_messages
        .resend_messages(&project.actor, &query, &[], NOW)
        .await
        .expect("resent");
    assert_eq!(resent, 0);
}

pub async fn an_address_that_does_not_exist_is_listed(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 1).await;
    let here = mailing.project.actor.project;
    let message = mailing.lease(1, NOW).await.remove(0);
    let dead = SendOutcome::Failed {
        reason: OutcomeReason::Reported("no such number".to_string()),
        dead_address: Some((AddressKind::Phone, phone(0))),
    };
    mailing.record(&message, dead, NOW).await;
    let why = stores
        .suppressions
        .find_suppression_reason(here, AddressKind::Phone, &phone(0))
        .await
        .expect("an answer");
    let why = why.expect("a reason");
    assert!(why.starts_with(SuppressionReason::Bounced.words()), "{why}");
    let address = (message.project, AddressKind::Phone, phone(0));
    let facts = stores.outbox.load_send_facts(std::slice::from_ref(&address), &[], NOW).await;
    assert_eq!(facts.expect("facts").suppressed.get(&address), Some(&why));
}

/// What the send rules say of a message to someone who got others lately.
async fn decision(stores: &Stores, message: &LeasedMessage, now: Timestamp) -> SendDecision {
    let person = message.profile;
    let needs = ProfileNeeds { profile: true, ..ProfileNeeds::default() };
    let people = stores.engine_source.load_profiles(&[person], &needs).await.expect("people");
    let facts =
        stores.outbox.load_send_facts(&[], &[person], now.plus(-31 * DAY_MS)).await.expect("facts");
    let recent = facts.recent.get(&person).map(Vec::as_slice).unwrap_or_default();
    let recent = got_before(message.seq, recent, now);
    let caps = stores
        .outbox
        .load_caps_by_project()
        .await
        .expect("caps")
        .remove(&message.project)
        .unwrap_or_default();
    let context = SendContext {
        usable: true,
        suppressed: None,
        caps: &caps,
        recent: &recent,
        ignore_caps: false,
    };
    let clock = LocalClock { calendar: &UtcOnly, zone: "UTC", now };
    check_before_send(&people[&person], message.channel, None, None, clock, &context)
}

pub async fn a_frequency_cap_counts_what_was_sent_and_what_is_with_a_sender(stores: &Stores) {
    let mailing = Mailing::with(stores, json!({"reentry": "after_exit"})).await;
    let project = &mailing.project;
    let cap = FrequencyCap { channel: Some(Channel::Sms), most: 1, hours: 24 };
    stores.channels.set_frequency_caps(&project.actor, &[cap], NOW).await.expect("set");
    mailing.sign_up(1).await;
    let first = mailing.lease(1, NOW).await.remove(0);
    assert_eq!(decision(stores, &first, NOW).await, SendDecision::Send);
    mailing.record(&first, sent(), NOW).await;
    project.run(NOW).await;
    let later = NOW.plus(HOUR_MS);
    project.did(&["p0"], "Signed Up", later).await;
    project.run(later).await;
    let second = mailing.lease(1, later).await.remove(0);
    let capped = SendDecision::Skip(SendRuleReason::CapReached(cap));
    assert_eq!(decision(stores, &second, later).await, capped);
    let a_day_later = NOW.plus(25 * HOUR_MS);
    assert_eq!(decision(stores, &second, a_day_later).await, SendDecision::Send);
    let facts =
        stores.outbox.load_send_facts(&[], &[first.profile], NOW.plus(-1)).await.expect("facts");
    let mut recent = facts.recent[&first.profile].clone();
    recent.sort_by_key(|(_, message, _)| *message);
    let sms = Channel::Sms;
    assert_eq!(recent, [(sms, first.seq, Some(NOW)), (sms, second.seq, None)]);
}

pub async fn people_who_leave_with_a_new_version_take_their_messages_along(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 2).await;
    let project = &mailing.project;
    let draft = project.begin(mailing.journey).await;
    let leaves = PreviousVersionPolicy::ExitEnrolments;
    project.publish(mailing.journey, draft, leaves).await.expect("published");
    assert_eq!(stores.outbox.list_queues().await.expect("queues"), []);
    let older = project.versions(mailing.journey).await.remove(1).figures;
    assert_eq!((older.inside, older.version_exit), (0, 2));
    assert_eq!((older.queued, older.cancelled), (0, 2));
    project.run(NOW.plus(1)).await;
    assert_eq!(mailing.status("p1").await, MessageStatus::Cancelled);
    project.adds_up().await;
}
