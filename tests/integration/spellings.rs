//! An address on the suppression list gets nothing, however it is spelled: over a real SMTP server.

use serde_json::{Value, json};

use crate::{
    deliver::{HERE, arrivals, journey, mail, mail_goes_to},
    ingest::Program,
    providers::smtp::Sink,
    support::Place,
};

/// Addresses of one mailbox, or ways to it.
const NEVER: [&str; 7] = [
    "never@example.org",
    "Never@Example.ORG",
    "never@ex%61mple.org",
    "never@example。org",
    "never@ｅxample.org",
    "never@exam\u{ad}ple.org",
    "\"never\"@example.org",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_address_gets_nothing_in_any_spelling_and_what_has_no_spelling_is_not_sent() {
    let (place, sink) = (Place::empty(), Sink::start());
    let server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    mail_goes_to(&server, &sink).await;
    let listed = [("kind", "email"), ("addresses", "never@example.org\nx@bücher.example")];
    assert_eq!(server.post("suppressions/add", &listed).await.status(), 200);
    let id = program.publish(journey("Letters", "Signed Up", &mail())).await;
    let fine = ["Ada@Bücher.example", "o'hara@example.org"];
    let to = [&NEVER[..], &["x@xn--bcher-kva.example", "never@[192.0.2.1]"], &fine].concat();
    let people: Vec<Value> = (to.iter().enumerate())
        .map(|(number, to)| json!({ "identity": format!("p{number}"), "properties": { "email": to } }))
        .collect();
    let events: Vec<Value> = (0..to.len())
        .map(|number| json!({ "identity": format!("p{number}"), "name": "Signed Up" }))
        .collect();
    assert_eq!(program.json("/api/v1/profiles", json!({ "profiles": people })).await.0, 200);
    assert_eq!(program.json("/api/v1/events", json!({ "events": events })).await.0, 200);
    program.until(&id, "completed", to.len() as i64).await;
    let mut arrived: Vec<String> = arrivals(&sink).into_keys().collect();
    arrived.sort();
    // The test server shows the letters that the one spelling stands for.
    assert_eq!(arrived, ["ada@bücher.example", "o'hara@example.org"]);
    drop(server);
    let unusable = "SELECT count(*) FROM outbox WHERE reason LIKE '%no usable address%'";
    assert_eq!(place.count(unusable).await, 2, "and the reason says so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_reaches_no_listed_address_in_any_spelling() {
    let (place, sink) = (Place::empty(), Sink::start());
    let server = place.serve_with(&HERE);
    mail_goes_to(&server, &sink).await;
    let listed = [("kind", "email"), ("addresses", "never@example.org")];
    assert_eq!(server.post("suppressions/add", &listed).await.status(), 200);
    for to in NEVER {
        let answer = server.post("channels/test", &[("channel", "email"), ("to", to)]).await;
        assert!([400, 409].contains(&answer.status().as_u16()), "{to}: {}", answer.status());
    }
    assert!(sink.messages().is_empty());
}
