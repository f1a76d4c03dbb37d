//! Opens the file: looks before it touches, and says what is wrong in a sentence.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::SqliteStore;
use crate::server::store::{StoreError, StoreResult};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Up to this size the whole file is checked at start; beyond it, only what is read.
const QUICK_CHECK_BYTES: u64 = 128 * 1024 * 1024;

/// How the file is opened.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    pub path: PathBuf,
    /// Connections that read.
    pub readers: u32,
    /// Make the file where there is none.
    pub create: bool,
}

impl SqliteConfig {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: 4, create: true }
    }
}

impl SqliteStore {
    /// Opens or makes the file and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] names the file and the reason: it cannot be read or written, is no database, is damaged,
    /// or was written by a newer Wayfare. Such a file is left as it is.
    pub async fn open(config: &SqliteConfig) -> StoreResult<Self> {
        inspect(config).await?;
        let base = SqliteConnectOptions::new()
            .filename(&config.path)
            .create_if_missing(config.create)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("cache_size", "-8192")
            .pragma("temp_store", "MEMORY")
            .pragma("mmap_size", "1073741824")
            .pragma("journal_size_limit", "67108864")
            // A portion of the engine passes between the threads at once, not fifty rows at a time.
            .row_buffer_size(4_096)
            .statement_cache_capacity(300)
            .disable_statement_logging();
        let unusable = |error: sqlx::Error| StoreError::Unusable(explain(&config.path, &error));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            // A connection to a file does not get lost; asking each time costs more than most statements.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(30))
            .connect_with(base.clone().optimize_on_close(true, 400))
            .await
            .map_err(unusable)?;
        migrate(&writer, &config.path).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(config.readers.max(1))
            .min_connections(1)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(30))
            .connect_with(base.read_only(true).create_if_missing(false))
            .await
            .map_err(unusable)?;
        Ok(Self { readers, writer, totals: Arc::default(), numbers: Arc::default() })
    }
}

async fn migrate(writer: &SqlitePool, path: &Path) -> StoreResult<()> {
    MIGRATIONS.run(writer).await.map_err(|error| {
        StoreError::Unusable(match error {
            MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => newer(path),
            MigrateError::Execute(error) => explain(path, &error),
            other => format!("The database {} cannot be brought up to date: {other}.", path.display()),
        })
    })
}

fn newer(path: &Path) -> String {
    format!(
        "The database {} was written by a newer Wayfare. Start that version, or give another file with --database. Nothing was changed.",
        path.display()
    )
}

/// Reads what is there without changing it: a file that is not ours, or not whole, is never opened for writing.
async fn inspect(config: &SqliteConfig) -> StoreResult<()> {
    let path = &config.path;
    let shown = path.display();
    let refuse = |sentence: String| Err(StoreError::Unusable(sentence));
    if path.is_dir() {
        return refuse(format!("The database {shown} is a folder. Give the name of a file with --database."));
    }
    if !path.exists() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return match (config.create, folder.is_dir()) {
            (true, true) => Ok(()),
            (true, false) => {
                refuse(format!("The folder {} does not exist. Make it, or give another file with --database.", folder.display()))
            }
            (false, _) => refuse(format!("There is no database {shown}. Give the right file with --database.")),
        };
    }
    let mut start = Vec::new();
    let size = match File::options().read(true).write(true).open(path) {
        Ok(file) => {
            let size = file.metadata().map(|meta| meta.len()).unwrap_or(0);
            if let Err(error) = file.take(16).read_to_end(&mut start) {
                return refuse(format!("The database {shown} cannot be read: {error}."));
            }
            size
        }
        Err(error) => {
            return refuse(format!(
                "The database {shown} cannot be opened for writing: {error}. Check the file's owner and rights."
            ));
        }
    };
    if start.is_empty() {
        return Ok(());
    }
    if start != MAGIC {
        return refuse(format!(
            "The file {shown} is not a SQLite database. Nothing was changed; give another file with --database."
        ));
    }
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .disable_statement_logging()
        .connect()
        .await
        .map_err(|error| StoreError::Unusable(explain(path, &error)))?;
    let verdict = judge(&mut connection, path, size).await;
    let _ = connection.close().await;
    verdict
}

async fn judge(connection: &mut sqlx::SqliteConnection, path: &Path, size: u64) -> StoreResult<()> {
    let unusable = |error: sqlx::Error| StoreError::Unusable(explain(path, &error));
    let tables: Vec<(String,)> = sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut *connection)
        .await
        .map_err(unusable)?;
    if !tables.is_empty() {
        if !tables.iter().any(|(name,)| name == "_sqlx_migrations") {
            return Err(StoreError::Unusable(format!(
                "The database {} belongs to another program. Nothing was changed; give another file with --database.",
                path.display()
            )));
        }
        let (version,): (Option<i64>,) =
            sqlx::query_as("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut *connection).await.map_err(unusable)?;
        let known = MIGRATIONS.iter().map(|migration| migration.version).max();
        if version > known {
            return Err(StoreError::Unusable(newer(path)));
        }
    }
    if size <= QUICK_CHECK_BYTES {
        let (answer,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(connection).await.map_err(unusable)?;
        if answer != "ok" {
            return Err(StoreError::Unusable(damaged(path, &answer)));
        }
    }
    Ok(())
}

fn damaged(path: &Path, detail: &str) -> String {
    format!("The database {} is damaged ({}). Nothing was changed; restore it from a backup.", path.display(), detail.trim())
}

fn explain(path: &Path, error: &sqlx::Error) -> String {
    let text = error.to_string();
    if text.contains("malformed") || text.contains("not a database") || text.contains("corrupt") {
        return damaged(path, &text);
    }
    format!("The database {} cannot be used: {text}. Check the file's folder, owner and free space.", path.display())
}
