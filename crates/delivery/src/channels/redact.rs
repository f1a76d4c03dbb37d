//! What a provider says, fit to be shown: one line, short, and without what must not be repeated.

use std::error::Error;

use super::egress::cause;
use wayfare_domain::names::is_unprintable;

/// Most characters of a provider's own words.
const WORDS_MAX: usize = 200;

/// Things that are never shown, no matter who repeats them.
#[derive(Clone, Default)]
pub struct Redactor(Vec<String>);

impl Redactor {
    /// Empty texts are no secrets.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        Self(secrets.into_iter().filter(|secret| !secret.trim().is_empty()).collect())
    }

    /// These as well.
    pub fn and(&self, further: impl IntoIterator<Item = String>) -> Self {
        Self::new(self.0.iter().cloned().chain(further))
    }

    /// The words in brackets behind a sentence, with a space before; nothing where there are none.
    pub fn quoted(&self, words: &str) -> String {
        let words = self.clean(words);
        if words.is_empty() { String::new() } else { format!(" ({words})") }
    }

    pub fn clean(&self, text: &str) -> String {
        let hidden =
            self.0.iter().fold(text.to_string(), |text, secret| text.replace(secret.as_str(), "…"));
        let spaced: String =
            hidden.chars().map(|sign| if is_unprintable(sign) { ' ' } else { sign }).collect();
        let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= WORDS_MAX {
            return line;
        }
        line.chars().take(WORDS_MAX - 1).chain(['…']).collect()
    }
}

/// What is wrong with a machine's certificate, as the end of "its certificate …"; none where that
/// is not what is wrong.
pub fn certificate_problem(error: &(dyn Error + 'static)) -> Option<String> {
    use rustls::{CertificateError as Wrong, Error as Tls};
    let Tls::InvalidCertificate(wrong) = cause::<Tls>(error)? else { return None };
    let words = match wrong {
        Wrong::Expired | Wrong::ExpiredContext { .. } => "has expired",
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => "is not valid yet",
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => "is for another name",
        Wrong::UnknownIssuer => "is from an unknown authority",
        Wrong::Revoked => "was revoked",
        other => {
            return Some(format!("is not accepted ({other:?})").chars().take(WORDS_MAX).collect());
        }
    };
    Some(words.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_short_line_without_secrets() {
        let hushed = Redactor::new(["hunter2".to_string(), String::new()]);
        assert_eq!(hushed.quoted("no\r\n such  user,\u{0} hunter2"), " (no such user, …)");
        assert_eq!(hushed.quoted(" \n"), "");
        assert_eq!(hushed.clean(&"x".repeat(500)).chars().count(), WORDS_MAX);
    }
}
