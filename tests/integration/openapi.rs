//! The description of the API says what the API does: every route is in it, every example works,
//! and every answer, good or bad, is one that it describes.

mod schema;

use std::{collections::BTreeSet, fs, path::Path};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use wayfare::http::{Access, api_description, catalogue};
use wayfare_domain::access::permissions::Scope;

use crate::{
    ingest::{Program, welcome},
    route_table::{Opens, World, programs},
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

/// Where people read it without a server.
const DOCUMENT: &str = "docs/openapi.json";
/// Set to anything, the document is written anew.
const RENEW: &str = "WAYFARE_RENEW_OPENAPI";

#[test]
fn the_document_in_the_repository_is_the_one_that_the_code_makes() {
    let made = api_description().expect("JSON");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    if std::env::var_os(RENEW).is_some() {
        fs::write(&path, made).expect("written");
    }
    let kept = fs::read_to_string(&path).expect("the document");
    let first = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made);
    assert!(
        kept == made,
        "{DOCUMENT} is not what the code makes, from line {} on. Renew it: {RENEW}=1 cargo test \
            --package wayfare --features ssr --test integration the_document_in_the_repository",
        first.unwrap_or(kept.lines().count().min(made.lines().count())) + 1
    );
}

#[tokio::test]
async fn the_server_shows_the_description_that_the_code_makes() {
    let place = Place::empty();
    let server = place.serve();
    let made: Value = serde_json::from_str(api_description().expect("JSON")).expect("JSON");
    assert_eq!(description(&server.url).await, made);
}

/// The places in the document where `$ref` refers to another.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_reference_leads_to_a_component_and_every_component_is_referred_to() {
    let document: Value = serde_json::from_str(api_description().expect("JSON")).expect("JSON");
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open = references(&document["paths"]);
    while let Some(reference) = open.pop() {
        if reached.insert(reference) {
            let target = document.pointer(reference.trim_start_matches('#'));
            open.extend(references(target.unwrap_or_else(|| panic!("{reference} leads nowhere"))));
        }
    }
    let components: BTreeSet<String> = ["schemas", "responses"]
        .into_iter()
        .flat_map(|kind| {
            let named = document["components"][kind].as_object().into_iter().flatten();
            named.map(move |(name, _)| format!("#/components/{kind}/{name}"))
        })
        .collect();
    assert_eq!(components, reached.into_iter().map(str::to_string).collect());
}

/// Does a key with these scopes open the route?
fn opens(opens: Opens, scopes: &[Scope]) -> bool {
    let may = |permission| scopes.iter().any(|scope| scope.may(permission));
    match opens {
        Opens::Programs(permission) => may(permission),
        Opens::ProgramsWith(one, other) => may(one) || may(other),
        Opens::ProgramsWithBoth(one, other) => may(one) && may(other),
        Opens::Everybody | Opens::SignedIn | Opens::People(_) => false,
    }
}

/// Does the description say that such a key opens it, wherever the key stands?
fn is_described_to_open(operation: &Value, scopes: &[Scope]) -> bool {
    let alternatives = operation["security"].as_array().expect("scopes");
    ["key", "segment", "clevertap"].into_iter().all(|place| {
        let mut needed = alternatives.iter().filter_map(|needed| needed[place].as_array());
        needed.any(|needed| {
            let mut needed = needed.iter().map(|scope| scope.as_str().expect("a scope"));
            needed.all(|scope| scopes.contains(&scope.parse().expect("a scope")))
        })
    })
}

#[test]
fn an_operation_needs_the_scopes_that_the_description_names() {
    let document: Value = serde_json::from_str(api_description().expect("JSON")).expect("JSON");
    let lines = programs(&World::default());
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let lines = || {
                let is_asked = |line: &&crate::route_table::Line| {
                    line.route == path && line.method.eq_ignore_ascii_case(method)
                };
                lines.iter().filter(is_asked)
            };
            assert!(lines().next().is_some(), "{method} {path} is in the table of routes");
            for set in 0_i64..1 << Scope::ALL.len() {
                let scopes = Scope::of_bits(set);
                assert_eq!(
                    is_described_to_open(operation, &scopes),
                    lines().any(|line| opens(line.opens, &scopes)),
                    "{method} {path} with {scopes:?}"
                );
            }
        }
    }
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
    let mut methods = paths.values().filter_map(Value::as_object).flat_map(|item| item.keys());
    assert!(methods.all(|method| METHODS.contains(&method.as_str())), "each is asked");
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
