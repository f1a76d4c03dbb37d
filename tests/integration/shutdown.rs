//! A server that is told to stop begins nothing more, sees to its end what has begun, and leaves
//! none in doubt.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    deliver::{HERE, arrivals, hook, journey, mail, mail_goes_to, until},
    ingest::Program,
    providers::{
        http::{Answer, Receiver},
        smtp::Sink,
    },
    support::Place,
};

/// People who sign up, and how long the receiver takes for each of their webhooks.
const PEOPLE: usize = 500;
const SLOW: Duration = Duration::from_secs(5);

async fn sign_up(program: &Program) {
    let profile = |number: usize| {
        let properties =
            json!({ "email": format!("slow+{number}@example.com"), "name": format!("P{number}") });
        json!({ "identity": format!("person {number}"), "properties": properties })
    };
    let profiles: Vec<Value> = (0..PEOPLE).map(profile).collect();
    assert_eq!(program.json("/api/v1/profiles", json!({ "profiles": profiles })).await.0, 200);
    let events: Vec<Value> = (0..PEOPLE)
        .map(|number| json!({ "identity": format!("person {number}"), "name": "Signed Up" }))
        .collect();
    assert_eq!(program.json("/api/v1/events", json!({ "events": events })).await.0, 200);
}

const DOUBTS: &str = "SELECT coalesce(sum(count), 0) FROM possible_duplicates";
const IN_HAND: &str = "SELECT count(*) FROM outbox WHERE status = 4";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_begins_after_the_signal_what_has_begun_is_waited_for_and_each_message_arrives_once()
 {
    let (place, receiver) = (Place::empty(), Receiver::start().await);
    receiver.answers(Answer::After(SLOW));
    // Requests get less time than the channel gives its receivers.
    let mut server = place.serve_with(&[HERE[0], HERE[1], "--shutdown-seconds", "1"]);
    let program = Program::new(&server).await;
    let form = [("channel", "webhook"), ("fields[timeout_seconds]", "20"), ("live", "on")];
    assert_eq!(server.post("channels/save", &form).await.status(), 200);
    let journey = program.publish(journey("Hooks", "Signed Up", &hook(&receiver.url()))).await;
    sign_up(&program).await;
    until("webhooks are on their way", || receiver.asked().len() >= 8).await;
    // As many as are handed over at the same time have begun; the first answer is still seconds
    // away.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = receiver.asked().len();
    let ended = server.terminate();
    assert!(ended.success(), "{ended}");
    assert_eq!(receiver.asked().len(), begun, "none began after the signal");
    let sent = place.count("SELECT count(*) FROM outbox WHERE status = 1").await;
    assert_eq!(sent, begun as i64, "what had begun came to its end");
    assert_eq!((place.count(IN_HAND).await, place.count(DOUBTS).await), (0, 0));

    receiver.answers(Answer::Well);
    let server = place.serve_with(&HERE);
    program.at(&server).until(&journey, "completed", PEOPLE as i64).await;
    let mut keys: Vec<String> =
        receiver.asked().iter().map(|asked| asked.header("idempotency-key").to_string()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!((keys.len(), receiver.asked().len()), (PEOPLE, PEOPLE), "each once");
    drop(server);
    assert_eq!(place.count(DOUBTS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_leaves_no_more_in_doubt_than_was_on_its_way() {
    let (place, sink) = (Place::empty(), Sink::start());
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    mail_goes_to(&server, &sink).await;
    program.publish(journey("Letters", "Signed Up", &mail())).await;
    sign_up(&program).await;
    // The mail server takes two seconds for each of sixteen.
    until("mails are on their way", || sink.messages().len() >= 16).await;
    server.kill();
    let in_hand = place.count(IN_HAND).await;
    assert!(
        (1..=48).contains(&in_hand),
        "{in_hand} are marked as begun, sixteen were on their way"
    );
    let mut server = place.serve_with(&HERE);
    program.at(&server).tells(&["channel_breaker_open{channel=\"email\"} 0"]).await;
    server.kill();
    assert!(place.count(DOUBTS).await <= in_hand, "doubts are what was marked as begun");
    let doubled = arrivals(&sink).values().filter(|keys| keys.len() > 1).count();
    assert!(doubled as i64 <= in_hand);
}
