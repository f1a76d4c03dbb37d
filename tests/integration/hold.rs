//! A server that is held: no one enters or moves and nothing is sent until it is released.

use std::{fs, time::Duration};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    ingest::Program,
    providers::http::{Answer, Receiver},
    support::{Place, Server, text},
};

/// The receiver is on this machine.
const HERE: [&str; 2] = ["--allow-networks", "127.0.0.0/8"];
/// Longer than anything waits that happens by itself: the engine and the dispatcher look four times
/// a second, retries of what failed once come after two seconds.
const LONG: Duration = Duration::from_secs(4);

async fn webhooks_go_out(server: &Server) {
    let form = [("channel", "webhook"), ("fields[timeout_seconds]", "5"), ("live", "on")];
    assert_eq!(server.post("channels/save", &form).await.status(), StatusCode::OK);
}

fn journey(receiver: &Receiver) -> Value {
    json!({
        "name": "Receipt",
        "settings": { "entry": { "event": { "name": "Ordered" } } },
        "graph": {
            "nodes": [
                { "id": "entry", "step": { "entry": {} } },
                { "id": "hook", "step": { "webhook": { "url": format!("{}/hook", receiver.url()), "body": "{}" } } }
            ],
            "connectors": [{ "from": "entry", "outlet": "next", "to": "hook" }]
        }
    })
}

async fn order(program: &Program, who: &str) {
    let event = json!({ "events": [{ "identity": who, "name": "Ordered" }] });
    assert_eq!(program.json("/api/v1/events", event).await.0, StatusCode::OK, "events are taken");
}

async fn health(server: &Server) -> String {
    server.get("/healthz").await.text().await.expect("text")
}

async fn until_asked(receiver: &Receiver, times: usize) {
    for _ in 0..1_200 {
        if receiver.asked().len() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the receiver was asked {} times, not {times}", receiver.asked().len());
}

/// A place with a copy whose message is still to be sent, while the original's was sent.
async fn restored(receiver: &Receiver) -> (Place, Program, String) {
    let place = Place::empty();
    let server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    let journey = program.publish(journey(receiver)).await;
    receiver.answers(Answer::status(503));
    order(&program, "ada").await;
    until_asked(receiver, 1).await;
    let copy = place.file("copy.db");
    let output = place.run(&["backup", copy.to_str().expect("a name")]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(health(&server).await, "ok\n", "the source goes on");
    receiver.answers(Answer::Well);
    program.until(&journey, "completed", 1).await;
    fs::copy(place.file("test.db.key"), place.file("copy.db.key"))
        .expect("the key is restored as well");
    (place, program, journey)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_a_restored_copy_sends_nothing_until_somebody_releases_it() {
    let receiver = Receiver::start().await;
    let (place, program, journey) = restored(&receiver).await;
    let server = place.serve_file("copy.db", &HERE);
    let program = program.at(&server);
    assert_eq!(health(&server).await, "ok held\n");
    assert_eq!(server.get("/readyz").await.text().await.expect("text"), "ready held\n");
    program.tells(&["held 1"]).await;
    let before = receiver.asked().len();
    order(&program, "bob").await;
    let (status, page) = server.page("/journeys").await;
    assert!(
        status == 200 && page.contains("This is a restored copy") && page.contains("Release"),
        "{page}"
    );
    tokio::time::sleep(LONG).await;
    assert_eq!(receiver.asked().len(), before, "nothing is sent");
    assert_eq!(program.figures(&journey).await["entered"], json!(1), "no one enters");

    let answer = server.plain("hold/release", &[], "/delivery").await;
    assert_eq!(
        (answer.status(), answer.headers()["location"].as_bytes()),
        (StatusCode::SEE_OTHER, &b"/delivery"[..])
    );
    assert_eq!(health(&server).await, "ok\n");
    // What waited goes out, and people who came meanwhile enter.
    until_asked(&receiver, before + 2).await;
    program.until(&journey, "completed", 2).await;
    assert!(!server.page("/journeys").await.1.contains("This is a restored copy"));
    assert!(server.page("/audit").await.1.contains("Hold released"));
    drop(server);
    assert_eq!(health(&place.serve_file("copy.db", &HERE)).await, "ok\n", "a release is for good");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_go_out_again_is_stopped_while_everything_is_held() {
    let receiver = Receiver::start().await;
    let (place, program, journey) = restored(&receiver).await;
    let server = place.serve_file("copy.db", &HERE);
    let before = receiver.asked().len();
    let (status, answer) = server.stop(std::slice::from_ref(&journey)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        server.plain("hold/release", &[], "/journeys").await.status(),
        StatusCode::SEE_OTHER
    );
    tokio::time::sleep(LONG).await;
    assert_eq!(receiver.asked().len(), before);
    assert_eq!(program.at(&server).figures(&journey).await["cancelled"], json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_hold_holds_any_database_also_over_a_restart_and_the_command_line_releases_it() {
    let receiver = Receiver::start().await;
    let place = Place::empty();
    let held = [&HERE[..], &["--hold"]].concat();
    let mut server = place.serve_with(&held);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    let journey = program.publish(journey(&receiver)).await;
    order(&program, "ada").await;
    assert_eq!(health(&server).await, "ok held\n");
    server.terminate();
    let server = place.serve_with(&HERE);
    let program = program.at(&server);
    assert_eq!(health(&server).await, "ok held\n", "it stays held without the flag");
    let output = place.run(&["release"]);
    assert!(
        text(&output.stdout).contains("is released"),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    program.until(&journey, "completed", 1).await;
    assert_eq!(receiver.asked().len(), 1);
    program.tells(&["held 0"]).await;
    assert!(text(&place.run(&["release"]).stdout).contains("is not held"));
    assert_eq!(
        place
            .count(
                "SELECT count(*) FROM audit_entries
                 WHERE event = 'server.release'"
            )
            .await,
        1
    );
}

#[tokio::test]
async fn everybody_sees_that_it_is_held_and_admins_release_it() {
    let place = Place::demo();
    place.account("ada@example.com", "admin");
    place.account("vic@example.com", "viewer");
    let server = place.serve_with(&["--hold"]);
    let viewer = server.signed_in("vic@example.com").await;
    let (_, page) = viewer.page("/delivery").await;
    assert!(page.contains("Everything is held") && !page.contains("hold/release"), "{page}");
    assert_eq!(viewer.post("hold/release", &[]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(health(&server).await, "ok held\n");
    let admin = server.signed_in("ada@example.com").await;
    assert!(admin.page("/delivery").await.1.contains("hold/release"));
    assert_eq!(admin.post("hold/release", &[]).await.status(), StatusCode::OK);
    assert_eq!(health(&server).await, "ok\n");
    let (_, nobody) = server.page("/sign-in").await;
    assert!(!nobody.contains("Everything is held"));
}
