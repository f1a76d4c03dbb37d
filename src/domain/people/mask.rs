//! What someone without [`SeePeople`](crate::domain::access::Permission::SeePeople) is shown of
//! people: addresses are masked, properties and names are left out.

use super::view::{PeoplePage, PersonDetail, TripDetail};
use crate::domain::{
    delivery::{
        message_view::MessageView,
        suppression::{AddressKind, Suppression},
        undelivered::UndeliveredPage,
    },
    editor::PersonHere,
};

/// Stands for what is left out.
const HIDDEN: &str = "•••";
/// Digits of a phone number that are shown.
const DIGITS: usize = 2;
/// Fewest digits of what is taken for a phone number.
const PHONE_MIN: usize = 7;

/// `a•••@example.com`, `•••45`, `•••`.
pub fn address(kind: Option<AddressKind>, address: &str) -> String {
    match kind {
        Some(AddressKind::Email) => match address.rsplit_once('@') {
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

/// The kind of address that a text is, if it looks like one: identities often are.
pub fn kind_of(text: &str) -> Option<AddressKind> {
    let text = text.trim();
    if text.contains('@') {
        return Some(AddressKind::Email);
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (text.starts_with('+') && digits >= PHONE_MIN).then_some(AddressKind::Phone)
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
        masked.push_str(&identity(&rest[..word]));
        let after = rest[word..].chars().next().map_or(word, |sign| word + sign.len_utf8());
        masked.push_str(&rest[word..after]);
        rest = &rest[after..];
    }
    masked
}

impl PeoplePage {
    pub fn masked(mut self) -> Self {
        for row in &mut self.rows {
            row.name = None;
            row.identity = row.identity.as_deref().map(identity);
            row.email = row.email.as_deref().map(|email| address(Some(AddressKind::Email), email));
        }
        self
    }
}

impl PersonDetail {
    pub fn masked(mut self) -> Self {
        self.identity = self.identity.as_deref().map(identity);
        self.anonymous = self.anonymous.iter().map(|id| identity(id)).collect();
        self.properties.clear();
        for (key, text) in &mut self.addresses {
            *text = address(AddressKind::from_key(key), text);
        }
        for event in &mut self.events {
            event.properties.clear();
        }
        self
    }
}

impl TripDetail {
    pub fn masked(mut self) -> Self {
        if let Some(person) = self.person {
            self.person_title = format!("Profile #{person}");
        }
        for step in &mut self.steps {
            step.reason = sentence(&step.reason);
        }
        self.messages = self.messages.into_iter().map(MessageView::masked).collect();
        self
    }
}

impl MessageView {
    pub fn masked(mut self) -> Self {
        self.reason = sentence(&self.reason);
        for answer in &mut self.answers {
            answer.detail = sentence(&answer.detail);
        }
        self
    }
}

impl UndeliveredPage {
    pub fn masked(mut self) -> Self {
        for row in &mut self.rows {
            row.person = if row.by_address {
                address(AddressKind::of(row.channel), &row.person)
            } else {
                identity(&row.person)
            };
            row.reason = sentence(&row.reason);
        }
        for (reason, _) in &mut self.reasons {
            *reason = sentence(reason);
        }
        self
    }
}

impl Suppression {
    pub fn masked(mut self) -> Self {
        self.address = address(Some(self.kind), &self.address);
        self.reason = sentence(&self.reason);
        self
    }
}

impl PersonHere {
    pub fn masked(mut self) -> Self {
        self.identity = self.identity.as_deref().map(identity);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_what_tells_it_apart_and_no_more() {
        assert_eq!(address(Some(AddressKind::Email), "ada@example.com"), "a•••@example.com");
        assert_eq!(address(Some(AddressKind::Email), "@"), "•••@");
        assert_eq!(address(Some(AddressKind::Phone), "+49 (170) 123-45"), "•••45");
        assert_eq!(address(Some(AddressKind::Phone), "7"), "•••7");
        assert_eq!(address(Some(AddressKind::Push), "token"), "•••");
        assert_eq!(address(None, "anything"), "•••");
    }

    #[test]
    fn an_identity_is_masked_where_it_is_an_address() {
        assert_eq!(identity("ada@example.com"), "a•••@example.com");
        assert_eq!(identity("+4917012345"), "•••45");
        for kept in ["ada", "4711", "0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01", "+1"] {
            assert_eq!(identity(kept), kept);
        }
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
        assert_eq!(sentence(""), "");
    }
}
