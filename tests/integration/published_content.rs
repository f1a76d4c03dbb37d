//! What stands in a published version is what people get: who publishes decides on it.

use serde_json::{Value, json};

use crate::{
    deliver::{HERE, journey},
    editor::shop::{Editor, reminder},
    ingest::Program,
    providers::http::Receiver,
    support::{Browser, Place},
};

#[tokio::test]
async fn a_creator_changes_drafts_and_nothing_that_is_published() {
    let place = Place::empty();
    place.account("ada@example.com", "publisher");
    place.account("cai@example.com", "creator");
    let server = place.serve();
    let (ada, cai) =
        (server.signed_in("ada@example.com").await, server.signed_in("cai@example.com").await);
    let (ada, cai) = (Editor(&ada), Editor(&cai));
    let journey = ada.published("Reminder", reminder("Hello")).await;

    let document = cai.open(&journey).await;
    assert_eq!(document["mode"], json!("read"), "{document}");
    let (status, refused) = cai.save_graph(&document, reminder("Your account is locked")).await;
    assert_eq!(status, 403, "{refused}");
    let document = ada.open(&journey).await;
    assert_eq!(document["graph"]["nodes"][2]["step"]["email"]["subject"], json!("Hello"));

    // A draft that is published while they have it open is not theirs any more.
    let draft = cai.begin(&journey).await;
    assert_eq!(cai.save_graph(&draft, reminder("Good morning")).await.0, 200);
    let draft = cai.open(&journey).await;
    assert_eq!(ada.publish(&ada.open(&journey).await, "carry_on").await.0, 200);
    assert_eq!(cai.save_graph(&draft, reminder("Your account is locked")).await.0, 403);
    let (status, saved) = ada.save_graph(&ada.open(&journey).await, reminder("Good day")).await;
    assert_eq!(status, 200, "{saved}");
}

#[tokio::test]
async fn a_segment_that_a_published_version_asks_for_is_changed_by_publishers() {
    let place = Place::empty();
    place.account("ada@example.com", "publisher");
    place.account("cai@example.com", "creator");
    let server = place.serve();
    let (ada, cai) =
        (server.signed_in("ada@example.com").await, server.signed_in("cai@example.com").await);
    let segment = |name: &'static str, kind: &'static str, value: &'static str| {
        [("name", name), ("kind[0]", kind), ("property[0]", value), ("value[0]", value)]
    };
    let inner = segment("Inner", "reachable", "email");
    let outer = segment("Outer", "segment", "Inner");
    let unused = segment("Unused", "reachable", "email");
    for form in [&inner, &outer, &unused] {
        assert_eq!(cai.post("segments/save", form).await.status(), 200, "{form:?}");
    }
    let graph = json!({
        "nodes": [
            { "id": "entry", "step": { "entry": {} } },
            { "id": "split", "step": { "condition_split": {
                "branches": [{ "name": "in", "criteria": { "in_segment": "Outer" } }] } } }
        ],
        "connectors": [{ "from": "entry", "outlet": "next", "to": "split" }]
    });
    Editor(&ada).published("Asks", graph).await;

    for form in [&inner, &outer] {
        assert_eq!(cai.post("segments/save", form).await.status(), 403, "{form:?}");
    }
    assert_eq!(cai.post("segments/delete", &[("name", "Inner")]).await.status(), 403);
    assert_eq!(cai.post("segments/save", &unused).await.status(), 200);
    for form in [&inner, &outer] {
        assert_eq!(ada.post("segments/save", form).await.status(), 200, "{form:?}");
    }
}

async fn rename(browser: &Browser, journey: &str, name: &str) -> (u16, Value) {
    let answer = browser.post("journeys/rename", &[("id", journey), ("name", name)]).await;
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("text");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn edit(browser: &Browser, journey: &str, name: &str, description: &str) -> u16 {
    let detail = Editor(browser).detail(journey).await;
    let revision = detail["detail"]["summary"]["revision"].to_string();
    let form = [
        ("id", journey),
        ("name", name),
        ("description", description),
        ("revision", revision.as_str()),
    ];
    browser.post("journeys/edit", &form).await.status().as_u16()
}

#[tokio::test]
async fn a_creator_renames_drafts_and_nothing_that_is_published() {
    let place = Place::empty();
    place.account("ada@example.com", "publisher");
    place.account("cai@example.com", "creator");
    let server = place.serve();
    let (ada, cai) =
        (server.signed_in("ada@example.com").await, server.signed_in("cai@example.com").await);
    let draft = Editor(&cai).create("Draft").await;
    assert_eq!(rename(&cai, &draft, "Plan").await.0, 200);
    assert_eq!(edit(&cai, &draft, "Other plan", "").await, 200);

    let published = Editor(&ada).published("Reminder", reminder("Hello")).await;
    let (status, refused) = rename(&cai, &published, "Win a car").await;
    assert_eq!(status, 403, "{refused}");
    assert!(refused.to_string().contains("renaming what is published"), "{refused}");
    assert_eq!(edit(&cai, &published, "Win a car", "").await, 403);
    assert_eq!(edit(&cai, &published, "Reminder", "A day later").await, 200, "its own name");
    let page = cai.page(&format!("/journeys/{published}/edit")).await.1;
    assert!(page.contains("Renaming a published journey needs a Publisher."), "{page}");
    let summary = Editor(&ada).detail(&published).await["detail"]["summary"].clone();
    assert_eq!(
        (&summary["name"], &summary["description"]),
        (&json!("Reminder"), &json!("A day later"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_name_is_changed_by_publishers_and_counts_from_the_next_message_on() {
    let (place, receiver) = (Place::empty(), Receiver::start().await);
    for (email, role) in [("ada", "admin"), ("pia", "publisher"), ("cai", "creator")] {
        place.account(&format!("{email}@example.com"), role);
    }
    let server = place.serve_with(&HERE);
    let ada = server.signed_in("ada@example.com").await;
    let (pia, cai) =
        (server.signed_in("pia@example.com").await, server.signed_in("cai@example.com").await);
    let channel = [("channel", "webhook"), ("fields[timeout_seconds]", "5"), ("live", "on")];
    assert_eq!(ada.post("channels/save", &channel).await.status(), 200);
    let program = Program::of(&ada).await;
    let step = json!({ "webhook": {
        "url": format!("{}/hook", receiver.url()),
        "body": "{\"campaign\": \"{{ journey.name }}\"}"
    } });
    let news = program.publish(journey("Autumn news", "Signed Up", &step)).await;
    let said_to = async |person: i64| {
        let event = json!({ "identity": format!("person {person}"), "name": "Signed Up" });
        assert_eq!(program.json("/api/v1/events", json!({ "events": [event] })).await.0, 200);
        program.until(&news, "completed", person).await;
        receiver.last().json()["campaign"].clone()
    };
    let undo = async |browser: &Browser, operation: &str| {
        browser.post("operations/undo", &[("operation", operation)]).await.status().as_u16()
    };
    assert_eq!(said_to(1).await, json!("Autumn news"));
    assert_eq!(rename(&cai, &news, "Win a car").await.0, 403);
    assert_eq!(said_to(2).await, json!("Autumn news"), "nothing was changed");

    let (status, renamed) = rename(&pia, &news, "Winter news").await;
    assert_eq!(status, 200, "{renamed}");
    assert_eq!(said_to(3).await, json!("Winter news"));

    let operation = renamed["report"]["id"].as_str().expect("an id");
    assert_eq!(undo(&cai, operation).await, 403);
    assert_eq!(said_to(4).await, json!("Winter news"), "nothing was changed");
    assert_eq!(undo(&pia, operation).await, 200);
    assert_eq!(said_to(5).await, json!("Autumn news"));
}
