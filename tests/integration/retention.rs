//! What is too old is deleted, and nothing else.

use std::time::Duration;

use serde_json::json;

use crate::{
    ingest::{Program, welcome},
    support::Place,
};

#[tokio::test]
async fn old_events_and_steps_go_and_people_and_figures_stay() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let journey = program.publish(welcome()).await;
    for who in ["ada", "bob"] {
        let event = json!({ "identity": who, "name": "Signed Up" });
        assert_eq!(program.json("/api/v1/events", json!({ "events": [event] })).await.0, 200);
    }
    program.until(&journey, "entered", 2).await;
    drop(server);
    // The first to come was here 200 days ago.
    for statement in [
        "UPDATE events SET received_at = received_at - 200 * 86400000 WHERE profile = 1",
        "UPDATE steps SET at = at - 200 * 86400000 WHERE enrolment = 1",
        "UPDATE enrolments SET entered_at = entered_at - 200 * 86400000 WHERE seq = 1",
    ] {
        assert!(place.sql(statement).await > 0, "{statement}");
    }
    let server = place.serve_with(&["--keep-events-days", "100", "--keep-steps-days", "100"]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(server);
    assert_eq!(place.count("SELECT count(*) FROM events").await, 1);
    assert_eq!(place.count("SELECT count(*) FROM steps WHERE enrolment = 1").await, 0);
    assert!(place.count("SELECT count(*) FROM steps WHERE enrolment = 2").await > 0);
    assert_eq!(place.count("SELECT count(*) FROM enrolments").await, 2);
    assert_eq!(place.count("SELECT sum(entered) FROM versions").await, 2);
    assert!(place.run(&["check"]).status.success());
}
