//! The description of the API says what the API does: every route is in it, every example works,
//! and every answer, good or bad, is one that it describes.

mod schema;

use std::collections::BTreeSet;

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use wayfare::http::{Access, catalogue};

use crate::{
    ingest::{Program, welcome},
    support::Place,
};

const METHODS: [&str; 4] = ["post", "put", "get", "delete"];

async fn description(url: &str) -> Value {
    let answer = reqwest::get(format!("{url}/api/openapi.json")).await.expect("an answer");
    assert_eq!(answer.status(), 200, "it is for everybody");
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn every_route_for_programs_is_described_and_no_other() {
    let server = Place::demo();
    let server = server.serve();
    let document = description(&server.url).await;
    let paths = document["paths"].as_object().expect("paths");
    let described: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, operations)| {
            operations.as_object().into_iter().flatten().map(move |(method, _)| (path, method))
        })
        .map(|(path, method)| (method.to_uppercase(), path.clone()))
        .collect();
    let there: BTreeSet<(String, String)> = catalogue()
        .into_iter()
        .filter(|route| route.access == Access::ApiKey)
        .map(|route| (route.method, route.path))
        .collect();
    assert_eq!(described, there);
}

#[tokio::test]
async fn every_example_of_the_description_is_answered_as_it_says() {
    let place = Place::demo();
    let server = place.serve();
    let program = Program::new(&server).await;
    let journey = program.publish(welcome()).await;
    let document = description(&server.url).await;
    let paths = document["paths"].as_object().expect("paths");
    let client = Client::new();
    // In this order, what is asked for is there.
    for method in METHODS {
        for (path, operations) in paths {
            let Some(operation) = operations.get(method) else { continue };
            let address = format!("{}{}", server.url, address(path, operation, &journey));
            let wanted = operation["responses"]
                .as_object()
                .expect("answers")
                .keys()
                .min()
                .expect("an answer");
            let method: Method = method.to_uppercase().parse().expect("a method");
            let mut request = client.request(method, &address).bearer_auth(program.key());
            if let Some(example) =
                operation["requestBody"]["content"]["application/json"].get("example")
            {
                request = request.body(example.to_string());
            }
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16().to_string();
            let text = answer.text().await.unwrap_or_default();
            assert_eq!(&status, wanted, "{address}: {text}");
            assert_described(&document, operation, &address, &status, &text);
        }
    }
}

fn address(path: &str, operation: &Value, journey: &str) -> String {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let example = |parameter: &Value| parameter["example"].as_str().map(str::to_string);
    let mut address = path.replace("{id}", journey);
    let mut query = Vec::new();
    for parameter in &parameters {
        let (name, Some(value)) = (parameter["name"].as_str().expect("a name"), example(parameter))
        else {
            continue;
        };
        match parameter["in"].as_str() {
            Some("path") => address = address.replace(&format!("{{{name}}}"), &value),
            _ => query.push(format!("{name}={value}")),
        }
    }
    format!("{address}?{}", query.join("&"))
}

/// An answer is one that the operation describes: its status, and the form of its body.
fn assert_described(document: &Value, operation: &Value, what: &str, status: &str, text: &str) {
    let response = operation["responses"]
        .get(status)
        .unwrap_or_else(|| panic!("{what}: {status} is not described: {text}"));
    let content = &schema::follow(document, response)["content"];
    match content.get("application/json") {
        Some(media) => {
            let body: Value = serde_json::from_str(text)
                .unwrap_or_else(|_| panic!("{what}: {status} is no JSON: {text}"));
            assert_eq!(
                schema::misfits(document, &media["schema"], &body),
                Vec::<String>::new(),
                "{what}: {status} {text}"
            );
        }
        None => {
            assert!(
                content.get("text/plain").is_some() || text.is_empty(),
                "{what}: {status} has an undescribed body {text}"
            )
        }
    }
}

/// What no one should send, each with what it is.
fn nonsense(path: &str, operation: &Value) -> Vec<(&'static str, String, Option<Vec<u8>>)> {
    let fine = path
        .replace("{id}", "00000000-0000-7000-8000-000000000000")
        .replace("{name}", "Gold")
        .replace("{identity}", "ada");
    let mut all = vec![
        ("nothing", fine.clone(), None),
        ("an unknown query", format!("{fine}?%FF=%00&page=-1&status=dance"), None),
    ];
    for (what, part) in [
        ("an id that is none", "%F0%9F%90%99"),
        ("an id that is no text", "%FF"),
        ("a long id", &"x".repeat(3_000)),
    ] {
        let put = |name: &str| path.replace(name, part);
        let asked = ["{id}", "{name}", "{identity}"]
            .iter()
            .find(|name| path.contains(**name))
            .map(|name| put(name));
        all.extend(asked.map(|asked| (what, asked, None)));
    }
    if operation.get("requestBody").is_some() {
        for body in [
            &b"{"[..],
            b"null",
            b"[]",
            b"\"text\"",
            b"{\"colour\": 7}",
            b"\xff\xfe",
            &[b' '; 2_000_000],
        ] {
            all.push(("a body that is none", fine.clone(), Some(body.to_vec())));
        }
    }
    all
}

#[tokio::test]
async fn every_answer_to_nonsense_is_one_that_is_described() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let other = Program::with(&server, &["browser"]).await;
    let document = description(&server.url).await;
    let client = Client::new();
    let mut statuses = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let kind: Method = method.to_uppercase().parse().expect("a method");
            for (what, asked, body) in nonsense(path, operation) {
                let large = body.as_ref().is_some_and(|body| body.len() > 1_000_000);
                let request = client
                    .request(kind.clone(), format!("{}{asked}", server.url))
                    .body(body.unwrap_or_default());
                for key in [Some(program.key()), Some(other.key()), None] {
                    // Without a key, the request is refused before the body is read: it would be
                    // cut off on its way.
                    if large && key != Some(program.key()) {
                        continue;
                    }
                    let again = request.try_clone().expect("the same again");
                    let request = match key {
                        Some(key) => again.bearer_auth(key),
                        None => again,
                    };
                    statuses.insert(
                        described(
                            &document,
                            operation,
                            &format!("{method} {asked} ({what})"),
                            request,
                        )
                        .await,
                    );
                }
            }
            let foreign = client
                .request(kind.clone(), format!("{}{path}", server.url))
                .header("host", "evil.example");
            statuses.insert(
                described(
                    &document,
                    operation,
                    &format!("{method} {path} for someone else"),
                    foreign,
                )
                .await,
            );
        }
    }
    for seen in [200, 400, 401, 403, 404, 413, 421] {
        assert!(statuses.contains(&seen), "the nonsense leads to {seen}, too: {statuses:?}");
    }
}

async fn described(
    document: &Value,
    operation: &Value,
    what: &str,
    request: RequestBuilder,
) -> u16 {
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("text");
    assert_described(document, operation, what, status.as_str(), &text);
    status.as_u16()
}

#[tokio::test]
async fn an_address_or_a_method_that_is_not_there_is_refused_in_the_same_form() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let document = description(&server.url).await;
    let form = json!({ "$ref": "#/components/schemas/Error" });
    for (method, path, wanted) in [
        ("GET", "/api/v1/nothing", StatusCode::NOT_FOUND),
        ("PATCH", "/api/v1/journeys", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let request = Client::new()
            .request(method.parse().expect("a method"), format!("{}{path}", server.url));
        let answer = request.bearer_auth(program.key()).send().await.expect("an answer");
        assert_eq!(answer.status(), wanted, "{path}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(schema::misfits(&document, &form, &body), Vec::<String>::new(), "{body}");
    }
}
