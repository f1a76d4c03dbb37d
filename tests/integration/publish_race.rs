//! A draft is published as it was checked, whoever saves it meanwhile.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    editor::shop::{Editor, settings},
    ingest::Program,
    support::{Browser, Place},
};

/// Messages whose check takes a while.
const MESSAGES: usize = 24;
/// For how long a save is held back in the last round of each door, in milliseconds.
const ROUNDS: u64 = 12;

/// A chain of emails; the last one has this subject.
fn mails(subject: &str) -> Value {
    let body = "Hello {{ profile.name | default: \"there\" }}. ".repeat(200);
    let mail = |number: usize| {
        let subject = if number == MESSAGES { subject } else { "News" };
        let step = json!({ "email": { "subject": subject, "body": body } });
        json!({ "id": format!("n{number}"), "name": format!("Mail {number}"), "step": step })
    };
    let mut nodes = vec![json!({ "id": "n0", "step": { "entry": {} } })];
    nodes.extend((1..=MESSAGES).map(mail));
    let connector = |number: usize| {
        let outlet = if number == 1 { "next" } else { "sent" };
        json!({ "from": format!("n{}", number - 1), "outlet": outlet, "to": format!("n{number}") })
    };
    json!({ "nodes": nodes, "connectors": (1..=MESSAGES).map(connector).collect::<Vec<_>>() })
}

/// By what a draft is published.
#[derive(Debug, Clone, Copy)]
enum Door {
    Editor,
    Page,
    Program,
}

/// Whether it was published.
async fn publish(door: Door, browser: &Browser, program: &Program, document: &Value) -> bool {
    let journey = document["journey"].as_str().expect("an id");
    match door {
        Door::Editor => Editor(browser).publish(document, "carry_on").await.0 == 200,
        Door::Page => {
            browser.post("journeys/publish", &[("id", journey)]).await.status().is_success()
        }
        Door::Program => {
            let body = json!({ "ids": [journey], "action": "publish" });
            let (_, answer) = program.json("/api/v1/journeys/operate", body).await;
            answer["report"]["changed"] == json!(1)
        }
    }
}

#[tokio::test]
async fn a_draft_that_is_saved_while_it_is_published_is_never_published_unchecked() {
    let place = Place::empty();
    let server = place.serve();
    let (editor, program) = (Editor(&server), Program::new(&server).await);
    let mut published_ones = 0;
    for door in [Door::Editor, Door::Page, Door::Program] {
        for round in 0..ROUNDS {
            let journey = editor.create(&format!("{door:?} {round}")).await;
            let empty = editor.open(&journey).await;
            assert_eq!(editor.save(&empty, mails("Checked"), settings()).await.0, 200);
            let document = editor.open(&journey).await;
            // What nobody can be sent: it is kept in a draft only.
            let unchecked = mails("Hi {{ profile.name");
            let save = async {
                tokio::time::sleep(Duration::from_millis(round)).await;
                editor.save_graph(&document, unchecked).await.1["done"].is_object()
            };
            let (published, saved) =
                tokio::join!(publish(door, &server, &program, &document), save);
            let after = editor.open(&journey).await;
            let last = after["graph"]["nodes"].as_array().and_then(|nodes| nodes.last());
            let subject = last.expect("a node")["step"]["email"]["subject"].clone();
            let is_draft = after["status"] == json!("draft");
            assert_eq!(is_draft, !published, "{door:?} {round}");
            assert!(!(published && saved), "{door:?} {round}: both were told that they had it");
            assert_eq!(subject == json!("Checked"), !saved, "{door:?} {round}");
            published_ones += usize::from(published);
        }
    }
    assert!(published_ones > 0, "none came first");
}
