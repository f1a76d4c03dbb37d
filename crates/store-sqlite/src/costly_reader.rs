//! Statements that read as much as someone asks for: they end when the costly work that they
//! belong to is given up.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};

use super::{SqliteStore, error::SqliteResult};
use wayfare_domain::interrupt::Interrupt;
use wayfare_runtime::costly_work::WorkStop;

/// Instructions of SQLite's machine between two questions: about a tenth of a millisecond.
const ASKED_EVERY: i32 = 10_000;

/// A reading connection whose statements are interrupted when the present work is given up.
pub struct CostlyReader {
    connection: PoolConnection<Sqlite>,
    /// Someone asks on it whether to go on.
    asked: bool,
}

impl SqliteStore {
    /// Outside of costly work (the engine, commands) it is a connection like any other.
    pub(super) async fn costly_reader(&self) -> SqliteResult<CostlyReader> {
        let mut connection = self.readers.acquire().await?;
        let stop = WorkStop::current();
        let asked = stop.is_some();
        if let Some(stop) = stop {
            connection
                .lock_handle()
                .await?
                .set_progress_handler(ASKED_EVERY, move || stop.go_on().is_ok());
        }
        Ok(CostlyReader { connection, asked })
    }
}

impl CostlyReader {
    /// Gives the connection back for other work. One that is dropped before is closed instead: its
    /// next statement would be interrupted for work that is long over.
    pub async fn release(mut self) -> SqliteResult<()> {
        if std::mem::take(&mut self.asked) {
            self.connection.lock_handle().await?.remove_progress_handler();
        }
        Ok(())
    }
}

impl Deref for CostlyReader {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for CostlyReader {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Drop for CostlyReader {
    fn drop(&mut self) {
        if self.asked {
            self.connection.close_on_drop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::SqliteConfig;
    use wayfare_runtime::costly_work::Waiting;

    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    /// With a single connection that reads: whatever is left on it, the next one meets.
    async fn store(folder: &tempfile::TempDir) -> SqliteStore {
        let config =
            SqliteConfig { readers: 1, ..SqliteConfig::new(folder.path().join("test.db")) };
        SqliteStore::open(&config).await.expect("a store")
    }

    async fn count(store: &SqliteStore, sql: &'static str) -> SqliteResult<i64> {
        let mut reader = store.costly_reader().await?;
        let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&mut *reader).await?;
        reader.release().await?;
        Ok(count)
    }

    #[tokio::test]
    async fn a_statement_ends_when_the_time_of_its_work_is_over_and_the_next_one_is_not_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder).await;
        let stop = WorkStop::after(Some(Duration::from_millis(20)));
        assert!(stop.within(count(&store, ENDLESS)).await.is_err());
        assert_eq!(count(&store, "SELECT 1").await.expect("a number"), 1);
    }

    #[tokio::test]
    async fn a_statement_ends_when_nobody_waits_for_it_and_one_that_was_done_leaves_nothing_behind()
    {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder).await;
        let stop = WorkStop::after(None);
        let waiting = Waiting::on(&stop);
        assert_eq!(stop.clone().within(count(&store, "SELECT 2")).await.expect("a number"), 2);
        drop(waiting);
        assert!(stop.within(count(&store, ENDLESS)).await.is_err());
        let thousands = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
            LIMIT 100000) SELECT count(*) FROM n";
        assert_eq!(count(&store, thousands).await.expect("a number"), 100_000);
    }
}
