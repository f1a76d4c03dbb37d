//! What comes back from messages, over real HTTP: links, the preferences page, providers' reports,
//! the suppression list.

mod choices;
mod links;
mod list;
mod reports;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;
use wayfare_delivery::tracking::{
    provider_webhook::webhook_url,
    token::{MessageLinks, message_key},
};
use wayfare_domain::{ids::ProjectId, messages::provider_webhook::WebhookProvider};
use wayfare_secrets::server_key::ServerKey;
use wayfare_templates::LinkBuilder;

use crate::{
    ingest::Program,
    support::{Browser, Place, Server},
};

/// Ada is in a journey and has got one message by `channel`: number 1. For each thing that may
/// become of it there is a way.
struct Post {
    place: Place,
    server: Server,
    program: Program,
    journey: String,
    server_key: ServerKey,
    browser: Browser,
}

fn journey(channel: &str) -> Value {
    let step = match channel {
        "sms" => json!({ "sms": { "body": "Hello" } }),
        _ => json!({ "email": { "subject": "Hello", "body": "…" } }),
    };
    let mut nodes = vec![
        json!({ "id": "entry", "step": { "entry": {} } }),
        json!({ "id": "message", "step": step }),
    ];
    let mut connectors = vec![json!({ "from": "entry", "outlet": "next", "to": "message" })];
    let ways = match channel {
        "sms" => ["failed", "unsubscribed"].as_slice(),
        _ => ["viewed", "clicked", "bounced", "complained", "unsubscribed"].as_slice(),
    };
    for way in ways {
        let set = json!({ "property": "answered", "value": way });
        nodes.push(json!({ "id": way, "step": { "update_profile": { "set": [set] } } }));
        connectors.push(json!({ "from": "message", "outlet": way, "to": way }));
    }
    json!({
        "name": "Letter",
        "settings": { "entry": { "event": { "name": "Signed Up" } } },
        "graph": { "nodes": nodes, "connectors": connectors }
    })
}

impl Post {
    async fn delivered(channel: &str) -> Self {
        let place = Place::empty();
        let server = place.serve();
        let program = Program::new(&server).await;
        let journey = program.publish(journey(channel)).await;
        let server_key =
            ServerKey::open(None, &ServerKey::beside(&place.database())).expect("the server's key");
        let browser = server.browser();
        let post = Self { place, server, program, journey, server_key, browser };
        post.send_to("ada", json!({ "email": "ada@example.com", "phone": "+49 170 12345" })).await;
        post
    }

    /// Someone gets the message.
    async fn send_to(&self, who: &str, properties: Value) {
        let before = self.figure("sent").await;
        let profile = json!({ "identity": who, "properties": properties });
        assert_eq!(
            self.program.json("/api/v1/profiles", json!({ "profiles": [profile] })).await.0,
            StatusCode::OK
        );
        let event = json!({ "identity": who, "name": "Signed Up" });
        assert_eq!(
            self.program.json("/api/v1/events", json!({ "events": [event] })).await.0,
            StatusCode::OK
        );
        self.until("sent", before + 1).await;
    }

    fn base(&self) -> Url {
        Url::parse(&self.server.url).expect("an address")
    }

    fn links(&self, message: i64) -> MessageLinks {
        MessageLinks { base: self.base(), server_key: self.server_key.clone(), message }
    }

    fn choices(&self, message: i64) -> String {
        self.links(message).preferences()
    }

    fn key(&self, message: i64) -> String {
        message_key(&self.server_key, message)
    }

    /// Where a provider reports for the first project.
    fn hook(&self, provider: WebhookProvider) -> String {
        let project = "01900000-0000-7000-8000-000000000001".parse::<ProjectId>().expect("an id");
        webhook_url(&self.base(), &self.server_key, project, provider)
    }

    fn get(&self, address: &str) -> RequestBuilder {
        self.browser.client.get(address)
    }

    fn post(&self, address: &str) -> RequestBuilder {
        self.browser.client.post(address)
    }

    /// How many messages this became of, among the figures of the node.
    async fn figure(&self, fate: &str) -> i64 {
        let (_, detail) = self.program.get(&format!("/api/v1/journeys/{}", self.journey)).await;
        let nodes = detail["nodes"].as_array().cloned().unwrap_or_default();
        let node =
            nodes.into_iter().find(|node| node["node"] == json!("message")).unwrap_or_default();
        let counts = node["messages"].as_array().cloned().unwrap_or_default();
        counts
            .iter()
            .find(|count| count[0] == json!(fate))
            .and_then(|count| count[1].as_i64())
            .unwrap_or(0)
    }

    async fn until(&self, fate: &str, count: i64) {
        for _ in 0..200 {
            if self.figure(fate).await == count {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{fate} never became {count}: {}", self.figure(fate).await);
    }

    /// The path that was taken, which the node at its end has noted in the profile.
    async fn went_by(&self, who: &str) -> Value {
        self.profile(who).await["properties"]["answered"].clone()
    }

    async fn profile(&self, who: &str) -> Value {
        self.program.get(&format!("/api/v1/profiles/{who}")).await.1
    }

    /// Does the profile want messages by this channel? Null if it was never asked.
    async fn consent(&self, who: &str, channel: &str) -> Value {
        let profile = self.profile(who).await;
        let said = profile["consent"].as_array().cloned().unwrap_or_default();
        said.into_iter()
            .find(|pair| pair[0] == json!(channel))
            .map_or(Value::Null, |pair| pair[1].clone())
    }

    /// The list, as the page shows it.
    async fn list(&self) -> String {
        self.browser.page("/suppressions").await.1
    }

    async fn choose(&self, message: i64, form: &[(&str, &str)]) -> Response {
        self.post(&self.choices(message)).form(form).send().await.expect("an answer")
    }

    /// What everybody can see of the database: to tell that nothing changed.
    async fn traces(&self) -> (i64, i64, String) {
        let events = self.place.count("SELECT count(*) FROM message_events").await;
        let list = self.place.count("SELECT count(*) FROM suppressions").await;
        (events, list, self.profile("ada").await["consent"].to_string())
    }
}

/// No answer to anyone outside sets a cookie or can be kept or framed.
fn is_hardened(answer: &Response) {
    let header = |name: &str| {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    for (name, part) in [
        ("content-security-policy", "default-src 'none'"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert!(header(name).contains(part), "{}: {name} is {}", answer.url(), header(name));
    }
    assert!(answer.headers().get("set-cookie").is_none(), "{} sets no cookie", answer.url());
}
