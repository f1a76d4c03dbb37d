//! The database of an earlier program (tests/fixtures/README.md) is migrated and loses nothing.

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use flate2::read::GzDecoder;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

use super::{
    SqliteConfig, SqliteStore, consistency, migration_tests::migrate_below,
    profiles::profile::enrolment,
};
use wayfare_domain::ids::ProjectId;
use wayfare_store::maintenance::MaintenanceStore;

/// The migration that brought the names of today.
const NAMES: i64 = 13;

/// Tables that have another name since [`NAMES`].
const RENAMED: [(&str, &str); 14] = [
    ("users", "actors"),
    ("identities", "sso_identities"),
    ("provider_sign_ins", "sso_sign_ins"),
    ("audit", "audit_entries"),
    ("aliases", "profile_identifiers"),
    ("met_criteria", "criteria_matches"),
    ("refusals", "entry_rejections"),
    ("steps", "enrolment_log"),
    ("segment_runs", "entry_runs"),
    ("node_figures", "node_stats"),
    ("hook_secrets", "webhook_secrets"),
    ("hook_receipts", "webhook_dedup_keys"),
    ("delivery_doubts", "possible_duplicates"),
    ("suppressions_to_spell", "noncanonical_suppressions"),
];

fn name_of_today(table: &str) -> &str {
    RENAMED.iter().find(|(before, _)| *before == table).map_or(table, |(_, today)| *today)
}

/// A copy of the fixture.
async fn fixture(path: &Path) -> SqliteConnection {
    let packed = include_bytes!("../tests/fixtures/old.db.gz");
    let mut file = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut file).expect("the fixture");
    fs::write(path, file).expect("written");
    SqliteConnectOptions::new().filename(path).connect().await.expect("a database")
}

/// Everything of each table: a text for each row, in any order.
async fn contents(connection: &mut SqliteConnection) -> BTreeMap<String, Vec<String>> {
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
         AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut *connection)
    .await
    .expect("tables");
    let mut found = BTreeMap::new();
    for (table,) in tables {
        let columns: Vec<(String,)> =
            sqlx::query_as("SELECT name FROM pragma_table_info(?) ORDER BY cid")
                .bind(&table)
                .fetch_all(&mut *connection)
                .await
                .expect("columns");
        let row: Vec<String> =
            columns.iter().map(|(column,)| format!("quote(\"{column}\")")).collect();
        let sql = format!("SELECT {} FROM \"{table}\"", row.join(" || ',' || "));
        found.insert(table, texts(connection, sql).await);
    }
    found
}

async fn texts(connection: &mut SqliteConnection, sql: String) -> Vec<String> {
    let rows: Vec<(String,)> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await.expect("rows");
    let mut texts: Vec<String> = rows.into_iter().map(|(text,)| text).collect();
    texts.sort();
    texts
}

#[tokio::test]
async fn the_fixture_has_rows_in_every_table_that_the_earlier_program_filled() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let mut connection = fixture(&folder.path().join("old.db")).await;
    let empty: Vec<String> = contents(&mut connection)
        .await
        .into_iter()
        .filter_map(|(table, rows)| rows.is_empty().then_some(table))
        .collect();
    // SSO needs an identity provider; password links and pending changes were used up.
    let used_up = ["identities", "password_links", "profile_changes", "provider_sign_ins"];
    assert!(empty.iter().all(|table| used_up.contains(&table.as_str())), "{empty:?}");
    let states = texts(&mut connection, "SELECT DISTINCT '' || state FROM outbox".into()).await;
    assert_eq!(states, ["0", "1", "2", "3", "4", "5"], "messages in each status");
    let ways = texts(&mut connection, "SELECT DISTINCT '' || state FROM enrolments".into()).await;
    assert_eq!(ways, ["0", "1", "2", "4", "5", "6"], "and enrolments");
    let status = texts(&mut connection, "SELECT DISTINCT '' || status FROM versions".into()).await;
    assert_eq!(status, ["0", "1", "2", "3", "4", "5", "6"], "and versions");
}

#[tokio::test]
async fn new_names_change_no_row() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let mut connection = fixture(&folder.path().join("old.db")).await;
    migrate_below(NAMES, &mut connection).await;
    let mut before = contents(&mut connection).await;
    migrate_below(NAMES + 1, &mut connection).await;
    let mut after = contents(&mut connection).await;
    // The first character of an outlet has become a kind.
    let counts = before.remove("node_figures").expect("counts of nodes");
    after.remove("node_stats").expect("counts of nodes");
    let sql = "SELECT quote(version_key) || ',' || quote(node) || ',' ||
        quote(CASE kind WHEN 2 THEN '!' WHEN 3 THEN '~' WHEN 4 THEN '@' ELSE '' END || outlet)
        || ',' || quote(count) FROM node_stats";
    assert_eq!(texts(&mut connection, sql.into()).await, counts);
    assert_eq!(before.len(), after.len());
    for (table, rows) in before {
        assert_eq!(after.get(name_of_today(&table)), Some(&rows), "{table}");
    }
}

#[tokio::test]
async fn an_old_database_keeps_every_row_and_adds_up() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("old.db");
    let mut connection = fixture(&path).await;
    let before = contents(&mut connection).await;
    drop(connection);
    let store = SqliteStore::open(&SqliteConfig::new(&path)).await.expect("a store");
    let mut reader = store.readers.acquire().await.expect("a connection");
    let after = contents(&mut reader).await;
    for (table, rows) in &before {
        // In whose name recipients choose came with a migration.
        let added = usize::from(table == "users");
        assert_eq!(after[name_of_today(table)].len(), rows.len() + added, "{table}");
    }
    let broken = texts(&mut reader, "SELECT \"table\" FROM pragma_foreign_key_check".into()).await;
    assert_eq!(broken, Vec::<String>::new());
    drop(reader);
    let findings = consistency::check(&store).await.expect("checked");
    assert!(findings.is_empty(), "{findings:?}");
    store.close().await;
}

#[tokio::test]
async fn each_enrolment_is_told_step_by_step_as_the_earlier_program_wrote_it() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("old.db");
    let mut connection = fixture(&path).await;
    let written: Vec<(Uuid, i64, i64, String)> = sqlx::query_as(
        "SELECT p.id, s.enrolment, s.at, visit.value ->> 0
         FROM steps s JOIN enrolments e ON e.seq = s.enrolment
             JOIN projects p ON p.number = e.project, json_each(s.path) visit
         ORDER BY s.enrolment, s.visit, s.at, visit.key",
    )
    .fetch_all(&mut connection)
    .await
    .expect("steps");
    drop(connection);
    let mut logs: BTreeMap<(Uuid, i64), Vec<(i64, String)>> = BTreeMap::new();
    for (project, enrolment, at, node) in written {
        logs.entry((project, enrolment)).or_default().push((at, node));
    }
    let store = SqliteStore::open(&SqliteConfig::new(&path)).await.expect("a store");
    for ((project, key), log) in logs {
        let shown = enrolment(&store, ProjectId(project), key).await.expect("an enrolment");
        let lines: Vec<(i64, String)> =
            shown.steps.into_iter().map(|line| (line.at.0, line.node)).collect();
        assert_eq!(lines, log, "enrolment {key}");
    }
    store.close().await;
}

#[tokio::test]
async fn indexes_and_triggers_have_names_of_today_and_are_whole() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("old.db");
    drop(fixture(&path).await);
    let store = SqliteStore::open(&SqliteConfig::new(&path)).await.expect("a store");
    store.close().await;
    let mut connection =
        SqliteConnectOptions::new().filename(&path).connect().await.expect("a database");
    let sql = "SELECT type || ' ' || name FROM sqlite_schema
         WHERE type IN ('index', 'trigger') AND sql IS NOT NULL";
    let names = texts(&mut connection, sql.into()).await;
    let former = [
        "audit_is",
        "audit_of",
        "aliases",
        "met_criteria",
        "hook_receipts",
        "projects_number",
        "versions_number",
        "versions_seq",
        "versions_emptied",
        "enrolments_live",
        "outbox_queued",
        "outbox_waiting",
        "outbox_leased",
        "outbox_undelivered",
    ];
    for name in &names {
        let (_, bare) = name.split_once(' ').expect("a name");
        let is_former = |former: &&str| bare == *former || bare.starts_with(&format!("{former}_"));
        let today = ["outbox_queued_test", "outbox_queued_live"].contains(&bare);
        assert!(today || !former.iter().any(is_former), "{name}");
    }
    // To rename a table SQLite resolves every name in every index and trigger.
    let rename = "ALTER TABLE labels RENAME TO labels_of_tomorrow";
    sqlx::query(rename).execute(&mut connection).await.expect("a schema that is whole");
}
