//! A kill at any moment: each journey is wholly changed or wholly unchanged, and what was answered
//! is there.

use std::time::Duration;

use serde_json::json;

use crate::{
    ingest::{Program, welcome},
    support::{Place, Server, text},
};

/// Kills in one run.
const KILLS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn bulk_actions_under_kills_are_whole_and_what_was_answered_stays() {
    let place = Place::journeys(1_500);
    for round in 0..KILLS {
        let mut server = place.serve();
        // Whatever the last kill left behind is moved the other way. Only journeys that wait for an
        // event: one that goes through a list of people is complete by itself soon after it was
        // resumed.
        let (running, paused) = ("status=running&entry=event", "status=paused&entry=event");
        let resumes = total(&server, running).await == 0;
        let (action, from, to) =
            if resumes { ("resume", paused, running) } else { ("pause", running, paused) };
        let (moved, before) = (total(&server, from).await, total(&server, to).await);
        let everybody = total(&server, "").await;
        let url = format!("{}/api/ui/journeys/operate", server.url);
        let request =
            server.client.post(url).form(&[("action", action), ("matching", from)]).send();
        let answered = tokio::spawn(request);
        // At another moment each time, before, during and after the transaction.
        tokio::time::sleep(Duration::from_micros(round * round * 220)).await;
        server.kill();
        let acknowledged =
            answered.await.expect("joined").is_ok_and(|answer| answer.status() == 200);

        let server = place.serve();
        let (left, after) = (total(&server, from).await, total(&server, to).await);
        assert!(left == 0 || left == moved, "round {round}: {left} of {moved} were left");
        assert!(!acknowledged || left == 0, "round {round}: what was answered is gone");
        assert_eq!(everybody, total(&server, "").await, "round {round}: no one got lost");
        assert_eq!(
            after,
            before + moved - left,
            "round {round}: what left one status is in the other"
        );
    }
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}

async fn total(server: &Server, query: &str) -> i64 {
    server.list(query).await["total"].as_i64().expect("a total")
}

/// Kills while people pour in.
const ENGINE_KILLS: u64 = 50;
/// People in one request.
const TOGETHER: u64 = 40;

/// The key is made before the first kill and opens every server after it.
#[tokio::test(flavor = "multi_thread")]
async fn people_pouring_in_under_kills_are_neither_lost_nor_there_twice() {
    let place = Place::empty();
    let mut server = place.serve();
    let program = Program::new(&server).await;
    let journey = program.publish(welcome()).await;
    let mut sent: u64 = 0;
    for round in 0..ENGINE_KILLS {
        let program = program.at(&server);
        let pouring = tokio::spawn(pour(program, sent));
        tokio::time::sleep(Duration::from_micros(2_000 + round * round * 60)).await;
        server.kill();
        // What was not answered is sent again, under the same message ids, as every client library
        // does.
        sent = pouring.await.expect("joined");
        server = place.serve();
    }
    let program = program.at(&server);
    let people: Vec<u64> = (0..sent + TOGETHER).collect();
    for batch in people.chunks(TOGETHER as usize) {
        assert!(send(&program, batch[0]).await, "the last server answers");
    }
    let people = i64::try_from(people.len()).expect("few");
    program.until(&journey, "completed", people).await;
    assert_eq!(program.figures(&journey).await["entered"], people);
    server.terminate();
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
    assert_eq!(
        place.count("SELECT count(*) FROM outbox WHERE status = 1").await,
        people,
        "one message for each"
    );
    assert_eq!(
        place.count("SELECT count(DISTINCT profile_key) FROM enrolments").await,
        people,
        "one trip for each"
    );
}

/// Sends until the server is gone; answers how many people were acknowledged.
async fn pour(program: Program, mut sent: u64) -> u64 {
    while send(&program, sent).await {
        sent += TOGETHER;
    }
    sent
}

async fn send(program: &Program, first: u64) -> bool {
    let events: Vec<_> = (first..first + TOGETHER)
        .flat_map(|number| {
            let (identity, address) = (format!("person {number}"), format!("p{number}@example.com"));
            [
                json!({ "type": "identify", "userId": identity, "traits": { "email": address } }),
                json!({ "type": "track", "userId": identity, "event": "Signed Up", "messageId": format!("m{number}") }),
            ]
        })
        .collect();
    program.try_json("/v1/batch", json!({ "batch": events })).await
}
