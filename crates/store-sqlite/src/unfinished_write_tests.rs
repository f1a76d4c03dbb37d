//! A database without a write-ahead log, as a backup is, whose writer was killed.

use std::{fs, path::Path};

use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

use super::{SqliteConfig, SqliteStore, database_file::Access};
use wayfare_store::maintenance::MaintenanceStore;

const LEFT: &str = "left.db";

/// A copy of a database and of the journal of a transaction that was under way when it was made.
async fn killed_while_writing() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, left) = (folder.path().join("wayfare.db"), folder.path().join(LEFT));
    let store = SqliteStore::open(&SqliteConfig::new(&path)).await.expect("made");
    store.close().await;
    let url = format!("sqlite://{}", path.display());
    let mut writer = SqliteConnection::connect(&url).await.expect("open");
    for statement in [
        "PRAGMA journal_mode = DELETE",
        "PRAGMA cache_size = 1",
        "BEGIN IMMEDIATE",
        "CREATE TABLE half_written AS WITH RECURSIVE rows (n) AS
            (SELECT 1 UNION ALL SELECT n + 1 FROM rows WHERE n < 20000)
            SELECT n, hex(zeroblob(100)) AS text FROM rows",
    ] {
        sqlx::query(statement).execute(&mut writer).await.expect(statement);
    }
    copy(&path, &left, "");
    copy(&path, &left, "-journal");
    folder
}

fn copy(from: &Path, to: &Path, end: &str) {
    let at = |path: &Path| format!("{}{end}", path.display());
    assert!(fs::copy(at(from), at(to)).expect("copied") > 0);
}

#[tokio::test]
async fn what_was_not_finished_is_undone_and_the_database_opens() {
    let folder = killed_while_writing().await;
    let store = SqliteStore::open(&SqliteConfig::new(folder.path().join(LEFT))).await;
    let store = store.expect("it opens");
    assert_eq!(store.check_consistency().await.expect("checked"), []);
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'half_written'";
    let (half_written,): (i64,) =
        sqlx::query_as(tables).fetch_one(&store.readers).await.expect("a number");
    assert_eq!(half_written, 0);
}

#[tokio::test]
async fn who_may_only_read_changes_nothing_and_says_what_to_do() {
    let folder = killed_while_writing().await;
    let path = folder.path().join(LEFT);
    let config = SqliteConfig { access: Access::Read, ..SqliteConfig::new(&path) };
    let refused = SqliteStore::open(&config).await.err().expect("refused").to_string();
    assert!(refused.contains("cut off while it wrote"), "{refused}");
    assert!(path.with_extension("db-journal").exists());
}
