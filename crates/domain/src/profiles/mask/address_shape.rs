//! Which identities are addresses, and so are masked and found by nobody without the right to see
//! people. What is doubtful counts as one: a customer number that is masked does less harm than a
//! phone number that is not.
//!
//! The store asks the same of many identities at once
//! (`crates/store-sqlite/src/profiles/address_sql.rs`), from the same lists of characters.

use std::ops::RangeInclusive;

use crate::messages::suppression::AddressKind;

/// The at sign, and what looks like it: full width, small.
pub const AT_SIGNS: [char; 3] = ['@', '\u{ff20}', '\u{fe6b}'];
/// Digits: ours, full width, Arabic and Persian.
pub const DIGITS: &str = "0123456789０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹";
/// A text that begins with one of them is a phone number, whatever else stands in it.
pub const PLUS_SIGNS: [char; 2] = ['+', '\u{ff0b}'];
/// The same, in small letters.
pub const SCHEMES: [&str; 3] = ["tel:", "sms:", "whatsapp:"];
/// How a call to another country begins where there is no plus. No country's code begins with a
/// zero, but customer numbers may begin with more of them.
pub const ABROAD: &str = "00";
/// What phone numbers are written with besides digits: spaces, brackets, dashes, dots, slashes,
/// pluses, and characters that nobody sees.
pub const SEPARATORS: &str = concat!(
    " \u{a0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}",
    "\u{200a}\u{202f}\u{205f}\u{3000}()[]\u{ff08}\u{ff09}\u{ff3b}\u{ff3d}",
    "-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{fe58}\u{fe63}\u{ff0d}",
    "./\u{b7}\u{2024}\u{2044}\u{2215}\u{ff0e}\u{ff0f}+\u{ff0b}",
    "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}",
    "\u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}",
);
/// Fewest digits of a phone number.
pub const PHONE_MIN: usize = 7;
/// Of digits alone, so many are a phone number with its country (E.164 has 15 at most); fewer, or
/// more, are a customer's number.
pub const BARE_PHONE: RangeInclusive<usize> = 11..=15;

/// The kind of address that a text is, if it looks like one: identities often are.
pub fn kind_of(text: &str) -> Option<AddressKind> {
    let text = text.trim();
    if text.contains(AT_SIGNS) {
        return Some(AddressKind::Email);
    }
    is_phone_number(text).then_some(AddressKind::Phone)
}

fn is_phone_number(text: &str) -> bool {
    let digits = text.chars().filter(|sign| DIGITS.contains(*sign)).count();
    if digits < PHONE_MIN {
        return false;
    }
    let small = text.to_ascii_lowercase();
    if text.starts_with(PLUS_SIGNS) || SCHEMES.iter().any(|scheme| small.starts_with(scheme)) {
        return true;
    }
    if digits == text.chars().count() {
        return BARE_PHONE.contains(&digits)
            || text.strip_prefix(ABROAD).is_some_and(|rest| !rest.starts_with('0'));
    }
    text.chars().all(|sign| DIGITS.contains(sign) || SEPARATORS.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn are(kind: Option<AddressKind>, texts: &[&str]) {
        for text in texts {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }

    #[test]
    fn digits_with_what_phone_numbers_are_written_with_are_a_phone_number() {
        are(
            Some(AddressKind::Phone),
            &[
                "0049 170 5551234",
                "(+49)1705551234",
                "0170/5551234",
                "030.1234.56",
                "555-1234",
                "[030] 123 45 67",
                "0170\u{a0}555\u{2011}1234",
                "\u{200b}4917055",
            ],
        );
    }

    #[test]
    fn a_plus_or_a_scheme_makes_seven_digits_a_phone_number_whatever_else_is_there() {
        are(
            Some(AddressKind::Phone),
            &["+4917055", "＋4917055", "tel:+491705551234", "TEL:5551234;ext=1", "sms:5551234"],
        );
        are(None, &["+491705", "tel:555123", "hotel:5551234"]);
    }

    #[test]
    fn digits_alone_are_a_phone_number_where_they_have_a_country_and_else_a_customers_number() {
        are(Some(AddressKind::Phone), &["49170555123", "491705551234567", "0049170555"]);
        are(None, &["4711", "1234567890", "0001234567", "4917055512345678"]);
    }

    #[test]
    fn digits_of_other_scripts_are_digits() {
        are(Some(AddressKind::Phone), &["４９１７０５５５１２３", "٠٤٩ ١٧٠٥٥٥١"]);
    }

    #[test]
    fn what_looks_like_an_at_sign_makes_an_email_address() {
        are(Some(AddressKind::Email), &["ada@example.com", "ada＠example.com", "ada﹫x", "@"]);
    }

    #[test]
    fn a_name_with_letters_is_no_address() {
        are(None, &["ada", "0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01", "fb:12345678901", "#1234567"]);
        are(None, &["", "12-34-56", "-------"]);
    }
}
