//! The key with which a server starts: the one that the database was used with, unless nothing
//! depends on it, or someone says knowingly that another one will do.

use std::path::Path;

use super::args::DeliveryArgs;
use wayfare_secrets::{
    private_file::open_to_others,
    server_key::{KeyFingerprint, ServerKey, VaultError},
};
use wayfare_store::{StoreError, ownership::OwnershipStore};

/// Why there is no key to start with.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeyError {
    #[error(transparent)]
    Vault(#[from] VaultError),
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
        (Some(vault), Some(known)) => vault.fingerprint() == known,
        // Used by a Wayfare that did not remember keys yet, or by none.
        (Some(_), None) => true,
        (None, _) => false,
    };
    if !fits && !args.accept_new_key && ownership.depends_on_key().await? {
        return Err(match (found, known) {
            (Some(vault), Some(known)) => {
                VaultError::Unknown { known: short(&known), given: short(&vault.fingerprint()) }
            }
            _ => VaultError::Missing(file),
        }
        .into());
    }
    let vault = match found {
        Some(vault) => vault,
        None => ServerKey::make(&file)?,
    };
    if known != Some(vault.fingerprint()) {
        ownership.save_key_fingerprint(&vault.fingerprint()).await?;
        if let Some(known) = known {
            tracing::warn!(
                before = short(&known),
                now = short(&vault.fingerprint()),
                "key.replaced"
            );
        }
    }
    if let Some(sentence) = open_to_others(&file) {
        tracing::warn!("{sentence}");
    }
    Ok(vault)
}

/// Enough of a fingerprint to tell keys apart by eye.
fn short(fingerprint: &KeyFingerprint) -> String {
    fingerprint.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
