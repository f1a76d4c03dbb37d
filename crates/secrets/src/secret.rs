//! Random secrets: in cookies, links and API keys. Only their hashes are kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// SHA-256 of a secret: what is kept in its place.
pub type SecretHash = [u8; 32];

/// Begins every API key, so that scanners of code find a lost one.
pub const KEY_PREFIX: &str = "wf_";
/// Longest text that can be a secret.
const LENGTH_MAX: usize = 100;

/// 256 bits from the operating system, as text. It is shown once and cannot be printed by accident.
pub struct Secret(String);

/// The operating system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random numbers")]
pub struct NoRandomness;

impl Secret {
    /// # Errors
    /// Where the operating system gives no random numbers.
    pub fn new() -> Result<Self, NoRandomness> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// An API key.
    ///
    /// # Errors
    /// Where the operating system gives no random numbers.
    pub fn new_key() -> Result<Self, NoRandomness> {
        Ok(Self(format!("{KEY_PREFIX}{}", Self::new()?.0)))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> SecretHash {
        hash(&self.0)
    }

    /// The first characters: enough to tell keys apart, not enough to guess one.
    pub fn hint(&self) -> String {
        self.0.chars().take(KEY_PREFIX.len() + 6).collect()
    }
}

/// The hash of what someone shows. Without a slow function: there is nothing to guess in 256
/// random bits.
pub fn hash(text: &str) -> SecretHash {
    let text = if text.len() <= LENGTH_MAX { text } else { "" };
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_secrets_are_alike_and_each_has_256_bits() {
        let (a, b) = (Secret::new().expect("one"), Secret::new().expect("another"));
        assert_ne!(a.expose(), b.expose());
        assert_eq!(a.expose().len(), 43);
        assert_eq!(hash(a.expose()), a.hash());
        assert!(Secret::new_key().expect("a key").expose().starts_with(KEY_PREFIX));
    }
}
