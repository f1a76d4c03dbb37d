//! Opens the database: looks before it touches, and says what is wrong in a sentence.

use std::{path::PathBuf, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    SqliteStore, WAIT, backup,
    database_file::{Access, Content, DatabaseFile},
    message_events::spelling,
    open_errors::{damaged, explain, explain_migration, newer, older},
    ownership::Ownership,
    write_queue::Turns,
};
use wayfare_secrets::private_file::beside;
use wayfare_store::{StoreError, StoreResult, outbox::Merges};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Up to this size the whole file is checked at start; beyond it, only what is read.
const QUICK_CHECK_BYTES: u64 = 128 * 1024 * 1024;
/// How long SQLite itself tries to get a lock: within [`WAIT`], so that anyone who is alone in
/// waiting hears what is held.
const LOCK_WAIT: Duration = Duration::from_millis(4_500);

/// How the file is opened.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    pub path: PathBuf,
    /// Connections that read.
    pub readers: u32,
    pub access: Access,
}

impl SqliteConfig {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: 4, access: Access::Create }
    }
}

impl SqliteStore {
    /// Opens or makes the file and brings its schema up to date. Where it is opened for reading,
    /// nothing of it changes.
    ///
    /// # Errors
    /// [`StoreError::CannotOpen`] names the file and the reason: it cannot be read or written, is
    /// no database, is damaged, or was written by a newer Wayfare. Such a file is left as it is.
    pub async fn open(config: &SqliteConfig) -> StoreResult<Self> {
        Self::open_file(DatabaseFile::open(&config.path, config.access)?, config).await
    }

    /// The same with a file that is open already; a server has locked it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_file(file: DatabaseFile, config: &SqliteConfig) -> StoreResult<Self> {
        if config.access != Access::Read {
            roll_back_unfinished(&file).await?;
        }
        inspect(&file, config.access).await?;
        let ownership = Ownership::new(file);
        let path = &config.path;
        let unusable = |error: sqlx::Error| StoreError::CannotOpen(explain(path, &error));
        let base = options(path);
        let readers = SqlitePoolOptions::new().max_connections(config.readers.max(1));
        let reading = base.clone().read_only(true);
        let (writer, readers) = if config.access == Access::Read {
            // Whatever would write finds a connection that cannot.
            (
                patient(SqlitePoolOptions::new().max_connections(1))
                    .connect_lazy_with(reading.clone()),
                readers,
            )
        } else {
            let guard = ownership.clone();
            let writer = patient(SqlitePoolOptions::new().max_connections(1).min_connections(1))
                .after_connect(move |connection, _| Box::pin(guard.clone().guard(connection)))
                .connect_with(writing(base).optimize_on_close(true, 400))
                .await
                .map_err(unusable)?;
            migrate(&writer, config).await?;
            (writer, readers.min_connections(1))
        };
        let readers = patient(readers).connect_with(reading).await.map_err(unusable)?;
        if ownership.look().is_some() {
            let shown = path.display();
            return Err(StoreError::CannotOpen(format!(
                "The file {shown} was replaced while it was being opened. Start again."
            )));
        }
        Ok(Self {
            readers,
            writer,
            turns: Turns::default(),
            totals: Arc::default(),
            row_keys: Arc::default(),
            merges: Merges::default(),
            write_check: Arc::default(),
            recent_keys: Arc::default(),
            ownership,
        })
    }
}

/// What all connections share.
fn options(path: &std::path::Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(LOCK_WAIT)
        .pragma("cache_size", "-8192")
        .pragma("temp_store", "MEMORY")
        .pragma("mmap_size", "1073741824")
        // A portion of the engine passes between the threads at once, not fifty rows at a time.
        .row_buffer_size(4_096)
        .statement_cache_capacity(300)
        .disable_statement_logging()
}

fn writing(base: SqliteConnectOptions) -> SqliteConnectOptions {
    base.journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", "67108864")
}

/// A connection to a file does not get lost; asking each time costs more than most statements.
fn patient(pool: SqlitePoolOptions) -> SqlitePoolOptions {
    pool.test_before_acquire(false).idle_timeout(None).max_lifetime(None).acquire_timeout(WAIT)
}

/// A connection of its own that changes nothing, to a database in whatever schema.
pub async fn connect_to_read(file: &DatabaseFile) -> StoreResult<SqliteConnection> {
    let connected = options(file.path()).read_only(true).connect().await;
    connected.map_err(|error| StoreError::CannotOpen(explain(file.path(), &error)))
}

async fn migrate(writer: &SqlitePool, config: &SqliteConfig) -> StoreResult<()> {
    let path = &config.path;
    MIGRATIONS
        .run(writer)
        .await
        .map_err(|error| StoreError::CannotOpen(explain_migration(path, &error)))?;
    spelling::bring_to_today(writer).await?;
    Ok(backup::hold_where_restored(writer).await?)
}

/// Undoes what a program that was cut off left half written into a file without a write-ahead log,
/// as a backup and a database that is opened for the first time are. SQLite does so by itself, but
/// not for those who may only read, as the next look at the file does.
async fn roll_back_unfinished(file: &DatabaseFile) -> StoreResult<()> {
    let journal = beside(&file.canonical(), "-journal");
    if !journal.metadata().is_ok_and(|journal| journal.len() > 0) {
        return Ok(());
    }
    tracing::warn!(file = %file.path().display(), "database.unfinished_write_undone");
    let unusable = |error: sqlx::Error| StoreError::CannotOpen(explain(file.path(), &error));
    let mut connection = options(file.path()).connect().await.map_err(unusable)?;
    let read = sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await;
    let _ = connection.close().await;
    read.map(|_| ()).map_err(unusable)
}

/// Reads what is there without changing it: a file that is not ours, or not whole, is never opened
/// for writing.
async fn inspect(file: &DatabaseFile, access: Access) -> StoreResult<()> {
    let Content::Database { bytes } = file.content()? else {
        return match access {
            Access::Read => Err(StoreError::CannotOpen(older(file.path()))),
            Access::Write | Access::Create => Ok(()),
        };
    };
    let mut connection = connect_to_read(file).await?;
    let verdict = judge(&mut connection, file, access, bytes).await;
    let _ = connection.close().await;
    verdict
}

async fn judge(
    connection: &mut SqliteConnection,
    file: &DatabaseFile,
    access: Access,
    bytes: u64,
) -> StoreResult<()> {
    let path = file.path();
    let unusable = |error: sqlx::Error| StoreError::CannotOpen(explain(path, &error));
    if is_ours(connection, file).await? {
        let applied: Vec<(i64,)> = sqlx::query_as("SELECT version FROM _sqlx_migrations")
            .fetch_all(&mut *connection)
            .await
            .map_err(unusable)?;
        if applied.iter().any(|(version,)| !MIGRATIONS.version_exists(*version)) {
            return Err(StoreError::CannotOpen(newer(path)));
        }
        if access == Access::Read && applied.len() < MIGRATIONS.iter().count() {
            return Err(StoreError::CannotOpen(older(path)));
        }
    } else if access == Access::Read {
        return Err(StoreError::CannotOpen(older(path)));
    }
    if bytes <= QUICK_CHECK_BYTES {
        let (answer,): (String,) = sqlx::query_as("PRAGMA quick_check(1)")
            .fetch_one(connection)
            .await
            .map_err(unusable)?;
        if answer != "ok" {
            return Err(StoreError::CannotOpen(damaged(path, &answer)));
        }
    }
    Ok(())
}

/// Was it made by Wayfare? False where there is nothing in it.
///
/// # Errors
/// Where it belongs to another program, or cannot be read.
pub async fn is_ours(connection: &mut SqliteConnection, file: &DatabaseFile) -> StoreResult<bool> {
    let path = file.path();
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .fetch_all(connection)
            .await
            .map_err(|error| StoreError::CannotOpen(explain(path, &error)))?;
    if !tables.is_empty() && !tables.iter().any(|(name,)| name == "_sqlx_migrations") {
        return Err(StoreError::CannotOpen(format!(
            "The database {} belongs to another program. Nothing was changed. Name another file \
                with --database.",
            path.display()
        )));
    }
    Ok(!tables.is_empty())
}
