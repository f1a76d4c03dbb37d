//! A consistent copy of the file, made while the server runs.

use std::path::Path;

use super::SqliteStore;
use crate::server::store::{StoreError, StoreResult};

pub async fn backup(store: &SqliteStore, to: &Path) -> StoreResult<()> {
    if to.exists() {
        return Err(StoreError::Unusable(format!("{} exists already. Give a file that does not.", to.display())));
    }
    let name = to.to_str().ok_or_else(|| StoreError::Unusable("The file's name is not valid UTF-8.".to_string()))?;
    sqlx::query("VACUUM INTO ?")
        .bind(name)
        .execute(&mut *store.writer().await?)
        .await
        .map_err(|error| StoreError::Unusable(format!("The copy {name} cannot be written: {error}.")))?;
    Ok(())
}
