//! The key with which a server starts: the one that the database was used with, unless nothing
//! depends on it, or someone says knowingly that another one will do.

use std::path::Path;

use super::args::DeliveryArgs;
use wayfare_secrets::{
    private_file::open_to_others,
    server_key::{KeyFileError, KeyFingerprint, ServerKey},
};
use wayfare_store::{StoreError, ownership::OwnershipStore};

/// Why there is no key to start with.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeyError {
    #[error(transparent)]
    ServerKey(#[from] KeyFileError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the key, makes one for a database that has none yet, and remembers in the database which
/// it is.
///
/// # Errors
/// Where the database depends on a key and this is not it.
pub async fn server_key(
    args: &DeliveryArgs,
    database: &Path,
    ownership: &dyn OwnershipStore,
) -> Result<ServerKey, ServerKeyError> {
    let file = args.key_file(database);
    let known = ownership.find_key_fingerprint().await?;
    let found = args.read_key(&file)?;
    let fits = match (&found, known) {
        (Some(server_key), Some(known)) => server_key.fingerprint() == known,
        // Used by a Wayfare that did not remember keys yet, or by none.
        (Some(_), None) => true,
        (None, _) => false,
    };
    if !fits && !args.accept_new_key && ownership.depends_on_key().await? {
        return Err(match (found, known) {
            (Some(server_key), Some(known)) => KeyFileError::Unknown {
                known: short(&known),
                given: short(&server_key.fingerprint()),
            },
            _ => KeyFileError::Missing(file),
        }
        .into());
    }
    let server_key = match found {
        Some(server_key) => server_key,
        None => ServerKey::make(&file)?,
    };
    if known != Some(server_key.fingerprint()) {
        ownership.save_key_fingerprint(&server_key.fingerprint()).await?;
        if let Some(known) = known {
            tracing::warn!(
                before = short(&known),
                now = short(&server_key.fingerprint()),
                "key.replaced"
            );
        }
    }
    if let Some(sentence) = open_to_others(&file) {
        tracing::warn!("{sentence}");
    }
    Ok(server_key)
}

/// Enough of a fingerprint to tell keys apart by eye.
fn short(fingerprint: &KeyFingerprint) -> String {
    fingerprint.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
