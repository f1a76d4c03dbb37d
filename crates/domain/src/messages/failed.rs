//! Messages that no provider took: looked at, and sent again once what was wrong is mended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ids::JourneyId, profiles::profile::Channel, stats::pluralize, time::Timestamp};

/// Messages of a page.
pub const PAGE_SIZE: i64 = 50;
/// Most that one click sends again.
pub const RESEND_MAX: i64 = 100_000;

/// Most reasons that a page shows.
pub const REASONS_SHOWN: usize = 10;

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailedMessageQuery {
    pub journey: Option<JourneyId>,
    pub channel: Option<Channel>,
    /// Only those with smaller numbers: the next page.
    pub before: Option<i64>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedMessage {
    pub number: i64,
    pub journey: JourneyId,
    pub journey_name: String,
    /// The node's id.
    pub node: String,
    pub channel: Channel,
    /// Number of the person; none where they were forgotten.
    pub profile: Option<i64>,
    /// Their identity, or else the address.
    pub person: String,
    /// It is the address.
    pub by_address: bool,
    pub reason: String,
    pub attempts: i64,
    pub failed_at: Timestamp,
    /// Its journey was stopped: it is not sent any more.
    pub stopped: bool,
}

impl FailedMessage {
    /// What is stopped stays, and so does what was for someone who was erased.
    pub fn may_be_resent(&self) -> bool {
        !self.stopped && self.profile.is_some()
    }
}

/// How the person of a message is named: by their identity, or else by the address that it was sent
/// to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPerson {
    pub name: String,
    /// The name is their address.
    pub by_address: bool,
}

impl NamedPerson {
    /// `profile` is their number, none where they were erased; `addresses` those of their profile.
    pub fn of(
        profile: Option<i64>,
        identity: Option<String>,
        addresses: &BTreeMap<String, String>,
        channel: Channel,
    ) -> Self {
        if let Some(name) = identity {
            return Self { name, by_address: false };
        }
        match channel.address_key().and_then(|key| addresses.get(key)) {
            Some(address) => Self { name: address.clone(), by_address: true },
            None => {
                let name = if profile.is_some() { "Unknown profile" } else { "Deleted profile" };
                Self { name: name.to_string(), by_address: false }
            }
        }
    }
}

/// What the audit log says of messages that were resent.
pub fn resent_summary(count: i64) -> String {
    format!("{} resent", pluralize(count, "message", "messages"))
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailedMessagePage {
    pub query: FailedMessageQuery,
    pub rows: Vec<FailedMessage>,
    /// Over all pages, at most [`RESEND_MAX`] counted.
    pub total: i64,
    /// Where the next page begins.
    pub next: Option<i64>,
    /// By reason, the most frequent first: what to mend.
    pub reasons: Vec<(String, i64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> BTreeMap<String, String> {
        let known = [("email", "a@example.com"), ("phone", "+49170"), ("push", "token")];
        known.map(|(key, address)| (key.to_string(), address.to_string())).into()
    }

    fn named(identity: Option<&str>, channel: Channel) -> (String, bool) {
        let identity = identity.map(str::to_string);
        let NamedPerson { name, by_address } =
            NamedPerson::of(Some(7), identity, &addresses(), channel);
        (name, by_address)
    }

    #[test]
    fn a_person_is_named_by_their_identity_or_else_by_the_address_of_the_channel() {
        assert_eq!(named(Some("ada"), Channel::Email), ("ada".to_string(), false));
        assert_eq!(named(None, Channel::Email), ("a@example.com".to_string(), true));
        assert_eq!(named(None, Channel::Sms), ("+49170".to_string(), true));
        assert_eq!(named(None, Channel::Whatsapp), ("+49170".to_string(), true));
    }

    #[test]
    fn a_channel_without_an_address_names_no_one_by_an_address_of_another() {
        assert_eq!(named(None, Channel::Webhook), ("Unknown profile".to_string(), false));
        assert_eq!(named(None, Channel::WebPush), ("Unknown profile".to_string(), false));
    }

    #[test]
    fn an_erased_person_is_called_a_deleted_profile() {
        let person = NamedPerson::of(None, None, &BTreeMap::new(), Channel::Email);
        assert_eq!(person.name, "Deleted profile");
    }

    #[test]
    fn what_was_stopped_and_what_was_for_an_erased_person_is_not_resent() {
        let message = |profile: Option<i64>, stopped: bool| FailedMessage {
            number: 1,
            journey: JourneyId(uuid::Uuid::nil()),
            journey_name: "Welcome".to_string(),
            node: "n".to_string(),
            channel: Channel::Email,
            profile,
            person: "ada".to_string(),
            by_address: false,
            reason: String::new(),
            attempts: 9,
            failed_at: Timestamp(0),
            stopped,
        };
        assert!(message(Some(7), false).may_be_resent());
        assert!(!message(Some(7), true).may_be_resent());
        assert!(!message(None, false).may_be_resent());
    }

    #[test]
    fn the_audit_log_counts_what_was_resent() {
        assert_eq!(resent_summary(1), "1 message resent");
        assert_eq!(resent_summary(2), "2 messages resent");
    }
}
