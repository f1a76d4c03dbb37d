//! A browser with the editor open, and journeys for it.

use serde_json::{Value, json};

use crate::{ingest::Program, support::Browser};

/// Asks what the canvas asks.
pub struct Editor<'a>(pub &'a Browser);

impl Editor<'_> {
    pub async fn ask(&self, function: &str, body: Value) -> (u16, Value) {
        let request =
            self.0.client.post(format!("{}/api/ui/editor/{function}", self.0.url)).json(&body);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("text");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A new draft, empty.
    pub async fn create(&self, name: &str) -> String {
        self.0.post("journeys/create", &[("name", name)]).await.json().await.expect("an id")
    }

    /// The draft, or else the newest version.
    pub async fn open(&self, journey: &str) -> Value {
        let (status, document) =
            self.ask("open", json!({ "journey": journey, "version": null })).await;
        assert_eq!(status, 200, "{document}");
        document
    }

    pub async fn begin(&self, journey: &str) -> Value {
        let (status, document) =
            self.ask("begin", json!({ "journey": journey, "from": null })).await;
        assert_eq!(status, 200, "{document}");
        document
    }

    pub async fn save(&self, document: &Value, graph: Value, settings: Value) -> (u16, Value) {
        let save = json!({
            "journey": document["journey"], "version": document["version"], "revision": document["revision"],
            "graph": graph, "settings": settings
        });
        self.ask("save", json!({ "save": save })).await
    }

    /// With the settings as they are.
    pub async fn save_graph(&self, document: &Value, graph: Value) -> (u16, Value) {
        self.save(document, graph, document["settings"].clone()).await
    }

    pub async fn publish(&self, document: &Value, predecessor: &str) -> (u16, Value) {
        let publish = json!({
            "journey": document["journey"], "version": document["version"], "revision": document["revision"],
            "name": document["name"], "description": document["description"].as_str().unwrap_or_default(),
            "predecessor": predecessor
        });
        self.ask("publish", json!({ "publish": publish })).await
    }

    /// A running journey that people enter by signing up.
    pub async fn published(&self, name: &str, graph: Value) -> String {
        let journey = self.create(name).await;
        let (_, saved) = self.save(&self.open(&journey).await, graph, settings()).await;
        assert_eq!(saved["done"]["revision"], json!(2), "{saved}");
        let (status, answer) = self.publish(&self.open(&journey).await, "carry_on").await;
        assert_eq!(status, 200, "{answer}");
        journey
    }

    pub async fn detail(&self, journey: &str) -> Value {
        self.0.get(&format!("/api/ui/journeys/get?id={journey}")).await.json().await.expect("JSON")
    }

    /// Of all versions, newest first.
    pub async fn statuses(&self, journey: &str) -> Vec<String> {
        let detail = self.detail(journey).await;
        let versions = detail["detail"]["versions"].as_array().expect("versions").clone();
        versions
            .iter()
            .map(|version| version["status"].as_str().expect("a status").to_string())
            .collect()
    }

    pub async fn figures(&self, journey: &str) -> Vec<Value> {
        let detail = self.detail(journey).await;
        let versions = detail["detail"]["versions"].as_array().expect("versions").clone();
        versions.iter().map(|version| version["figures"].clone()).collect()
    }
}

pub fn settings() -> Value {
    json!({ "entry": { "event": { "name": "Signed Up" } } })
}

/// A day after a sign-up, an email.
pub fn reminder(subject: &str) -> Value {
    json!({
        "nodes": [
            { "id": "entry", "step": { "entry": {} } },
            { "id": "wait", "step": { "delay": { "for": { "minutes": 1440 } } } },
            { "id": "mail", "step": { "email": { "subject": subject, "body": "We kept your place." } } }
        ],
        "connectors": [
            { "from": "entry", "outlet": "next", "to": "wait" },
            { "from": "wait", "outlet": "next", "to": "mail" }
        ]
    })
}

/// So many nodes, one after the other.
pub fn chain(length: usize) -> Value {
    let step = |index: usize| {
        if index == 0 {
            json!({ "entry": {} })
        } else {
            json!({ "delay": { "for": { "minutes": 5 } } })
        }
    };
    let nodes: Vec<Value> =
        (0..length).map(|index| json!({ "id": format!("n{index}"), "name": format!("n{index}"), "step": step(index) })).collect();
    let connectors: Vec<Value> = (1..length)
        .map(|index| json!({ "from": format!("n{}", index - 1), "outlet": "next", "to": format!("n{index}") }))
        .collect();
    json!({ "nodes": nodes, "connectors": connectors })
}

/// These people sign up; each can be reached by e-mail.
pub async fn enter(program: &Program, people: &[&str]) {
    let profiles: Vec<Value> = people
        .iter()
        .map(|identity| json!({ "identity": identity, "properties": { "email": format!("{identity}@example.com") } }))
        .collect();
    assert_eq!(program.json("/api/v1/profiles", json!({ "profiles": profiles })).await.0, 200);
    let events: Vec<Value> = people
        .iter()
        .map(|identity| json!({ "identity": identity, "name": "Signed Up" }))
        .collect();
    assert_eq!(program.json("/api/v1/events", json!({ "events": events })).await.0, 200);
}
