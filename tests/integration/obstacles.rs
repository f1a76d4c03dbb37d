//! A disk that is full and a database that another program holds: requests are refused and say so,
//! and nothing that was answered is lost.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::{
    ingest::{Program, welcome},
    support::Place,
};

/// Events of one request: half a megabyte.
const TOGETHER: usize = 500;

fn events(from: usize) -> Value {
    let long = "x".repeat(900);
    let event = |number: usize| json!({ "identity": format!("p{number}"), "name": "Signed Up", "properties": { "long": long } });
    json!({ "events": (from..from + TOGETHER).map(event).collect::<Vec<_>>() })
}

fn one_event(number: usize) -> Value {
    json!({ "events": [{ "identity": format!("p{number}"), "name": "Signed Up" }] })
}

#[tokio::test]
async fn a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing_that_it_took() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let journey = program.publish(welcome()).await;
    drop(server);
    // No file may grow beyond 8 to 16 MB, by the shell.
    let server = place.serve_within(16_000);
    let program = program.at(&server);
    let mut taken = 0;
    let refused = loop {
        let (status, answer) = program.json("/api/v1/events", events(taken)).await;
        if status != StatusCode::OK {
            break (status, answer);
        }
        taken += TOGETHER;
        assert!(taken < 100_000, "the disk is never full");
    };
    assert_eq!(refused.0, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.1);
    assert_eq!(refused.1["error"]["code"], "unavailable");
    assert!(
        refused.1["error"]["message"]
            .as_str()
            .is_some_and(|text| text.contains("Nothing was stored")),
        "{}",
        refused.1
    );
    assert_eq!(program.get("/api/v1/journeys").await.0, StatusCode::OK, "it goes on reading");
    // Until not even the smallest change has room.
    while server.get("/readyz").await.status() == StatusCode::OK {
        let (status, answer) = program.json("/api/v1/events", one_event(taken)).await;
        taken += usize::from(status == StatusCode::OK);
        assert!(taken < 100_000, "{answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let alive = server.get("/healthz").await.status();
        assert_eq!(alive, StatusCode::OK, "it need not be restarted, nor is anything damaged");
    }
    // Room is made, and it goes on by itself.
    server.give_room();
    assert_eq!(program.json("/api/v1/events", events(taken)).await.0, StatusCode::OK);
    assert_eq!(server.get("/readyz").await.status(), StatusCode::OK);
    taken += TOGETHER;
    program.until(&journey, "entered", taken as i64).await;
    drop(server);
    assert_eq!(place.count("SELECT count(*) FROM events").await, taken as i64);
    assert!(place.run(&["check"]).status.success());
}

#[tokio::test]
async fn while_another_program_holds_the_database_requests_are_refused_and_afterwards_they_are_not()
{
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    program.publish(welcome()).await;
    let options = SqliteConnectOptions::new().filename(place.database());
    let mut other = options.connect().await.expect("the database opens");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("it is held");
    let (status, answer) = program.json("/api/v1/events", events(0)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert!(
        answer["error"]["message"].as_str().is_some_and(|text| text.contains("Another program")),
        "{answer}"
    );
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("it is free");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(program.json("/api/v1/events", events(0)).await.0, StatusCode::OK);
    drop((server, other));
    assert_eq!(place.count("SELECT count(*) FROM events").await, TOGETHER as i64);
}

/// The bound is five seconds; twice that was not kept before.
const BOUND: Duration = Duration::from_secs(9);

#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_holds_the_database_everybody_is_answered_within_one_bound() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let options = SqliteConnectOptions::new().filename(place.database());
    let mut other = options.connect().await.expect("the database opens");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("it is held");
    // One that waits for the lock, those that wait behind it, and one whose key is seen for the
    // first time.
    let waiting: Vec<_> = (0..4)
        .map(|number| {
            let program = program.at(&server);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(700 * number)).await;
                tokio::time::timeout(BOUND, program.json("/api/v1/events", events(0))).await
            })
        })
        .collect();
    for answer in waiting {
        let (status, answer) = answer.await.expect("joined").expect("it is answered in time");
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
        assert!(
            answer["error"]["message"]
                .as_str()
                .is_some_and(|text| text.contains("Another program")),
            "those behind the first are told why it waits: {answer}"
        );
    }
    let form = [("channel", "webhook"), ("fields[timeout_seconds]", "5"), ("live", "on")];
    let saved = tokio::time::timeout(BOUND, server.post("channels/save", &form))
        .await
        .expect("it is answered in time");
    assert_eq!(saved.status(), StatusCode::SERVICE_UNAVAILABLE);
    let ready =
        tokio::time::timeout(BOUND, server.get("/readyz")).await.expect("it is answered in time");
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
}
