//! Databases of earlier versions are migrated, and no one loses what they could do.

use std::{borrow::Cow, path::Path};

use sqlx::{ConnectOptions, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};

use super::{SqliteConfig, SqliteStore, open::MIGRATIONS};
use wayfare_domain::{
    access::permissions::{KeyState, Scope},
    ids::ProjectId,
    time::Timestamp,
};
use wayfare_store::{access::ApiKeyStore, maintenance::MaintenanceStore};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// As the versions before a migration left it.
async fn database_before(version: i64, path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.expect("a database");
    migrate_below(version, &mut connection).await;
    connection
}

/// Runs the migrations before one.
pub async fn migrate_below(version: i64, connection: &mut SqliteConnection) {
    let before =
        MIGRATIONS.iter().filter(|migration| migration.version < version).cloned().collect();
    let old = Migrator { migrations: Cow::Owned(before), ..Migrator::DEFAULT };
    old.run_direct(None, connection, false).await.expect("an old database");
}

#[tokio::test]
async fn keys_of_before_finer_scopes_may_do_what_they_could() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("old.db");
    let mut connection = database_before(8, &path).await;
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
    let mut keys = store.list_api_keys(ProjectId(uuid::Uuid::nil()), NOW).await.expect("keys");
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

#[tokio::test]
async fn addresses_on_the_list_get_the_spelling_of_today_and_the_gravest_cause_stays() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("old.db");
    let mut connection = database_before(12, &path).await;
    sqlx::query(
        "INSERT INTO suppressions (project, kind, address, cause, reason, at) VALUES
         (1, 'email', 'x@bücher.example', 4, 'it bounced', 1),
         (1, 'email', 'x@xn--bcher-kva.example', 1, 'unsubscribed', 2),
         (1, 'email', '\"ada\"@example.com', 1, 'unsubscribed', 1),
         (1, 'email', 'ada@ex%61mple.com', 2, 'added by hand', 1),
         (1, 'phone', '4917012345', 2, 'added by hand', 1),
         (1, 'push', 'Token', 2, 'added by hand', 1)",
    )
    .execute(&mut connection)
    .await
    .expect("written");
    drop(connection);
    for _ in 0..2 {
        let store = SqliteStore::open(&SqliteConfig::new(&path)).await.expect("a store");
        let list: Vec<(String, i64)> =
            sqlx::query_as("SELECT address, reason_code FROM suppressions ORDER BY kind, address")
                .fetch_all(&store.readers)
                .await
                .expect("the list");
        let list: Vec<(&str, i64)> =
            list.iter().map(|(address, cause)| (address.as_str(), *cause)).collect();
        let today = [
            ("ada@ex%61mple.com", 2),
            ("ada@example.com", 1),
            ("x@xn--bcher-kva.example", 4),
            ("+4917012345", 2),
            ("Token", 2),
        ];
        assert_eq!(list, today);
        store.close().await;
    }
}
