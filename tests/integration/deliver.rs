//! From an event to a provider: the deployable program, a real SMTP server in a process of
//! its own, a real receiver of webhooks.

use std::{collections::HashMap, time::Duration};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    ingest::Program,
    providers::{http::Receiver, smtp::Sink},
    support::{Place, Server, text},
};

/// Kills while messages go out.
const KILLS: u64 = 50;
/// People in one request.
pub const TOGETHER: u64 = 40;
/// The SMTP server and the receiver are on this machine.
pub const HERE: [&str; 2] = ["--allow-networks", "127.0.0.0/8"];

#[tokio::test(flavor = "multi_thread")]
async fn kills_while_messages_go_out_lose_none_and_double_only_what_was_in_hand() {
    let (place, sink) = (Place::empty(), Sink::start());
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    mail_goes_to(&server, &sink).await;
    let journey = program.publish(journey("Welcome", "Signed Up", &mail())).await;
    let mut sent = 0;
    for round in 0..KILLS {
        let pouring = tokio::spawn(pour(program.at(&server), sent));
        // At another moment each time: while people come in, while they are written, while their
        // messages are on the way.
        tokio::time::sleep(Duration::from_micros(3_000 + round * 2_311 % 97_000)).await;
        server.kill();
        sent = pouring.await.expect("joined");
        server = place.serve_with(&HERE);
    }
    let program = program.at(&server);
    assert!(sign_up(&program, sent).await, "the last server answers");
    let people = i64::try_from(sent + TOGETHER).expect("few");
    program.until(&journey, "completed", people).await;
    server.terminate();
    let arrived = arrivals(&sink);
    assert_eq!(arrived.len() as i64, people, "one message for each person, none lost");
    let doubled: Vec<&String> =
        arrived.iter().filter(|(_, keys)| keys.len() > 1).map(|(to, _)| to).collect();
    for (to, keys) in &arrived {
        assert!(keys.iter().all(|key| *key == keys[0]), "{to}: each time under the same key");
    }
    let doubtful = place
        .texts(
            "SELECT p.addresses ->> '$.email' FROM outbox o JOIN profiles p ON p.key = o.profile_key
             WHERE o.possible_duplicates > 0 ORDER BY 1",
        )
        .await;
    for to in &doubled {
        assert!(doubtful.contains(to), "{to} got it twice, but it was not being sent at a kill");
    }
    let counted = place.count("SELECT coalesce(sum(count), 0) FROM possible_duplicates").await;
    assert!(counted >= doubtful.len() as i64, "what was in hand at a kill is counted");
    println!(
        "{KILLS} kills, {people} messages: {} came twice, {counted} were in hand at a kill",
        arrived.values().map(|keys| keys.len() - 1).sum::<usize>()
    );
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_stop_was_answered_no_provider_hears_another_word() {
    let (place, sink, receiver) = (Place::empty(), Sink::start(), Receiver::start().await);
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    mail_goes_to(&server, &sink).await;
    webhooks_go_out(&server).await;
    let mails = program.publish(journey("Letters", "Signed Up", &mail())).await;
    let hooks = program.publish(journey("Hooks", "Signed Up", &hook(&receiver.url()))).await;
    let pouring = tokio::spawn(pour_many(program.at(&server), 60));
    until("messages are on their way", || {
        sink.messages().len() > 50 && receiver.asked().len() > 50
    })
    .await;
    let ids = json!([mails, hooks]);
    let (_, preview) = program.json("/api/v1/journeys/preview-stop", json!({ "ids": ids })).await;
    assert!(preview["journeys"] == json!(2), "{preview}");
    let order = json!({ "ids": ids, "action": "stop", "confirmed": preview["digest"] });
    let (status, answer) = program.json("/api/v1/journeys/operate", order).await;
    let (letters, requests) = (sink.messages().len(), receiver.asked().len());
    assert_eq!(status, StatusCode::OK, "{answer}");
    pouring.await.expect("joined");
    // Longer than anything waits: the dispatcher looks four times a second, the first retry comes
    // after two.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(
        (sink.messages().len(), receiver.asked().len()),
        (letters, requests),
        "nothing followed the answer"
    );
    for (journey, went) in [(&mails, letters), (&hooks, requests)] {
        let figures = program.figures(journey).await;
        assert_eq!((&figures["queued"], &figures["inside"]), (&json!(0), &json!(0)), "{figures}");
        let (entered, cancelled) = (
            figures["entered"].as_i64().expect("a count"),
            figures["cancelled"].as_i64().expect("a count"),
        );
        assert!(
            cancelled <= entered - went as i64,
            "{went} went out of {entered}, {cancelled} were cancelled"
        );
    }
    server.terminate();
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
    let sent = place.count("SELECT count(*) FROM outbox WHERE status = 1").await;
    assert_eq!(sent, (letters + requests) as i64, "what arrived is what is called sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_given_to_no_provider_when_the_server_ended_in_order_is_not_in_doubt() {
    let (place, sink) = (Place::empty(), Sink::start());
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    mail_goes_to(&server, &sink).await;
    let journey = program.publish(journey("Welcome", "Signed Up", &mail())).await;
    let pouring = tokio::spawn(pour_many(program.at(&server), 20));
    until("messages are on their way", || sink.messages().len() > 20).await;
    server.terminate();
    let sent = pouring.await.expect("joined");
    let server = place.serve_with(&HERE);
    let program = program.at(&server);
    for first in (0..sent).step_by(TOGETHER as usize) {
        assert!(sign_up(&program, first).await);
    }
    program.until(&journey, "completed", i64::try_from(sent).expect("few")).await;
    let arrived = arrivals(&sink);
    assert_eq!(arrived.len() as u64, sent);
    assert!(arrived.values().all(|keys| keys.len() == 1), "each once");
    drop(server);
    assert_eq!(place.count("SELECT coalesce(sum(count), 0) FROM possible_duplicates").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_in_a_mail_unsubscribes_and_the_next_message_is_withheld() {
    let (place, sink) = (Place::empty(), Sink::start());
    let server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    mail_goes_to(&server, &sink).await;
    let first = program.publish(journey("Welcome", "Signed Up", &mail())).await;
    let second = program.publish(journey("News", "Visited", &mail())).await;
    assert!(sign_up(&program, 0).await);
    program.until(&first, "completed", 40).await;
    let raw = sink.messages()[0]["raw"].as_str().expect("a message").replace("\r\n ", "");
    let header = raw
        .lines()
        .find(|line| line.to_lowercase().starts_with("list-unsubscribe:"))
        .expect("a header");
    assert!(raw.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{raw}");
    let link = header.split(['<', '>']).nth(1).expect("a link");
    // What RFC 8058 has a mail program send, from nowhere and without cookies.
    let client = reqwest::Client::new();
    let answer = client
        .post(link)
        .form(&[("List-Unsubscribe", "One-Click")])
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let before = sink.messages().len();
    let people: Vec<Value> = (0..TOGETHER)
        .map(|number| json!({ "identity": format!("person {number}"), "name": "Visited" }))
        .collect();
    assert_eq!(program.json("/api/v1/events", json!({ "events": people })).await.0, StatusCode::OK);
    program.until(&second, "completed", 40).await;
    assert_eq!(sink.messages().len() - before, 39, "all but one");
    program.tells(&["messages_sent_total 79", "messages_failed_total 0"]).await;
    program
        .tells(&[
            "channel_waiting{channel=\"email\"} 0",
            "channel_breaker_open{channel=\"email\"} 0",
        ])
        .await;
}

/// The e-mail channel of the only project, live.
pub async fn mail_goes_to(server: &Server, sink: &Sink) {
    let port = sink.port.to_string();
    let form = [
        ("channel", "email"),
        ("fields[host]", "127.0.0.1"),
        ("fields[port]", port.as_str()),
        ("fields[security]", "none"),
        ("fields[from_name]", "Shop"),
        ("fields[from_address]", "shop@example.com"),
        ("live", "on"),
    ];
    let answer = server.post("channels/save", &form).await;
    let status = answer.status();
    assert_eq!(status, StatusCode::OK, "{}", answer.text().await.unwrap_or_default());
}

pub async fn webhooks_go_out(server: &Server) {
    let form = [("channel", "webhook"), ("fields[timeout_seconds]", "5"), ("live", "on")];
    assert_eq!(server.post("channels/save", &form).await.status(), StatusCode::OK);
}

pub fn mail() -> Value {
    json!({ "email": { "subject": "Hello {{ profile.name }}", "body": "<p>Welcome, {{ profile.name \
        }}. <a href=\"https://shop.example.com/\">Look around</a></p>" } })
}

pub fn hook(url: &str) -> Value {
    json!({ "webhook": { "url": format!("{url}/hook"), "body": "{\"who\": \"{{ profile.name }}\"}" } })
}

/// Entry by an event, then the message.
pub fn journey(name: &str, event: &str, step: &Value) -> Value {
    json!({
        "name": name,
        "settings": { "entry": { "event": { "name": event } } },
        "graph": {
            "nodes": [{ "id": "entry", "step": { "entry": {} } }, { "id": "message", "step": step }],
            "connectors": [{ "from": "entry", "outlet": "next", "to": "message" }]
        }
    })
}

/// Sends until the server is gone; answers how many people were acknowledged.
pub async fn pour(program: Program, mut sent: u64) -> u64 {
    while sign_up(&program, sent).await {
        sent += TOGETHER;
    }
    sent
}

/// The same, at most so many requests.
async fn pour_many(program: Program, requests: u64) -> u64 {
    for request in 0..requests {
        if !sign_up(&program, request * TOGETHER).await {
            return request * TOGETHER;
        }
    }
    requests * TOGETHER
}

/// Forty people with an address and an event each, under the same message ids however often they
/// are sent.
pub async fn sign_up(program: &Program, first: u64) -> bool {
    let records: Vec<Value> = (first..first + TOGETHER)
        .flat_map(|number| {
            let (identity, email) = (format!("person {number}"), format!("p{number}@example.com"));
            [
                json!({ "type": "identify", "userId": identity, "traits": { "email": email, "name": format!("P{number}") } }),
                json!({ "type": "track", "userId": identity, "event": "Signed Up", "messageId": format!("m{number}") }),
            ]
        })
        .collect();
    program.try_json("/v1/batch", json!({ "batch": records })).await
}

/// By address, the keys of what arrived there.
pub fn arrivals(sink: &Sink) -> HashMap<String, Vec<String>> {
    let mut arrived: HashMap<String, Vec<String>> = HashMap::new();
    for message in sink.messages() {
        let to = message["to"][0].as_str().expect("an address").to_string();
        arrived
            .entry(to)
            .or_default()
            .push(message["messageId"].as_str().expect("a key").to_string());
    }
    arrived
}

pub async fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}, in a minute");
}
