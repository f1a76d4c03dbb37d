//! The server's own key: it seals secrets that have to be used again (a provider's password), and
//! signs links that people bring back.
//!
//! The key is 32 bytes from `WAYFARE_SECRET_KEY` or a file beside the database. Anyone who has the
//! database without the key reads no provider's password; anyone who loses the key types them in
//! again.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{aead, hmac};

use super::private_file::{beside, private};

/// Of a server's key: tells keys apart, and nothing about them.
pub type KeyFingerprint = [u8; 16];

const KEY_BYTES: usize = 32;

/// Why there is no key: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error(
        "WAYFARE_SECRET_KEY is not 32 bytes in base64. Create one with: openssl rand -base64 32"
    )]
    Malformed,
    #[error(
        "The key file {0} does not hold 32 bytes in base64. Restore it, or remove it and enter the \
            channels' secrets again."
    )]
    MalformedFile(PathBuf),
    #[error(
        "The key file {0} cannot be used: {1}. Check its owner and permissions, or give another \
            one with --key-file."
    )]
    File(PathBuf, std::io::Error),
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// The database was used with a key, and there is none.
    #[error(
        "The key file {0} is missing, and the database needs it for channel secrets or sent \
            messages. Restore the file, or name the right one with --key-file. If it is lost, \
            start once with --accept-new-key: enter the channels' secrets again; links in sent \
            messages stop working, and retried messages may be sent twice."
    )]
    Missing(PathBuf),
    /// The database was used with another one.
    #[error(
        "The database was last used with another key ({known}) than this one ({given}), and needs \
            it for channel secrets or sent messages. Set the right key with --key-file or \
            WAYFARE_SECRET_KEY. If it is lost, start once with --accept-new-key: enter the \
            channels' secrets again; links in sent messages stop working, and retried messages may \
            be sent twice."
    )]
    Unknown { known: String, given: String },
    /// Sealed with another key, or changed since.
    #[error(
        "A secret was encrypted with another key. Start with that key, or enter the secret again."
    )]
    OtherKey,
}

/// What a signature is for: one made for one purpose is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningPurpose {
    /// Links in messages: clicks, opens, preferences.
    Link,
    /// The key of a message, as it stands in `Message-ID`.
    MessageKey,
    /// Addresses at which providers report.
    Hook,
    /// A page that asks whether something is really meant.
    Confirmation,
    /// Browsers that signed in before.
    Device,
    /// Tells the key apart from others.
    Fingerprint,
}

impl SigningPurpose {
    fn label(self) -> &'static [u8] {
        match self {
            SigningPurpose::Link => b"wayfare link 1",
            SigningPurpose::MessageKey => b"wayfare message key 1",
            SigningPurpose::Hook => b"wayfare hook 1",
            SigningPurpose::Confirmation => b"wayfare confirmation 1",
            SigningPurpose::Device => b"wayfare device 1",
            SigningPurpose::Fingerprint => b"wayfare fingerprint 1",
        }
    }
}

/// The key, ready for use. Cheap to clone; never printed.
#[derive(Clone)]
pub struct ServerKey(Arc<Keys>);

struct Keys {
    seal: aead::LessSafeKey,
    master: hmac::Key,
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey")
    }
}

impl ServerKey {
    /// From the text of `WAYFARE_SECRET_KEY`, or else from the file, which is made where there is
    /// none.
    ///
    /// # Errors
    /// [`KeyFileError`], with what to do about it.
    pub fn open(key: Option<&str>, file: &Path) -> Result<Self, KeyFileError> {
        match Self::read(key, file)? {
            Some(server_key) => Ok(server_key),
            None => Self::make(file),
        }
    }

    /// From the text of `WAYFARE_SECRET_KEY`, or else from the file; none where there is neither.
    /// Nothing is made.
    ///
    /// # Errors
    /// Where what is there is no key, or cannot be read.
    pub fn read(key: Option<&str>, file: &Path) -> Result<Option<Self>, KeyFileError> {
        match key {
            Some(text) => Self::from_text(text).map(Some).ok_or(KeyFileError::Malformed),
            None => match fs::read_to_string(file) {
                Ok(text) => Self::from_text(&text)
                    .map(Some)
                    .ok_or_else(|| KeyFileError::MalformedFile(file.to_path_buf())),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(KeyFileError::File(file.to_path_buf(), error)),
            },
        }
    }

    /// Where the key stands by default: `wayfare.db.key` beside `wayfare.db`.
    pub fn beside(database: &Path) -> PathBuf {
        beside(database, ".key")
    }

    /// Makes the file, with a new key in it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn make(file: &Path) -> Result<Self, KeyFileError> {
        let failed = |error| KeyFileError::File(file.to_path_buf(), error);
        let mut bytes = [0_u8; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| KeyFileError::NoRandomness)?;
        match private().write(true).create_new(true).open(file) {
            Ok(mut made) => {
                made.write_all(format!("{}\n", STANDARD.encode(bytes)).as_bytes())
                    .map_err(failed)?;
                made.sync_all().map_err(failed)?;
                Self::new(&bytes).ok_or(KeyFileError::NoRandomness)
            }
            // Another process was quicker: its key is the one.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Self::read(None, file)?.ok_or_else(|| failed(error))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Tells this key apart from others, and tells nothing about it.
    pub fn fingerprint(&self) -> KeyFingerprint {
        self.sign(SigningPurpose::Fingerprint, b"")
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::new(&STANDARD.decode(text.trim()).ok()?)
    }

    fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != KEY_BYTES {
            return None;
        }
        let master = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let derived = hmac::sign(&master, b"wayfare seal 1");
        let seal = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, derived.as_ref()).ok()?;
        Some(Self(Arc::new(Keys { seal: aead::LessSafeKey::new(seal), master })))
    }

    /// Encrypts; `about` says what it belongs to, and opens it only there.
    ///
    /// # Errors
    /// Where the operating system gives no random numbers.
    pub fn seal(&self, about: &str, secret: &[u8]) -> Result<Vec<u8>, KeyFileError> {
        let mut nonce = [0_u8; aead::NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| KeyFileError::NoRandomness)?;
        let mut sealed = nonce.to_vec();
        let mut body = secret.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        self.0
            .seal
            .seal_in_place_append_tag(nonce, aead::Aad::from(about.as_bytes()), &mut body)
            .map_err(|_| KeyFileError::NoRandomness)?;
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// # Errors
    /// [`KeyFileError::OtherKey`] where it was sealed with another key or for something else.
    pub fn unseal(&self, about: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyFileError> {
        let (nonce, body) =
            sealed.split_at_checked(aead::NONCE_LEN).ok_or(KeyFileError::OtherKey)?;
        let nonce =
            aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyFileError::OtherKey)?;
        let mut body = body.to_vec();
        let opened = self.0.seal.open_in_place(nonce, aead::Aad::from(about.as_bytes()), &mut body);
        opened.map(|text| text.to_vec()).map_err(|_| KeyFileError::OtherKey)
    }

    /// 16 bytes that no one without the key can make.
    pub fn sign(&self, purpose: SigningPurpose, data: &[u8]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.0.master);
        context.update(purpose.label());
        context.update(&[0]);
        context.update(data);
        let tag = context.sign();
        let mut short = [0_u8; 16];
        short.copy_from_slice(&tag.as_ref()[..16]);
        short
    }

    /// Was it signed with this key for this purpose? In constant time.
    pub fn verify(&self, purpose: SigningPurpose, data: &[u8], signature: &[u8]) -> bool {
        subtle::ConstantTimeEq::ct_eq(&self.sign(purpose, data)[..], signature).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_key() -> ServerKey {
        ServerKey::new(&[7; KEY_BYTES]).expect("a key")
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_thing_only() {
        let sealed = server_key().seal("email", b"hunter2").expect("sealed");
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(server_key().unseal("email", &sealed).expect("opened"), b"hunter2");
        assert!(server_key().unseal("sms", &sealed).is_err());
        let other = ServerKey::new(&[8; KEY_BYTES]).expect("a key");
        assert!(other.unseal("email", &sealed).is_err());
        assert!(server_key().unseal("email", &sealed[..5]).is_err());
    }

    #[test]
    fn a_signature_is_for_one_purpose() {
        let signature = server_key().sign(SigningPurpose::Link, b"1");
        assert!(server_key().verify(SigningPurpose::Link, b"1", &signature));
        assert!(!server_key().verify(SigningPurpose::Hook, b"1", &signature));
        assert!(!server_key().verify(SigningPurpose::Link, b"2", &signature));
        assert!(!server_key().verify(SigningPurpose::Link, b"1", &signature[..15]));
    }

    #[test]
    fn a_fingerprint_tells_keys_apart_and_a_missing_file_is_not_made_by_reading() {
        let other = ServerKey::new(&[8; KEY_BYTES]).expect("a key");
        assert_eq!(server_key().fingerprint(), server_key().fingerprint());
        assert_ne!(server_key().fingerprint(), other.fingerprint());
        let folder = tempfile::tempdir().expect("a folder");
        let file = ServerKey::beside(&folder.path().join("wayfare.db"));
        assert!(ServerKey::read(None, &file).expect("looked").is_none());
        assert!(!file.exists());
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = ServerKey::beside(&folder.path().join("wayfare.db"));
        let first = ServerKey::open(None, &file).expect("made");
        let sealed = first.seal("email", b"x").expect("sealed");
        assert!(ServerKey::open(None, &file).expect("read").unseal("email", &sealed).is_ok());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(&file).expect("there").permissions(),
            );
            assert_eq!(mode & 0o077, 0);
        }
        fs::write(&file, "nonsense").expect("written");
        assert!(matches!(ServerKey::open(None, &file), Err(KeyFileError::MalformedFile(_))));
        assert!(matches!(ServerKey::open(Some("short"), &file), Err(KeyFileError::Malformed)));
    }
}
