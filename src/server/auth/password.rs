//! Passwords: judged, hashed and compared. Hashing is slow on purpose, so it runs on threads of its own, a few at a time.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::domain::{account::Password, error::FieldError};

/// Hashes that run at the same time: each takes 19 MiB.
const AT_ONCE: usize = 4;
/// The least strength (0 to 4): safe against an attack at full speed on a slow hash.
const STRENGTH_MIN: u8 = 3;

/// Argon2id with 19 MiB, two passes and one lane: what OWASP's Password Storage Cheat Sheet names first, and the crate's
/// default. The parameters stand in each hash, so older ones stay readable when they are raised.
fn argon2() -> Argon2<'static> {
    Argon2::default()
}

#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashFailed;

pub struct Passwords {
    at_once: Semaphore,
    /// The hash of nobody's password: an unknown address costs as much as a known one.
    nobody: Option<String>,
}

impl Default for Passwords {
    fn default() -> Self {
        let nobody = argon2().hash_password(b"nobody has this password").ok().map(|hash| hash.to_string());
        Self { at_once: Semaphore::new(AT_ONCE), nobody }
    }
}

impl Passwords {
    /// A PHC string.
    ///
    /// # Errors
    /// Where the machine has no randomness or memory for it.
    pub async fn hash(&self, password: Password) -> Result<String, HashFailed> {
        let _permit = self.at_once.acquire().await.map_err(|_| HashFailed)?;
        tokio::task::spawn_blocking(move || {
            argon2().hash_password(password.expose().as_bytes()).map(|hash| hash.to_string()).map_err(|_| HashFailed)
        })
        .await
        .map_err(|_| HashFailed)?
    }

    /// Is it the password of this hash? Without a hash it takes as long and answers no.
    pub async fn verify(&self, hash: Option<String>, password: Password) -> bool {
        let known = hash.is_some();
        let Some(hash) = hash.or_else(|| self.nobody.clone()) else { return false };
        let Ok(_permit) = self.at_once.acquire().await else { return false };
        let matches = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| argon2().verify_password(password.expose().as_bytes(), &hash).is_ok())
        })
        .await;
        matches.unwrap_or(false) && known
    }
}

/// Takes a new password, if it cannot be guessed: not a common one, not made of the person's own name or address.
///
/// # Errors
/// What is wrong with it and what to do.
pub fn judge(text: &str, name: &str, email: &str) -> Result<Password, FieldError> {
    let password = Password::choose(text)?;
    let about: Vec<&str> = name.split_whitespace().chain(email.split(['@', '.'])).chain([name, email, "wayfare"]).collect();
    let estimate = zxcvbn::zxcvbn(text, &about);
    if u8::from(estimate.score()) >= STRENGTH_MIN {
        return Ok(password);
    }
    let why = estimate.feedback().and_then(|feedback| feedback.warning()).map(|warning| format!(" {warning}"));
    let sentence =
        format!("This password is easy to guess.{} Use several words that do not belong together.", why.unwrap_or_default());
    Err(FieldError::new("password", "too_weak", sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::default();
        let hash = passwords.hash(Password::claim("seven quiet rivers")).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(Some(hash.clone()), Password::claim("seven quiet rivers")).await);
        assert!(!passwords.verify(Some(hash), Password::claim("seven quiet river")).await);
    }

    #[tokio::test]
    async fn nobody_has_the_password_of_nobody() {
        let passwords = Passwords::default();
        assert!(!passwords.verify(None, Password::claim("nobody has this password")).await);
    }

    #[test]
    fn what_is_easily_guessed_is_refused() {
        for text in ["password1234", "aaaaaaaaaaaaaaaa", "qwertyuiop[]", "ada lovelace", "wayfarewayfare"] {
            assert!(judge(text, "Ada Lovelace", "ada@example.com").is_err(), "{text}");
        }
        assert!(judge("seven quiet rivers", "Ada Lovelace", "ada@example.com").is_ok());
    }
}
