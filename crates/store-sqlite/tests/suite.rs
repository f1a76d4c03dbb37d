//! The store in one SQLite file keeps what every store promises.
#![expect(clippy::expect_used, reason = "the plain way to fail in a test")]

use tempfile::TempDir;
use wayfare_store::Stores;
use wayfare_store_sqlite::{SqliteConfig, SqliteStore};

/// Empty stores, and the folder that they are in.
async fn open() -> (Stores, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("store.db"));
    (Stores::of(SqliteStore::open(&config).await.expect("a store")), folder)
}

wayfare_store_tests::suite!(open);
