//! Whether the database can be read and written.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{SqliteStore, error::SqliteResult, write_queue::Urgency};
use wayfare_store::StoreError;

/// For how long a write that reached the disk says that the next one will. Anybody may ask, so this
/// also bounds how often the disk is written because of it.
const WRITE_CHECK_HOLDS: Duration = Duration::from_secs(1);

/// When a write check last reached the disk.
#[derive(Default)]
pub struct LastWriteCheck(Mutex<Option<Instant>>);

impl LastWriteCheck {
    fn holds(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|at| at.elapsed() < WRITE_CHECK_HOLDS)
    }

    fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// # Errors
/// Where the file cannot be read, its lock is another program's, or the disk takes no more. A full
/// disk shows only where something is committed: a transaction that is rolled back never reaches
/// it.
pub async fn check(store: &SqliteStore) -> SqliteResult<()> {
    if let Some(lost) = store.ownership.look() {
        return Err(StoreError::Unavailable(lost).into());
    }
    sqlx::query("SELECT 1 FROM projects LIMIT 1").execute(&store.readers).await?;
    if store.write_check.holds() {
        return Ok(());
    }
    let write = sqlx::query("UPDATE database_identity SET write_checks = write_checks + 1");
    store.execute(Urgency::Person, write).await?;
    store.write_check.succeeded();
    Ok(())
}
