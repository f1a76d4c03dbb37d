//! What is too old is deleted, and nothing else.

use std::time::Duration;

use serde_json::json;

use crate::{
    ingest::{Program, welcome},
    support::{Place, text},
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
        "UPDATE events SET received_at = received_at - 200 * 86400000 WHERE profile_key = 1",
        "UPDATE enrolment_log SET at = at - 200 * 86400000 WHERE enrolment_key = 1",
        "UPDATE enrolments SET entered_at = entered_at - 200 * 86400000 WHERE key = 1",
    ] {
        assert!(place.sql(statement).await > 0, "{statement}");
    }
    let server = place.serve_with(&["--keep-events-days", "100", "--keep-history-days", "100"]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(server);
    assert_eq!(place.count("SELECT count(*) FROM events").await, 1);
    assert_eq!(place.count("SELECT count(*) FROM enrolment_log WHERE enrolment_key = 1").await, 0);
    assert!(place.count("SELECT count(*) FROM enrolment_log WHERE enrolment_key = 2").await > 0);
    assert_eq!(place.count("SELECT count(*) FROM enrolments").await, 2);
    assert_eq!(place.count("SELECT sum(entered) FROM versions").await, 2);
    assert!(place.run(&["check"]).status.success());
}

/// Messages of one journey that was stopped, in every state, older than what is kept; and a young
/// one behind them.
const STATES: [(i64, &str); 6] =
    [(0, "queued"), (1, "sent"), (2, "failed"), (3, "cancelled"), (4, "in hand"), (5, "withheld")];

#[tokio::test]
async fn messages_go_whatever_became_of_them_and_those_that_stay_block_none() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let journey = program.publish(welcome()).await;
    let ada = json!({ "identity": "ada", "properties": { "email": "ada@example.com" } });
    assert_eq!(program.json("/api/v1/profiles", json!({ "profiles": [ada] })).await.0, 200);
    let event = json!({ "identity": "ada", "name": "Signed Up" });
    assert_eq!(program.json("/api/v1/events", json!({ "events": [event] })).await.0, 200);
    program.until(&journey, "completed", 1).await;
    drop(server);
    // More than two pages of messages that wait for ever stand in front, then some of each state,
    // then a young one.
    for statement in [
        "INSERT INTO outbox (project_key, version_key, enrolment_key, profile_key, node, visit,
         channel, is_live, status, created_at, finished_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         SELECT o.project_key, o.version_key, o.enrolment_key, o.profile_key, 'old', i, 'webhook',
         1, 0, 1000, NULL
         FROM n, outbox o WHERE o.key = 1",
        "INSERT INTO outbox (project_key, version_key, enrolment_key, profile_key, node, visit,
         channel, is_live, status, created_at, finished_at)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
         SELECT o.project_key, o.version_key, o.enrolment_key, o.profile_key, 'each', i, 'webhook',
         1, i % 6, 1000, iif(i % 6 IN (0, 4), NULL, 1000) FROM n, outbox o WHERE o.key = 1",
        "UPDATE versions SET queued = 7000, cancelled = 1000",
    ] {
        assert!(place.sql(statement).await > 0, "{statement}");
    }
    assert!(place.run(&["check"]).status.success(), "the counts are right before");
    let server = place.serve_with(&["--keep-steps-days", "100"]);
    for _ in 0..1_500 {
        if place
            .count("SELECT count(*) FROM outbox WHERE node = 'each' AND status IN (1, 2, 3, 5)")
            .await
            == 0
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(server);
    for (state, name) in STATES {
        let left = place
            .count_where("SELECT count(*) FROM outbox WHERE node = 'each' AND status = ?", state)
            .await;
        // What was in hand is back in the queue since the start.
        assert_eq!(left, if state == 0 { 2_000 } else { 0 }, "{name}");
    }
    assert_eq!(place.count("SELECT count(*) FROM outbox WHERE node = 'old'").await, 5_000);
    assert_eq!(
        place.count("SELECT count(*) FROM outbox WHERE node NOT IN ('old', 'each')").await,
        1,
        "the young one stays"
    );
    let check = place.run(&["check"]);
    assert!(
        check.status.success(),
        "cancelled messages are still counted: {}",
        text(&check.stdout)
    );
}
