//! Accounts: how people are addressed and what a password must be.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{error::FieldError, ids::SessionId, time::Timestamp};

/// Shortest password, in characters (ASVS 4.0.3, 2.1.1).
pub const PASSWORD_MIN: usize = 12;
/// Longest password, in characters (ASVS 4.0.3, 2.1.2).
pub const PASSWORD_MAX: usize = 128;
/// Longest email address (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX: usize = 254;

/// An email address, as typed. Two that differ in case only are one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Takes what a person typed.
    ///
    /// # Errors
    /// Where it cannot be an address. Whether it exists, only a message to it can tell.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let fine = text.len() <= EMAIL_MAX
            && !text.chars().any(|c| {
                c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | ',' | ';')
            })
            && text.rsplit_once('@').is_some_and(|(name, domain)| {
                !name.is_empty()
                    && !name.contains('@')
                    && !domain.is_empty()
                    && !domain.starts_with('.')
                    && !domain.ends_with('.')
            });
        if fine {
            Ok(Self(text.to_string()))
        } else {
            Err(FieldError::new(
                "email",
                "malformed",
                "This is not an email address. Use the form ada@example.com.",
            ))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is compared.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A password on its way to be hashed or compared. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes a new password.
    ///
    /// # Errors
    /// Where its length is out of bounds. Whether it can be guessed is judged by the server.
    pub fn new(text: &str) -> Result<Self, FieldError> {
        let length = text.chars().count();
        if length < PASSWORD_MIN {
            let sentence = format!(
                "The password has {length} characters; use at least {PASSWORD_MIN}. Several words \
                    work well."
            );
            return Err(FieldError::new("password", "too_short", sentence));
        }
        if length > PASSWORD_MAX {
            let sentence =
                format!("The password has {length} characters; the limit is {PASSWORD_MAX}.");
            return Err(FieldError::new("password", "too_long", sentence));
        }
        Ok(Self(text.to_string()))
    }

    /// Takes what someone claims to be their password; too long to be one is no password at all.
    pub fn from_sign_in(text: &str) -> Self {
        Self(text.chars().take(PASSWORD_MAX + 1).collect())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// One sign-in on one device, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub id: SessionId,
    /// "Firefox on Linux"
    pub device: String,
    pub address: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// The one that is asking.
    pub current: bool,
}

/// Who someone is at a sign-in provider (OpenID Connect Core, 5.7: issuer and subject together).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedIdentity {
    pub issuer: String,
    pub subject: String,
}

/// What somebody is told who holds a link for a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordOffer {
    pub email: String,
    /// Who signs in to the account at the provider; choosing the password ends that.
    pub linked: Vec<LinkedIdentity>,
}

/// What a browser says of itself, in a few words for a person: "Firefox on Linux".
pub fn describe_user_agent(agent: &str) -> String {
    // Order matters: browsers claim to be each other.
    let browser = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    .into_iter()
    .find(|(mark, _)| agent.contains(mark))
    .map(|(_, name)| name);
    let system = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find(|(mark, _)| agent.contains(mark))
    .map(|(_, name)| name);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_string(),
        _ if agent.is_empty() => "Unknown device".to_string(),
        _ => agent.chars().take(40).collect(),
    }
}

/// The same in the audit log, where nothing is said of the command line and of what happened by
/// itself.
pub fn describe_audited_agent(agent: &str) -> String {
    if agent.is_empty() { String::new() } else { describe_user_agent(agent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_in_case_are_one() {
        let key = |text: &str| EmailAddress::parse(text).map(|email| email.key());
        assert_eq!(key(" Ada@Example.com "), key("ada@example.COM"));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "ada@.com",
            "ada@example.",
            "<ada@example.com>",
            "a@b@c.com",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
        assert!(EmailAddress::parse(&format!("{}@example.com", "a".repeat(EMAIL_MAX))).is_err());
        assert!(EmailAddress::parse("ada@localhost").is_ok());
    }

    #[test]
    fn a_password_is_counted_in_characters_and_never_printed() {
        assert!(Password::new(&"é".repeat(PASSWORD_MIN - 1)).is_err());
        assert!(Password::new(&"é".repeat(PASSWORD_MIN)).is_ok());
        assert!(Password::new(&"x".repeat(PASSWORD_MAX + 1)).is_err());
        assert!(!format!("{:?}", Password::from_sign_in("very secret words")).contains("secret"));
    }

    #[test]
    fn a_device_is_told_in_words() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(describe_user_agent(firefox), "Firefox on Linux");
        assert_eq!(describe_user_agent(edge), "Edge on Windows");
        assert_eq!(describe_user_agent("curl/8.0"), "curl/8.0");
        assert_eq!(describe_user_agent(""), "Unknown device");
    }

    #[test]
    fn the_audit_log_tells_no_device_where_there_was_none() {
        assert_eq!(describe_audited_agent(""), "");
        assert_eq!(describe_audited_agent("curl/8.0"), "curl/8.0");
    }
}
