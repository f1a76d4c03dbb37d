//! A log that cannot be written, or that is no longer read: everything else goes on as if it
//! could.

use std::{
    fs::File,
    io::{Write, pipe},
    process::{Command, Stdio},
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::json;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::{
    deliver::{HERE, TOGETHER, hook, journey, sign_up, webhooks_go_out},
    ingest::Program,
    providers::http::Receiver,
    support::{BINARY, Place, Server, text, within},
};

/// Much more than all of it takes.
const NET: Duration = Duration::from_secs(180);

/// Another program holds the database for as long as a request waits for it: that is an error, and
/// the log has it.
async fn something_goes_wrong(place: &Place, program: &Program) {
    let options = SqliteConnectOptions::new().filename(place.database());
    let mut other = options.connect().await.expect("the database opens");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("it is held");
    let event = json!({ "identity": "ada", "name": "Visited" });
    let (status, answer) = program.json("/api/v1/events", json!({ "events": [event] })).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("it is free");
}

fn with_log(log: impl Into<Stdio>) -> Command {
    let mut program = Command::new(BINARY);
    program.stderr(log);
    program
}

/// People come in, are moved and written to, an operator is answered, and the server ends when it
/// is told to.
async fn everything_goes_on(log: impl Into<Stdio>) {
    let (place, receiver) = (Place::empty(), Receiver::start().await);
    let mut server = place.serve_as(with_log(log), &HERE);
    let work = async {
        let program = Program::new(&server).await;
        webhooks_go_out(&server).await;
        let hooks = program.publish(journey("Hooks", "Signed Up", &hook(&receiver.url()))).await;
        something_goes_wrong(&place, &program).await;
        assert!(sign_up(&program, 0).await, "people come in");
        program.until(&hooks, "completed", TOGETHER as i64).await;
        assert_eq!(receiver.asked().len() as u64, TOGETHER, "their messages go out");
        pause_is_answered(&program, &hooks).await;
        assert_eq!(server.get("/healthz").await.status(), StatusCode::OK);
    };
    tokio::time::timeout(NET, work).await.expect("it goes on");
    assert!(server.terminate().success(), "it ends in order");
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}

async fn pause_is_answered(program: &Program, journey: &str) {
    let order = json!({ "ids": [journey], "action": "pause" });
    let (status, answer) = program.json("/api/v1/journeys/operate", order).await;
    assert_eq!((status, &answer["report"]["changed"]), (StatusCode::OK, &json!(1)), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_on_when_the_reader_of_the_log_is_gone() {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    everything_goes_on(writer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_on_when_the_disk_with_the_log_is_full() {
    everything_goes_on(File::options().write(true).open("/dev/full").expect("a full disk")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_on_when_the_reader_of_the_log_has_stopped_reading() {
    let (reader, writer) = pipe().expect("a pipe");
    // Keeps the pipe full for as long as it could be read.
    let mut filler = writer.try_clone().expect("another end");
    std::thread::spawn(move || while filler.write_all(&[b'.'; 4096]).is_ok() {});
    everything_goes_on(writer).await;
    drop(reader);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_were_lost_are_counted_and_told_when_the_log_can_be_written_again() {
    /// As large as a file may be, in blocks of 512 or 1024 bytes, by the shell.
    const BLOCKS: u32 = 16_000;
    let place = Place::empty();
    let log = place.file("log");
    std::fs::write(&log, vec![b'.'; BLOCKS as usize * 1024]).expect("a full log");
    let mut program = within(BLOCKS);
    program.stderr(File::options().append(true).open(&log).expect("the log"));
    let server: Server = place.serve_as(program, &[]);
    let program = Program::new(&server).await;
    something_goes_wrong(&place, &program).await;
    in_time("lost lines are counted", async || {
        let metrics = program.metrics().await;
        metrics
            .lines()
            .any(|line| line.starts_with("wayfare_log_lines_lost_total ") && !line.ends_with(" 0"))
    })
    .await;
    server.give_room();
    something_goes_wrong(&place, &program).await;
    in_time("they are told", async || {
        String::from_utf8_lossy(&std::fs::read(&log).expect("the log")).contains("log.lines_lost")
    })
    .await;
}

async fn in_time(what: &str, so: impl AsyncFn() -> bool) {
    for _ in 0..1_200 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}, in a minute");
}
