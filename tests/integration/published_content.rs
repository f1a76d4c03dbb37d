//! What stands in a published version is what people get: who publishes decides on it.

use serde_json::json;

use crate::{
    editor::shop::{Editor, reminder},
    support::Place,
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
