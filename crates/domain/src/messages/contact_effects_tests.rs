use crate::ids::{MessageKey, ProfileKey, ProjectKey};
use std::collections::HashMap;

use super::*;

const NOW: Timestamp = Timestamp(5_000);
const ADA: ProfileKey = ProfileKey(7);
const BOB: ProfileKey = ProfileKey(8);

fn consent(said: &[(&str, bool)]) -> BTreeMap<String, bool> {
    said.iter().map(|(channel, wanted)| (channel.to_string(), *wanted)).collect()
}

fn ada(said: &[(&str, bool)]) -> BTreeMap<ProfileKey, Contact> {
    let addresses = [("email", "Ada@Example.com"), ("phone", "+49 170 1234567")];
    let addresses = addresses.map(|(key, address)| (key.to_string(), address.to_string())).into();
    [(ADA, Contact { addresses, consent: consent(said) })].into()
}

fn message(channel: Channel) -> MessageFacts {
    MessageFacts { project: ProjectKey(1), profile: Some(ADA), channel: Some(channel) }
}

fn report(kind: MessageEventKind) -> NewMessageEvent {
    NewMessageEvent::new(MessageKey(1), kind, NOW)
}

fn after(
    message: &MessageFacts,
    report: &NewMessageEvent,
    mut people: BTreeMap<ProfileKey, Contact>,
) -> ContactEffects {
    ContactEffects::of_reports(&[(message, report)], &mut people, NOW)
}

fn listed(effects: &ContactEffects) -> Vec<(&str, SuppressionReason)> {
    effects.suppressed.iter().map(|new| (new.address.as_str(), new.cause)).collect()
}

fn number(wanted: bool) -> SmsReply {
    let address = "+491701234567".to_string();
    SmsReply { channel: Channel::Sms, address, wanted, at: NOW }
}

fn answer(wanted: bool, people: BTreeMap<ProfileKey, Contact>) -> ContactEffects {
    ContactEffects::of_reply(ProjectKey(1), AddressKind::Phone, &number(wanted), people)
}

fn recipient(said: &[(&str, bool)]) -> Recipient {
    let Contact { addresses, consent } = ada(said).remove(&ADA).expect("Ada");
    Recipient {
        project: "Shop".to_string(),
        channel: Channel::Email,
        addresses,
        consent,
        suppressed: HashMap::new(),
    }
}

#[test]
fn bounces_and_complaints_suppress_the_present_address_and_leave_consent_alone() {
    for (kind, cause) in [
        (MessageEventKind::Bounced, SuppressionReason::Bounced),
        (MessageEventKind::Complained, SuppressionReason::Complained),
    ] {
        let effects = after(&message(Channel::Email), &report(kind), ada(&[]));
        assert_eq!(listed(&effects), [("ada@example.com", cause)]);
        assert_eq!((effects.consents, effects.changes, effects.withdrawn), Default::default());
    }
}

#[test]
fn a_bounce_that_passes_and_what_is_no_complaint_lead_to_nothing() {
    let passing = NewMessageEvent { is_permanent: false, ..report(MessageEventKind::Bounced) };
    for report in [passing, report(MessageEventKind::Viewed), report(MessageEventKind::Delivered)] {
        let effects = after(&message(Channel::Email), &report, ada(&[]));
        assert_eq!(effects, ContactEffects::default());
    }
}

#[test]
fn an_unsubscription_withdraws_consent_and_suppresses_the_address() {
    let unsubscribed = report(MessageEventKind::Unsubscribed);
    let effects = after(&message(Channel::Email), &unsubscribed, ada(&[]));
    assert_eq!(listed(&effects), [("ada@example.com", SuppressionReason::Unsubscribed)]);
    assert_eq!(effects.withdrawn, [(ADA, Channel::Email)]);
    assert_eq!(effects.consents[0].consent, consent(&[("email", false)]));
    assert_eq!(effects.changes.len(), 1);
}

#[test]
fn an_unsubscription_leaves_a_number_open_that_is_wanted_for_another_channel() {
    let people = ada(&[("whatsapp", true)]);
    let effects = after(&message(Channel::Sms), &report(MessageEventKind::Unsubscribed), people);
    assert_eq!(effects.suppressed, []);
    assert_eq!(effects.consents[0].consent, consent(&[("sms", false), ("whatsapp", true)]));
}

#[test]
fn a_second_unsubscription_is_no_change_of_consent() {
    let people = ada(&[("email", false)]);
    let effects = after(&message(Channel::Email), &report(MessageEventKind::Unsubscribed), people);
    assert_eq!(effects.changes, []);
    assert_eq!(effects.withdrawn, [(ADA, Channel::Email)]);
}

#[test]
fn the_address_that_a_report_names_goes_before_the_present_one() {
    let told = NewMessageEvent {
        address: Some("Old@Example.com".to_string()),
        ..report(MessageEventKind::Bounced)
    };
    let effects = after(&message(Channel::Email), &told, ada(&[]));
    assert_eq!(listed(&effects), [("old@example.com", SuppressionReason::Bounced)]);
}

#[test]
fn of_an_erased_person_only_an_address_that_the_report_names_is_suppressed() {
    let erased = MessageFacts { profile: None, ..message(Channel::Email) };
    let bounced = report(MessageEventKind::Bounced);
    assert_eq!(after(&erased, &bounced, BTreeMap::new()), ContactEffects::default());
    let told = NewMessageEvent { address: Some("a@b.example".to_string()), ..bounced };
    let effects = after(&erased, &told, BTreeMap::new());
    assert_eq!(listed(&effects), [("a@b.example", SuppressionReason::Bounced)]);
}

#[test]
fn what_is_reported_of_the_future_joins_the_list_now() {
    let early = NewMessageEvent { at: NOW.plus(1), ..report(MessageEventKind::Bounced) };
    let late = NewMessageEvent { at: NOW.plus(-1), ..report(MessageEventKind::Bounced) };
    let at = |report| after(&message(Channel::Email), &report, ada(&[])).suppressed[0].at;
    assert_eq!((at(early), at(late)), (NOW, NOW.plus(-1)));
}

#[test]
fn a_stop_counts_for_everybody_who_has_the_number_and_for_the_number() {
    let mut people = ada(&[]);
    people.insert(BOB, people[&ADA].clone());
    let effects = answer(false, people);
    assert_eq!(effects.withdrawn, [(ADA, Channel::Sms), (BOB, Channel::Sms)]);
    assert_eq!(effects.consents.len(), 2);
    assert_eq!(listed(&effects), [("+491701234567", SuppressionReason::Unsubscribed)]);
}

#[test]
fn a_stop_from_a_number_that_no_one_has_is_kept_for_the_number() {
    let effects = answer(false, BTreeMap::new());
    assert_eq!(listed(&effects), [("+491701234567", SuppressionReason::Unsubscribed)]);
    assert_eq!(effects.consents, []);
}

#[test]
fn a_stop_leaves_a_number_open_that_anyone_wants_for_another_channel() {
    let mut people = ada(&[("whatsapp", true)]);
    people.insert(BOB, Contact { consent: BTreeMap::new(), ..people[&ADA].clone() });
    let effects = answer(false, people);
    assert_eq!(effects.suppressed, []);
    assert_eq!(effects.taken_back.len(), 1, "what they said before counts no more");
}

#[test]
fn a_start_gives_consent_and_takes_back_what_they_said_themselves() {
    let effects = answer(true, ada(&[("sms", false)]));
    assert_eq!(effects.consents[0].consent, consent(&[("sms", true)]));
    assert_eq!(
        effects.taken_back,
        [(ProjectKey(1), AddressKind::Phone, "+491701234567".to_string())]
    );
    assert_eq!((effects.suppressed, effects.withdrawn), Default::default());
}

#[test]
fn whoever_wants_no_more_by_a_channel_has_their_address_listed() {
    let (effects, event) =
        recipient(&[]).decide(ProjectKey(1), Some(ADA), &PreferenceUpdate::Unsubscribe, NOW);
    assert_eq!(listed(&effects), [("ada@example.com", SuppressionReason::Unsubscribed)]);
    assert_eq!(effects.withdrawn, [(ADA, Channel::Email)]);
    assert_eq!(event, Some(MessageEventKind::Unsubscribed));
}

#[test]
fn whoever_wants_messages_again_takes_back_what_they_said_and_unsubscribes_from_nothing() {
    let update = PreferenceUpdate::Only(vec![Channel::Email, Channel::Sms]);
    let (effects, event) =
        recipient(&[("email", false)]).decide(ProjectKey(1), Some(ADA), &update, NOW);
    assert_eq!(effects.suppressed, []);
    assert_eq!(effects.taken_back.len(), 2);
    assert_eq!(event, None);
}

#[test]
fn a_choice_that_changes_nothing_writes_no_consent() {
    let before = recipient(&[("email", false)]);
    let (effects, _) = before.decide(ProjectKey(1), Some(ADA), &PreferenceUpdate::Unsubscribe, NOW);
    assert_eq!((&effects.consents[..], &effects.changes[..]), (&[][..], &[][..]));
    assert_eq!(effects.withdrawn, [(ADA, Channel::Email)]);
}

#[test]
fn the_audit_log_spells_out_a_few_people_and_counts_many() {
    let change = |profile| ConsentChange {
        project: ProjectKey(1),
        profile,
        changes: ContactFieldChange::of_consent("sms", None, false).into_iter().collect(),
    };
    let source = ContactSource::Reply;
    let title = source.title();
    assert_eq!(
        audit_summary(&[change(ProfileKey(7))], source),
        format!("profile 7: sms no, {title}")
    );
    assert_eq!(
        audit_summary(&[change(ProfileKey(7)), change(ProfileKey(8))], source),
        format!("profile 7: sms no; profile 8: sms no, {title}")
    );
    let many: Vec<ConsentChange> = (1..=6).map(ProfileKey).map(change).collect();
    assert_eq!(
        audit_summary(&many, source),
        format!("6 people changed their preferences, {title}")
    );
}
