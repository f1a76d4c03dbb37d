//! What is refused is refused in our words, on every route there is and whatever comes: no answer
//! is about Rust.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use wayfare::http::{Access, catalogue};

use crate::{ingest::Program, support::Place};

/// What the framework, its readers of JSON and forms, and the language say.
const FOREIGN: [&str; 26] = [
    "deserializ",
    "serializ",
    "serde",
    "missing field",
    "unknown field",
    "unknown variant",
    "duplicate field",
    "invalid type",
    "invalid value",
    "invalid length",
    "expected one of",
    "did not match any variant",
    "eof while parsing",
    "trailing characters",
    "key must be a string",
    "recursion limit",
    "server function",
    "server_fn",
    "macro",
    "`",
    "axum",
    "leptos",
    "utf-8",
    "boundary",
    "buffer the request body",
    "panicked",
];

/// Bodies that no route takes.
const BODIES: [(&str, &[u8]); 13] = [
    ("", b""),
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"[]"),
    ("application/json", b"7 7"),
    ("application/json", b"{\"zzz\": {\"zzz\": [null]}}"),
    (
        "application/json",
        b"{\"ids\": 7, \"events\": {}, \"profiles\": [7], \"people\": \"x\", \
        \"batch\": [[]], \"d\": [7], \"save\": 1, \"action\": []}",
    ),
    (
        "application/json",
        b"{\"message\": {\"journey\": 1}, \"trial\": [], \"replay\": \"x\", \
        \"journey\": {}, \"publish\": null, \"delay\": 4}",
    ),
    ("application/x-www-form-urlencoded", b"zzz=1&zzz=2&ids=[&revision=many&page=-"),
    ("application/x-www-form-urlencoded", b"%ff%fe=%ff&message=%7B"),
    ("text/plain", b"pause"),
    ("multipart/form-data", b"--"),
    ("multipart/form-data; boundary=edge", b"--edge\r\nhalf"),
];

/// What stands behind `?`.
const QUERIES: [&str; 4] = [
    "",
    "?zzz=1&zzz=2&next=a&next=b&person=a&person=b",
    "?id=7&page=-&query=status%3D7&operation=x&q=%ff",
    "?ids[0]=%00&=&&=&code=1&code=2&state",
];

#[tokio::test]
async fn nonsense_on_every_route_is_refused_in_our_words() {
    let place = Place::demo();
    let server = place.serve();
    let program = Program::new(&server).await;
    let client =
        Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let mut wrong = Vec::new();
    for route in catalogue() {
        let key = (route.access == Access::ApiKey).then(|| program.key());
        for part in ["zzz", "%ff%fe", "7"] {
            let path: Vec<&str> = route
                .path
                .split('/')
                .map(|name| if name.starts_with('{') { part } else { name })
                .collect();
            if part != "zzz" && !route.path.contains('{') {
                continue;
            }
            for accept in ["text/html", "application/json"] {
                for (kind, body, query) in cases(&route.method) {
                    let method = Method::from_bytes(route.method.as_bytes()).expect("a method");
                    let request = client
                        .request(method, format!("{}{}{query}", server.url, path.join("/")))
                        .header("accept", accept);
                    let request = if kind.is_empty() {
                        request
                    } else {
                        request.header("content-type", kind).body(body.to_vec())
                    };
                    let request =
                        if let Some(key) = key { request.bearer_auth(key) } else { request };
                    let answer = request.send().await.expect("an answer");
                    let status = answer.status();
                    if status.as_u16() < 400 {
                        continue;
                    }
                    let said = answer.text().await.expect("text");
                    let place = format!(
                        "{} {}{query} with {kind} {:?} for {accept}",
                        route.method,
                        path.join("/"),
                        String::from_utf8_lossy(body)
                    );
                    wrong.extend(
                        complaint(status, &said).map(|complaint| format!("{place}: {complaint}")),
                    );
                }
            }
        }
    }
    wrong.dedup();
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}

fn cases(method: &str) -> Vec<(&'static str, &'static [u8], &'static str)> {
    match method {
        "GET" | "DELETE" => QUERIES.into_iter().map(|query| ("", &b""[..], query)).collect(),
        _ => BODIES.into_iter().map(|(kind, body)| (kind, body, "")).collect(),
    }
}

fn complaint(status: StatusCode, said: &str) -> Option<String> {
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        return Some("500".to_string());
    }
    // Of a page what is read, not its markup.
    let read = if said.starts_with("<!DOCTYPE") {
        let page = scraper::Html::parse_document(said);
        page.select(&scraper::Selector::parse("[role=alert]").expect("a selector"))
            .flat_map(|told| told.text())
            .collect::<String>()
    } else {
        said.to_string()
    };
    if read.trim().is_empty() {
        return Some(format!("{status} without a word"));
    }
    let small = read.to_lowercase();
    FOREIGN
        .iter()
        .find(|word| small.contains(**word))
        .map(|word| format!("{status} says “{word}”: {read}"))
}

#[tokio::test]
async fn what_no_route_takes_is_refused_in_our_words_too() {
    let place = Place::demo();
    let server = place.serve();
    for (method, path) in [
        ("PATCH", "/journeys"),
        ("GET", "/api/ui/people/role"),
        ("POST", "/api/ui/nothing/at-all"),
        ("GET", "/nowhere"),
        ("GET", "/%ff"),
        ("PUT", "/api/v1/events"),
        ("DELETE", "/u/x"),
        ("POST", "/healthz"),
    ] {
        for accept in ["text/html", "*/*"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let request = server
                .client
                .request(method.clone(), format!("{}{path}", server.url))
                .header("accept", accept);
            let answer = request.send().await.expect("an answer");
            let status = answer.status();
            assert!(status.is_client_error(), "{method} {path}: {status}");
            let said = answer.text().await.expect("text");
            if path != "/healthz" {
                assert_eq!(complaint(status, &said), None, "{method} {path} for {accept}");
            }
        }
    }
}

#[tokio::test]
async fn a_program_is_told_the_place_and_the_reason() {
    let place = Place::demo();
    let server = place.serve();
    let program = Program::new(&server).await;
    for (path, body, field, reason) in [
        (
            "/api/v1/events",
            json!({ "events": [{ "identity": "ada", "name": "Paid", "colour": 1 }] }),
            "",
            "there is no field “colour” here",
        ),
        (
            "/api/v1/profiles",
            json!({ "people": [] }),
            "",
            "there is no field “people” here; known are “profiles”",
        ),
        (
            "/api/v1/journeys/operate",
            json!({ "action": "pause", "ids": 7 }),
            "ids",
            "a number is there instead of a list",
        ),
        ("/api/v1/journeys", json!({ "name": "x" }), "", "the field “settings” is missing"),
    ] {
        let (_, told) = program.json(path, body).await;
        let field_told = match &told["rejected"][0] {
            Value::Null => &told["error"]["fields"][0],
            rejected => rejected,
        };
        let sentence = field_told["sentence"].as_str().expect("a sentence");
        assert!(sentence.contains(reason), "{path}: {told}");
        assert!(field.is_empty() || field_told["path"] == field, "{path}: {told}");
    }
}
