//! Who sees people: a Viewer, and a key without the scope for it, are shown neither addresses nor
//! properties, by no interface, and cannot find them out by searching.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    deliver::{HERE, hook, journey, webhooks_go_out},
    ingest::{Program, welcome},
    providers::http::{Answer, Receiver},
    support::{Browser, Place, Server},
};

/// What no one may read without the permission, anywhere.
const SECRETS: [&str; 7] = [
    "ada@example.com",
    "4917012345",
    "token-of-ada",
    "Ada Lovelace",
    "platinum",
    "crimson",
    "5 Hidden Lane",
];

struct Shop {
    _place: Place,
    server: Server,
    program: Program,
    journey: String,
}

/// A project in which everything that shows people has something to show.
async fn shop() -> Shop {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let local = server.browser();
    let journey = program.publish(welcome()).await;
    let ada = json!({ "identity": "ada", "properties": {
        "email": "ada@example.com", "phone": "+4917012345", "push_token": "token-of-ada", "name": "Ada Lovelace", "plan": "platinum",
        "tz": "5 Hidden Lane"
    } });
    let bare = json!({ "anonymous_id": "device", "properties": { "email": "ada@example.com" } });
    let mailed = json!({ "identity": "ada@example.com", "properties": { "name": "Ada Lovelace" } });
    let taken = program.json("/api/v1/profiles", json!({ "profiles": [ada, bare, mailed] })).await;
    assert_eq!(taken.1["accepted"], json!(3));
    let signed_up = |who: Value| {
        let mut event = who;
        event["name"] = json!("Signed Up");
        event["properties"] = json!({ "colour": "crimson" });
        event
    };
    let events = [
        json!({ "identity": "ada" }),
        json!({ "anonymous_id": "device" }),
        json!({ "identity": "ada@example.com" }),
    ];
    program.json("/api/v1/events", json!({ "events": events.map(signed_up) })).await;
    program.until(&journey, "completed", 3).await;
    place
        .sql(
            "UPDATE outbox SET status = 2, finished_at = 1, reason = '550 <ada@example.com> no
        such user'",
        )
        .await;
    let listed =
        [("kind", "email"), ("addresses", "ada@example.com"), ("note", "asked by ada@example.com")];
    assert_eq!(local.post("suppressions/add", &listed).await.status(), 200);
    let listed = [("kind", "phone"), ("addresses", "+4917012345")];
    assert_eq!(local.post("suppressions/add", &listed).await.status(), 200);
    for role in ["viewer", "creator"] {
        place.account(&format!("{role}@wayfare.example"), role);
    }
    Shop { _place: place, server, program, journey }
}

impl Shop {
    async fn as_role(&self, role: &str) -> Browser {
        self.server.signed_in(&format!("{role}@wayfare.example")).await
    }
}

async fn editor(browser: &Browser, function: &str, body: Value) -> (StatusCode, String) {
    let request =
        browser.client.post(format!("{}/api/ui/editor/{function}", browser.url)).json(&body);
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("text"))
}

/// Every page that shows people.
fn pages(shop: &Shop) -> Vec<String> {
    let fixed = [
        "/profiles",
        "/profiles?segment=All",
        "/profiles/1",
        "/profiles/2",
        "/profiles/3",
        "/enrolments/1",
        "/enrolments/2",
        "/enrolments/3",
        "/delivery",
        "/suppressions",
        "/segments",
        "/segments/edit?name=All",
    ];
    let of_journey =
        ["", "/messages/mail", "/edit"].map(|part| format!("/journeys/{}{part}", shop.journey));
    fixed
        .map(str::to_string)
        .into_iter()
        .chain(of_journey)
        .chain([format!("/profiles/1?journey={}", shop.journey)])
        .collect()
}

#[tokio::test]
async fn a_viewer_reads_neither_addresses_nor_properties_on_any_page() {
    let shop = shop().await;
    let (viewer, creator) = (shop.as_role("viewer").await, shop.as_role("creator").await);
    let everybody = [("name", "All"), ("kind[0]", "reachable"), ("property[0]", "email")];
    assert_eq!(creator.post("segments/save", &everybody).await.status(), 200);
    let mut seen_by_creator = String::new();
    for path in pages(&shop) {
        let (_, page) = viewer.page(&path).await;
        for secret in SECRETS {
            assert!(!page.contains(secret), "{path} shows a Viewer {secret}");
        }
        seen_by_creator += &creator.page(&path).await.1;
    }
    for secret in SECRETS {
        assert!(
            seen_by_creator.contains(secret),
            "the pages have {secret} for those who may see it"
        );
    }
    let (_, list) = viewer.page("/profiles").await;
    assert!(list.contains("a•••@example.com") && list.contains("needs a Creator"));
    let (_, addresses) = viewer.page("/suppressions").await;
    assert!(addresses.contains("a•••@example.com") && addresses.contains("•••45"));
}

#[tokio::test]
async fn a_search_by_an_address_tells_a_viewer_nothing() {
    let shop = shop().await;
    let (viewer, creator) = (shop.as_role("viewer").await, shop.as_role("creator").await);
    for search in ["ada@example.com", "ada@", "a", "%2B4917012345"] {
        let path = format!("/profiles?search={search}");
        let (_, page) = viewer.page(&path).await;
        assert!(
            !page.contains("/profiles/2\"") && !page.contains("/profiles/3\""),
            "{search} finds an address"
        );
        assert_eq!(
            page.contains("/profiles/1\""),
            search == "a",
            "{search}: an identity that is none is found"
        );
    }
    assert!(creator.page("/profiles?search=ada@example.com").await.1.contains("/profiles/1\""));
    let counted = |page: String| page.contains("2 addresses");
    for search in ["ada", "nobody"] {
        assert!(
            counted(viewer.page(&format!("/suppressions?search={search}")).await.1),
            "all of the list, whatever is searched"
        );
    }
    let condition =
        "kind%5B%5D=property&property%5B%5D=email&is%5B%5D=equals&value%5B%5D=ada@example.com";
    assert_eq!(viewer.page(&format!("/profiles?{condition}")).await.0, 403);
    assert!(
        !viewer.page(&format!("/segments/edit?name=x&{condition}")).await.1.contains("right now")
    );
    assert_eq!(creator.page(&format!("/profiles?{condition}")).await.0, 200);
}

#[tokio::test]
async fn an_identity_that_looks_like_an_address_is_shown_to_no_viewer_and_found_by_none() {
    let shop = shop().await;
    let addresses = [
        "0049 170 5551234",
        "tel:+491705551234",
        "(+49)1705551234",
        "491705551234",
        "w5＠x.example",
    ];
    let profiles = addresses.map(|identity| json!({ "identity": identity }));
    shop.program.json("/api/v1/profiles", json!({ "profiles": profiles })).await;
    let (viewer, creator) = (shop.as_role("viewer").await, shop.as_role("creator").await);
    let (seen, all) = (viewer.page("/profiles").await.1, creator.page("/profiles").await.1);
    for address in addresses {
        assert!(all.contains(address) && !seen.contains(address), "{address}");
    }
    for (search, person) in [("0049", 4), ("tel:", 5), ("(", 6), ("4917", 7), ("w5", 8)] {
        let (path, found) = (format!("/profiles?search={search}"), format!("/profiles/{person}\""));
        assert!(creator.page(&path).await.1.contains(&found), "{search}");
        assert!(!viewer.page(&path).await.1.contains(&found), "{search}");
    }
}

#[tokio::test]
async fn nobody_without_the_right_has_something_filled_in_or_tried_for_a_person() {
    let shop = shop().await;
    let (viewer, creator) = (shop.as_role("viewer").await, shop.as_role("creator").await);
    let settings = json!({ "entry": { "api": {} } });
    let graph = json!({ "nodes": [{ "id": "entry", "step": { "entry": {} } }] });
    let mail = json!({ "id": "mail", "step": { "email": { "subject": "{{ profile.email }}", "body": "<p>{{ profile.plan }}</p>" } } });
    for (who, allowed) in [(&viewer, false), (&creator, true)] {
        let wanted = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
        for person in ["ada", "ada@example.com"] {
            let message = json!({ "journey": shop.journey, "node": mail, "settings": settings, "person": person });
            let (status, text) = editor(who, "preview", json!({ "message": message })).await;
            assert_eq!(
                (status, text.contains("ada@example.com") && person == "ada"),
                (wanted, allowed && person == "ada")
            );
            let form = [("message", message.to_string())];
            let html = who
                .client
                .post(format!("{}/messages/html", who.url))
                .form(&form)
                .send()
                .await
                .expect("an answer");
            assert_eq!(html.status(), wanted);
        }
        let trial = json!({ "graph": graph, "settings": settings, "person": "ada", "event": {}, "later": [] });
        assert_eq!(editor(who, "try-person", json!({ "trial": trial })).await.0, wanted);
        let delay = json!({ "for": { "minutes": 5 } });
        assert_eq!(
            editor(who, "times", json!({ "delay": delay, "person": "ada", "zone": "UTC" })).await.0,
            wanted
        );
        let path = format!("/journeys/{}/messages/mail?person=ada", shop.journey);
        assert_eq!(who.page(&path).await.0, wanted.as_u16());
    }
    let here = json!({ "journey": shop.journey, "version": 1, "node": "mail" });
    assert_eq!(editor(&viewer, "people", here).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_key_reads_people_with_its_own_scope_alone() {
    let shop = shop().await;
    // Accounts are there by now: keys are made before them.
    let (_, full) = shop.program.get("/api/v1/profiles/ada").await;
    assert_eq!(full["properties"]["plan"], json!("platinum"));
    assert_eq!(shop.program.get("/api/v1/profiles/ada@example.com").await.0, StatusCode::OK);

    let place = Place::empty();
    let server = place.serve();
    let writer = Program::new(&server).await;
    let ada = json!({ "identity": "ada", "properties": { "email": "ada@example.com", "plan": "platinum" } });
    writer.json("/api/v1/profiles", json!({ "profiles": [ada] })).await;
    for scope in ["read", "operate"] {
        let reader = Program::with(&server, &[scope]).await;
        let (status, masked) = reader.get("/api/v1/profiles/ada").await;
        assert_eq!(
            (status, &masked["addresses"]),
            (StatusCode::OK, &json!([["email", "a•••@example.com"]]))
        );
        assert!(
            !masked.to_string().contains("platinum") && !masked.to_string().contains("ada@"),
            "{masked}"
        );
        for asked in
            ["ada@example.com", "nobody@example.com", "%2B4917012345", "0049%20170%205551234"]
        {
            assert_eq!(
                reader.get(&format!("/api/v1/profiles/{asked}")).await.0,
                StatusCode::FORBIDDEN,
                "{asked}"
            );
        }
    }
    let (status, full) =
        Program::with(&server, &["profiles"]).await.get("/api/v1/profiles/ada").await;
    assert_eq!(
        (status, &full["addresses"]),
        (StatusCode::OK, &json!([["email", "ada@example.com"]]))
    );
    assert_eq!(
        Program::with(&server, &["profiles"]).await.get("/api/v1/journeys").await.0,
        StatusCode::FORBIDDEN
    );
}

/// Criteria that follow an address letter by letter.
fn beginning(letters: &str) -> Value {
    json!({ "property": { "property": "email", "is": "starts_with", "value": letters } })
}

#[tokio::test]
async fn a_segment_of_ones_own_confirms_no_address_letter_by_letter() {
    let place = Place::empty();
    let server = place.serve();
    let writer = Program::new(&server).await;
    let ada = json!({ "identity": "ada", "properties": { "email": "ada@example.com" } });
    writer.json("/api/v1/profiles", json!({ "profiles": [ada] })).await;
    let operator = Program::with(&server, &["operate"]).await;
    let save = async |program: &Program, letters: &str| {
        let request = program.client().put(format!("{}/api/v1/segments/oracle", server.url));
        let request = request.bearer_auth(program.key()).body(beginning(letters).to_string());
        request.send().await.expect("an answer").status()
    };
    assert_eq!(save(&operator, "a").await, StatusCode::FORBIDDEN);
    assert_eq!(save(&writer, "ad").await, StatusCode::NO_CONTENT);
    let count = async |program: &Program| {
        let (status, segments) = program.get("/api/v1/segments").await;
        assert_eq!(status, StatusCode::OK);
        segments[0]["people"].clone()
    };
    assert_eq!(count(&operator).await, Value::Null);
    assert_eq!(count(&Program::with(&server, &["read"]).await).await, Value::Null);
    assert_eq!(count(&writer).await, json!(1));
}

#[tokio::test]
async fn who_is_in_a_segment_and_how_many_is_for_those_who_may_see_people() {
    let shop = shop().await;
    let (viewer, creator) = (shop.as_role("viewer").await, shop.as_role("creator").await);
    let platinum = [
        ("name", "Best"),
        ("kind[0]", "property"),
        ("property[0]", "plan"),
        ("is[0]", "equals"),
        ("value[0]", "platinum"),
    ];
    assert_eq!(creator.post("segments/save", &platinum).await.status(), 200);
    assert_eq!(viewer.page("/profiles?segment=Best").await.0, 403);
    assert!(creator.page("/profiles?segment=Best").await.1.contains("/profiles/1\""));
    let (_, seen) = viewer.page("/segments").await;
    assert!(seen.contains("Best") && !seen.contains("1 profile"), "{seen}");
    assert!(creator.page("/segments").await.1.contains("1 profile"));
}

#[tokio::test]
async fn a_reason_tells_a_viewer_neither_dates_nor_values_of_properties() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let gold = json!({ "property": { "property": "plan", "is": "equals", "value": "zebra-plan" } });
    let document = json!({
        "name": "Birthdays",
        "settings": { "entry": { "event": { "name": "Signed Up" } } },
        "graph": {
            "nodes": [
                { "id": "entry", "step": { "entry": {} } },
                { "id": "split", "step": { "condition_split": { "branches": [
                    { "name": "best", "criteria": gold }
                ] } } },
                { "id": "born", "step": { "delay": { "until_property": { "property": "born" } } } },
                { "id": "next", "step": { "delay": { "until_property": { "property": "due" } } } }
            ],
            "connectors": [
                { "from": "entry", "outlet": "next", "to": "split" },
                { "from": "split", "outlet": "best", "to": "born" },
                { "from": "born", "outlet": "next", "to": "next" }
            ]
        }
    });
    let id = program.publish(document).await;
    let ada = json!({ "identity": "ada", "properties": {
        "plan": "zebra-plan", "born": "1815-12-10", "due": "2815-11-09"
    } });
    program.json("/api/v1/profiles", json!({ "profiles": [ada] })).await;
    let event = json!({ "identity": "ada", "name": "Signed Up" });
    program.json("/api/v1/events", json!({ "events": [event] })).await;
    program.until(&id, "inside", 1).await;
    for role in ["viewer", "creator"] {
        place.account(&format!("{role}@wayfare.example"), role);
    }
    let viewer = server.signed_in("viewer@wayfare.example").await;
    let creator = server.signed_in("creator@wayfare.example").await;
    let why = format!("/profiles/1?journey={id}");
    for secret in ["1815", "2815", "zebra-plan"] {
        assert!(creator.page("/enrolments/1").await.1.contains(secret), "{secret}");
        for path in ["/enrolments/1", "/profiles/1", &why] {
            let (status, page) = viewer.page(path).await;
            assert!(status == 200 && !page.contains(secret), "{path} shows a Viewer {secret}");
        }
    }
    assert!(viewer.page("/enrolments/1").await.1.contains("by their properties"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_repeats_is_read_by_nobody_without_the_right() {
    let place = Place::empty();
    let receiver = Receiver::start().await;
    let echo = json!({ "echo": "ada@example.com", "plan": "zebra-plan" });
    receiver.answers(Answer::json(500, &echo));
    let server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    program.publish(journey("Hooks", "Signed Up", &hook(&receiver.url()))).await;
    let events: Vec<Value> = (0..40)
        .map(|number| json!({ "identity": format!("p{number}"), "name": "Signed Up" }))
        .collect();
    program.json("/api/v1/events", json!({ "events": events })).await;
    program.tells(&["channel_breaker_open{channel=\"webhook\"} 1"]).await;
    place
        .sql(
            "UPDATE outbox SET status = 2, finished_at = 1,
            reason = 'the receiver does not take the message (400 {\"plan\": \"zebra-plan\"})'
             WHERE key IN (SELECT max(key) FROM outbox)",
        )
        .await;
    for role in ["viewer", "creator"] {
        place.account(&format!("{role}@wayfare.example"), role);
    }
    let viewer = server.signed_in("viewer@wayfare.example").await;
    let creator = server.signed_in("creator@wayfare.example").await;
    let (_, seen) = creator.page("/delivery").await;
    assert!(seen.contains("zebra-plan") && seen.contains("127.0.0.1"), "{seen}");
    for path in ["/delivery", "/profiles/40", "/enrolments/40"] {
        let (_, page) = viewer.page(path).await;
        for secret in ["zebra-plan", "ada@example.com", "a•••@example.com"] {
            assert!(!page.contains(secret), "{path} shows a Viewer {secret}: {page}");
        }
    }
    let (_, page) = viewer.page("/delivery").await;
    assert!(page.contains("the receiver has a problem."), "our own half: {page}");
    assert!(page.contains("the receiver does not take the message"), "{page}");
}
