//! Records with the people that they are about, and as much of them as their senders may say.

use crate::ids::{ProfileKey, ProjectKey};
use std::borrow::Cow;

use super::{
    identity::ResolvedProfiles,
    ingest_record::{IngestRecord, RecordPayload},
    sender::{Batch, Ignored, IgnoredReason, Sender, TrustLevel, of_known_person},
};

/// A record with the person that it is about, and as much of it as its sender may say.
#[derive(Debug)]
pub struct ResolvedRecord<'a> {
    pub project: ProjectKey,
    pub profile: ProfileKey,
    /// The place of its batch, and whose that is.
    pub batch: usize,
    pub sender: Sender,
    /// Its own place in the batch.
    pub place: usize,
    /// A trusted sender names somebody of whom a browser said something.
    pub naming: Option<Naming>,
    pub what: Cow<'a, RecordPayload>,
}

/// How a trusted sender names somebody of whom a browser said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By an identity that they had already: it may be a browser that gave it to them.
    Squatted,
    /// It gives the identity to a device that it knows.
    Joined,
}

/// Gives each record to its person, and takes out of it what its sender may not say of them: that
/// is answered by batch.
pub fn resolve_records<'a>(
    batches: &[(ProjectKey, &'a Batch)],
    resolved: &ResolvedProfiles<'_>,
) -> (Vec<ResolvedRecord<'a>>, Vec<Vec<Ignored>>) {
    let mut records = Vec::with_capacity(resolved.found.len());
    let mut all_ignored = Vec::with_capacity(batches.len());
    let mut found = resolved.found.iter();
    for (number, (project, batch)) in batches.iter().enumerate() {
        let mut ignored = Vec::new();
        for ((place, record), first) in batch.records.iter().enumerate().zip(&mut found) {
            let last = resolved.after_merges(*first, number);
            let is_limited = last.is_known && batch.sender.trust == TrustLevel::Browser;
            let (what, fields) = said_by(record, is_limited);
            if !fields.is_empty() {
                let reason = IgnoredReason::BrowserKey;
                ignored.push(Ignored { record: place, fields, reason });
            }
            let is_naming = batch.sender.trust == TrustLevel::Full
                && record.who.identity.is_some()
                && resolved.of_browser.contains(&last.profile);
            let naming = if first.is_known { Naming::Squatted } else { Naming::Joined };
            records.extend(what.map(|what| ResolvedRecord {
                project: *project,
                profile: last.profile,
                batch: number,
                place,
                sender: batch.sender,
                naming: is_naming.then_some(naming),
                what,
            }));
        }
        all_ignored.push(ignored);
    }
    (records, all_ignored)
}

/// What remains of a record, and the fields that are left as they are.
fn said_by(
    record: &IngestRecord,
    is_limited: bool,
) -> (Option<Cow<'_, RecordPayload>>, Vec<String>) {
    if !is_limited {
        return (Some(Cow::Borrowed(&record.what)), Vec::new());
    }
    let (rest, fields) = of_known_person(&record.what);
    (rest.map(Cow::Owned), fields)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use serde_json::json;

    use super::*;
    use crate::{
        ids::{ProjectId, UserId},
        profiles::{
            identity::{Identifier, IdentifierKind, KnownIdentifiers, resolve_profiles},
            ingest_record::{ProfileRef, ProfileUpdate},
            sender::RecordSource,
        },
    };

    const ADA: ProfileKey = ProfileKey(7);

    fn batch(trust: TrustLevel, identity: &str) -> Batch {
        let properties = json!({ "email": "ada@example.com", "plan": "gold" });
        let change = ProfileUpdate::read(properties.as_object().cloned().expect("an object"));
        let who = ProfileRef { identity: Some(identity.to_string()), anonymous: None };
        let what = RecordPayload::Change(change.expect("a change"));
        let nil = uuid::Uuid::nil();
        let sender = Sender { trust, ..Sender::trusted(UserId(nil), RecordSource::Api) };
        Batch { project: ProjectId(nil), sender, records: vec![IngestRecord { who, what }] }
    }

    /// Ada is known, and a browser has described the profile where that is said.
    fn resolved(batch: &Batch, of_browser: bool) -> (Vec<ResolvedRecord<'_>>, Vec<Ignored>) {
        let ada =
            Identifier { project: ProjectKey(1), kind: IdentifierKind::Identity, text: "ada" };
        let known = KnownIdentifiers {
            owners: HashMap::from([(ada, ADA)]),
            identified: HashSet::from([ADA]),
            of_browser: of_browser.then_some(ADA).into_iter().collect(),
        };
        let batches = [(ProjectKey(1), batch)];
        let profiles = resolve_profiles(&batches, known, ProfileKey(100));
        let (records, mut ignored) = resolve_records(&batches, &profiles);
        (records, ignored.remove(0))
    }

    #[test]
    fn a_browser_does_not_say_where_a_known_person_is_reached() {
        let batch = batch(TrustLevel::Browser, "ada");
        let (records, ignored) = resolved(&batch, false);
        let RecordPayload::Change(change) = &*records[0].what else { panic!("a change") };
        assert!(change.addresses.is_empty());
        assert_eq!(change.properties["plan"], json!("gold"));
        let fields = vec!["email".to_string()];
        assert_eq!(ignored, [Ignored { record: 0, fields, reason: IgnoredReason::BrowserKey }]);
    }

    #[test]
    fn a_browser_says_everything_of_someone_new() {
        let batch = batch(TrustLevel::Browser, "bo");
        let (records, ignored) = resolved(&batch, false);
        assert_eq!(*records[0].what, batch.records[0].what);
        assert!(ignored.is_empty());
    }

    #[test]
    fn a_trusted_sender_that_names_whom_a_browser_described_is_noticed() {
        let batch = batch(TrustLevel::Full, "ada");
        assert_eq!(resolved(&batch, true).0[0].naming, Some(Naming::Squatted));
        assert_eq!(resolved(&batch, false).0[0].naming, None);
    }
}
