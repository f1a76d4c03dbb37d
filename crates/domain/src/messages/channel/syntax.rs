//! What names and addresses of providers look like.

use std::net::IpAddr;

use crate::access::account::EmailAddress;

/// Longest address of a server, in characters.
pub(super) const ADDRESS_MAX: usize = 500;

pub(super) fn is_line(text: &str, max: usize) -> bool {
    text.chars().count() <= max && !text.chars().any(char::is_control)
}

pub(super) fn is_word(text: &str, max: usize) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_".contains(sign))
}

pub(super) fn is_host(text: &str) -> bool {
    let is_name = text.chars().all(|sign| sign.is_alphanumeric() || "-._".contains(sign));
    !text.is_empty() && text.len() <= 253 && (is_name || text.parse::<IpAddr>().is_ok())
}

pub(super) fn is_mailbox(text: &str) -> bool {
    EmailAddress::parse(text).is_ok()
}

pub(super) fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=15).contains(&digits.len()) && digits.chars().all(|sign| sign.is_ascii_digit())
}

pub(super) fn is_sender_name(text: &str) -> bool {
    let fine = |sign: char| sign.is_ascii_alphanumeric() || " +-_&".contains(sign);
    (1..=11).contains(&text.len())
        && text.chars().all(fine)
        && text.chars().any(|sign| sign.is_ascii_alphabetic())
}

/// Looks like the address of a server, encrypted unless it stands on one's own network.
pub(super) fn is_web_address(text: &str) -> bool {
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return false,
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let odd = |sign: char| sign.is_whitespace() || sign.is_control() || "@?#\\\"<>".contains(sign);
    if authority.is_empty() || text.len() > ADDRESS_MAX || rest.contains(odd) {
        return false;
    }
    secure || is_own_network(authority)
}

fn is_own_network(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let ends = [".local", ".localhost", ".internal", ".lan", ".home.arpa"];
    host.parse::<IpAddr>().is_ok()
        || !host.contains('.')
        || ends.iter().any(|end| host.ends_with(end))
}
