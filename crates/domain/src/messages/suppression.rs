//! The suppression list: addresses that get nothing, and why.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::event::MessageEventKind;
use crate::{
    error::FieldError,
    ids::ProjectKey,
    names::SEARCH_MAX,
    profiles::profile::Channel,
    query_string::{pairs, write_query},
    stats::pluralize,
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

    /// The only one that people take back themselves, because they gave it themselves.
    pub const RECIPIENTS_OWN: SuppressionReason = SuppressionReason::Unsubscribed;

    pub const fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        SuppressionReason::ALL.into_iter().find(|cause| cause.code() == code)
    }

    /// Does it take the place of the reason for which an address is on the list already? Only of a
    /// lesser one; of the same reason the first stays.
    pub fn replaces(self, listed: Self) -> bool {
        self > listed
    }

    /// What becomes of a message and puts their address on the list.
    pub fn of(kind: MessageEventKind) -> Option<Self> {
        match kind {
            MessageEventKind::Bounced => Some(SuppressionReason::Bounced),
            MessageEventKind::Complained => Some(SuppressionReason::Complained),
            MessageEventKind::Unsubscribed => Some(SuppressionReason::Unsubscribed),
            MessageEventKind::Sent
            | MessageEventKind::Delivered
            | MessageEventKind::Viewed
            | MessageEventKind::Clicked
            | MessageEventKind::Failed
            | MessageEventKind::Skipped => None,
        }
    }

    /// Wayfare's own half of the reason that is kept.
    pub const fn words(self) -> &'static str {
        match self {
            SuppressionReason::Bounced => "it bounced",
            SuppressionReason::ByHand => "added by hand",
            SuppressionReason::Complained => "the recipient marked a message as spam",
            SuppressionReason::Unsubscribed => "the recipient unsubscribed",
        }
    }

    /// Do the words of a mail server, or a note, follow?
    const fn has_detail(self) -> bool {
        matches!(self, SuppressionReason::Bounced | SuppressionReason::ByHand)
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
        let words = self.words();
        if self.has_detail() && !detail.is_empty() {
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

/// Where an address stands: the number of its project, its kind, and its one spelling.
pub type ListedAddress = (ProjectKey, AddressKind, String);

/// An address that is to be on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuppression {
    /// Number of the project.
    pub project: ProjectKey,
    pub kind: AddressKind,
    /// In its one spelling.
    pub address: String,
    pub cause: SuppressionReason,
    pub reason: String,
    pub at: Timestamp,
}

impl NewSuppression {
    /// They want nothing there any more, and said so themselves.
    pub fn by_recipient((project, kind, address): ListedAddress, at: Timestamp) -> Self {
        let cause = SuppressionReason::RECIPIENTS_OWN;
        Self { project, kind, address, cause, reason: cause.reason(""), at }
    }

    /// Someone of the team added it, with a note.
    pub fn by_hand((project, kind, address): ListedAddress, note: &str, at: Timestamp) -> Self {
        let cause = SuppressionReason::ByHand;
        Self { project, kind, address, cause, reason: cause.reason(note), at }
    }

    pub fn listed(&self) -> ListedAddress {
        (self.project, self.kind, self.address.clone())
    }
}

/// What changes on the list, each address once: those that are not on it, and those that are on it
/// for a lesser reason. `listed` says why those that are on it are there.
pub fn changes_to_list(
    new: Vec<NewSuppression>,
    listed: &HashMap<ListedAddress, SuppressionReason>,
) -> Vec<NewSuppression> {
    let mut changes: BTreeMap<ListedAddress, NewSuppression> = BTreeMap::new();
    for one in new {
        let place = one.listed();
        let before = changes.get(&place).map(|chosen| chosen.cause);
        if before.or_else(|| listed.get(&place).copied()).is_none_or(|old| one.cause.replaces(old))
        {
            changes.insert(place, one);
        }
    }
    changes.into_values().collect()
}

/// What the audit log says of addresses that were added by hand.
pub fn added_summary(addresses: &[String]) -> String {
    match addresses {
        [one] => one.clone(),
        many => pluralize(many.len() as i64, "address", "addresses"),
    }
}

/// What it says of one that was taken off the list.
pub fn removed_summary(address: &str, reason: &str) -> String {
    format!("{address} ({reason})")
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

    /// On the nearest page that there is, where so many addresses match.
    pub fn within(&self, total: i64) -> Self {
        self.with_page(self.page.clamp(1, last_page(total)))
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
        last_page(self.total)
    }
}

fn last_page(total: i64) -> i64 {
    ((total + SUPPRESSION_ROWS - 1) / SUPPRESSION_ROWS).max(1)
}

#[cfg(test)]
#[path = "suppression_tests.rs"]
mod tests;
