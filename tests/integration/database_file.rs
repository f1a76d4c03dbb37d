//! A file that cannot be used is named and left as it is.

use std::fs;

use crate::support::{Place, run_on, text};

#[test]
fn a_file_that_is_no_database_is_named_and_not_touched() {
    let place = Place::empty();
    let file = place.file("notes.db");
    fs::write(&file, "these are my notes, and they are long enough to be read as a header")
        .expect("written");
    let before = fs::read(&file).expect("read");
    let output = run_on(&file, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("notes.db is not a SQLite database"),
        "{}",
        text(&output.stderr)
    );
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
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum,
        execution_time) VALUES (999, 'later', 1, x'00', 0)",
    )
    .execute(&pool)
    .await
    .expect("written");
    pool.close().await;
    let output = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("was written by a newer version of Wayfare"),
        "{}",
        text(&output.stderr)
    );
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let place = Place::empty();
    let pool =
        sqlx::SqlitePool::connect(&format!("sqlite://{}?mode=rwc", place.database().display()))
            .await
            .expect("opened");
    sqlx::query("CREATE TABLE theirs (id INTEGER)").execute(&pool).await.expect("written");
    pool.close().await;
    let output = place.run(&["demo"]);
    assert!(
        text(&output.stderr).contains("belongs to another program"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_folder_and_a_missing_folder_are_named() {
    let place = Place::empty();
    let folder = place.file("folder");
    fs::create_dir(&folder).expect("made");
    assert!(text(&run_on(&folder, &["migrate"]).stderr).contains("is a folder"));
    assert!(
        text(&run_on(&place.file("no/such.db"), &["migrate"]).stderr).contains("does not exist")
    );
    assert!(text(&run_on(&place.file("none.db"), &["check"]).stderr).contains("does not exist"));
    assert!(!place.file("none.db").exists());
}

#[test]
fn check_finds_what_does_not_add_up() {
    let place = Place::demo();
    assert!(place.run(&["check"]).status.success());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", place.database().display()))
            .await
            .expect("opened");
        sqlx::query("UPDATE journeys SET entered = entered + 1 WHERE key = 20")
            .execute(&pool)
            .await
            .expect("written");
        pool.close().await;
    });
    let output = place.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("1 difference"), "{}", text(&output.stdout));
}

/// What the command line said, without a word that only the driver uses.
fn sentence(output: &std::process::Output) -> String {
    let told = text(&output.stderr);
    assert!(!output.status.success(), "{told}");
    for word in ["_sqlx", "migration ", "code:", "SqliteError", "error returned"] {
        assert!(!told.contains(word), "“{word}” in: {told}");
    }
    told
}

#[tokio::test]
async fn an_update_that_was_broken_off_and_a_foreign_schema_are_told_in_sentences() {
    for (sql, words) in [
        ("UPDATE _sqlx_migrations SET success = 0 WHERE version = 6", "was interrupted in step 6"),
        (
            "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 3",
            "another build of Wayfare",
        ),
    ] {
        let place = Place::demo();
        place.sql(sql).await;
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["demo"]] {
            let told = sentence(&place.run(command));
            assert!(told.contains(words), "{told}");
        }
    }
}

#[tokio::test]
async fn a_database_that_another_program_holds_is_told_in_a_sentence() {
    let place = Place::demo();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place.database());
    let mut other = sqlx::ConnectOptions::connect(&options).await.expect("opened");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("held");
    let told = sentence(&place.run(&["demo"]));
    assert!(told.contains("Another program has locked the database"), "{told}");
}

#[test]
fn only_serve_demo_migrate_and_user_add_make_a_database() {
    let place = Place::empty();
    let file = place.file("in.csv");
    fs::write(&file, "identity\nada\n").expect("written");
    let file = file.to_str().expect("a name");
    let journeys = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/welcome.json");
    let refused: [&[&str]; 8] = [
        &["import", journeys],
        &["import-people", file],
        &["export"],
        &["check"],
        &["backup", "copy.db"],
        &["release"],
        &["user", "list"],
        &["user", "reset", "ada@example.com"],
    ];
    for command in refused {
        let told = sentence(&place.run(command));
        assert!(
            told.contains("does not exist") && !place.database().exists(),
            "{command:?}: {told}"
        );
    }
    for command in [&["demo"][..], &["migrate"], &["user", "add", "ada@example.com"]] {
        let place = Place::empty();
        assert!(place.run(command).status.success(), "{command:?}");
        assert!(place.database().exists());
    }
}

#[cfg(unix)]
#[test]
fn what_wayfare_makes_is_for_its_owner_alone_and_older_files_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::demo();
    let server = place.serve();
    for name in ["test.db", "test.db-wal", "test.db-shm", "test.db.lock", "test.db.key"] {
        let mode = fs::metadata(place.file(name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(!text(&place.run(&["check"]).stderr).contains("Warning"));
    drop(server);
    fs::set_permissions(place.database(), fs::Permissions::from_mode(0o644)).expect("opened");
    let output = place.run(&["check"]);
    assert!(output.status.success(), "it adds up");
    assert!(
        text(&output.stderr).contains("test.db can be opened by other users"),
        "{}",
        text(&output.stderr)
    );
    let told = place.file("told.txt");
    let mut command = std::process::Command::new(crate::support::BINARY);
    command.args(["serve", "--listen", "127.0.0.1:0", "--database"]).arg(place.database());
    command.stdout(std::process::Stdio::piped()).stderr(fs::File::create(&told).expect("a file"));
    let mut child = command.spawn().expect("the program starts");
    crate::support::Server::address(&mut child);
    child.kill().expect("killed");
    child.wait().expect("gone");
    assert!(
        fs::read_to_string(told).expect("read").contains("test.db can be opened by other users")
    );
}

#[test]
fn a_backup_is_a_whole_database() {
    let place = Place::demo();
    let copy = place.file("copy.db");
    assert!(place.run(&["backup", copy.to_str().expect("a name")]).status.success());
    assert!(run_on(&copy, &["check"]).status.success());
    let again = place.run(&["backup", copy.to_str().expect("a name")]);
    assert!(text(&again.stderr).contains("already exists"), "{}", text(&again.stderr));
}
