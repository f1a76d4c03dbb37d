//! What became of addresses and consent that were known already, so that it can be seen who
//! redirected or silenced whom.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::mask;
use crate::{messages::suppression::AddressKind, time::Timestamp};

/// Where a change came from: the API, a file, the recipient, a provider, or a reply to a text
/// message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactSource {
    Api = 1,
    File = 2,
    /// On the page that a message links to, or with the button of a mail program.
    Recipient = 3,
    /// A provider reported that they unsubscribed.
    Provider = 4,
    /// STOP or START, answered to a number.
    Reply = 5,
}

impl ContactSource {
    pub const ALL: [ContactSource; 5] = [
        ContactSource::Api,
        ContactSource::File,
        ContactSource::Recipient,
        ContactSource::Provider,
        ContactSource::Reply,
    ];

    /// The number in the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        ContactSource::ALL.into_iter().find(|source| source.code() == code)
    }

    /// Who or what it was, where no key or person is named.
    pub fn title(self) -> &'static str {
        match self {
            ContactSource::Api => "through the API",
            ContactSource::File => "from a file",
            ContactSource::Recipient => "by the recipient, through a link in a message",
            ContactSource::Provider => "by the recipient, reported by the provider",
            ContactSource::Reply => "by the recipient, in reply to a text message",
        }
    }
}

/// One field that is another now. Addresses are masked, so that forgetting someone leaves nothing
/// to forget in copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactFieldChange {
    /// A key of the addresses, or `consent:` and a channel.
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A change of a known address or consent. Addresses are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactChange {
    pub at: Timestamp,
    /// `email`, `phone`, `push` or `web_push`, or `consent:` and a channel.
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub source: ContactSource,
    /// The API key or the user; `null` for recipients and providers.
    pub by: Option<String>,
}

impl ContactFieldChange {
    /// An address that was known is another, or gone. A first one is no change.
    pub fn of_address(key: &str, before: Option<&str>, after: Option<&str>) -> Option<Self> {
        let changed = before.filter(|before| Some(*before) != after)?;
        let masked = |text: &str| mask::address(AddressKind::from_key(key), text);
        Some(Self {
            field: key.to_string(),
            before: Some(masked(changed)),
            after: after.map(masked),
        })
    }

    /// Messages are wanted that were not, or the other way; also where no one had said so yet.
    pub fn of_consent(channel: &str, before: Option<bool>, after: bool) -> Option<Self> {
        let word = |wanted: bool| if wanted { "yes" } else { "no" }.to_string();
        (before != Some(after)).then(|| Self {
            field: format!("consent:{channel}"),
            before: before.map(word),
            after: Some(word(after)),
        })
    }

    /// Everything that is another in a consent.
    pub fn of_consents(
        before: &BTreeMap<String, bool>,
        after: &BTreeMap<String, bool>,
    ) -> Vec<Self> {
        after
            .iter()
            .filter_map(|(channel, wanted)| {
                Self::of_consent(channel, before.get(channel).copied(), *wanted)
            })
            .collect()
    }
}

impl ContactChange {
    /// "email: from a•••@example.com to e•••@example.com".
    pub fn sentence(&self) -> String {
        let field = match self.field.strip_prefix("consent:") {
            Some(channel) => format!("consent to {}", channel.replace('_', " ")),
            None => self.field.replace('_', " "),
        };
        let value = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_string());
        format!("{field}: from {} to {}", value(&self.before), value(&self.after))
    }

    /// "API key Shop, through the API".
    pub fn origin(&self) -> String {
        match &self.by {
            Some(by) => format!("{by}, {}", self.source.title()),
            None => self.source.title().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_known_and_is_another_is_a_change_of_an_address() {
        let change = |before, after| ContactFieldChange::of_address("email", before, after);
        assert_eq!(change(None, Some("ada@example.com")), None);
        assert_eq!(change(Some("ada@example.com"), Some("ada@example.com")), None);
        let moved = change(Some("ada@example.com"), Some("eve@evil.example")).expect("a change");
        assert_eq!(
            (moved.before.as_deref(), moved.after.as_deref()),
            (Some("a•••@example.com"), Some("e•••@evil.example"))
        );
        assert_eq!(change(Some("ada@example.com"), None).expect("a change").after, None);
    }

    #[test]
    fn a_first_word_about_consent_is_a_change() {
        assert!(ContactFieldChange::of_consent("email", None, false).is_some());
        assert!(ContactFieldChange::of_consent("email", Some(true), true).is_none());
        let (before, after) = (
            BTreeMap::from([("sms".to_string(), true)]),
            BTreeMap::from([("sms".to_string(), false)]),
        );
        let changes = ContactFieldChange::of_consents(&before, &after);
        assert_eq!(changes[0].field, "consent:sms");
        assert_eq!(
            (changes[0].before.as_deref(), changes[0].after.as_deref()),
            (Some("yes"), Some("no"))
        );
    }

    #[test]
    fn a_source_comes_back_from_its_number() {
        assert!(
            ContactSource::ALL
                .into_iter()
                .all(|source| ContactSource::from_code(source.code()) == Some(source))
        );
    }
}
