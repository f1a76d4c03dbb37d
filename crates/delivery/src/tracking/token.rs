//! Links and names that are a message's own, signed so that no one can make one up.
//!
//! A token is base64url of: its kind (a byte), the message's number (LEB128), for a click its
//! target, 16 bytes of signature.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use wayfare_secrets::server_key::{ServerKey, SigningPurpose};
use wayfare_templates::LinkBuilder;

/// Bytes of a signature.
const SIGNATURE: usize = 16;
/// Longest token that is looked at, in characters.
const TOKEN_MAX: usize = 8_000;
/// Begins the name of a message.
const KEY: &str = "wf.";
/// Digits of a message's number in its name.
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// What a link is for. One made for one thing is worth nothing for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkToken {
    Open {
        message: i64,
    },
    Click {
        message: i64,
        target: Url,
    },
    /// Their choices: the one who brings it is the one who got the message.
    Choices {
        message: i64,
    },
}

impl LinkToken {
    pub fn write(&self, server_key: &ServerKey) -> String {
        let (kind, message, target) = match self {
            LinkToken::Open { message } => (1, message, ""),
            LinkToken::Click { message, target } => (2, message, target.as_str()),
            LinkToken::Choices { message } => (3, message, ""),
        };
        let mut bytes = vec![kind];
        push_number(&mut bytes, message.unsigned_abs());
        bytes.extend_from_slice(target.as_bytes());
        let signature = server_key.sign(SigningPurpose::Link, &bytes);
        bytes.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// None where it was not signed here.
    pub fn read(server_key: &ServerKey, text: &str) -> Option<Self> {
        if text.len() > TOKEN_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (data, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE)?)?;
        if !server_key.verify(SigningPurpose::Link, data, signature) {
            return None;
        }
        let (kind, rest) = data.split_first()?;
        let (message, target) = take_number(rest)?;
        match kind {
            1 if target.is_empty() => Some(LinkToken::Open { message }),
            2 => Some(LinkToken::Click {
                message,
                target: web_address(std::str::from_utf8(target).ok()?)?,
            }),
            3 if target.is_empty() => Some(LinkToken::Choices { message }),
            _ => None,
        }
    }
}

/// An address of the web; anything else (mailto:, javascript:) is not led to.
pub fn web_address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let end = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)?;
    let number =
        bytes[..=end].iter().rev().fold(0_u64, |number, byte| number << 7 | u64::from(byte & 0x7f));
    Some((i64::try_from(number).ok()?, &bytes[end + 1..]))
}

/// The links of one message.
pub struct MessageLinks {
    /// Where people reach us.
    pub base: Url,
    pub server_key: ServerKey,
    /// Its number in the outbox.
    pub message: i64,
}

impl MessageLinks {
    fn link(&self, path: &str, token: &LinkToken) -> String {
        format!(
            "{}/{path}/{}",
            self.base.as_str().trim_end_matches('/'),
            token.write(&self.server_key)
        )
    }
}

impl LinkBuilder for MessageLinks {
    /// What leads to no page of the web stays as it is, and so does an address that would not fit.
    fn click(&self, target: &str) -> String {
        let Some(url) = web_address(target) else { return target.to_string() };
        let link = self.link("t/c", &LinkToken::Click { message: self.message, target: url });
        if link.len() > TOKEN_MAX { target.to_string() } else { link }
    }

    fn pixel(&self) -> String {
        self.link("t/o", &LinkToken::Open { message: self.message })
    }

    fn unsubscribe(&self) -> String {
        self.preferences()
    }

    fn preferences(&self) -> String {
        self.link("u", &LinkToken::Choices { message: self.message })
    }
}

/// The name under which a message goes out, the same for every try: `Idempotency-Key`, the left
/// half of `Message-ID`. Small letters, digits and dots, so that it survives anyone who carries it.
pub fn message_key(server_key: &ServerKey, message: i64) -> String {
    let mut number = message.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        digits.push(DIGITS[(number % 36) as usize]);
        number /= 36;
        if number == 0 {
            break;
        }
    }
    let signature = server_key.sign(SigningPurpose::MessageKey, &message.to_le_bytes());
    let number: String = digits.iter().rev().map(|digit| char::from(*digit)).collect();
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{KEY}{number}.{signature}")
}

/// The message of a name, alone or as a whole `<wf.….…@example.com>`; none where it is no name that
/// was given here.
pub fn message_of_key(server_key: &ServerKey, text: &str) -> Option<i64> {
    find_key(server_key, text)
}

/// The first name of a message within a text: mail servers quote what they could not deliver in
/// many ways.
pub fn find_key(server_key: &ServerKey, text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    lower
        .match_indices(KEY)
        .find_map(|(place, _)| read_key(server_key, &lower[place + KEY.len()..]))
}

fn read_key(server_key: &ServerKey, rest: &str) -> Option<i64> {
    let (number, rest) =
        rest.split_at_checked(rest.find('.').filter(|end| (1..=13).contains(end))?)?;
    let message = i64::from_str_radix(number, 36).ok().filter(|message| *message > 0)?;
    let hex = rest.get(1..1 + 2 * SIGNATURE)?;
    let signature: Vec<u8> = (0..SIGNATURE)
        .map(|place| u8::from_str_radix(hex.get(2 * place..2 * place + 2)?, 16).ok())
        .collect::<Option<_>>()?;
    server_key
        .verify(SigningPurpose::MessageKey, &message.to_le_bytes(), &signature)
        .then_some(message)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn server_key(seed: u8) -> ServerKey {
        ServerKey::open(Some(&STANDARD.encode([seed; 32])), std::path::Path::new("unused"))
            .expect("a key")
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address")
    }

    proptest! {
        #[test]
        fn a_token_comes_back_and_no_changed_one_does(message in 1_i64..i64::MAX, place in 0_usize..60, bit in 0_u8..8) {
            let server_key = server_key(7);
            let target = url("https://shop.example/cart?id=7&x=%C3%A9#top");
            for token in [LinkToken::Open { message }, LinkToken::Click { message, target }, LinkToken::Choices { message }] {
                let text = token.write(&server_key);
                prop_assert_eq!(LinkToken::read(&server_key, &text), Some(token));
                let mut bytes = URL_SAFE_NO_PAD.decode(&text).expect("bytes");
                let place = place % bytes.len();
                bytes[place] ^= 1 << bit;
                prop_assert_eq!(LinkToken::read(&server_key, &URL_SAFE_NO_PAD.encode(&bytes)), None);
                prop_assert_eq!(LinkToken::read(&server_key, &URL_SAFE_NO_PAD.encode(&bytes[..place])), None);
            }
        }

        #[test]
        fn any_text_is_refused_and_never_breaks(text in "\\PC{0,80}") {
            prop_assert_eq!(LinkToken::read(&server_key(7), &text), None);
            prop_assert_eq!(message_of_key(&server_key(7), &text), None);
        }

        #[test]
        fn a_message_is_found_by_its_name(message in 1_i64..i64::MAX) {
            let server_key = server_key(7);
            let key = message_key(&server_key, message);
            prop_assert!(key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.'));
            prop_assert_eq!(message_of_key(&server_key, &key), Some(message));
            prop_assert_eq!(message_of_key(&server_key, &format!("<{}@example.com>", key.to_uppercase())), Some(message));
        }
    }

    #[test]
    fn a_token_of_another_key_or_for_another_thing_is_worth_nothing() {
        let open = LinkToken::Open { message: 7 }.write(&server_key(7));
        assert_eq!(LinkToken::read(&server_key(8), &open), None);
        let mut bytes = URL_SAFE_NO_PAD.decode(&open).expect("bytes");
        bytes[0] = 3;
        assert_eq!(
            LinkToken::read(&server_key(7), &URL_SAFE_NO_PAD.encode(bytes)),
            None,
            "a picture is no right to choose"
        );
        let key = message_key(&server_key(7), 7);
        assert_eq!(message_of_key(&server_key(8), &key), None);
        assert_eq!(message_of_key(&server_key(7), &key.replace("wf.7.", "wf.8.")), None);
        assert_eq!(message_of_key(&server_key(7), &key[..key.len() - 1]), None);
    }

    #[test]
    fn only_pages_of_the_web_are_led_to() {
        let links = MessageLinks {
            base: url("https://wayfare.example/"),
            server_key: server_key(7),
            message: 7,
        };
        for target in [
            "mailto:ada@example.com",
            "javascript:alert(1)",
            "tel:112",
            "#top",
            "/relative",
            "data:text/html,x",
            "",
        ] {
            assert_eq!(links.click(target), target);
        }
        let link = links.click("https://shop.example/a?b=c");
        assert!(link.starts_with("https://wayfare.example/t/c/"), "{link}");
        let token = link.rsplit('/').next().expect("a token");
        assert!(matches!(
            LinkToken::read(&server_key(7), token),
            Some(LinkToken::Click { message: 7, .. })
        ));
        assert!(
            links.pixel().len() < 70 && links.preferences().len() < 70,
            "short enough for a text message"
        );
        let endless = format!("https://shop.example/{}", "x".repeat(9_000));
        assert_eq!(links.click(&endless), endless);
    }
}
