//! The suppression list: addresses that get nothing, and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::MessageEventKind;
use crate::{
    error::FieldError,
    names::SEARCH_MAX,
    profiles::profile::Channel,
    query_string::{pairs, write_query},
    time::Timestamp,
};

/// Addresses on a page of the list.
pub const SUPPRESSION_ROWS: i64 = 50;
/// Longest reason that is kept, in characters: mail servers can be talkative.
pub const REASON_MAX: usize = 300;
/// Most addresses that are added by hand at once.
pub const BULK_ADD_MAX: usize = 10_000;

/// What kind of address it is: a key of a profile's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    Email,
    Phone,
    Push,
    WebPush,
}

impl AddressKind {
    pub const ALL: [AddressKind; 4] =
        [AddressKind::Email, AddressKind::Phone, AddressKind::Push, AddressKind::WebPush];

    pub fn key(self) -> &'static str {
        match self {
            AddressKind::Email => "email",
            AddressKind::Phone => "phone",
            AddressKind::Push => "push",
            AddressKind::WebPush => "web_push",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            AddressKind::Email => "Email address",
            AddressKind::Phone => "Phone number",
            AddressKind::Push => "Push token",
            AddressKind::WebPush => "Web push token",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        AddressKind::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// The kind that a channel sends to; none where it sends to no address of theirs.
    pub fn of(channel: Channel) -> Option<Self> {
        channel.address_key().and_then(Self::from_key)
    }

    /// The channels that send to it.
    pub fn channels(self) -> impl Iterator<Item = Channel> {
        Channel::ALL.into_iter().filter(move |channel| AddressKind::of(*channel) == Some(self))
    }
}

/// Why an address is on the list. The greater one goes before the lesser, and only the least is
/// taken back by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    Unsubscribed = 1,
    ByHand = 2,
    Complained = 3,
    Bounced = 4,
}

impl SuppressionReason {
    pub const ALL: [SuppressionReason; 4] = [
        SuppressionReason::Unsubscribed,
        SuppressionReason::ByHand,
        SuppressionReason::Complained,
        SuppressionReason::Bounced,
    ];

    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        SuppressionReason::ALL.into_iter().find(|cause| cause.code() == code)
    }

    /// What becomes of a message and puts their address on the list.
    pub fn of(fate: MessageEventKind) -> Option<Self> {
        match fate {
            MessageEventKind::Bounced => Some(SuppressionReason::Bounced),
            MessageEventKind::Complained => Some(SuppressionReason::Complained),
            MessageEventKind::Unsubscribed => Some(SuppressionReason::Unsubscribed),
            _ => None,
        }
    }

    /// The end of a sentence: "their address is on the suppression list: it bounced: 550 no such
    /// user".
    pub fn reason(self, detail: &str) -> String {
        let detail: String = detail
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(REASON_MAX)
            .collect();
        let (words, detailed) = match self {
            SuppressionReason::Bounced => ("it bounced", true),
            SuppressionReason::ByHand => ("added by hand", true),
            SuppressionReason::Complained => ("the recipient marked a message as spam", false),
            SuppressionReason::Unsubscribed => ("the recipient unsubscribed", false),
        };
        if detailed && !detail.is_empty() {
            format!("{words}: {detail}")
        } else {
            words.to_string()
        }
    }
}

/// Is an address unwanted altogether? One phone number may be wanted for one channel and not for
/// another: then consent alone decides.
pub fn is_opted_out(consent: &BTreeMap<String, bool>, kind: AddressKind) -> bool {
    let said =
        |wanted: bool| kind.channels().any(|channel| consent.get(channel.key()) == Some(&wanted));
    said(false) && !said(true)
}

/// One address on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    pub kind: AddressKind,
    pub address: String,
    pub reason: String,
    pub at: Timestamp,
}

/// Which of them, as the page's address spells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SuppressionQuery {
    /// A part of an address.
    pub search: String,
    /// From 1.
    pub page: i64,
}

impl SuppressionQuery {
    /// # Errors
    /// Where a parameter makes no sense.
    pub fn parse(query: &str) -> Result<Self, FieldError> {
        let mut parsed = Self { page: 1, ..Self::default() };
        for (key, value) in pairs(query).filter(|(_, value)| !value.is_empty()) {
            match key.as_str() {
                "search" if value.chars().count() <= SEARCH_MAX => {
                    parsed.search = value.trim().to_string()
                }
                "search" => {
                    let sentence = format!(
                        "The search text is too long. Use at most {SEARCH_MAX} characters."
                    );
                    return Err(FieldError::new("search", "too_long", sentence));
                }
                "page" => {
                    let page = value.parse().ok().filter(|page| (1..=10_000_000).contains(page));
                    parsed.page = page.ok_or_else(|| {
                        FieldError::new("page", "malformed", "Pages are whole numbers from 1.")
                    })?;
                }
                _ => {}
            }
        }
        Ok(parsed)
    }

    pub fn to_query(&self) -> String {
        let mut pairs = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("search", self.search.clone()));
        }
        if self.page > 1 {
            pairs.push(("page", self.page.to_string()));
        }
        write_query(&pairs)
    }

    pub fn with_page(&self, page: i64) -> Self {
        Self { page, ..self.clone() }
    }
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionPage {
    pub query: SuppressionQuery,
    pub rows: Vec<Suppression>,
    /// That match.
    pub total: i64,
}

impl SuppressionPage {
    pub fn last_page(&self) -> i64 {
        ((self.total + SUPPRESSION_ROWS - 1) / SUPPRESSION_ROWS).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounce_goes_before_an_unsubscription() {
        assert!(
            SuppressionReason::Bounced > SuppressionReason::Unsubscribed
                && SuppressionReason::Bounced > SuppressionReason::Complained
        );
        for cause in SuppressionReason::ALL {
            assert_eq!(SuppressionReason::from_code(cause.code()), Some(cause));
        }
    }

    #[test]
    fn a_reason_is_the_end_of_a_sentence() {
        assert_eq!(
            SuppressionReason::Bounced.reason("550 5.1.1\r\n  no such user"),
            "it bounced: 550 5.1.1 no such user"
        );
        assert_eq!(SuppressionReason::Bounced.reason(""), "it bounced");
        assert_eq!(
            SuppressionReason::Unsubscribed.reason("whatever"),
            "the recipient unsubscribed"
        );
        assert!(SuppressionReason::Bounced.reason(&"x".repeat(5_000)).len() < 400);
    }

    #[test]
    fn a_number_that_is_wanted_for_one_channel_is_not_unwanted() {
        let consent = |said: &[(&str, bool)]| {
            said.iter().map(|(key, wanted)| (key.to_string(), *wanted)).collect()
        };
        assert!(is_opted_out(&consent(&[("sms", false)]), AddressKind::Phone));
        assert!(!is_opted_out(&consent(&[("sms", false), ("whatsapp", true)]), AddressKind::Phone));
        assert!(!is_opted_out(&consent(&[("email", false)]), AddressKind::Phone));
        assert!(!is_opted_out(&consent(&[]), AddressKind::Email));
    }

    #[test]
    fn a_query_comes_back_from_its_address() {
        let query = SuppressionQuery { search: "a+b@c".to_string(), page: 3 };
        assert_eq!(SuppressionQuery::parse(&query.to_query()), Ok(query));
        assert!(SuppressionQuery::parse("page=0").is_err());
    }
}
