//! Nonsense gets a sentence and a 4xx, never a 500 and never a change.

use serde_json::Value;

use crate::support::Place;

#[tokio::test]
async fn malformed_requests_are_refused_with_a_sentence_and_change_nothing() {
    let place = Place::demo();
    let server = place.serve();
    let before = server.list("per=100").await["rows"].clone();
    let id = server.ids("q=Suspicious").await[0].clone();
    let long = "x".repeat(201);
    let unknown = "0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01";
    type Form<'a> = Vec<(&'a str, &'a str)>;
    let cases: Vec<(&str, Form, u16)> = vec![
        ("journeys/operate", vec![], 400),
        ("journeys/operate", vec![("action", "explode"), ("ids[0]", &id)], 400),
        ("journeys/operate", vec![("action", "publish"), ("ids[0]", &id)], 400),
        ("journeys/operate", vec![("action", "pause")], 400),
        ("journeys/operate", vec![("action", "pause"), ("ids[0]", "42")], 400),
        ("journeys/operate", vec![("action", "pause"), ("matching", "status=bogus")], 400),
        ("journeys/operate", vec![("action", "stop"), ("ids[0]", &id), ("confirmed", "yes")], 400),
        ("journeys/rename", vec![("id", &id), ("name", &long)], 400),
        ("journeys/rename", vec![("id", &id), ("name", "  ")], 400),
        ("journeys/rename", vec![("id", &id), ("name", "a\u{0}b")], 400),
        ("journeys/rename", vec![("id", unknown), ("name", "x")], 404),
        ("journeys/clone", vec![("id", "1' OR '1'='1")], 400),
        ("journeys/clone", vec![("id", unknown)], 404),
        ("journeys/create", vec![("name", "")], 400),
        ("journeys/label", vec![("ids[0]", &id)], 400),
        ("journeys/label", vec![("ids[0]", &id), ("add[0]", unknown)], 404),
        (
            "journeys/edit",
            vec![("id", &id), ("name", "x"), ("description", ""), ("revision", "many")],
            400,
        ),
        ("journeys/publish", vec![("id", &id)], 200),
        ("operations/undo", vec![("operation", "last")], 400),
        ("operations/undo", vec![("operation", unknown)], 404),
        ("filters/save", vec![("saved_filter_name", "x"), ("status[0]", "bogus")], 400),
        ("filters/save", vec![("saved_filter_name", "")], 400),
        ("filters/delete", vec![("filter", unknown)], 404),
        ("columns/choose", vec![("columns[0]", "colour")], 400),
    ];
    for (path, form, expected) in cases {
        let answer = server.post(path, &form).await;
        assert_eq!(answer.status(), expected, "{path} {form:?}");
    }
    assert_eq!(server.list("per=100").await["rows"], before);
}

#[tokio::test]
async fn an_error_names_its_field_and_says_what_to_do() {
    let place = Place::demo();
    let server = place.serve();
    let error: Value = server
        .post("journeys/create", &[("name", &"é".repeat(300))])
        .await
        .json()
        .await
        .expect("JSON");
    assert_eq!(error["invalid"][0]["path"], "name");
    assert_eq!(
        error["invalid"][0]["sentence"],
        "The name has 300 characters; the limit is 200. Shorten it and try again."
    );
}

#[tokio::test]
async fn bodies_that_are_no_forms_and_functions_that_do_not_exist_are_refused() {
    let place = Place::demo();
    let server = place.serve();
    let post = |path: &str, kind: &str, body: Vec<u8>| {
        server
            .client
            .post(format!("{}/api/ui/{path}", server.url))
            .header("content-type", kind)
            .body(body)
            .send()
    };
    for (path, kind, body) in [
        ("journeys/operate", "application/json", b"{\"action\": \"pause\"}".to_vec()),
        ("journeys/operate", "application/x-www-form-urlencoded", vec![0xff, 0xfe, 0x00]),
        ("journeys/operate", "text/plain", b"pause".to_vec()),
        ("journeys/nothing", "application/x-www-form-urlencoded", b"a=b".to_vec()),
        ("journeys/operate", "application/x-www-form-urlencoded", vec![b'a'; 3 * 1024 * 1024]),
    ] {
        let status = post(path, kind, body).await.expect("an answer").status();
        assert!(status.is_client_error(), "{path} {kind}: {status}");
    }
}

#[tokio::test]
async fn malformed_addresses_get_a_designed_page_with_the_right_status() {
    let place = Place::demo();
    let server = place.serve();
    for (path, status) in [
        ("/journeys?status=bogus", 400),
        ("/journeys?sort=-", 400),
        ("/journeys?page=0", 400),
        ("/journeys?per=7", 400),
        ("/journeys?from=2026-02-30", 400),
        ("/journeys?q=%00", 400),
        ("/journeys/42", 400),
        ("/journeys/0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01", 404),
        ("/journeys/0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01/edit", 404),
        ("/operations/x", 400),
        ("/operations/0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01", 404),
        ("/journeys/stop", 400),
        ("/nowhere", 404),
        ("/pkg/nothing.js", 404),
        ("/journeys?page=999999", 200),
        ("/journeys?q=%25_%27%22%5C", 200),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_plain_form_gets_a_page_and_a_redirect_stays_here() {
    let place = Place::demo();
    let server = place.serve();
    let id = server.ids("status=running").await[0].clone();
    let project = server.shown_project().await.expect("a project");
    let here = ("for_project", project.as_str());
    let send = async |form: &[(&str, &str)]| {
        server
            .client
            .post(format!("{}/api/ui/journeys/operate", server.url))
            .header("accept", "text/html")
            .form(form)
            .send()
            .await
            .expect("an answer")
    };
    let refused = send(&[("action", "pause"), here]).await;
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.expect("a page").contains("Select at least one journey first."));
    let back = ("back", "//evil.example/x");
    let done = send(&[("action", "pause"), ("ids[]", &id), back, here]).await;
    assert_eq!(done.status(), 303);
    let target = done.headers()["location"].to_str().expect("an address").to_string();
    assert!(target.starts_with("/journeys?done="), "{target}");
}
