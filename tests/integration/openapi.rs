//! The description of the API says what the API does: every route is in it, and every example works.

use std::collections::BTreeSet;

use reqwest::{Client, Method};
use serde_json::Value;
use wayfare::server::http::{Access, catalogue};

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
        .flat_map(|(path, operations)| operations.as_object().into_iter().flatten().map(move |(method, _)| (path, method)))
        .map(|(path, method)| (method.to_uppercase(), path.clone()))
        .collect();
    let there: BTreeSet<(String, String)> = catalogue()
        .into_iter()
        .filter(|route| route.access == Access::Programs)
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
            let wanted = operation["responses"].as_object().expect("answers").keys().min().expect("an answer");
            let method: Method = method.to_uppercase().parse().expect("a method");
            let mut request = client.request(method, &address).bearer_auth(program.key());
            if let Some(example) = operation["requestBody"]["content"]["application/json"].get("example") {
                request = request.body(example.to_string());
            }
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16().to_string();
            assert_eq!(&status, wanted, "{address}: {}", answer.text().await.unwrap_or_default());
        }
    }
}

fn address(path: &str, operation: &Value, journey: &str) -> String {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let example = |parameter: &Value| parameter["example"].as_str().map(str::to_string);
    let mut address = path.replace("{id}", journey);
    let mut query = Vec::new();
    for parameter in &parameters {
        let (name, Some(value)) = (parameter["name"].as_str().expect("a name"), example(parameter)) else { continue };
        match parameter["in"].as_str() {
            Some("path") => address = address.replace(&format!("{{{name}}}"), &value),
            _ => query.push(format!("{name}={value}")),
        }
    }
    format!("{address}?{}", query.join("&"))
}
