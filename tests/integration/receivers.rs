//! A receiver of webhooks that does not answer, or whose name leads nowhere, keeps no other
//! waiting.

use serde_json::{Value, json};

use crate::{
    deliver::{HERE, hook, journey, until},
    ingest::Program,
    providers::http::{Answer, Receiver},
    support::{Place, Server, text},
};

const PEOPLE: usize = 400;
/// Seconds that a receiver has: longer than the healthy one needs for everybody, on any machine.
const TIMEOUT: &str = "30";

async fn webhooks_go_out(server: &Server) {
    let form = [("channel", "webhook"), ("fields[timeout_seconds]", TIMEOUT), ("live", "on")];
    assert_eq!(server.post("channels/save", &form).await.status(), 200);
}

async fn did(program: &Program, event: &str) {
    let events: Vec<Value> = (0..PEOPLE)
        .map(|number| json!({ "identity": format!("person {number}"), "name": event }))
        .collect();
    assert_eq!(program.json("/api/v1/events", json!({ "events": events })).await.0, 200);
}

/// Before the first try to reach the dead one has come to its end.
async fn nobody_was_tried_twice(place: &Place) -> bool {
    place.count("SELECT count(*) FROM outbox WHERE attempts > 0 AND status <> 1").await == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_for_a_healthy_receiver_arrives_before_the_first_time_out_of_a_dead_one() {
    let (place, dead, healthy) = (Place::empty(), Receiver::start().await, Receiver::start().await);
    dead.answers(Answer::Stuck);
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    program.publish(journey("Dead", "Signed Up", &hook(&dead.url()))).await;
    let second = program.publish(journey("Healthy", "Visited", &hook(&healthy.url()))).await;
    did(&program, "Signed Up").await;
    until("the dead one has all that it may have", || dead.asked().len() >= 32).await;
    did(&program, "Visited").await;
    program.until(&second, "completed", PEOPLE as i64).await;
    assert!(nobody_was_tried_twice(&place).await, "the dead one's time-out came first");
    assert_eq!(healthy.asked().len(), PEOPLE);
    assert!(dead.asked().len() <= 64, "the dead one holds {} places", dead.asked().len());
    server.kill();
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_each_person_has_a_receiver_of_their_own_the_dead_ones_keep_nobody_waiting() {
    let (place, dead, healthy) = (Place::empty(), Receiver::start().await, Receiver::start().await);
    dead.answers(Answer::Stuck);
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    let port_of = |number: usize| {
        if number.is_multiple_of(2) { dead.address.port() } else { healthy.address.port() }
    };
    let profile = |number: usize| {
        let properties = json!({ "port": port_of(number).to_string() });
        json!({ "identity": format!("person {number}"), "properties": properties })
    };
    let profiles: Vec<Value> = (0..PEOPLE).map(profile).collect();
    assert_eq!(program.json("/api/v1/profiles", json!({ "profiles": profiles })).await.0, 200);
    let step = json!({ "webhook": { "url": "http://127.0.0.1:{{ profile.port | plus: 0 }}/hook", "body": "{}" } });
    let both = program.publish(journey("Both", "Signed Up", &step)).await;
    did(&program, "Signed Up").await;
    program.until(&both, "completed", PEOPLE as i64 / 2).await;
    assert!(nobody_was_tried_twice(&place).await, "the dead one's time-out came first");
    assert_eq!(healthy.asked().len(), PEOPLE / 2);
    // What waits comes to be known to wait for the dead one.
    let unknown = "SELECT count(*) FROM outbox WHERE status IN (0, 4) AND endpoint = ''";
    while place.count(unknown).await > 0 {
        assert!(nobody_was_tried_twice(&place).await, "in time");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    server.kill();
    assert_eq!(
        place.count("SELECT count(DISTINCT endpoint) FROM outbox WHERE status IN (0, 4)").await,
        1
    );
}

/// Machines that take every connection and never say a word, at one port of all addresses of this
/// machine.
async fn silent_machines() -> u16 {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_machines_are_silent_everything_for_a_healthy_one_arrives_before_their_time_out()
 {
    const MACHINES: usize = 1_000;
    let (place, healthy, port) = (Place::empty(), Receiver::start().await, silent_machines().await);
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    let dead = json!({ "webhook": { "url": format!("http://{{{{ profile.host | default: '127.1.0.1' }}}}:{port}/"), "body": "{}" } });
    program.publish(journey("Dead", "Signed Up", &dead)).await;
    let second = program.publish(journey("Healthy", "Visited", &hook(&healthy.url()))).await;
    for first in (0..3 * MACHINES).step_by(500) {
        let people = first..first + 500;
        let host =
            |number: usize| format!("127.1.{}.{}", number % MACHINES / 250, 1 + number % 250);
        let profile = |number: usize| json!({ "identity": format!("p{number}"), "properties": { "host": host(number) } });
        let profiles: Vec<Value> = people.clone().map(profile).collect();
        assert_eq!(program.json("/api/v1/profiles", json!({ "profiles": profiles })).await.0, 200);
        let event = |number| json!({ "identity": format!("p{number}"), "name": "Signed Up" });
        let events: Vec<Value> = people.map(event).collect();
        assert_eq!(program.json("/api/v1/events", json!({ "events": events })).await.0, 200);
    }
    let known = "SELECT count(DISTINCT endpoint) FROM outbox WHERE status IN (0, 4)";
    while place.count(known).await < MACHINES as i64 / 2 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    did(&program, "Visited").await;
    program.until(&second, "completed", PEOPLE as i64).await;
    assert!(nobody_was_tried_twice(&place).await, "a silent one's time-out came first");
    assert_eq!(healthy.asked().len(), PEOPLE);
    server.kill();
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_mended_in_place_counts_for_what_waits_for_the_old_one() {
    let (place, healthy) = (Place::empty(), Receiver::start().await);
    let nobody = crate::providers::nobody().await;
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    let journey =
        program.publish(journey("Hooks", "Signed Up", &hook(&format!("http://{nobody}")))).await;
    did(&program, "Signed Up").await;
    program.tells(&["channel_breaker_open{channel=\"webhook\"} 1"]).await;
    server.kill();
    let old = format!("http://{nobody}");
    place.replace_in_graphs(&old, &healthy.url()).await;
    let server = place.serve_with(&HERE);
    program.at(&server).until(&journey, "completed", PEOPLE as i64).await;
    assert_eq!(healthy.asked().len(), PEOPLE);
}
