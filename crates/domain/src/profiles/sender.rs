//! Who sends records, and how far they are believed. What a browser carries can be read and used by
//! anyone who opens the page, so it says what people do and what they are like, but never where a
//! known person is reached or whether they want to be.

use super::{
    contact::ContactSource,
    ingest_record::{IngestRecord, ProfileUpdate, PropertyMeaning, RecordPayload},
};
use crate::ids::{ProjectId, UserId};

/// How far a sender is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustLevel {
    Full,
    /// The key stands in a page: known people keep their addresses, consent, lists and names, and
    /// are merged with no one.
    Browser,
}

/// How records came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordSource {
    Api,
    File,
}

/// Who sends records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The key, or the person who reads a file in.
    pub by: UserId,
    pub source: RecordSource,
    pub trust: TrustLevel,
}

/// Records of one sender, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub project: ProjectId,
    pub sender: Sender,
    pub records: Vec<IngestRecord>,
}

/// What of a record was left as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The place of the record in its batch, from 0.
    pub record: usize,
    /// Names of properties, or `lists`.
    pub fields: Vec<String>,
    pub reason: IgnoredReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoredReason {
    /// A key for browsers may not change it of a known person.
    BrowserKey,
    /// The profile has as many properties as it can have.
    ProfileFull,
    /// A key for browsers brings another name of events, and the project has many.
    TooManyEventNames,
}

/// Up to so many names of events in a project, a key for browsers may bring a new one: names stay,
/// and authors choose from them.
pub const BROWSER_EVENT_NAMES_MAX: i64 = 500;

impl RecordSource {
    pub fn contact(self) -> ContactSource {
        match self {
            RecordSource::Api => ContactSource::Api,
            RecordSource::File => ContactSource::File,
        }
    }
}

impl Sender {
    /// Of the project's own systems.
    pub fn trusted(by: UserId, source: RecordSource) -> Self {
        Self { by, source, trust: TrustLevel::Full }
    }
}

/// What a browser may say of a known person: what remains of it, and the fields that are left as
/// they are.
pub fn of_known_person(what: &RecordPayload) -> (Option<RecordPayload>, Vec<String>) {
    match what {
        RecordPayload::Event(_) => (Some(what.clone()), Vec::new()),
        RecordPayload::List(_) => (None, vec!["lists".to_string()]),
        RecordPayload::Change(change) => {
            let is_kept = |name: &str| {
                !matches!(
                    PropertyMeaning::of(name),
                    PropertyMeaning::Address(_) | PropertyMeaning::Consent(_)
                )
            };
            let (kept, ignored): (Vec<_>, Vec<_>) =
                change.properties.iter().partition(|(name, _)| is_kept(name));
            let ignored: Vec<String> = ignored.into_iter().map(|(name, _)| name.clone()).collect();
            let properties =
                kept.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            let rest = ProfileUpdate {
                properties,
                time_zone: change.time_zone.clone(),
                ..ProfileUpdate::default()
            };
            // An empty change says nothing of a known person.
            let says_something = ignored.is_empty() || rest != ProfileUpdate::default();
            (says_something.then_some(RecordPayload::Change(rest)), ignored)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profiles::Properties;

    fn change(properties: serde_json::Value) -> RecordPayload {
        RecordPayload::Change(
            ProfileUpdate::read(properties.as_object().cloned().expect("an object"))
                .expect("a change"),
        )
    }

    #[test]
    fn a_browser_changes_neither_addresses_nor_consent_of_a_known_person_however_they_are_spelled()
    {
        let said = change(json!({
            "Email": "eve@example.com", "phone": "+4917012345", "push_token": "t", "WEB_PUSH": "t", "MSG-email": true, "msg-sms": "no",
            "plan": "gold", "tz": "Europe/Berlin", "name": null
        }));
        let (rest, ignored) = of_known_person(&said);
        assert_eq!(
            rest,
            Some(change(json!({ "plan": "gold", "tz": "Europe/Berlin", "name": null })))
        );
        assert_eq!(ignored, ["Email", "MSG-email", "WEB_PUSH", "msg-sms", "phone", "push_token"]);
    }

    #[test]
    fn a_change_of_addresses_alone_comes_to_nothing_and_so_does_a_list() {
        assert_eq!(
            of_known_person(&change(json!({ "email": null }))),
            (None, vec!["email".to_string()])
        );
        assert_eq!(
            of_known_person(&RecordPayload::List("VIP".to_string())),
            (None, vec!["lists".to_string()])
        );
        let nothing = RecordPayload::Change(ProfileUpdate {
            properties: Properties::new(),
            ..ProfileUpdate::default()
        });
        assert_eq!(of_known_person(&nothing), (Some(nothing.clone()), Vec::new()));
    }
}
