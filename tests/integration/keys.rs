//! What API keys may do, how long they last, and what a key that stands in a page cannot change.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    ingest::{Program, welcome},
    support::{Browser, PASSWORD, Place, Server, value_of},
};

fn started() -> (Place, Server) {
    let place = Place::empty();
    let server = place.serve();
    (place, server)
}

/// Ada, as the shop's own systems know this profile.
async fn known_ada(shop: &Program) {
    let ada = json!({ "identity": "ada", "properties": {
        "email": "ada@example.com", "phone": "+4917012345", "MSG-email": false, "plan": "free"
    } });
    assert_eq!(shop.json("/api/v1/profiles", json!({ "profiles": [ada] })).await.0, StatusCode::OK);
}

/// Addresses and consent.
async fn contact(shop: &Program) -> (Value, Value) {
    let (status, ada) = shop.get("/api/v1/profiles/ada").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(ada["properties"]["email"], json!("ada@example.com"), "templates read it there");
    (ada["addresses"].clone(), ada["consent"].clone())
}

#[tokio::test]
async fn sending_alone_neither_erases_nor_lets_into_a_journey() {
    let (_place, server) = started();
    let shop = Program::new(&server).await;
    let journey = shop.publish(welcome()).await;
    known_ada(&shop).await;
    let sender = Program::with(&server, &["ingest"]).await;
    let enter = format!("/api/v1/journeys/{journey}/enter");
    let people = json!({ "people": [{ "identity": "ada" }] });
    assert_eq!(sender.json(&enter, people.clone()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(sender.delete("/api/v1/profiles/ada").await, StatusCode::FORBIDDEN);
    assert_eq!(
        Program::with(&server, &["enter"]).await.json(&enter, people).await.0,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        Program::with(&server, &["erase"]).await.delete("/api/v1/profiles/ada").await,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_key_of_browsers_changes_neither_addresses_nor_consent_of_a_known_person_by_any_door() {
    let (_place, server) = started();
    let shop = Program::new(&server).await;
    known_ada(&shop).await;
    let before = contact(&shop).await;
    let browser = Program::with(&server, &["browser"]).await;
    let evil = json!({ "Email": "eve@example.com", "phone": null, "push_token": "t", "MSG-email": true, "plan": "gold" });

    let profiles = json!({ "profiles": [{ "identity": "new" }, { "identity": "ada", "properties": evil, "lists": ["VIP"] }] });
    let (status, taken) = browser.json("/api/v1/profiles", profiles).await;
    assert_eq!((status, &taken["accepted"]), (StatusCode::OK, &json!(2)), "{taken}");
    assert_eq!(taken["ignored"][0]["index"], json!(1));
    assert_eq!(
        taken["ignored"][0]["fields"],
        json!(["Email", "MSG-email", "phone", "push_token", "lists"])
    );

    let (status, told) =
        browser.json("/v1/identify", json!({ "userId": "ada", "traits": evil })).await;
    assert_eq!((status, &told["ignored"][0]["index"]), (StatusCode::OK, &json!(0)), "{told}");
    let batch = json!({ "batch": [{ "type": "page", "userId": "ada" }, { "type": "identify", "userId": "ada", "traits": evil }] });
    assert_eq!(browser.json("/v1/batch", batch).await.1["ignored"][0]["index"], json!(1));
    let upload = json!({ "d": [{ "type": "profile", "identity": "ada", "profileData": evil }] });
    assert_eq!(browser.json("/1/upload", upload).await.1["ignored"][0]["index"], json!(0));

    assert_eq!(contact(&shop).await, before);
    let (_, ada) = shop.get("/api/v1/profiles/ada").await;
    assert_eq!(
        (&ada["properties"]["plan"], &ada["lists"]),
        (&json!("gold"), &json!([])),
        "properties may change"
    );
    assert_eq!(ada["events"][0]["name"], json!("Page Viewed"), "and so may events");
}

#[tokio::test]
async fn a_key_of_browsers_does_not_fill_the_names_that_authors_choose_from() {
    let place = Place::empty();
    let server = place.serve();
    let (browser, own) =
        (Program::with(&server, &["browser"]).await, Program::with(&server, &["ingest"]).await);
    let events = |names: std::ops::Range<usize>| {
        let event = |number| json!({ "identity": "eve", "name": format!("Event {number}") });
        json!({ "events": names.map(event).collect::<Vec<Value>>() })
    };
    let (status, taken) = browser.json("/api/v1/events", events(0..510)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(taken["ignored"].as_array().map(Vec::len), Some(10), "beyond 500: {taken}");
    assert_eq!(place.count("SELECT count(*) FROM event_names").await, 500);
    let (_, taken) = own.json("/api/v1/events", events(1_000..1_001)).await;
    assert_eq!(taken.get("ignored"), None, "a key of a server brings what it likes");
    let (_, taken) = browser.json("/api/v1/events", events(1_000..1_001)).await;
    assert_eq!(taken.get("ignored"), None, "it is known now");
}

#[tokio::test]
async fn a_key_of_browsers_has_a_rate_of_its_own_and_is_told_when_to_send_again() {
    let place = Place::empty();
    let server = place.serve_with(&["--browser-records-per-minute", "20"]);
    let (browser, own) =
        (Program::with(&server, &["browser"]).await, Program::with(&server, &["ingest"]).await);
    let events = |count: usize| {
        let event = |number| json!({ "identity": "eve", "name": format!("Event {number}") });
        json!({ "events": (0..count).map(event).collect::<Vec<Value>>() })
    };
    assert_eq!(browser.json("/api/v1/events", events(12)).await.0, StatusCode::OK);
    let (status, told) = browser.json("/api/v1/events", events(12)).await;
    assert_eq!(
        (status, &told["error"]["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_requests"))
    );
    assert_eq!(place.count("SELECT count(*) FROM events").await, 12, "none of the second batch");
    // Requests count, whatever is in them: the limit is reached before a body is looked at.
    let request = || {
        let address = format!("{}/v1/track", server.url);
        browser.client().post(address).bearer_auth(browser.key()).body("nonsense").send()
    };
    let mut refused = None;
    for _ in 0..20 {
        let answer = request().await.expect("an answer");
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("it is refused in the end");
    let wait = refused.headers()["retry-after"].to_str().expect("text").parse::<u64>();
    assert!(wait.is_ok_and(|seconds| (1..=60).contains(&seconds)));
    // Another key of browsers, and a key of a server, have what they had.
    let other = Program::with(&server, &["browser"]).await;
    assert_eq!(other.json("/api/v1/events", events(1)).await.0, StatusCode::OK);
    for _ in 0..3 {
        assert_eq!(own.json("/api/v1/events", events(20)).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_key_of_browsers_joins_nobody_to_a_known_person() {
    let (_place, server) = started();
    let shop = Program::new(&server).await;
    known_ada(&shop).await;
    let before = contact(&shop).await;
    let browser = Program::with(&server, &["browser"]).await;
    // An unknown person with an address of their own, who then says that they are Ada.
    let eve =
        json!({ "anonymous_id": "eve", "properties": { "push_token": "eve's", "MSG-sms": true } });
    browser.json("/api/v1/profiles", json!({ "profiles": [eve] })).await;
    for (path, claim) in [
        ("/v1/identify", json!({ "userId": "ada", "anonymousId": "eve" })),
        ("/v1/alias", json!({ "userId": "ada", "previousId": "eve" })),
        ("/v1/track", json!({ "userId": "ada", "anonymousId": "eve", "event": "Visited" })),
    ] {
        assert_eq!(browser.json(path, claim).await.0, StatusCode::OK, "{path}");
    }
    let upload = json!({ "d": [{ "type": "profile", "identity": "ada", "objectId": "eve", "profileData": {} }] });
    browser.json("/1/upload", upload).await;
    // What is said of the device from now on is not said of Ada either.
    let device = json!({ "anonymous_id": "eve", "properties": { "email": "eve@example.com" } });
    assert!(
        browser.json("/api/v1/profiles", json!({ "profiles": [device] })).await.1["ignored"]
            .is_null()
    );
    assert_eq!(contact(&shop).await, before);
    let (_, ada) = shop.get("/api/v1/profiles/ada").await;
    assert_eq!((&ada["anonymous"], &ada["events"][0]["name"]), (&json!([]), &json!("Visited")));
}

#[tokio::test]
async fn a_key_of_browsers_takes_no_device_away_from_a_known_person() {
    let (_place, server) = started();
    let shop = Program::new(&server).await;
    known_ada(&shop).await;
    shop.json("/v1/identify", json!({ "userId": "ada", "anonymousId": "phone" })).await;
    let browser = Program::with(&server, &["browser"]).await;
    browser.json("/v1/identify", json!({ "userId": "eve", "anonymousId": "phone" })).await;
    shop.json("/v1/track", json!({ "anonymousId": "phone", "event": "Visited" })).await;
    let (_, ada) = shop.get("/api/v1/profiles/ada").await;
    assert_eq!(
        (&ada["anonymous"], &ada["events"][0]["name"]),
        (&json!(["phone"]), &json!("Visited"))
    );
}

#[tokio::test]
async fn a_key_of_browsers_makes_somebody_new_with_their_address() {
    let (_place, server) = started();
    let shop = Program::new(&server).await;
    let browser = Program::with(&server, &["browser"]).await;
    browser.json("/v1/track", json!({ "anonymousId": "device", "event": "Visited" })).await;
    let signed_up = json!({ "userId": "bea", "anonymousId": "device", "traits": { "email": "bea@example.com" } });
    assert!(browser.json("/v1/identify", signed_up).await.1["ignored"].is_null());
    let (_, bea) = shop.get("/api/v1/profiles/bea").await;
    assert_eq!(
        (&bea["addresses"], &bea["events"][0]["name"]),
        (&json!([["email", "bea@example.com"]]), &json!("Visited"))
    );
    let again = json!({ "userId": "bea", "traits": { "email": "eve@example.com" } });
    assert_eq!(
        browser.json("/v1/identify", again).await.1["ignored"][0]["fields"],
        json!(["email"]),
        "now the profile is known"
    );
}

#[tokio::test]
async fn what_a_browser_said_of_a_customer_goes_when_the_shop_first_names_them() {
    let (_place, server) = started();
    let shop = Program::new(&server).await;
    let browser = Program::with(&server, &["browser"]).await;
    let squatted = json!({ "email": "eve@evil.example", "phone": "+1666666666", "push_token": "evil",
        "MSG-sms": true, "MSG-email": false, "plan": "free" });
    for identity in ["c1", "c2", "c3"] {
        let evil = json!({ "userId": identity, "traits": squatted });
        assert_eq!(browser.json("/v1/identify", evil).await.0, StatusCode::OK);
    }
    // By a record with some of it, by an event, and by a record that says the same.
    let named = json!({ "userId": "c1", "traits": { "email": "cy@example.com", "name": "Cy" } });
    shop.json("/v1/identify", named).await;
    shop.json("/v1/track", json!({ "userId": "c2", "event": "Ordered" })).await;
    let same = json!({ "phone": "+1666666666", "MSG-sms": true });
    shop.json("/v1/identify", json!({ "userId": "c3", "traits": same })).await;
    let addresses = async |identity: &str| {
        let (_, person) = shop.get(&format!("/api/v1/profiles/{identity}")).await;
        (person["addresses"].clone(), person["consent"].clone(), person["properties"].clone())
    };
    let (reached, consent, properties) = addresses("c1").await;
    assert_eq!(reached, json!([["email", "cy@example.com"]]));
    assert_eq!(consent, json!([["email", false]]), "a refusal stays");
    assert_eq!(
        properties,
        json!({ "email": "cy@example.com", "name": "Cy", "plan": "free", "MSG-email": false }),
        "what they are like stays"
    );
    assert_eq!(addresses("c2").await.0, json!([]));
    let (reached, consent, _) = addresses("c3").await;
    assert_eq!(reached, json!([["phone", "+1666666666"]]));
    assert_eq!(consent, json!([["email", false], ["sms", true]]));
    // Afterwards nothing of it is asked again.
    shop.json("/v1/track", json!({ "userId": "c3", "event": "Ordered" })).await;
    assert_eq!(addresses("c3").await.0, json!([["phone", "+1666666666"]]));
}

#[tokio::test]
async fn a_device_that_the_shop_knows_brings_its_address_along() {
    let (_place, server) = started();
    let shop = Program::new(&server).await;
    let browser = Program::with(&server, &["browser"]).await;
    let form = json!({ "anonymousId": "device", "traits": { "email": "bea@example.com" } });
    browser.json("/v1/identify", form).await;
    for _ in 0..2 {
        shop.json("/v1/identify", json!({ "userId": "bea", "anonymousId": "device" })).await;
        let (_, bea) = shop.get("/api/v1/profiles/bea").await;
        assert_eq!(bea["addresses"], json!([["email", "bea@example.com"]]));
    }
}

#[tokio::test]
async fn an_event_of_a_browser_makes_none_of_the_shops_a_repetition() {
    let (_place, server) = started();
    let shop = Program::new(&server).await;
    let browser = Program::with(&server, &["browser"]).await;
    for _ in 0..2 {
        let noise = json!({ "anonymous_id": "evil", "name": "Noise", "message_id": "order-1001" });
        browser.json("/api/v1/events", json!({ "events": [noise] })).await;
        let order =
            json!({ "identity": "ada", "name": "Order Completed", "message_id": "order-1001" });
        let (_, taken) = shop.json("/api/v1/events", json!({ "events": [order] })).await;
        assert_eq!(taken["accepted"], json!(1));
    }
    let (_, ada) = shop.get("/api/v1/profiles/ada").await;
    assert_eq!(ada["events"].as_array().map(Vec::len), Some(1), "once, and there: {ada}");
    assert_eq!(ada["events"][0]["name"], json!("Order Completed"));
}

#[tokio::test]
async fn a_key_of_browsers_is_for_nothing_else() {
    let (_place, server) = started();
    let browser = server.browser();
    let both = [("name", "Shop"), ("scopes[0]", "browser"), ("scopes[1]", "ingest")];
    assert_eq!(browser.post("keys/create", &both).await.status(), 400);
    let alone = Program::with(&server, &["browser"]).await;
    assert_eq!(alone.get("/api/v1/journeys").await.0, StatusCode::FORBIDDEN);
    assert_eq!(alone.get("/api/v1/profiles/ada").await.0, StatusCode::FORBIDDEN);
    assert_eq!(alone.delete("/api/v1/profiles/ada").await, StatusCode::FORBIDDEN);
    let (_, page) = browser.page("/api-keys").await;
    assert!(page.contains("value=\"browser\"") && page.contains("<span class=\"badge\">browser<"));
}

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

/// Two admins, and a key that Bob made.
async fn bobs_key(place: &Place, server: &Server) -> (Browser, String) {
    place.account(BOB, "admin");
    let bob = server.signed_in(BOB).await;
    let form = [("name", "Shop"), ("scopes[0]", "read"), ("lifetime", "90-days")];
    let key = bob.post("keys/create", &form).await.json().await.expect("a key");
    (server.signed_in(ADA).await, key)
}

async fn status_with(server: &Server, key: &str) -> u16 {
    let request =
        server.browser().client.get(format!("{}/api/v1/journeys", server.url)).bearer_auth(key);
    request.send().await.expect("an answer").status().as_u16()
}

fn accounts() -> (Place, Server) {
    let place = Place::demo();
    place.account(ADA, "admin");
    let server = place.serve();
    (place, server)
}

#[tokio::test]
async fn a_key_ends_when_it_was_to_end() {
    let (place, server) = accounts();
    let (ada, key) = bobs_key(&place, &server).await;
    assert_eq!(status_with(&server, &key).await, 200);
    assert!(ada.page("/api-keys").await.1.contains("expires "));
    assert_eq!(place.sql("UPDATE api_keys SET expires_at = 1").await, 1);
    assert_eq!(status_with(&server, &key).await, 401);
    assert!(ada.page("/api-keys").await.1.contains("Expired. Requests"));
    let wrong = [("name", "Shop"), ("scopes[0]", "read"), ("lifetime", "soon")];
    assert_eq!(ada.post("keys/create", &wrong).await.status(), 400);
}

#[tokio::test]
async fn a_key_opens_nothing_once_nobody_answers_for_it_until_an_admin_takes_it_over() {
    let (place, server) = accounts();
    let (ada, key) = bobs_key(&place, &server).await;
    assert_eq!(status_with(&server, &key).await, 200);

    let (_, people) = ada.page("/team").await;
    let bob = value_of(people.split(BOB).nth(1).expect("Bob is there"), "user", 0);
    for (role, opens) in [("publisher", 401), ("admin", 200)] {
        assert_eq!(ada.give_role(&bob, role).await.status(), 200);
        assert_eq!(status_with(&server, &key).await, opens, "Bob is {role}");
    }
    assert!(place.run(&["user", "suspend", BOB]).status.success());
    assert_eq!(status_with(&server, &key).await, 401);
    assert!(ada.page("/api-keys").await.1.contains("is suspended. Take it over or revoke it."));
    assert!(place.run(&["user", "restore", BOB]).status.success());
    assert_eq!(status_with(&server, &key).await, 200);

    assert_eq!(ada.give_role(&bob, "").await.status(), 200, "Bob leaves");
    assert_eq!(status_with(&server, &key).await, 401);
    let (_, page) = ada.page("/api-keys").await;
    assert!(page.contains("can no longer manage API keys here. Take it over or revoke it."));
    assert_eq!(
        ada.post("keys/take-over", &[("key", &value_of(&page, "key", 0))]).await.status(),
        200
    );
    assert_eq!(status_with(&server, &key).await, 200);
    assert!(ada.page("/audit").await.1.contains("API key taken over"));
    let signed_in_again = server.browser().sign_in(BOB, PASSWORD).await;
    assert_eq!(signed_in_again.status(), 200, "the account is still there");
}
