use super::*;
use crate::{
    ids::{ProfileKey, ProjectId, ProjectKey, UserId},
    profiles::{
        ingest_record::{IngestRecord, ProfileUpdate, RecordPayload},
        sender::{RecordSource, Sender},
    },
};

const PROJECT: ProjectKey = ProjectKey(1);
/// The last number that was given to a profile.
const LAST: ProfileKey = ProfileKey(100);
const ADA: ProfileKey = ProfileKey(7);
const PHONE: ProfileKey = ProfileKey(8);
/// The first and the second that are made.
const NEW: ProfileKey = ProfileKey(101);
const NEXT: ProfileKey = ProfileKey(102);

/// A record about an identity, an anonymous id, or both.
fn record(identity: &str, anonymous: &str) -> IngestRecord {
    let named = |text: &str| (!text.is_empty()).then(|| text.to_string());
    let who = ProfileRef { identity: named(identity), anonymous: named(anonymous) };
    IngestRecord { who, what: RecordPayload::Change(ProfileUpdate::default()) }
}

fn batch(trust: TrustLevel, records: &[(&str, &str)]) -> Batch {
    let nil = uuid::Uuid::nil();
    let sender = Sender { trust, ..Sender::trusted(UserId(nil), RecordSource::Api) };
    let records = records.iter().map(|(identity, anonymous)| record(identity, anonymous));
    Batch { project: ProjectId(nil), sender, records: records.collect() }
}

fn identity(text: &str) -> Identifier<'_> {
    Identifier { project: PROJECT, kind: IdentifierKind::Identity, text }
}

fn anonymous(text: &str) -> Identifier<'_> {
    Identifier { project: PROJECT, kind: IdentifierKind::Anonymous, text }
}

/// Ada has an identity; the phone is a profile without one.
fn known() -> KnownIdentifiers<'static> {
    KnownIdentifiers {
        owners: HashMap::from([(identity("ada"), ADA), (anonymous("phone"), PHONE)]),
        identified: HashSet::from([ADA]),
        of_browser: HashSet::new(),
    }
}

fn resolved(batch: &Batch) -> ResolvedProfiles<'_> {
    resolve_profiles(&[(PROJECT, batch)], known(), LAST)
}

fn profiles(resolved: &ResolvedProfiles<'_>) -> Vec<ProfileKey> {
    resolved.found.iter().map(|found| found.profile).collect()
}

#[test]
fn a_name_that_no_one_has_makes_a_new_profile_once() {
    let batch = batch(TrustLevel::Full, &[("bo", ""), ("bo", ""), ("", "tablet")]);
    let resolved = resolved(&batch);
    assert_eq!(profiles(&resolved), [NEW, NEW, NEXT]);
    assert_eq!(resolved.new, [(NEW, PROJECT), (NEXT, PROJECT)]);
    assert_eq!(resolved.identities, HashMap::from([(NEW, "bo")]));
}

#[test]
fn an_anonymous_profile_that_is_identified_becomes_that_person() {
    let batch = batch(TrustLevel::Full, &[("bo", "phone")]);
    let resolved = resolved(&batch);
    assert_eq!(profiles(&resolved), [PHONE]);
    assert_eq!(resolved.identities, HashMap::from([(PHONE, "bo")]));
    assert_eq!(resolved.names, HashMap::from([(identity("bo"), PHONE)]));
    assert!(resolved.new.is_empty() && resolved.merges.is_empty());
}

#[test]
fn two_profiles_of_which_the_anonymous_one_has_no_identity_are_merged() {
    let batch = batch(TrustLevel::Full, &[("", "phone"), ("ada", "phone"), ("", "phone")]);
    let resolved = resolved(&batch);
    assert_eq!(profiles(&resolved), [PHONE, ADA, ADA]);
    assert_eq!(resolved.merges, [(PHONE, ADA)]);
}

#[test]
fn a_record_from_before_a_merge_is_about_whoever_is_left() {
    let batch = batch(TrustLevel::Full, &[("", "phone"), ("ada", "phone")]);
    let resolved = resolved(&batch);
    let found = resolved.after_merges(resolved.found[0], 0);
    assert_eq!(found, FoundProfile { profile: ADA, is_known: true });
}

#[test]
fn only_whoever_was_merged_is_someone_else_afterwards() {
    let batch = batch(
        TrustLevel::Full,
        &[("", "phone"), ("", "tablet"), ("bo", "tablet"), ("ada", "phone")],
    );
    let resolved = resolved(&batch);
    let ends: Vec<ProfileKey> =
        resolved.found.iter().map(|found| resolved.after_merges(*found, 0).profile).collect();
    assert_eq!(ends, [ADA, NEW, NEW, ADA]);
}

#[test]
fn a_shared_device_passes_to_whoever_uses_it_now() {
    let batch = batch(TrustLevel::Full, &[("ada", "tablet"), ("bo", "tablet"), ("", "tablet")]);
    let resolved = resolved(&batch);
    assert_eq!(profiles(&resolved), [ADA, NEW, NEW]);
    assert_eq!(resolved.names.get(&anonymous("tablet")), Some(&NEW));
    assert!(resolved.merges.is_empty(), "what was done before stays where it was");
}

#[test]
fn a_browser_joins_no_one_to_a_known_person() {
    let batch = batch(TrustLevel::Browser, &[("ada", "phone"), ("ada", "tablet")]);
    let resolved = resolved(&batch);
    assert_eq!(profiles(&resolved), [ADA, ADA]);
    assert!(resolved.merges.is_empty() && resolved.names.is_empty());
    assert_eq!(resolved.of_browser, HashSet::from([ADA]));
}

#[test]
fn a_browser_takes_no_device_from_another_person() {
    let known = KnownIdentifiers {
        owners: HashMap::from([(anonymous("tablet"), ADA)]),
        identified: HashSet::from([ADA]),
        ..KnownIdentifiers::default()
    };
    let batch = batch(TrustLevel::Browser, &[("bo", "tablet")]);
    let resolved = resolve_profiles(&[(PROJECT, &batch)], known, LAST);
    assert_eq!(profiles(&resolved), [NEW]);
    assert_eq!(resolved.names, HashMap::from([(identity("bo"), NEW)]));
}

#[test]
fn a_browser_may_name_whoever_it_has_just_identified() {
    let batch = batch(TrustLevel::Browser, &[("bo", "phone"), ("bo", "tablet")]);
    let resolved = resolved(&batch);
    assert_eq!(profiles(&resolved), [PHONE, PHONE]);
    assert_eq!(resolved.names.get(&anonymous("tablet")), Some(&PHONE));
    assert!(resolved.found.iter().all(|found| !found.is_known));
}

#[test]
fn whoever_got_an_identity_in_an_earlier_batch_is_known_in_a_later_one() {
    let [first, second] = [(); 2].map(|()| batch(TrustLevel::Browser, &[("bo", "")]));
    let resolved = resolve_profiles(&[(PROJECT, &first), (PROJECT, &second)], known(), LAST);
    let is_known: Vec<bool> = resolved.found.iter().map(|found| found.is_known).collect();
    assert_eq!(is_known, [false, true]);
}

#[test]
fn projects_have_names_of_their_own() {
    let batch = batch(TrustLevel::Full, &[("ada", "")]);
    let other = ProjectKey(2);
    let resolved = resolve_profiles(&[(other, &batch)], known(), LAST);
    assert_eq!(resolved.new, [(NEW, other)]);
}
