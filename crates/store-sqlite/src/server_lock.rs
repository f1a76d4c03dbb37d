//! One server to a file: two would send everything twice.
//!
//! The lock is on the file itself, so that no other name of it leads around: a symbolic or hard
//! link, another spelling, a mount. It is an advisory lock of the open file (flock), which SQLite
//! does not use. Where flock and SQLite's own locks are one thing (systems other than Linux), and
//! for servers of before this lock, there is a lock file beside the database too.

use std::{
    fs::{File, TryLockError},
    path::PathBuf,
    time::Duration,
};

use super::database_file::DatabaseFile;
use wayfare_secrets::private_file::{beside, private};

/// How long a server that is ending is waited for.
const TRIES: u32 = 50;
const EVERY: Duration = Duration::from_millis(200);

/// Holds off other servers until it is dropped, or the process ends in whatever way. The lock on
/// the file itself goes with its [`DatabaseFile`].
#[derive(Debug)]
pub struct ServerLock {
    _beside: File,
}

/// Why a server may not serve the file.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error(
        "Another Wayfare server uses the database {0}. Stop it first, or name another file with \
            --database."
    )]
    Busy(PathBuf),
    #[error("The lock file {0} cannot be used: {1}. Check its owner and permissions.")]
    File(PathBuf, std::io::Error),
}

impl ServerLock {
    /// Waits for a server that is just ending.
    ///
    /// # Errors
    /// Where another one goes on serving, or the lock file cannot be used.
    pub async fn acquire(database: &DatabaseFile) -> Result<Self, LockError> {
        let path = beside(&database.canonical(), ".lock");
        let lock = private().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|error| LockError::File(path.clone(), error))?;
        for _ in 0..TRIES {
            match take(&lock, database) {
                Ok(()) => return Ok(Self { _beside: lock }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(EVERY).await,
                Err(TryLockError::Error(error)) => return Err(LockError::File(path, error)),
            }
        }
        Err(LockError::Busy(database.path().to_path_buf()))
    }
}

fn take(lock: &File, database: &DatabaseFile) -> Result<(), TryLockError> {
    lock.try_lock()?;
    if cfg!(target_os = "linux") {
        database.handle().try_lock()?;
    }
    Ok(())
}
