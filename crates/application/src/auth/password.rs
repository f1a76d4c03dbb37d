//! Passwords: judged, hashed and compared. Hashing is slow on purpose, so it runs on threads of its
//! own, a few at a time.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use wayfare_domain::{access::account::Password, error::FieldError};
use wayfare_runtime::supervisor::thread_with_answer;

/// Hashes that run at the same time: each takes 19 MiB.
const AT_ONCE: usize = 4;
/// More that may wait for one of those places; anyone who comes then is told to come again.
const WAITING_MAX: usize = 64;
/// The least strength (0 to 4): safe against an attack at full speed on a slow hash.
const STRENGTH_MIN: u8 = 3;

/// What hashes. A test puts one here that counts.
pub trait Hasher: Send + Sync + 'static {
    /// A PHC string; none where the machine has no randomness or memory for it.
    fn hash(&self, password: &[u8]) -> Option<String>;
    fn verify(&self, password: &[u8], hash: &str) -> bool;
}

/// Argon2id with 19 MiB, two passes and one lane: what OWASP's Password Storage Cheat Sheet names
/// first, and the crate's default. The parameters stand in each hash, so older ones stay readable
/// when they are raised.
struct Argon2id;

impl Hasher for Argon2id {
    fn hash(&self, password: &[u8]) -> Option<String> {
        Argon2::default().hash_password(password).ok().map(|hash| hash.to_string())
    }

    fn verify(&self, password: &[u8], hash: &str) -> bool {
        PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("a password could not be hashed")]
    Failed,
    #[error("too many passwords are waiting to be hashed")]
    Busy,
}

pub struct PasswordHasher {
    hasher: Arc<dyn Hasher>,
    at_once: Arc<Semaphore>,
    /// Everybody who is being served or waits for it.
    places: Arc<Semaphore>,
    /// The hash of no one's password: an unknown address costs as much as a known one.
    nobody: Option<String>,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self::new(Arc::new(Argon2id))
    }
}

impl PasswordHasher {
    pub fn new(hasher: Arc<dyn Hasher>) -> Self {
        let nobody = hasher.hash(b"nobody has this password");
        let [at_once, places] =
            [AT_ONCE, AT_ONCE + WAITING_MAX].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { hasher, at_once, places, nobody }
    }

    /// Runs on a thread of its own. What bounds it goes along into the work: anyone who hangs up
    /// leaves the line where they wait, and keeps the place of work that has begun and cannot be
    /// broken off.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Hasher) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place =
            Arc::clone(&self.places).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let permit =
            Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        let hasher = Arc::clone(&self.hasher);
        let done = thread_with_answer("password", move || {
            let _held = (place, permit);
            work(hasher.as_ref())
        });
        done.await.map_err(|_| PasswordError::Failed)
    }

    /// A PHC string.
    ///
    /// # Errors
    /// Where the machine has no randomness or memory for it, or too many are waiting.
    pub async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        let hash = self.work(move |hasher| hasher.hash(password.expose().as_bytes())).await?;
        hash.ok_or(PasswordError::Failed)
    }

    /// Is it the password of this hash? Without a hash it takes as long and answers no.
    ///
    /// # Errors
    /// Where too many are waiting.
    pub async fn verify(
        &self,
        hash: Option<String>,
        password: Password,
    ) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash = hash.or_else(|| self.nobody.clone()).ok_or(PasswordError::Failed)?;
        let matches =
            self.work(move |hasher| hasher.verify(password.expose().as_bytes(), &hash)).await?;
        Ok(matches && known)
    }
}

/// Takes a new password, if it cannot be guessed: not a common one, not made of the person's own
/// name or address.
///
/// # Errors
/// What is wrong with it and what to do.
pub fn check_strength(text: &str, name: &str, email: &str) -> Result<Password, FieldError> {
    let password = Password::new(text)?;
    let about: Vec<&str> = name
        .split_whitespace()
        .chain(email.split(['@', '.']))
        .chain([name, email, "wayfare"])
        .collect();
    let estimate = zxcvbn::zxcvbn(text, &about);
    if u8::from(estimate.score()) >= STRENGTH_MIN {
        return Ok(password);
    }
    let why = estimate
        .feedback()
        .and_then(|feedback| feedback.warning())
        .map(|warning| format!(" {warning}"));
    let sentence = format!(
        "This password is easy to guess.{} Use several unrelated words.",
        why.unwrap_or_default()
    );
    Err(FieldError::new("password", "too_weak", sentence))
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = PasswordHasher::default();
        let hash =
            passwords.hash(Password::from_sign_in("seven quiet rivers")).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(
            passwords
                .verify(Some(hash.clone()), Password::from_sign_in("seven quiet rivers"))
                .await,
            Ok(true)
        );
        assert_eq!(
            passwords.verify(Some(hash), Password::from_sign_in("seven quiet river")).await,
            Ok(false)
        );
    }

    #[tokio::test]
    async fn nobody_has_the_password_of_nobody() {
        let passwords = PasswordHasher::default();
        assert_eq!(
            passwords.verify(None, Password::from_sign_in("nobody has this password")).await,
            Ok(false)
        );
    }

    /// Works until it is told to end, and knows how many do at once.
    #[derive(Default)]
    struct Slow {
        running: AtomicUsize,
        most: AtomicUsize,
        begun: AtomicUsize,
        may_end: (Mutex<bool>, Condvar),
    }

    impl Slow {
        fn end(&self) {
            *self.may_end.0.lock().expect("a lock") = true;
            self.may_end.1.notify_all();
        }
    }

    impl Hasher for Slow {
        fn hash(&self, _: &[u8]) -> Option<String> {
            Some("a hash".to_string())
        }

        fn verify(&self, _: &[u8], _: &str) -> bool {
            let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            self.begun.fetch_add(1, Ordering::SeqCst);
            let ended =
                self.may_end.1.wait_while(self.may_end.0.lock().expect("a lock"), |end| !*end);
            drop(ended.expect("a lock"));
            self.running.fetch_sub(1, Ordering::SeqCst);
            true
        }
    }

    /// Lets the work end also where a test fails, or its runtime would wait for ever.
    struct Ends(Arc<Slow>);

    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.end();
        }
    }

    async fn until(holds: impl Fn() -> bool) {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn whoever_hangs_up_does_not_let_more_hashes_run_than_may() {
        let slow = Arc::new(Slow::default());
        let _ends = Ends(Arc::clone(&slow));
        let passwords = Arc::new(PasswordHasher::new(slow.clone()));
        for round in 0..3 {
            let free = passwords.places.available_permits();
            let clients: Vec<_> = (0..20)
                .map(|_| {
                    let passwords = Arc::clone(&passwords);
                    tokio::spawn(async move {
                        passwords.verify(Some("h".into()), Password::from_sign_in("a guess")).await
                    })
                })
                .collect();
            until(|| {
                slow.begun.load(Ordering::SeqCst) == AT_ONCE
                    && passwords.places.available_permits() == free - 20
            })
            .await;
            for client in clients {
                client.abort();
                let _ = client.await;
            }
            // Those who waited have left the line; the work that had begun goes on and keeps its
            // places.
            assert_eq!(passwords.places.available_permits(), WAITING_MAX, "round {round}");
            assert_eq!(passwords.at_once.available_permits(), 0, "round {round}");
        }
        slow.end();
        until(|| passwords.at_once.available_permits() == AT_ONCE).await;
        assert_eq!(
            (slow.most.load(Ordering::SeqCst), slow.begun.load(Ordering::SeqCst)),
            (AT_ONCE, AT_ONCE)
        );
    }

    #[tokio::test]
    async fn the_line_is_bounded_and_whoever_comes_then_is_told_so() {
        let slow = Arc::new(Slow::default());
        let _ends = Ends(Arc::clone(&slow));
        let passwords = Arc::new(PasswordHasher::new(slow.clone()));
        let clients: Vec<_> = (0..AT_ONCE + WAITING_MAX)
            .map(|_| {
                let passwords = Arc::clone(&passwords);
                tokio::spawn(async move {
                    passwords.verify(Some("h".into()), Password::from_sign_in("a guess")).await
                })
            })
            .collect();
        until(|| passwords.places.available_permits() == 0).await;
        assert_eq!(
            passwords.verify(None, Password::from_sign_in("a guess")).await,
            Err(PasswordError::Busy)
        );
        assert_eq!(
            passwords.hash(Password::from_sign_in("a password")).await,
            Err(PasswordError::Busy)
        );
        slow.end();
        for client in clients {
            assert_eq!(client.await.expect("it ran"), Ok(true));
        }
        assert_eq!(
            passwords.verify(None, Password::from_sign_in("a guess")).await,
            Ok(false),
            "there is room again"
        );
    }

    #[test]
    fn what_is_easily_guessed_is_refused() {
        for text in
            ["password1234", "aaaaaaaaaaaaaaaa", "qwertyuiop[]", "ada lovelace", "wayfarewayfare"]
        {
            assert!(check_strength(text, "Ada Lovelace", "ada@example.com").is_err(), "{text}");
        }
        assert!(check_strength("seven quiet rivers", "Ada Lovelace", "ada@example.com").is_ok());
    }
}
