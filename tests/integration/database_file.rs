//! A file that cannot be used is named and left as it is.

use std::fs;

use crate::support::{Place, run_on, text};

#[test]
fn a_file_that_is_no_database_is_named_and_not_touched() {
    let place = Place::empty();
    let file = place.file("notes.db");
    fs::write(&file, "these are my notes, and they are long enough to be read as a header").expect("written");
    let before = fs::read(&file).expect("read");
    let output = run_on(&file, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("notes.db is not a SQLite database"), "{}", text(&output.stderr));
    assert_eq!(fs::read(&file).expect("read"), before);
}

#[test]
fn a_damaged_database_is_named_and_not_touched() {
    let place = Place::journeys(300);
    let file = place.database();
    let mut bytes = fs::read(&file).expect("read");
    for page in 3..40 {
        bytes[page * 4096..page * 4096 + 64].fill(0xa5);
    }
    fs::write(&file, &bytes).expect("written");
    let output = place.run(&["demo"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("test.db is damaged"), "{}", text(&output.stderr));
    assert_eq!(fs::read(&file).expect("read"), bytes);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let place = Place::demo();
    let url = format!("sqlite://{}", place.database().display());
    let pool = sqlx::SqlitePool::connect(&url).await.expect("opened");
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'later', 1, x'00', 0)")
        .execute(&pool)
        .await
        .expect("written");
    pool.close().await;
    let output = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("was written by a newer Wayfare"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let place = Place::empty();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}?mode=rwc", place.database().display())).await.expect("opened");
    sqlx::query("CREATE TABLE theirs (id INTEGER)").execute(&pool).await.expect("written");
    pool.close().await;
    let output = place.run(&["demo"]);
    assert!(text(&output.stderr).contains("belongs to another program"), "{}", text(&output.stderr));
}

#[test]
fn a_folder_and_a_missing_folder_are_named() {
    let place = Place::empty();
    let folder = place.file("folder");
    fs::create_dir(&folder).expect("made");
    assert!(text(&run_on(&folder, &["migrate"]).stderr).contains("is a folder"));
    assert!(text(&run_on(&place.file("no/such.db"), &["migrate"]).stderr).contains("does not exist"));
    assert!(text(&run_on(&place.file("none.db"), &["check"]).stderr).contains("There is no database"));
    assert!(!place.file("none.db").exists());
}

#[test]
fn check_finds_what_does_not_add_up() {
    let place = Place::demo();
    assert!(place.run(&["check"]).status.success());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", place.database().display())).await.expect("opened");
        sqlx::query("UPDATE journeys SET entered = entered + 1 WHERE seq = 20").execute(&pool).await.expect("written");
        pool.close().await;
    });
    let output = place.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("1 difference"), "{}", text(&output.stdout));
}

#[test]
fn a_backup_is_a_whole_database() {
    let place = Place::demo();
    let copy = place.file("copy.db");
    assert!(place.run(&["backup", copy.to_str().expect("a name")]).status.success());
    assert!(run_on(&copy, &["check"]).status.success());
    let again = place.run(&["backup", copy.to_str().expect("a name")]);
    assert!(text(&again.stderr).contains("exists already"), "{}", text(&again.stderr));
}
