//! Browsers that signed in before (OWASP, “Slow Down Online Guessing Attacks with Device Cookies”).
//!
//! A cookie names up to five devices: random bytes each, signed by the server's key for one
//! account. It opens nothing; it only gives attempts on that account a limit of their own, so that
//! no one else's guesses shut its owner out.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use wayfare_secrets::{
    secret::NoRandomness,
    server_key::{ServerKey, SigningPurpose},
};

/// Accounts that one browser is known to; the one that is longest unused is forgotten.
const ACCOUNTS_MAX: usize = 5;
const HALF: usize = 16;

/// A browser that signed in to an account before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device([u8; HALF]);

impl Device {
    /// What its attempts are counted under.
    pub fn key(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// The device that a cookie shows for an account (the key of its address), if this server signed
/// it.
pub fn known(server_key: &ServerKey, cookie: &str, account: &str) -> Option<Device> {
    entries(cookie).find_map(|entry| read(server_key, entry, account))
}

/// The cookie after a sign-in to an account: known to it, and to those to which it was known
/// before.
///
/// # Errors
/// Where the operating system gives no random numbers.
pub fn remember(
    server_key: &ServerKey,
    cookie: &str,
    account: &str,
) -> Result<String, NoRandomness> {
    let (own, others): (Vec<&str>, Vec<&str>) =
        entries(cookie).partition(|entry| read(server_key, entry, account).is_some());
    let first = match own.first() {
        Some(entry) => (*entry).to_string(),
        None => new(server_key, account)?,
    };
    let kept: Vec<&str> =
        std::iter::once(first.as_str()).chain(others).take(ACCOUNTS_MAX).collect();
    Ok(kept.join("."))
}

fn new(server_key: &ServerKey, account: &str) -> Result<String, NoRandomness> {
    let mut name = [0_u8; HALF];
    getrandom::fill(&mut name).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD
        .encode([name, server_key.sign(SigningPurpose::Device, &signed(&name, account))].concat()))
}

fn entries(cookie: &str) -> impl Iterator<Item = &str> {
    cookie.split('.').take(ACCOUNTS_MAX).filter(|entry| entry.len() == 43)
}

fn read(server_key: &ServerKey, entry: &str, account: &str) -> Option<Device> {
    let bytes = URL_SAFE_NO_PAD.decode(entry).ok()?;
    let (name, signature) = bytes.split_at_checked(HALF)?;
    let name: [u8; HALF] = name.try_into().ok()?;
    server_key
        .verify(SigningPurpose::Device, &signed(&name, account), signature)
        .then_some(Device(name))
}

fn signed(name: &[u8; HALF], account: &str) -> Vec<u8> {
    [name.as_slice(), account.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_key() -> (tempfile::TempDir, ServerKey) {
        let folder = tempfile::tempdir().expect("a folder");
        let server_key = ServerKey::open(None, &folder.path().join("key")).expect("a key");
        (folder, server_key)
    }

    #[test]
    fn a_device_is_known_to_the_account_that_it_signed_in_to_and_to_no_other() {
        let (_folder, server_key) = server_key();
        let cookie = remember(&server_key, "", "ada@example.com").expect("a cookie");
        assert!(known(&server_key, &cookie, "ada@example.com").is_some());
        assert_eq!(known(&server_key, &cookie, "bob@example.com"), None);
        for forged in ["", "x", &"A".repeat(43), &cookie[..42], &format!("{cookie}A")] {
            assert_eq!(known(&server_key, forged, "ada@example.com"), None, "{forged}");
        }
        let (_other_folder, other) = self::tests::tests::server_key();
        assert_eq!(known(&other, &cookie, "ada@example.com"), None, "another server's");
    }

    #[test]
    fn a_browser_stays_known_to_its_last_five_accounts() {
        let (_folder, server_key) = server_key();
        let mut cookie = String::new();
        for number in 0..6 {
            cookie =
                remember(&server_key, &cookie, &format!("{number}@example.com")).expect("a cookie");
        }
        let first = known(&server_key, &cookie, "5@example.com").expect("known");
        let again = remember(&server_key, &cookie, "5@example.com").expect("a cookie");
        assert_eq!(
            known(&server_key, &again, "5@example.com"),
            Some(first),
            "the same device, however often it signs in"
        );
        assert_eq!(
            known(&server_key, &cookie, "0@example.com"),
            None,
            "the longest unused is forgotten"
        );
        assert!(known(&server_key, &cookie, "1@example.com").is_some());
    }
}
