//! Who redirected or silenced whom: changes of known addresses and consent are kept, and go when
//! the person does.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    ingest::Program,
    support::{Place, Server, upload},
};

fn started() -> (Place, Server) {
    let place = Place::empty();
    let server = place.serve();
    (place, server)
}

async fn say(program: &Program, properties: Value) {
    let ada = json!({ "identity": "ada", "properties": properties });
    assert_eq!(
        program.json("/api/v1/profiles", json!({ "profiles": [ada] })).await.0,
        StatusCode::OK
    );
}

/// Field, before, after, source and who, the newest first.
async fn changes(program: &Program) -> Vec<(Value, Value, Value, Value, Value)> {
    let (_, ada) = program.get("/api/v1/profiles/ada").await;
    let list = ada["changes"].as_array().cloned().expect("changes");
    let parts = |change: Value| {
        let part = |name: &str| change[name].clone();
        (part("field"), part("before"), part("after"), part("source"), part("by"))
    };
    list.into_iter().map(parts).collect()
}

#[tokio::test]
async fn an_overwritten_address_is_kept_with_who_did_it() {
    let (_place, server) = started();
    let program = Program::new(&server).await;
    say(&program, json!({ "email": "ada@example.com", "MSG-email": true, "plan": "free" })).await;
    assert_eq!(changes(&program).await, [], "what is said first overwrites nothing");
    say(&program, json!({ "email": "ada@example.com", "MSG-email": true, "plan": "gold", "phone": "+4917012345" })).await;
    assert_eq!(changes(&program).await, [], "nor does what is said again, nor a further address");
    say(&program, json!({ "email": "eve@evil.example", "phone": null, "MSG-email": false })).await;
    let key = json!("API key Shop");
    let of = |field: &str, before: Value, after: Value| {
        (json!(field), before, after, json!("api"), key.clone())
    };
    let mut found = changes(&program).await;
    found.sort_by_key(|(field, ..)| field.to_string());
    assert_eq!(
        found,
        [
            of("consent:email", json!("yes"), json!("no")),
            of("email", json!("a•••@example.com"), json!("e•••@evil.example")),
            of("phone", json!("•••45"), Value::Null),
        ]
    );
    let (_, page) = server.browser().page("/profiles/1").await;
    assert!(
        page.contains("email: from a•••@example.com to e•••@evil.example")
            && page.contains("API key Shop, through the API")
    );
}

#[tokio::test]
async fn a_file_that_overwrites_is_kept_with_whoever_read_it_in() {
    let (place, server) = started();
    let program = Program::new(&server).await;
    say(&program, json!({ "email": "ada@example.com" })).await;
    let browser = server.browser();
    let file = "identity,email\nada,new@example.com\n";
    let sent =
        upload(&browser.client, &format!("{}/imports/upload", server.url), "people.csv", file, &[])
            .send()
            .await;
    assert!(sent.expect("an answer").status().as_u16() < 400);
    for _ in 0..600 {
        if place.count("SELECT count(*) FROM contact_changes").await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let (field, _, after, source, by) = changes(&program).await.remove(0);
    assert_eq!(
        (field, after, source, by),
        (json!("email"), json!("n•••@example.com"), json!("file"), json!("Local admin"))
    );
}

#[tokio::test]
async fn whoever_is_erased_leaves_no_changes_behind() {
    let (place, server) = started();
    let program = Program::new(&server).await;
    say(&program, json!({ "email": "ada@example.com" })).await;
    say(&program, json!({ "email": "new@example.com" })).await;
    assert_eq!(changes(&program).await.len(), 1);
    assert_eq!(program.delete("/api/v1/profiles/ada").await, StatusCode::NO_CONTENT);
    drop(server);
    assert_eq!(place.count("SELECT count(*) FROM contact_changes").await, 0);
}
