//! Databases of before are brought up to date without anybody losing what they could do.

use std::borrow::Cow;

use sqlx::{ConnectOptions, migrate::Migrator, sqlite::SqliteConnectOptions};

use super::{SqliteConfig, SqliteStore, open::MIGRATIONS};
use crate::{
    domain::{
        access::{KeyState, Scope},
        ids::ProjectId,
        time::Timestamp,
    },
    server::store::access::AccessStore,
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

#[tokio::test]
async fn keys_of_before_finer_scopes_may_do_what_they_could() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("old.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = options.connect().await.expect("a database");
    let before = MIGRATIONS.iter().filter(|migration| migration.version < 8).cloned().collect();
    let old = Migrator { migrations: Cow::Owned(before), ..Migrator::DEFAULT };
    old.run_direct(None, &mut connection, false).await.expect("an old database");
    for statement in [
        "INSERT INTO projects (id, name, created_at) VALUES (zeroblob(16), 'Shop', 1)",
        "INSERT INTO users (id, name, created_at)
         VALUES (randomblob(16), 'Ada', 1), (randomblob(16), 'a', 1), (randomblob(16), 'b', 1)",
        "INSERT INTO api_keys (id, project_id, name, hint, secret_hash, scopes, created_by,
            created_at)
         SELECT id, zeroblob(16), name, 'wf_', randomblob(32), CASE name WHEN 'a' THEN 1 WHEN 'b'
         THEN 2 ELSE 7 END, id, 1 FROM users",
    ] {
        sqlx::query(statement).execute(&mut connection).await.expect("written");
    }
    drop(connection);
    let store = SqliteStore::open(&SqliteConfig::new(path)).await.expect("a store");
    let mut keys = store.keys(ProjectId(uuid::Uuid::nil()), NOW).await.expect("keys");
    keys.sort_by(|one, other| one.name.cmp(&other.name));
    let scopes: Vec<Vec<&str>> =
        keys.iter().map(|key| key.scopes.iter().map(String::as_str).collect()).collect();
    let all: Vec<&str> =
        Scope::ALL.into_iter().filter(|scope| *scope != Scope::Browser).map(Scope::key).collect();
    assert_eq!(scopes, [all, vec!["ingest", "enter", "erase"], vec!["read", "profiles"]]);
    assert!(keys.iter().all(|key| key.state == KeyState::Good
        && key.expires_at.is_none()
        && key.kept_by == key.created_by));
}
