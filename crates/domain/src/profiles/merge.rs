//! Two profiles become one: what the one that goes, `from`, did and is becomes `into`'s.

use crate::ids::{EnrolmentKey, JourneyKey, ProfileKey, VersionKey};
use std::collections::{BTreeMap, HashSet};

use super::{Profile, ingest_record::merge_profiles, profile::Channel};

/// An enrolment of someone who is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEnrolment {
    pub seq: EnrolmentKey,
    pub profile: ProfileKey,
    pub journey: JourneyKey,
    pub version: VersionKey,
    pub node: String,
}

/// What a merge comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct MergePlan {
    /// What `into` is afterwards.
    pub merged: Profile,
    /// Nothing goes out to the profile by the channel any more as it was prepared. All other
    /// messages of both are asked about again.
    pub withdrawn: Vec<(ProfileKey, Channel)>,
    /// These end as force-exited: no one is inside of a journey twice.
    pub ended: Vec<LiveEnrolment>,
}

/// Merges two profiles; `live` are the enrolments of both.
pub fn plan_merge(from: Profile, into: Profile, live: Vec<LiveEnrolment>) -> MergePlan {
    let journeys: HashSet<JourneyKey> = live
        .iter()
        .filter(|enrolment| enrolment.profile == into.seq)
        .map(|enrolment| enrolment.journey)
        .collect();
    let ended = live
        .into_iter()
        .filter(|enrolment| enrolment.profile == from.seq && journeys.contains(&enrolment.journey))
        .collect();
    let consent = both(&from.consent, &into.consent);
    let withdrawn = find_withdrawn(&from, &into, &consent);
    let mut properties = into.properties;
    merge_profiles(&mut properties, from.properties);
    let merged = Profile {
        properties,
        addresses: both(&from.addresses, &into.addresses),
        consent,
        time_zone: into.time_zone.or(from.time_zone),
        ..into
    };
    MergePlan { merged, withdrawn, ended }
}

/// Where both say something, `into` is right.
fn both<T: Clone>(from: &BTreeMap<String, T>, into: &BTreeMap<String, T>) -> BTreeMap<String, T> {
    let mut both = from.clone();
    both.extend(into.iter().map(|(key, value)| (key.clone(), value.clone())));
    both
}

/// Where one of them does not want a channel that the other wanted, nothing of the other goes out
/// by it any more.
fn find_withdrawn(
    from: &Profile,
    into: &Profile,
    consent: &BTreeMap<String, bool>,
) -> Vec<(ProfileKey, Channel)> {
    let unwanted = consent
        .iter()
        .filter(|(_, wanted)| !**wanted)
        .filter_map(|(key, _)| Channel::from_key(key));
    unwanted
        .flat_map(|channel| {
            let wanted = move |profile: &&Profile| profile.wants(channel);
            [from, into].into_iter().filter(wanted).map(move |profile| (profile.seq, channel))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PHONE: ProfileKey = ProfileKey(1);
    const ADA: ProfileKey = ProfileKey(2);

    fn profile(seq: ProfileKey, consent: &[(Channel, bool)]) -> Profile {
        let consent = consent.iter().map(|(channel, wanted)| (channel.key().to_string(), *wanted));
        Profile { seq, consent: consent.collect(), ..Profile::default() }
    }

    fn plan(from: Profile, into: Profile) -> MergePlan {
        plan_merge(from, into, Vec::new())
    }

    #[test]
    fn where_both_say_something_the_one_that_stays_is_right() {
        let mut from = profile(PHONE, &[(Channel::Email, true), (Channel::Sms, true)]);
        let mut into = profile(ADA, &[(Channel::Email, true)]);
        for (profile, email) in [(&mut from, "phone@example.com"), (&mut into, "ada@example.com")] {
            profile.addresses.insert("email".to_string(), email.to_string());
            profile.properties.insert("plan".to_string(), json!(email));
            profile.time_zone = Some(email.to_string());
        }
        from.addresses.insert("phone".to_string(), "+4917012345".to_string());
        from.properties.insert("seats".to_string(), json!(3));
        let merged = plan(from, into).merged;
        assert_eq!(merged.seq, ADA);
        assert_eq!(merged.addresses["email"], "ada@example.com");
        assert_eq!(merged.addresses["phone"], "+4917012345");
        assert_eq!(merged.properties["plan"], json!("ada@example.com"));
        assert_eq!(merged.properties["seats"], json!(3));
        assert_eq!(merged.time_zone.as_deref(), Some("ada@example.com"));
        assert_eq!(merged.consent.len(), 2);
    }

    #[test]
    fn what_only_the_one_that_goes_says_is_kept() {
        let from = Profile { time_zone: Some("Europe/Berlin".to_string()), ..profile(PHONE, &[]) };
        let merged = plan(from, profile(ADA, &[])).merged;
        assert_eq!(merged.time_zone.as_deref(), Some("Europe/Berlin"));
    }

    #[test]
    fn a_refusal_of_the_one_stops_the_messages_of_the_other() {
        let refused = [(Channel::Email, false)];
        let withdrawn =
            |from: &[_], into: &[_]| plan(profile(PHONE, from), profile(ADA, into)).withdrawn;
        assert_eq!(withdrawn(&[], &refused), [(PHONE, Channel::Email)]);
        assert_eq!(withdrawn(&refused, &[]), [(ADA, Channel::Email)]);
        assert_eq!(withdrawn(&refused, &refused), []);
        assert_eq!(withdrawn(&refused, &[(Channel::Email, true)]), [], "who stays is right");
    }

    #[test]
    fn who_would_be_inside_twice_exits_once() {
        let inside = |seq, profile, journey| LiveEnrolment {
            seq: EnrolmentKey(seq),
            profile,
            journey: JourneyKey(journey),
            version: VersionKey(1),
            node: "n".to_string(),
        };
        let live = vec![inside(1, PHONE, 10), inside(2, PHONE, 11), inside(3, ADA, 10)];
        let plan = plan_merge(profile(PHONE, &[]), profile(ADA, &[]), live);
        assert_eq!(plan.ended, [inside(1, PHONE, 10)]);
    }
}
