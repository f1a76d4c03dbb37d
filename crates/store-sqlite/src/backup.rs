//! A consistent copy of the file, made while the server runs. The source is only read, in whatever
//! schema it is.
//!
//! The copy says in itself that it is one: a server that starts on it is held until someone
//! releases it, so that what waited in the backup is not sent a second time by itself. The mark is
//! in the file's header (`user_version`), because that place is there in every schema; opening the
//! copy for writing makes a hold of it.

use std::{fs::File, path::Path};

use sqlx::{ConnectOptions, Connection, SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempPath;

use super::{
    database_file::{Access, Content, DatabaseFile, folder_of},
    error::{SqliteError, SqliteResult},
    identity,
    open::{connect_to_read, is_ours},
};
use wayfare_store::{StoreError, StoreResult};

/// `user_version` of a copy that no one has opened for writing.
const COPY: i64 = 1;

/// Copies the database of a path, for its owner alone. Either the whole copy is there at the end,
/// or nothing.
///
/// # Errors
/// Where `to` exists already, the source cannot be read, or the copy not be written.
pub async fn backup(from: &Path, to: &Path) -> StoreResult<()> {
    let exists = || {
        StoreError::CannotOpen(format!("{} already exists. Choose a new file name.", to.display()))
    };
    if to.symlink_metadata().is_ok() {
        return Err(exists());
    }
    let source = DatabaseFile::open(from, Access::Read)?;
    let mut reader = match source.content()? {
        Content::Database { .. } => connect_to_read(&source).await?,
        Content::Nothing => return nothing(from),
    };
    if !is_ours(&mut reader, &source).await? {
        return nothing(from);
    }
    let failed = |error: std::io::Error| not_written(to, &error.to_string());
    let folder = folder_of(to);
    let copy = tempfile::Builder::new()
        .prefix(".wayfare-backup-")
        .tempfile_in(folder)
        .map_err(failed)?
        .into_temp_path();
    let name = copy
        .to_str()
        .ok_or_else(|| StoreError::CannotOpen("The file's name is not valid UTF-8.".to_string()))?;
    let copied = sqlx::query("VACUUM INTO ?").bind(name).execute(&mut reader).await;
    copied.map_err(|error| refused(to, error))?;
    let _ = reader.close().await;
    mark(&copy).await.map_err(|error| refused(to, error))?;
    File::open(&copy).and_then(|file| file.sync_all()).map_err(failed)?;
    keep(copy, to).map_err(|error| if to.exists() { exists() } else { failed(error) })?;
    // The name as well survives a power cut, where folders can be synced.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn keep(copy: TempPath, to: &Path) -> std::io::Result<()> {
    copy.persist_noclobber(to).map_err(|error| error.error)
}

fn nothing(from: &Path) -> StoreResult<()> {
    Err(StoreError::CannotOpen(format!(
        "The database {} is empty. There is nothing to copy.",
        from.display()
    )))
}

fn not_written(to: &Path, why: &str) -> StoreError {
    StoreError::CannotOpen(format!(
        "The copy {} cannot be written: {why}. Check the folder, its permissions and the free \
            space.",
        to.display()
    ))
}

/// The source was looked at before: what fails now is the copy, or a source that is damaged.
fn refused(to: &Path, error: sqlx::Error) -> StoreError {
    tracing::debug!(%error, "backup.failed");
    match SqliteError::from(error).into() {
        StoreError::Unavailable(obstacle) => not_written(to, &obstacle.to_string()),
        _ => not_written(
            to,
            "the database could not be copied completely; check it with wayfare check",
        ),
    }
}

async fn mark(copy: &Path) -> sqlx::Result<()> {
    let mut connection =
        SqliteConnectOptions::new().filename(copy).disable_statement_logging().connect().await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {COPY}")))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

/// A copy that is opened for writing for the first time is held.
pub(super) async fn hold_where_restored(writer: &SqlitePool) -> SqliteResult<()> {
    let (mark,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(writer).await?;
    if mark != COPY {
        return Ok(());
    }
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    identity::hold_restored(&mut transaction).await?;
    sqlx::query("PRAGMA user_version = 0").execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}
