//! One server to a file, whatever the file is called; and a server that lost its file writes
//! nothing more and says so.

use std::{
    fs,
    process::{Child, Command, Stdio},
};

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    ingest::{Program, welcome},
    support::{BINARY, Place, text},
};

fn start(database: &str, folder: &std::path::Path) -> Child {
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", "127.0.0.1:0", "--database", database]).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

#[cfg(target_os = "linux")]
#[test]
fn no_other_name_of_a_file_leads_a_second_server_to_it() {
    let place = Place::demo();
    let _server = place.serve();
    let (folder, elsewhere) = (place.file(""), place.file("elsewhere"));
    fs::create_dir(&elsewhere).expect("made");
    std::os::unix::fs::symlink(place.database(), elsewhere.join("link.db")).expect("linked");
    fs::hard_link(place.database(), elsewhere.join("same.db")).expect("linked");
    // Each waits a while for a server that is ending, so they wait together.
    let names = ["test.db", "./elsewhere/../test.db", "elsewhere/link.db", "elsewhere/same.db"];
    let seconds: Vec<_> = names.iter().map(|name| (name, start(name, &folder))).collect();
    for (name, second) in seconds {
        let output = second.wait_with_output().expect("it ends");
        let told = text(&output.stderr);
        assert!(
            !output.status.success() && told.contains("Another Wayfare server uses the database"),
            "{name}: {told}"
        );
    }
}

#[tokio::test]
async fn a_server_whose_database_was_taken_by_another_writes_nothing_more_and_ends_with_a_sentence()
{
    let place = Place::empty();
    let (mut server, told) = place.serve_telling(&[]);
    let program = Program::new(&server).await;
    program.publish(welcome()).await;
    // What a server on another machine does when it starts.
    place.sql("UPDATE database_identity SET fence = fence + 1").await;
    assert!(!sign_up(&program).await, "nothing is taken any more");
    assert!(!server.ended().success());
    let told = fs::read_to_string(told).expect("read");
    assert!(told.contains("Another server uses the database"), "{told}");
    assert_eq!(place.count("SELECT count(*) FROM events").await, 0);
    assert_eq!(
        place.serve().get("/readyz").await.status(),
        StatusCode::OK,
        "the next server has a number of its own"
    );
}

#[tokio::test]
async fn events_after_the_file_was_replaced_are_refused_and_the_server_ends() {
    let place = Place::empty();
    let (mut server, told) = place.serve_telling(&[]);
    let program = Program::new(&server).await;
    program.publish(welcome()).await;
    assert!(sign_up(&program).await);
    let other = place.file("other.db");
    assert!(crate::support::run_on(&other, &["migrate"]).status.success());
    fs::rename(&other, place.database()).expect("replaced");
    assert!(!sign_up(&program).await, "the first one is refused");
    assert!(!server.ended().success());
    let told = fs::read_to_string(told).expect("read");
    assert!(told.contains("was replaced or removed while the server was running"), "{told}");
}

#[tokio::test]
async fn a_server_whose_file_was_removed_ends_by_itself() {
    let place = Place::demo();
    let (mut server, told) = place.serve_telling(&[]);
    fs::remove_file(place.database()).expect("removed");
    assert!(!server.ended().success());
    let told = fs::read_to_string(told).expect("read");
    assert!(told.contains("was replaced or removed while the server was running"), "{told}");
}

#[tokio::test]
async fn events_after_the_log_beside_the_file_was_removed_are_refused_and_the_server_ends() {
    let place = Place::empty();
    let (mut server, told) = place.serve_telling(&[]);
    let program = Program::new(&server).await;
    program.publish(welcome()).await;
    assert!(sign_up(&program).await);
    let log = place.database().with_extension("db-wal");
    fs::remove_file(&log).expect("removed");
    assert!(!sign_up(&program).await, "the first one is refused");
    assert!(!server.ended().success());
    let told = fs::read_to_string(told).expect("read");
    assert!(told.contains("was replaced or removed while the server was running"), "{told}");
}

#[tokio::test]
async fn a_server_whose_file_was_cut_off_says_so_for_as_long_as_it_runs() {
    let place = Place::journeys(300);
    let server = place.serve();
    assert_eq!(server.get("/healthz").await.status(), StatusCode::OK);
    let file = fs::OpenOptions::new().write(true).open(place.database()).expect("opened");
    // The last page, which nothing reads just now: the system ends whoever reads one that is gone.
    let bytes = file.metadata().expect("told").len();
    file.set_len(bytes - 4_096).expect("cut");
    for _ in 0..1_200 {
        let answer = server.get("/healthz").await;
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(answer.text().await.expect("a word"), "the database is damaged\n");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nothing says that the database was cut off");
}

async fn sign_up(program: &Program) -> bool {
    program
        .try_json(
            "/api/v1/events",
            json!({ "events": [{ "identity": "ada", "name": "Signed Up" }] }),
        )
        .await
}
