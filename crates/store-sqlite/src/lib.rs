//! The store in one SQLite file: one writer, several readers, set-based statements. The only crate
//! with SQL; sentences for people and rules do not belong here. Begin with `write_queue.rs` and
//! `operations/operate.rs`; the schema is in `migrations/`.

mod accounts;
mod audit;
pub mod backup;
#[cfg(test)]
mod bare_number_tests;
mod bulk_statement;
mod channels;
mod clone;
mod codes;
mod consistency;
mod costly_reader;
mod credentials;
mod criteria_sql;
pub mod database_file;
mod detail;
mod edit;
mod engine;
mod error;
mod history;
mod identity;
mod invitation_makers;
mod journey_transfer;
mod journeys;
mod keys;
mod labels;
mod list;
#[cfg(test)]
mod list_rate_tests;
mod list_sql;
mod local_actors;
mod maintenance;
mod member_roles;
mod members;
mod message_events;
#[cfg(test)]
mod migration_tests;
#[cfg(test)]
mod old_database_tests;
mod open;
mod open_errors;
pub mod operations;
mod outbox;
mod ownership;
mod profiles;
mod projects;
mod readiness;
mod recent_keys;
mod row_key_cache;
mod rows;
mod saved_filters;
mod seed;
pub mod server_lock;
mod sessions;
mod sso;
mod sso_roles;
#[cfg(test)]
mod unfinished_write_tests;
mod versions;
mod write_queue;

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use error::SqliteResult;
use sqlx::{
    Connection, Sqlite, SqlitePool, Transaction, pool::PoolConnection, query::Query,
    sqlite::SqliteArguments,
};
use write_queue::{Turns, Urgency, Writing};

use wayfare_domain::ids::ProjectId;
use wayfare_store::{StoreError, error::WriteFailure, outbox::Merges};

pub use database_file::Access;
pub use open::SqliteConfig;

/// How long anything waits for the database in all: for its turn, for the connection, and for
/// another program's lock.
const WAIT: Duration = Duration::from_secs(5);

/// The store in one SQLite file. Cloning it is cheap; all clones are the same store.
#[derive(Clone)]
pub struct SqliteStore {
    readers: SqlitePool,
    /// One connection: writes are serialised on purpose, and none is ever refused because of
    /// another.
    writer: SqlitePool,
    turns: Turns,
    totals: Arc<Mutex<list::TotalsCache>>,
    row_keys: Arc<Mutex<row_key_cache::RowKeyCache>>,
    merges: Merges,
    write_check: Arc<readiness::LastWriteCheck>,
    recent_keys: Arc<recent_keys::RecentKeys>,
    /// The last to be dropped: it holds the file open.
    ownership: ownership::Ownership,
}

impl SqliteStore {
    /// Several reads of one moment: what is deleted meanwhile is there for all of them or for none.
    async fn snapshot(&self) -> SqliteResult<Transaction<'static, Sqlite>> {
        Ok(self.readers.begin().await?)
    }

    /// Begins a transaction that will write. `IMMEDIATE`, because one that reads first and writes
    /// later fails at once when another process wrote in between.
    async fn begin(&self) -> SqliteResult<Writing> {
        self.begin_as(Urgency::Person).await
    }

    /// The same, of what can wait for a person's turn.
    async fn begin_as(&self, urgency: Urgency) -> SqliteResult<Writing> {
        if let Some(lost) = self.ownership.loss() {
            return Err(StoreError::Unavailable(lost).into());
        }
        let mut beginning = pin!(self.begin_in_turn(urgency));
        tokio::select! {
            begun = &mut beginning => begun,
            // One that is given up here was not begun: the driver rolls back what no one waits
            // for. What keeps the first of the queue keeps everybody behind it.
            () = tokio::time::sleep(WAIT) => {
                let is_locked = self.turns.wait_for_the_file();
                let failure = if is_locked { WriteFailure::Locked } else { WriteFailure::Busy };
                Err(StoreError::Unavailable(failure).into())
            }
        }
    }

    async fn begin_in_turn(&self, urgency: Urgency) -> SqliteResult<Writing> {
        let turn = self.turns.take(urgency).await;
        let begun = {
            let _asking = turn.ask_for_the_file();
            self.begin_now().await?
        };
        Ok(Writing::new(begun, turn))
    }

    async fn begin_now(&self) -> SqliteResult<Transaction<'static, Sqlite>> {
        match self.writer.begin_with(self.ownership.begin()).await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                drop(self.connection_that_writes().await?);
                Ok(self.writer.begin_with(self.ownership.begin()).await?)
            }
            Err(error) if self.ownership.says_displaced(&error) => {
                self.ownership.lose(WriteFailure::Displaced);
                // What was begun is still open, and the driver does not know.
                self.writer.acquire().await?.detach().close_hard().await?;
                Err(StoreError::Unavailable(WriteFailure::Displaced).into())
            }
            Err(error) => Err(match self.ownership.loss() {
                Some(lost) => StoreError::Unavailable(lost).into(),
                None => error.into(),
            }),
            Ok(begun) => Ok(begun),
        }
    }

    /// A single statement in a transaction of its own, since its BEGIN is where it shows that
    /// another server has taken the file. Answers how many rows it changed.
    async fn execute(
        &self,
        urgency: Urgency,
        statement: Query<'_, Sqlite, SqliteArguments>,
    ) -> SqliteResult<u64> {
        let mut transaction = self.begin_as(urgency).await?;
        let changed = statement.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(changed)
    }

    /// Where the disk failed within a transaction, SQLite has ended it and the driver does not
    /// know: such a connection would refuse everything from then on, and makes way for a new one.
    async fn connection_that_writes(&self) -> SqliteResult<PoolConnection<Sqlite>> {
        let connection = self.writer.acquire().await?;
        if !connection.is_in_transaction() {
            return Ok(connection);
        }
        tracing::warn!("store.writer_renewed");
        connection.detach().close_hard().await?;
        Ok(self.writer.acquire().await?)
    }

    /// Commits a change that the list could show, and lets everybody notice.
    async fn commit(&self, mut transaction: Writing, project: ProjectId) -> SqliteResult<()> {
        sqlx::query(
            "INSERT INTO project_changes (project_id, revision) VALUES (?, 1)
             ON CONFLICT DO UPDATE SET revision = revision + 1",
        )
        .bind(project.0)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// The keys that are known; a panic elsewhere does not spoil them.
    fn row_keys(&self) -> MutexGuard<'_, row_key_cache::RowKeyCache> {
        self.row_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file, for those who look at it from outside.
    pub fn file(&self) -> &database_file::DatabaseFile {
        self.ownership.file()
    }
}
