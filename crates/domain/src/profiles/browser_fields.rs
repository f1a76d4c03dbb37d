//! What a key for browsers said of somebody whom no trusted sender has named yet. Somebody may
//! have squatted a customer's number: when a trusted sender first names it, the addresses and the
//! consent that came from a browser go, unless the record says them again. A refusal stays: it
//! costs nobody a message that they wanted before they say so.

use std::collections::BTreeSet;

use super::{
    contact::ContactFieldChange,
    ingest_record::{ProfileUpdate, PropertyMeaning},
    sender::TrustLevel,
    update::ProfileDraft,
};

/// Before the channel of a consent.
const CONSENT_PREFIX: &str = "consent:";

/// Which addresses and which consent of a profile are a browser's word.
#[derive(Debug, Default)]
pub struct BrowserFields {
    /// Keys of addresses, and `consent:CHANNEL`.
    pub fields: BTreeSet<String>,
    /// Another than what is kept.
    pub is_changed: bool,
}

fn of_consent(channel: &str) -> String {
    format!("{CONSENT_PREFIX}{channel}")
}

impl BrowserFields {
    /// As they are kept.
    pub fn of(fields: BTreeSet<String>) -> Self {
        Self { fields, is_changed: false }
    }

    /// A trusted sender stands by them.
    pub(super) fn accept(&mut self) {
        self.is_changed |= !self.fields.is_empty();
        self.fields.clear();
    }

    /// Whose word an address and a consent are from now on.
    pub(super) fn note(&mut self, trust: TrustLevel, change: &ProfileUpdate) {
        let addresses = change.addresses.keys().cloned();
        for field in addresses.chain(change.consent.keys().map(|channel| of_consent(channel))) {
            self.is_changed |= match trust {
                TrustLevel::Browser => self.fields.insert(field),
                TrustLevel::Full => self.fields.remove(&field),
            };
        }
    }
}

impl ProfileDraft {
    /// A trusted sender names them, and says this.
    pub(super) fn drop_what_a_browser_said(
        &mut self,
        said: Option<&ProfileUpdate>,
        mut trace: impl FnMut(ContactFieldChange),
    ) {
        let fields = std::mem::take(&mut self.of_browser.fields);
        self.of_browser.is_changed |= !fields.is_empty();
        let named = |field: &str| {
            said.is_some_and(|said| {
                said.addresses.contains_key(field)
                    || said.consent.keys().any(|channel| of_consent(channel) == field)
            })
        };
        for field in fields.iter().filter(|field| !named(field)) {
            match field.strip_prefix(CONSENT_PREFIX) {
                Some(channel) if self.consent.get(channel) == Some(&true) => {
                    self.consent.remove(channel);
                }
                Some(_) => continue,
                None => {
                    let before = self.addresses.remove(field);
                    ContactFieldChange::of_address(field, before.as_deref(), None)
                        .into_iter()
                        .for_each(&mut trace);
                    self.withdraw_address(field);
                }
            }
            // Templates and conditions read them there.
            self.properties.retain(|name, _| match PropertyMeaning::of(name) {
                PropertyMeaning::Address(key) => key != field,
                PropertyMeaning::Consent(consent) => {
                    !consent.channels().iter().any(|channel| of_consent(channel.key()) == *field)
                }
                PropertyMeaning::TimeZone | PropertyMeaning::Plain => true,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::ProjectKey;
    use crate::profiles::resolved_record::Naming;

    fn change(properties: serde_json::Value) -> ProfileUpdate {
        ProfileUpdate::read(properties.as_object().cloned().expect("an object")).expect("a change")
    }

    /// Somebody of whom a browser has said an address, a consent and a refusal.
    fn squatted() -> ProfileDraft {
        let mut draft = ProfileDraft::new(ProjectKey(1));
        let said = change(json!({
            "email": "eve@example.com", "msg-email": true, "msg-sms": false, "plan": "gold"
        }));
        draft.apply_record(TrustLevel::Browser, None, Some(&said), |_| {});
        draft
    }

    #[test]
    fn a_trusted_sender_that_first_names_them_takes_a_browsers_addresses_and_consent_away() {
        let mut draft = squatted();
        draft.apply_record(TrustLevel::Full, Some(Naming::Squatted), None, |_| {});
        assert!(draft.addresses.is_empty());
        assert_eq!(draft.consent.get("email"), None);
        assert_eq!(draft.consent.get("sms"), Some(&false), "a refusal stays");
        let mut names: Vec<&String> = draft.properties.keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["msg-sms", "plan"]);
        assert!(draft.of_browser.fields.is_empty());
    }

    #[test]
    fn what_the_trusted_sender_says_again_stays() {
        let mut draft = squatted();
        let said = change(json!({ "email": "ada@example.com" }));
        draft.apply_record(TrustLevel::Full, Some(Naming::Squatted), Some(&said), |_| {});
        assert_eq!(draft.addresses["email"], "ada@example.com");
    }

    #[test]
    fn a_device_that_a_trusted_sender_joins_keeps_what_a_browser_said() {
        let mut draft = squatted();
        draft.apply_record(TrustLevel::Full, Some(Naming::Joined), None, |_| {});
        assert_eq!(draft.addresses["email"], "eve@example.com");
        assert!(draft.of_browser.fields.is_empty() && draft.of_browser.is_changed);
    }

    #[test]
    fn a_field_is_the_word_of_whoever_said_it_last() {
        let mut draft = squatted();
        let said = change(json!({ "email": "ada@example.com" }));
        draft.apply_record(TrustLevel::Full, None, Some(&said), |_| {});
        let left: Vec<&String> = draft.of_browser.fields.iter().collect();
        assert_eq!(left, ["consent:email", "consent:sms"]);
    }
}
