//! An opt-out is an opt-out in whatever form and by whatever door it comes, and what cannot be read
//! as consent is refused by name (docs/rest.md, Consent).

use std::fs;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    ingest::Program,
    support::{Place, Server},
};

/// What senders write for “no”.
fn refusals() -> Vec<Value> {
    ["false", "no", "0", "unsubscribed", "opted_out", "Opted Out"]
        .map(Value::from)
        .into_iter()
        .chain([json!(false), json!(0)])
        .collect()
}

struct Shop {
    place: Place,
    _server: Server,
    program: Program,
}

impl Shop {
    async fn new() -> Self {
        let place = Place::demo();
        let server = place.serve();
        let program = Program::new(&server).await;
        Self { place, _server: server, program }
    }

    /// Sends it and answers what was refused of it.
    async fn send(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.program.json(path, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// By each interface in turn, somebody who wants everything says this.
    async fn says(&self, property: &str, value: &Value) -> Vec<(&'static str, Value)> {
        let everything = json!({ "MSG-email": true, "MSG-sms": true, "MSG-push": true });
        let doors = ["api", "clevertap", "segment", "csv", "lines"];
        let profiles: Vec<Value> = doors
            .iter()
            .map(|door| json!({ "identity": door, "properties": everything }))
            .collect();
        self.send("/api/v1/profiles", json!({ "profiles": profiles })).await;
        let said = json!({ property: value });
        let body = json!({ "profiles": [{ "identity": "api", "properties": said }] });
        self.send("/api/v1/profiles", body).await;
        let body = json!({ "d": [{ "type": "profile", "identity": "clevertap",
            "profileData": said }] });
        self.send("/1/upload", body).await;
        let body = json!({ "batch": [{ "type": "identify", "userId": "segment",
            "traits": said }] });
        self.send("/v1/batch", body).await;
        let cell = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        self.import("p.csv", &format!("identity,{property}\ncsv,{cell}\n"));
        let line = json!({ "identity": "lines", "properties": said });
        self.import("p.jsonl", &format!("{line}\n"));
        let mut consents = Vec::new();
        for door in doors {
            let (_, profile) = self.program.get(&format!("/api/v1/profiles/{door}")).await;
            consents.push((door, profile["consent"].clone()));
        }
        consents
    }

    fn import(&self, name: &str, contents: &str) {
        let file = self.place.file(name);
        fs::write(&file, contents).expect("written");
        self.place.run(&["import-profiles", file.to_str().expect("a name")]);
    }
}

fn consent(email: bool, sms: bool, push: bool) -> Value {
    json!([["email", email], ["push", push], ["sms", sms]])
}

#[tokio::test]
async fn an_opt_out_counts_in_every_form_by_every_door() {
    let shop = Shop::new().await;
    for value in refusals() {
        for (door, said) in shop.says("MSG-email", &value).await {
            assert_eq!(said, consent(false, true, true), "{value} by {door}");
        }
    }
}

#[tokio::test]
async fn the_opt_outs_of_other_systems_count_by_every_door() {
    let shop = Shop::new().await;
    for (property, value) in [("email_subscribe", "unsubscribed"), ("MSG-dndEmail", "true")] {
        for (door, said) in shop.says(property, &json!(value)).await {
            assert_eq!(said, consent(false, true, true), "{property} by {door}");
        }
    }
    for (door, said) in shop.says("push_subscribe", &json!("unsubscribed")).await {
        let expected =
            json!([["email", true], ["push", false], ["sms", true], ["web_push", false]]);
        assert_eq!(said, expected, "push_subscribe by {door}");
    }
    for (door, said) in shop.says("unsubscribed", &json!("true")).await {
        let said = said.as_array().cloned().unwrap_or_default();
        assert!(
            said.len() >= 3 && said.iter().all(|channel| channel[1] == false),
            "{door}: {said:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_consent_is_refused_by_name_and_leaves_the_profile_as_it_was() {
    let shop = Shop::new().await;
    for value in [json!("perhaps"), json!(2), json!("")] {
        for (door, said) in shop.says("MSG-email", &value).await {
            assert_eq!(said, consent(true, true, true), "{value} by {door}");
        }
    }
    let said = json!({ "MSG-email": "perhaps", "plan": "gold" });
    let body = json!({ "profiles": [{ "identity": "ada", "properties": said }] });
    let answer = shop.send("/api/v1/profiles", body).await;
    assert_eq!(answer["accepted"], 0);
    assert_eq!(answer["rejected"][0]["path"], "properties.MSG-email");
    let sentence = answer["rejected"][0]["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("“perhaps” is not a consent"), "{sentence}");
}
