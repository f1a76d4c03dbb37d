//! Keys in a webhook's headers: shown to people who may edit journeys, in no file, and kept when
//! someone saves without having seen them.

use std::fs;

use serde_json::{Value, json};

use crate::{
    ingest::Program,
    support::{Browser, Place, run_on, text},
};

const KEY: &str = "SECRET-TOKEN-42";

fn document() -> Value {
    let headers = json!([
        { "name": "Authorization", "value": format!("Bearer {KEY}") },
        { "name": "X-Shop", "value": "seven" }
    ]);
    let hook = json!({ "url": "https://shop.example/", "body": "{}", "headers": headers });
    json!({
        "name": "Hooks",
        "settings": { "entry": { "event": { "name": "Signed Up" } } },
        "graph": {
            "nodes": [
                { "id": "entry", "step": { "entry": {} } },
                { "id": "hook", "step": { "webhook": hook } }
            ],
            "connectors": [{ "from": "entry", "outlet": "next", "to": "hook" }]
        }
    })
}

async fn editor(browser: &Browser, function: &str, body: Value) -> (u16, Value) {
    let request =
        browser.client.post(format!("{}/api/ui/editor/{function}", browser.url)).json(&body);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn whoever_may_not_edit_journeys_reads_no_key_of_a_header() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let reader = Program::with(&server, &["read"]).await;
    let id = program.publish(document()).await;
    for role in ["viewer", "creator"] {
        place.account(&format!("{role}@wayfare.example"), role);
    }
    let viewer = server.signed_in("viewer@wayfare.example").await;
    let creator = server.signed_in("creator@wayfare.example").await;
    let open = json!({ "journey": id, "version": null });
    let pages = ["", "/messages/hook", "/edit"].map(|part| format!("/journeys/{id}{part}"));
    let mut seen = [String::new(), String::new()];
    for (seen, browser) in seen.iter_mut().zip([&viewer, &creator]) {
        for page in &pages {
            *seen += &browser.page(page).await.1;
        }
        *seen += &editor(browser, "open", open.clone()).await.1.to_string();
        *seen += &browser
            .get(&format!("/api/ui/journeys/get?id={id}"))
            .await
            .text()
            .await
            .expect("text");
    }
    assert!(!seen[0].contains(KEY) && seen[0].contains("•••") && seen[0].contains("seven"));
    assert!(seen[1].contains(KEY));
    let path = format!("/api/v1/journeys/{id}");
    let (_, read) = reader.get(&path).await;
    assert!(!read.to_string().contains(KEY) && read.to_string().contains("•••"), "{read}");
    assert!(program.get(&path).await.1.to_string().contains(KEY), "operate edits");
}

#[tokio::test]
async fn what_was_hidden_is_kept_when_it_is_saved() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let (_, made) = program.json("/api/v1/journeys", document()).await;
    let id = made["id"].as_str().expect("an id");
    let open = json!({ "journey": id, "version": null });
    let (_, opened) = editor(&server, "open", open.clone()).await;
    let mut graph = opened["graph"].clone();
    let header = "/nodes/1/step/webhook/headers/0/value";
    *graph.pointer_mut(header).expect("the header") = json!("•••");
    *graph.pointer_mut("/nodes/1/step/webhook/url").expect("its address") =
        json!("https://new.example/");
    let save = json!({ "save": {
        "journey": id, "version": opened["version"], "revision": opened["revision"],
        "graph": graph, "settings": opened["settings"]
    } });
    let (status, saved) = editor(&server, "save", save).await;
    assert!(status == 200 && saved["done"].is_object(), "{saved}");
    let (_, now) = editor(&server, "open", open).await;
    assert_eq!(now["graph"].pointer(header), Some(&json!(format!("Bearer {KEY}"))));
    assert!(now.to_string().contains("new.example"));
}

#[tokio::test]
async fn a_file_has_no_keys_and_the_import_says_what_is_to_be_entered() {
    let place = Place::empty();
    let server = place.serve();
    Program::new(&server).await.publish(document()).await;
    drop(server);
    let exported = text(&place.run(&["export"]).stdout);
    assert!(!exported.contains(KEY) && exported.contains("seven"), "{exported}");
    let (file, other) = (place.file("out.json"), place.file("other.db"));
    fs::write(&file, &exported).expect("written");
    assert!(run_on(&other, &["migrate"]).status.success());
    let told = text(&run_on(&other, &["import", file.to_str().expect("a name")]).stdout);
    assert!(told.contains("1 journey imported as a draft."), "{told}");
    assert!(told.contains("1 header of a webhook has no value"), "{told}");
    let server = place.serve_file("other.db", &[]);
    let program = Program::new(&server).await;
    let ids = server.ids("").await;
    let publish = json!({ "ids": ids, "action": "publish" });
    let (_, answer) = program.json("/api/v1/journeys/operate", publish).await;
    assert!(answer.to_string().contains("has no value for"), "{answer}");
}
