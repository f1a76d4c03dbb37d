//! Opens the database that the command line names. This is the one file of the application that
//! knows which store keeps it: another one is opened here, and everything else sees [`Stores`].

use std::path::Path;

use wayfare_store::{StoreError, StoreResult, Stores};
use wayfare_store_sqlite::{
    SqliteConfig, SqliteStore, database_file::DatabaseFile, server_lock::ServerLock,
};

pub use wayfare_store_sqlite::{Access, backup::backup};

/// Connections with which a command reads.
const COMMAND_READERS: u32 = 2;

/// A database that is open.
pub struct Database {
    pub stores: Stores,
    /// A sentence for each of its files that other users of this machine can open.
    pub exposed_files: Vec<String>,
    /// Keeps other servers away as long as it lives; none for a command.
    _lock: Option<ServerLock>,
}

impl Database {
    fn of(store: SqliteStore, lock: Option<ServerLock>) -> Self {
        let exposed_files = store.file().open_to_others();
        Self { stores: Stores::of(store), exposed_files, _lock: lock }
    }
}

/// Opens the database for a command.
///
/// # Errors
/// [`StoreError::CannotOpen`] names the file and the reason.
pub async fn open(path: &Path, access: Access) -> StoreResult<Database> {
    let config = SqliteConfig { readers: COMMAND_READERS, access, ..SqliteConfig::new(path) };
    Ok(Database::of(SqliteStore::open(&config).await?, None))
}

/// Opens the database for a server, which is its only one, and makes it where there is none.
///
/// # Errors
/// [`StoreError::CannotOpen`], also where another server uses it.
pub async fn open_for_server(path: &Path, readers: u32) -> StoreResult<Database> {
    let file = DatabaseFile::open(path, Access::Create)?;
    let lock = ServerLock::acquire(&file)
        .await
        .map_err(|error| StoreError::CannotOpen(error.to_string()))?;
    let config = SqliteConfig { readers, ..SqliteConfig::new(path) };
    Ok(Database::of(SqliteStore::open_file(file, &config).await?, Some(lock)))
}
