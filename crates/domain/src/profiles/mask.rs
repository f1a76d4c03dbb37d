//! What someone without
//! [`SeePersonalData`](crate::access::permissions::Permission::SeePersonalData) is shown of people:
//! addresses are masked, properties and names are left out.

pub mod address_shape;
mod people;

pub use address_shape::kind_of;

use crate::{
    messages::{
        failed::{FailedMessage, FailedMessagePage},
        read_model::{MessageEventSummary, MessageSummary},
        suppression::{AddressKind, Suppression, SuppressionReason},
    },
    time::Day,
    versions::ProfileAtNode,
};
use address_shape::AT_SIGNS;

/// Stands for what is left out.
const HIDDEN: &str = "•••";
/// Digits of a phone number that are shown.
const DIGITS: usize = 2;
/// Causes behind which somebody else's words follow.
const THEIRS_AFTER: [&str; 3] =
    [SuppressionReason::Bounced.words(), SuppressionReason::ByHand.words(), "is not valid MJML"];

/// `a•••@example.com`, `•••45`, `•••`.
pub fn address(kind: Option<AddressKind>, address: &str) -> String {
    match kind {
        Some(AddressKind::Email) => match address.rsplit_once(AT_SIGNS) {
            Some((local, domain)) => {
                format!("{}{HIDDEN}@{domain}", local.chars().take(1).collect::<String>())
            }
            None => HIDDEN.to_string(),
        },
        Some(AddressKind::Phone) => {
            let digits: Vec<char> = address.chars().filter(char::is_ascii_digit).collect();
            format!(
                "{HIDDEN}{}",
                digits[digits.len().saturating_sub(DIGITS)..].iter().collect::<String>()
            )
        }
        Some(AddressKind::Push | AddressKind::WebPush) | None => HIDDEN.to_string(),
    }
}

/// An identity, masked where it is an address.
pub fn identity(text: &str) -> String {
    kind_of(text).map_or_else(|| text.to_string(), |kind| address(Some(kind), text))
}

/// A sentence of a mail server or a provider, with the addresses in it masked.
pub fn sentence(text: &str) -> String {
    let ends = |sign: char| sign.is_whitespace() || "<>()[]{},;:\"'“”=|".contains(sign);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(ends).unwrap_or(rest.len());
        masked.push_str(&masked_word(&rest[..word]));
        let after = rest[word..].chars().next().map_or(word, |sign| word + sign.len_utf8());
        masked.push_str(&rest[word..after]);
        rest = &rest[after..];
    }
    masked
}

/// A day is none of the numbers that are masked, and the full stop after one is not part of it.
fn masked_word(word: &str) -> String {
    let said = word.trim_end_matches('.');
    match kind_of(said) {
        Some(kind) if said.parse::<Day>().is_err() => address(Some(kind), word),
        _ => word.to_string(),
    }
}

/// Our own half of a sentence about what a provider, a mail server or a receiver said: their words
/// may repeat anything that was sent to them, so they are left out. They stand in brackets behind
/// ours (`crates/delivery/src/channels/redact.rs`) or behind the cause of a suppression; what a
/// message made of someone's properties, such as a machine's name, stands in quotation marks.
pub fn our_half(text: &str) -> String {
    let ours = text.split(" (").next().unwrap_or_default();
    let ours = THEIRS_AFTER
        .iter()
        .find_map(|cause| ours.find(&format!("{cause}: ")).map(|at| &ours[..at + cause.len()]))
        .unwrap_or(ours);
    let mut half = String::with_capacity(ours.len());
    for (place, part) in ours.split('“').enumerate() {
        if place == 0 {
            half.push_str(part);
            continue;
        }
        let after = part.split_once('”').map_or("", |(_, after)| after);
        half.push_str(&format!("“{HIDDEN}”{after}"));
    }
    sentence(half.trim_end())
}

/// What is said to somebody who may not see people about a reason that tells of properties.
pub const OF_PROPERTIES: &str = "by their properties";

/// A sentence that may end in somebody else's words. Whoever shows it says who reads, so that no
/// new place forgets to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskableSentence {
    /// A receiver's machine, where its address is a message's.
    machine: Option<String>,
    sentence: String,
}

impl MaskableSentence {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { machine: None, sentence: sentence.into() }
    }

    #[must_use]
    pub fn of_machine(self, machine: &str) -> Self {
        Self { machine: Some(machine.to_string()), ..self }
    }

    pub fn for_reader(&self, sees_people: bool) -> String {
        match &self.machine {
            _ if !sees_people => our_half(&self.sentence),
            Some(machine) => format!("{machine}: {}", self.sentence),
            None => self.sentence.clone(),
        }
    }
}

// Whoever adds a field decides here what of it is shown: each of them is named.

impl MessageSummary {
    pub fn masked(self) -> Self {
        let MessageSummary {
            seq,
            enrolment,
            journey_name,
            title,
            channel,
            state,
            created_at,
            settled_at,
            reason,
            attempts,
            possible_duplicates: doubts,
            answers,
        } = self;
        Self {
            seq,
            enrolment,
            journey_name,
            title,
            channel,
            state,
            created_at,
            settled_at,
            reason: our_half(&reason),
            attempts,
            possible_duplicates: doubts,
            answers: answers.into_iter().map(MessageEventSummary::masked).collect(),
        }
    }
}

impl MessageEventSummary {
    fn masked(self) -> Self {
        let MessageEventSummary { kind, at, detail: _ } = self;
        Self { kind, at, detail: String::new() }
    }
}

impl FailedMessagePage {
    pub fn masked(self) -> Self {
        let FailedMessagePage { query, rows, total, next, reasons } = self;
        let rows = rows.into_iter().map(FailedMessage::masked).collect();
        // Several reasons are one without a provider's words.
        let mut halves: Vec<(String, i64)> = Vec::with_capacity(reasons.len());
        for (reason, count) in reasons {
            let half = our_half(&reason);
            match halves.iter_mut().find(|(known, _)| *known == half) {
                Some((_, known)) => *known += count,
                None => halves.push((half, count)),
            }
        }
        Self { query, rows, total, next, reasons: halves }
    }
}

impl FailedMessage {
    fn masked(self) -> Self {
        let person = if self.by_address {
            address(AddressKind::of(self.channel), &self.person)
        } else {
            identity(&self.person)
        };
        let FailedMessage {
            number,
            journey,
            journey_name,
            node,
            channel,
            profile,
            person: _,
            by_address,
            reason,
            attempts,
            failed_at,
            stopped,
        } = self;
        Self {
            number,
            journey,
            journey_name,
            node,
            channel,
            profile,
            person,
            by_address,
            reason: our_half(&reason),
            attempts,
            failed_at,
            stopped,
        }
    }
}

impl Suppression {
    pub fn masked(self) -> Self {
        let Suppression { kind, address: text, reason, at } = self;
        Self { kind, address: address(Some(kind), &text), reason: our_half(&reason), at }
    }
}

impl ProfileAtNode {
    pub fn masked(self) -> Self {
        let ProfileAtNode { person, enrolment, identity: name_of_theirs, since } = self;
        Self { person, enrolment, identity: name_of_theirs.as_deref().map(identity), since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_what_tells_it_apart_and_no_more() {
        assert_eq!(address(Some(AddressKind::Email), "ada@example.com"), "a•••@example.com");
        assert_eq!(address(Some(AddressKind::Email), "@"), "•••@");
        assert_eq!(address(Some(AddressKind::Email), "w5＠wide.example"), "w•••@wide.example");
        assert_eq!(address(Some(AddressKind::Phone), "+49 (170) 123-45"), "•••45");
        assert_eq!(address(Some(AddressKind::Phone), "7"), "•••7");
        assert_eq!(address(Some(AddressKind::Push), "token"), "•••");
        assert_eq!(address(None, "anything"), "•••");
    }

    #[test]
    fn an_identity_is_masked_where_it_is_an_address() {
        assert_eq!(identity("ada@example.com"), "a•••@example.com");
        assert_eq!(identity("+4917012345"), "•••45");
        assert_eq!(identity("0049 170 5551234"), "•••34");
        for kept in ["ada", "4711", "0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01", "+1"] {
            assert_eq!(identity(kept), kept);
        }
    }

    #[test]
    fn our_half_of_a_sentence_has_nothing_that_a_receiver_or_a_message_brought_in() {
        for (whole, half) in [
            (
                "the mail server is busy (451 4.7.1 <ada@example.com>: Greylisted)",
                "the mail server is busy",
            ),
            (
                "tried 5 times: the receiver has trouble (500 {\"plan\": \"(gold)\"}): check it",
                "tried 5 times: the receiver has trouble",
            ),
            (
                "their address is on the suppression list: it bounced: 550 no ada@example.com",
                "their address is on the suppression list: it bounced",
            ),
            (
                "There is no machine of the name “gold.example”. Look for a mistake in it",
                "There is no machine of the name “•••”. Look for a mistake in it",
            ),
            ("“ada", "“•••”"),
            ("does not want e-mail", "does not want e-mail"),
            ("", ""),
        ] {
            assert_eq!(our_half(whole), half);
        }
        let said = MaskableSentence::new("it is busy (ada)").of_machine("gold.example:443");
        assert_eq!(said.for_reader(true), "gold.example:443: it is busy (ada)");
        assert_eq!(said.for_reader(false), "it is busy");
    }

    #[test]
    fn what_a_mail_server_says_names_nobody() {
        assert_eq!(
            sentence("550 5.1.1 <ada@example.com>: no such user, call +4917012345."),
            "550 5.1.1 <a•••@example.com>: no such user, call •••45"
        );
        assert_eq!(sentence("it bounced: “ada@example.com”"), "it bounced: “a•••@example.com”");
        assert_eq!(
            sentence("the server is busy, try at 12:45"),
            "the server is busy, try at 12:45"
        );
        for kept in ["it is longer than 10485760.", "not before 2026-11-30", "not on 2026-11-30."] {
            assert_eq!(sentence(kept), kept);
        }
        assert_eq!(sentence(""), "");
    }
}
