//! How what records say changes a profile.

use std::collections::BTreeMap;

use super::{
    Profile, Properties,
    browser_fields::BrowserFields,
    contact::ContactFieldChange,
    ingest_record::{ProfileUpdate, merge_properties},
    profile::Channel,
    resolved_record::Naming,
    sender::TrustLevel,
};
use crate::{
    ids::ProjectKey,
    journeys::{settings::EntryType, status::Status},
    messages::suppression::AddressKind,
};

/// Journeys that look at people who changed: where there is none, changes are not noted for the
/// engine.
pub const WATCHING_CHANGES: (Status, EntryType) = (Status::Running, EntryType::Profile);

/// A profile while records change it.
#[derive(Debug, Default)]
pub struct ProfileDraft {
    pub project: ProjectKey,
    pub properties: Properties,
    pub addresses: BTreeMap<String, String>,
    pub consent: BTreeMap<String, bool>,
    pub time_zone: Option<String>,
    /// It was there before these records: what becomes of its addresses and consent is kept, and
    /// messages may be in hand.
    pub is_known: bool,
    /// Channels by which nothing may go out any more as it was prepared.
    pub withdrawn: Vec<Channel>,
    pub of_browser: BrowserFields,
}

impl ProfileDraft {
    /// Of someone new.
    pub fn new(project: ProjectKey) -> Self {
        Self { project, ..Self::default() }
    }

    /// Of someone who was there before.
    pub fn of_known(project: ProjectKey, profile: Profile) -> Self {
        Self {
            project,
            properties: profile.properties,
            addresses: profile.addresses,
            consent: profile.consent,
            time_zone: profile.time_zone,
            is_known: true,
            ..Self::default()
        }
    }

    /// Applies what a record says of the profile; `trace` is told what becomes of addresses and
    /// consent. Answers the names of new properties that found no room.
    pub fn apply_record(
        &mut self,
        trust: TrustLevel,
        naming: Option<Naming>,
        change: Option<&ProfileUpdate>,
        mut trace: impl FnMut(ContactFieldChange),
    ) -> Vec<String> {
        match naming {
            Some(Naming::Squatted) => self.drop_what_a_browser_said(change, &mut trace),
            Some(Naming::Joined) => self.of_browser.accept(),
            None => {}
        }
        let Some(change) = change else { return Vec::new() };
        self.of_browser.note(trust, change);
        self.apply(change, trace)
    }

    fn apply(
        &mut self,
        change: &ProfileUpdate,
        mut trace: impl FnMut(ContactFieldChange),
    ) -> Vec<String> {
        self.note_withdrawn(change);
        let without_room = merge_properties(&mut self.properties, &change.properties);
        for (key, address) in &change.addresses {
            if self.is_known {
                let before = self.addresses.get(key).map(String::as_str);
                ContactFieldChange::of_address(key, before, address.as_deref())
                    .into_iter()
                    .for_each(&mut trace);
            }
            match address {
                Some(address) => self.addresses.insert(key.clone(), address.clone()),
                None => self.addresses.remove(key),
            };
        }
        for (channel, wanted) in &change.consent {
            let before = self.consent.insert(channel.clone(), *wanted);
            if self.is_known {
                ContactFieldChange::of_consent(channel, before, *wanted)
                    .into_iter()
                    .for_each(&mut trace);
            }
        }
        if let Some(zone) = &change.time_zone {
            self.time_zone = Some(zone.clone());
        }
        without_room
    }

    /// What a consent that is withdrawn, and an address that is another one, mean for messages in
    /// hand: for someone new there is none.
    fn note_withdrawn(&mut self, change: &ProfileUpdate) {
        if !self.is_known {
            return;
        }
        for (key, address) in &change.addresses {
            let is_other =
                self.addresses.get(key).is_some_and(|known| Some(known) != address.as_ref());
            if is_other {
                self.withdraw_address(key);
            }
        }
        for (channel, wanted) in &change.consent {
            if !wanted && self.consent.get(channel) != Some(&false) {
                self.withdrawn.extend(Channel::from_key(channel));
            }
        }
    }

    /// Nothing goes to this address any more.
    pub(super) fn withdraw_address(&mut self, key: &str) {
        if self.is_known
            && let Some(kind) = AddressKind::from_key(key)
        {
            self.withdrawn.extend(kind.channels());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(properties: serde_json::Value) -> ProfileUpdate {
        ProfileUpdate::read(properties.as_object().cloned().expect("an object")).expect("a change")
    }

    /// A profile with an email address that wants SMS.
    fn known() -> ProfileDraft {
        let mut profile = Profile::default();
        profile.addresses.insert("email".to_string(), "ada@example.com".to_string());
        profile.consent.insert("sms".to_string(), true);
        ProfileDraft::of_known(ProjectKey(1), profile)
    }

    /// Applies what a trusted sender says; answers the fields that are traced.
    fn applied(draft: &mut ProfileDraft, properties: serde_json::Value) -> Vec<String> {
        let mut traced = Vec::new();
        let trace = |change: ContactFieldChange| traced.push(change.field);
        draft.apply_record(TrustLevel::Full, None, Some(&change(properties)), trace);
        traced
    }

    #[test]
    fn what_is_said_of_addresses_consent_and_zone_is_applied() {
        let mut draft = known();
        let said = json!({ "phone": "+4917012345", "msg-sms": false, "tz": "Europe/Berlin" });
        applied(&mut draft, said);
        assert_eq!(draft.addresses["phone"], "+4917012345");
        assert_eq!(draft.addresses["email"], "ada@example.com", "what is not named stays");
        assert!(!draft.consent["sms"]);
        assert_eq!(draft.time_zone.as_deref(), Some("Europe/Berlin"));
    }

    #[test]
    fn null_takes_an_address_away() {
        let mut draft = known();
        assert_eq!(applied(&mut draft, json!({ "email": null })), ["email"]);
        assert!(draft.addresses.is_empty());
    }

    #[test]
    fn an_address_that_is_another_and_a_refusal_stop_messages_in_hand() {
        let mut draft = known();
        applied(&mut draft, json!({ "email": "ada@example.org", "msg-sms": false }));
        assert_eq!(draft.withdrawn, [Channel::Email, Channel::Sms]);
    }

    #[test]
    fn what_is_said_again_stops_nothing_and_leaves_no_trace() {
        let mut draft = known();
        assert!(
            applied(&mut draft, json!({ "email": "ada@example.com", "msg-sms": true })).is_empty()
        );
        assert!(draft.withdrawn.is_empty());
    }

    #[test]
    fn of_someone_new_nothing_is_in_hand_and_no_trace_is_kept() {
        let mut draft = ProfileDraft::new(ProjectKey(1));
        for email in ["ada@example.com", "ada@example.org"] {
            assert!(applied(&mut draft, json!({ "email": email, "msg-sms": false })).is_empty());
        }
        assert!(draft.withdrawn.is_empty());
    }
}
