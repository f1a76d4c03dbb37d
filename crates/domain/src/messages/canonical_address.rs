//! The one spelling of an address. The suppression list, the send rules and the wire use it, so
//! that what is looked up is what is sent to: another spelling of a listed address gets past
//! nothing. What has no such spelling is not sent.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::{
    error::FieldError,
    messages::suppression::{AddressKind, BULK_ADD_MAX},
};

/// Longest address and longest part before the @ (RFC 5321, 4.5.3.1).
const EMAIL_MAX: usize = 254;
const LOCAL_MAX: usize = 64;
/// Digits of a number (E.164 has at most 15; a few more do no harm).
const DIGITS: std::ops::RangeInclusive<usize> = 4..=18;
const TOKEN_MAX: usize = 4_096;

/// The one spelling of an address; none where it cannot be such an address.
pub fn canonical(kind: AddressKind, address: &str) -> Option<String> {
    match kind {
        AddressKind::Email => email(address.trim()),
        AddressKind::Phone => phone(address),
        AddressKind::Push | AddressKind::WebPush => {
            let token = address.trim();
            let odd = |sign: char| sign.is_whitespace() || sign.is_control();
            let good = !token.is_empty() && token.len() <= TOKEN_MAX && !token.contains(odd);
            good.then(|| token.to_string())
        }
    }
}

fn email(address: &str) -> Option<String> {
    // Letters of other widths and forms have an @ of their own.
    let (local, domain) = address.rsplit_once(['@', '＠', '﹫'])?;
    let spelled = format!("{}@{}", local_part(local)?, email_domain(domain)?);
    (spelled.len() <= EMAIL_MAX).then_some(spelled)
}

/// In the letters of DNS: servers that know no others are many. Numbers are refused: one mailbox
/// has many such addresses, and none of them is the one that is on the list.
fn email_domain(domain: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::URL,
        Hyphens::Allow,
        DnsLength::VerifyAllowRootDot,
    );
    let ascii = ascii.ok()?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    let last = name.rsplit('.').next()?;
    let is_number = last.starts_with(|sign: char| sign.is_ascii_digit())
        && last.chars().all(|sign| sign.is_ascii_hexdigit() || sign == 'x');
    (!name.is_empty() && !is_number).then(|| name.to_string())
}

/// Without needless quotes (RFC 5321, 4.1.2), in small letters. `%`, `!` and a second @ are ways
/// to another mailbox for servers that still follow such routes.
fn local_part(local: &str) -> Option<String> {
    let (text, quoted) = match local.strip_prefix('"') {
        Some(rest) => (unquoted(rest.strip_suffix('"')?)?, true),
        None => (small_letters(local)?, false),
    };
    let is_route = |sign: char| "%!@".contains(sign) || sign.is_control();
    if text.is_empty() || text.len() > LOCAL_MAX || text.contains(is_route) {
        return None;
    }
    let is_plain = text.chars().all(|sign| {
        !sign.is_ascii() || sign.is_ascii_alphanumeric() || "#$&'*+-/=?^_`{|}~.".contains(sign)
    });
    if is_plain && text.split('.').all(|part| !part.is_empty()) {
        return Some(text);
    }
    // Dots at odd places are taken with and without quotes; blanks and brackets only within.
    (quoted || is_plain).then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn unquoted(quoted: &str) -> Option<String> {
    let mut text = String::with_capacity(quoted.len());
    let mut signs = quoted.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => text.push(signs.next()?),
            '"' => return None,
            _ => text.push(sign),
        }
    }
    small_letters(&text)
}

/// Letters of other scripts in one form of several, as in names of DNS.
fn small_letters(text: &str) -> Option<String> {
    if text.is_ascii() {
        return Some(text.to_ascii_lowercase());
    }
    let (text, fine) =
        Uts46::new().to_unicode(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    fine.ok().map(|()| text.into_owned())
}

/// Digits with their country: without it nobody knows whose number it is.
fn phone(address: &str) -> Option<String> {
    let mut number = String::with_capacity(address.len());
    for sign in address.chars() {
        let sign = match sign {
            '＋' => '+',
            '０'..='９' => char::from_u32(u32::from(sign) - u32::from('０') + u32::from('0'))?,
            _ => sign,
        };
        match sign {
            '0'..='9' => number.push(sign),
            '+' if number.is_empty() => number.push(sign),
            '(' | ')' | '.' | '/' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            _ if sign.is_whitespace() => {}
            _ => return None,
        }
    }
    let digits = number.strip_prefix('+').or_else(|| number.strip_prefix("00"))?;
    let good = DIGITS.contains(&digits.len()) && !digits.starts_with('0');
    good.then(|| format!("+{digits}"))
}

/// Addresses as somebody typed them, one a line.
///
/// # Errors
/// Names the first line that is no such address, or says that there are none or too many.
pub fn read_addresses(kind: AddressKind, text: &str) -> Result<Vec<String>, FieldError> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let refuse = |key, sentence: String| Err(FieldError::new("addresses", key, sentence));
    if lines.is_empty() {
        return refuse("required", "Enter at least one address.".to_string());
    }
    if lines.len() > BULK_ADD_MAX {
        return refuse("too_long", format!("Add at most {BULK_ADD_MAX} addresses at once."));
    }
    let mut addresses = Vec::with_capacity(lines.len());
    for line in lines {
        match canonical(kind, line) {
            Some(address) => addresses.push(address),
            None => {
                let shown: String = line.chars().take(60).collect();
                let title = kind.title().to_lowercase();
                let article = if title.starts_with('e') { "an" } else { "a" };
                let hint = match kind {
                    AddressKind::Phone => " with its country code, such as +49 170 12345",
                    _ => "",
                };
                return refuse(
                    "malformed",
                    format!(
                        "“{shown}” is not {article} {title}{hint}. Nothing was added; correct the \
                            line."
                    ),
                );
            }
        }
    }
    addresses.sort();
    addresses.dedup();
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(address: &str) -> Option<String> {
        canonical(AddressKind::Email, address)
    }

    #[test]
    fn every_spelling_of_a_mailbox_is_the_one_that_is_on_the_list() {
        for spelling in [
            "never@example.org",
            " Never@Example.ORG ",
            "never@example。org",
            "never@ｅxample.org",
            "never@exam\u{ad}ple.org",
            "never@example.org.",
            "\"never\"@example.org",
            "\"ne\\ver\"@example.org",
            "ｎever@example.org",
            "never＠example.org",
        ] {
            assert_eq!(email(spelling).as_deref(), Some("never@example.org"), "{spelling}");
        }
        for spelling in ["x@bücher.example", "x@BÜCHER.example", "x@bu\u{308}cher.example"] {
            assert_eq!(email(spelling).as_deref(), Some("x@xn--bcher-kva.example"), "{spelling}");
        }
        assert_eq!(email("\"a b\"@example.org").as_deref(), Some("\"a b\"@example.org"));
        assert_eq!(email("a..b@example.org"), email("\"a..b\"@example.org"));
        assert_eq!(email("grün@example.org").as_deref(), Some("grün@example.org"));
    }

    #[test]
    fn what_has_no_one_spelling_is_no_address() {
        for nonsense in [
            "ada",
            "@example.org",
            "ada@",
            "a b@c.example",
            "never@ex%61mple.org",
            "never%example.org@relay.example",
            "example.org!never@relay.example",
            "\"never@example.org\"@relay.example",
            "never@example.org@relay.example",
            "never(x)@example.org",
            "never@[192.0.2.1]",
            "never@192.0.2.1",
            "never@0x7f.1",
            "never@xn--\u{fc}.example",
            "never@exa mple.org",
            "never@example..org",
            "\"a\nb\"@example.org",
            "\"a\"b\"@example.org",
        ] {
            assert_eq!(email(nonsense), None, "{nonsense}");
        }
        assert_eq!(email(&format!("{}@example.org", "x".repeat(65))), None);
    }

    #[test]
    fn a_number_has_its_country_and_nothing_but_digits() {
        for number in [
            "+49 (170) 123-45",
            "0049 170 12345",
            "+49/170/12345",
            "+49\u{a0}170\u{2011}12345",
            "＋４９ 170 12345",
        ] {
            let spelled = canonical(AddressKind::Phone, number);
            assert_eq!(spelled.as_deref(), Some("+4917012345"), "{number}");
        }
        for nonsense in ["12", "0170 12345", "4917012345", "+49 170 12345 ext 7", "+0170123", "++1"]
        {
            assert_eq!(canonical(AddressKind::Phone, nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_token_stays_as_it_is() {
        assert_eq!(canonical(AddressKind::Push, " AbC:d ").as_deref(), Some("AbC:d"));
        for nonsense in [" ", "a b", "a\nb"] {
            assert_eq!(canonical(AddressKind::WebPush, nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn whatever_is_canonical_stays_so() {
        for (kind, address) in [
            (AddressKind::Email, "\"A \\\"b\"@Bücher.example"),
            (AddressKind::Email, "Ada+News@Example.com"),
            (AddressKind::Phone, "0049 170 12345"),
        ] {
            let once = canonical(kind, address).expect("an address");
            assert_eq!(canonical(kind, &once).as_ref(), Some(&once));
        }
    }

    #[test]
    fn a_list_that_is_typed_names_its_bad_line_and_says_things_once() {
        let typed = "ada@example.com\n\n Ada@example.com\nbob@example.com\n";
        let read = read_addresses(AddressKind::Email, typed).expect("good");
        assert_eq!(read, ["ada@example.com", "bob@example.com"]);
        let error =
            read_addresses(AddressKind::Email, "ada@example.com\nnobody").expect_err("refused");
        assert!(error.sentence.contains("“nobody” is not an email address"), "{error}");
        assert_eq!(read_addresses(AddressKind::Email, " \n").expect_err("refused").key, "required");
    }
}
