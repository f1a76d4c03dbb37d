//! Copies of a database: the source stays as it is, in each of them.

use std::{fs, path::Path};

use sqlx::{ConnectOptions, Connection, migrate::Migrator, sqlite::SqliteConnectOptions};

use crate::support::{Place, run_on, text};

static MIGRATIONS: Migrator = sqlx::migrate!("./crates/store-sqlite/migrations");
/// The last step of the Wayfare before files knew what they are.
const BEFORE: i64 = 6;

/// A database as an older version of Wayfare left it.
async fn of_before(path: &Path) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.expect("made");
    MIGRATIONS.run_to(BEFORE, &mut connection).await.expect("migrated");
    connection.close().await.expect("closed");
}

async fn version(path: &Path) -> i64 {
    let mut connection =
        SqliteConnectOptions::new().filename(path).connect().await.expect("opened");
    let (version,): (i64,) = sqlx::query_as("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut connection)
        .await
        .expect("a version");
    version
}

#[test]
fn a_backup_leaves_its_source_as_it_is_and_is_for_its_owner_alone() {
    let place = Place::demo();
    let (copy, before) = (place.file("copy.db"), fs::read(place.database()).expect("read"));
    let output = place.run(&["backup", copy.to_str().expect("a name")]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("is held"), "it says so: {}", text(&output.stdout));
    assert_eq!(fs::read(place.database()).expect("read"), before);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(&copy).expect("there").permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
    let left: Vec<_> =
        fs::read_dir(place.file("")).expect("a folder").filter_map(Result::ok).collect();
    assert!(
        left.iter().all(|entry| !entry.file_name().to_string_lossy().contains("backup")),
        "nothing else is left: {left:?}"
    );
}

#[tokio::test]
async fn a_database_of_an_older_version_is_read_by_a_backup_alone_and_changed_by_none() {
    let place = Place::empty();
    of_before(&place.database()).await;
    let before = fs::read(place.database()).expect("read");
    let copy = place.file("copy.db");
    assert!(place.run(&["backup", copy.to_str().expect("a name")]).status.success());
    assert_eq!(version(&copy).await, BEFORE, "the copy is as old as its source");
    for command in [&["check"][..], &["export"], &["user", "list"]] {
        let output = place.run(command);
        let told = text(&output.stderr);
        assert!(!output.status.success(), "{command:?}");
        assert!(
            told.contains("older version of Wayfare") && told.contains("wayfare migrate"),
            "{command:?}: {told}"
        );
    }
    assert_eq!(fs::read(place.database()).expect("read"), before);
}

#[tokio::test]
async fn a_database_of_an_older_version_is_brought_up_to_date_and_its_copy_is_held() {
    let place = Place::empty();
    of_before(&place.database()).await;
    let copy = place.file("copy.db");
    assert!(place.run(&["backup", copy.to_str().expect("a name")]).status.success());
    assert!(place.run(&["migrate"]).status.success());
    assert!(place.run(&["demo"]).status.success());
    let checked = place.run(&["check"]);
    assert!(checked.status.success(), "{}{}", text(&checked.stdout), text(&checked.stderr));
    assert_eq!(place.serve().get("/healthz").await.text().await.expect("text"), "ok\n");
    assert_eq!(
        place.serve_file("copy.db", &[]).get("/healthz").await.text().await.expect("text"),
        "ok held\n"
    );
}

#[test]
fn a_copy_of_a_database_that_cannot_be_read_whole_is_not_written() {
    let place = Place::journeys(300);
    let mut bytes = fs::read(place.database()).expect("read");
    for page in 3..40 {
        bytes[page * 4096..page * 4096 + 64].fill(0xa5);
    }
    fs::write(place.database(), &bytes).expect("written");
    let copy = place.file("copy.db");
    let output = place.run(&["backup", copy.to_str().expect("a name")]);
    assert!(
        !output.status.success() && text(&output.stderr).contains("is damaged"),
        "{}",
        text(&output.stderr)
    );
    assert!(!copy.exists());
    assert!(text(&run_on(&copy, &["check"]).stderr).contains("does not exist"));
}
