//! What people typed is text on every page, in every mail and in every file, whatever it looks
//! like.

mod document;
pub mod walk;

use reqwest::StatusCode;
use scraper::{Html, Selector};
use serde_json::json;

use crate::{
    ingest::Program,
    providers::{
        http::{Answer, Receiver},
        smtp::Sink,
    },
    support::{Browser, Place, Server, upload},
};
use walk::Walk;

const ADA: &str = "ada@example.com";
/// Each ends what it may stand in, and begins an element that nothing else writes.
const TEXTS: [&str; 4] = ["</title><x-pwn>", "</textarea><x-pwn>", "\"><x-pwn>", "--><x-pwn>"];
/// All of it in one.
const EVERYTHING: &str = "</title></textarea></script>'>\"-->\"><x-pwn>";
/// Where the text has to be seen, or the test would pass on pages that show nothing.
const SHOWN: [&str; 15] = [
    "/account",
    "/audit",
    "/delivery",
    "/imports",
    "/imports/{id}",
    "/journeys",
    "/journeys/{id}",
    "/journeys/{id}/edit",
    "/journeys/{id}/messages/{node}",
    "/api-keys",
    "/team",
    "/profiles",
    "/profiles/{id}",
    "/projects",
    "/segments",
];
/// Pages that only a link in a mail or a sign-in provider leads to, and files of the site.
const UNREACHED: [&str; 9] = [
    // Where a page was before.
    "/trips/{id}",
    "/invitations/{link}",
    "/password/{link}",
    "/pkg/{file}",
    "/t/c/{token}",
    "/t/o/{token}",
    "/u/{token}",
    "/imports/{id}/refused.csv",
    "/journeys/{id}/compare",
];

#[tokio::test]
async fn no_text_that_somebody_typed_becomes_an_element_of_a_page() {
    for text in TEXTS {
        let scene = Scene::set(text).await;
        let mut walk = Walk::new(&scene.ada, text);
        walk.authored = scene.authored.clone();
        walk.everywhere(&scene.addresses).await;
        // Forms change what pages show: their answers are looked at, and then all pages again.
        walk.fill_in().await;
        assert_eq!(
            scene.ada.post("projects/switch", &[("project", &scene.project)]).await.status(),
            200
        );
        walk.everywhere(&scene.addresses).await;
        walk.ask_with_the_text().await;
        assert!(walk.findings.is_empty(), "{text}:\n{}", walk.findings.join("\n"));
        let missed: Vec<&&str> =
            SHOWN.iter().filter(|route| !walk.shown.contains(**route)).collect();
        assert!(missed.is_empty(), "{text} is not to be seen on {missed:?}");
        let unseen: Vec<&String> = walk
            .routes
            .iter()
            .filter(|(path, seen)| **seen == 0 && !UNREACHED.contains(&path.as_str()))
            .map(|(path, _)| path)
            .collect();
        assert!(
            unseen.is_empty(),
            "no link leads to {unseen:?}: add an address of each to the scene"
        );
    }
}

#[tokio::test]
async fn no_address_makes_an_element_of_what_is_written_in_it() {
    let place = Place::demo();
    let server = place.serve();
    let mut walk = Walk::new(&server, EVERYTHING);
    walk.everywhere(&[]).await;
    walk.ask_name_by_name().await;
    assert!(walk.findings.is_empty(), "{}", walk.findings.join("\n"));
}

#[tokio::test]
async fn a_title_and_a_field_hold_the_very_text() {
    let place = Place::empty();
    let server = place.serve();
    let description = "\n\nTwo lines on, &lt;b&gt; & </textarea><x-pwn>";
    for text in TEXTS.into_iter().chain([EVERYTHING, "a &amp; b", "<script>"]) {
        let document = json!({
            "name": text, "description": description, "settings": { "entry": { "api": {} } },
            "graph": { "nodes": [{ "id": "entry", "step": { "entry": {} } }] }
        });
        let program = Program::new(&server).await;
        let (status, made) = program.json("/api/v1/journeys", document).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let id = made["id"].as_str().expect("an id");
        let title = async |path: String| text_of(&server.page(&path).await.1, "title");
        assert_eq!(title(format!("/journeys/{id}")).await, format!("{text} · Wayfare"));
        assert_eq!(title(format!("/journeys/{id}/edit")).await, format!("Edit {text} · Wayfare"));
        for path in [format!("/journeys/{id}/edit"), format!("/journeys/{id}/publish")] {
            let (_, page) = server.page(&path).await;
            // Their trimming is the rule of descriptions, not of the page.
            let (_, detail) = program.get(&format!("/api/v1/journeys/{id}")).await;
            assert_eq!(
                json!(text_of(&page, "textarea[name=description]")),
                detail["summary"]["description"],
                "{path}"
            );
        }
    }
    // A form that did not work shows again what was typed, its first line break too.
    let typed = "\n</textarea><x-pwn>\nsecond";
    let answer = server
        .plain("journeys/create", &[("name", ""), ("description", typed)], "/journeys/new")
        .await;
    assert_eq!(answer.status(), 400);
    assert_eq!(text_of(&answer.text().await.expect("a page"), "textarea[name=description]"), typed);
}

#[tokio::test]
async fn values_in_mails_stay_text_and_lead_nowhere_they_may_not() {
    let text = "\"><x-pwn></title></textarea>--><x-pwn>";
    let scene = Scene::set(text).await;
    let mails = scene.sink.messages();
    let mail = mails.last().expect("a mail");
    let raw = mail["raw"].as_str().expect("text");
    let read = mail_parser::MessageParser::default().parse(raw.as_bytes()).expect("a mail");
    let html = read.body_html(0).expect("HTML").into_owned();
    let page = Html::parse_document(&html);
    assert!(page.select(&selector("x-pwn")).next().is_none(), "{html}");
    assert!(
        page.root_element().text().any(|part| part.contains("<x-pwn>")),
        "it is shown as text: {html}"
    );
    let targets: Vec<&str> = page
        .select(&selector("[href], [src]"))
        .filter_map(|link| link.attr("href").or(link.attr("src")))
        .collect();
    assert!(
        targets.len() > 1
            && targets.iter().all(|target| !target.to_lowercase().contains("script:")),
        "{targets:?}"
    );
}

/// A server on which the text stands wherever people or programs could put it.
pub struct Scene {
    pub ada: Browser,
    project: String,
    pub addresses: Vec<String>,
    authored: Vec<String>,
    sink: Sink,
    _receiver: Receiver,
    _server: Server,
    _place: Place,
}

impl Scene {
    pub async fn set(text: &str) -> Self {
        let place = Place::empty();
        place.account(ADA, "admin");
        let (sink, receiver) = (Sink::start(), Receiver::start().await);
        let server = place.serve_with(&["--allow-networks", "127.0.0.0/8"]);
        let ada = server.signed_in(ADA).await;
        let program = Program::of(&ada).await;
        receiver.answers(Answer::Says { status: 400, headers: Vec::new(), body: text.to_string() });
        set_up_channels(&ada, &sink).await;
        let (mut addresses, mut authored) = (Vec::new(), Vec::new());
        for document in document::documents(text) {
            let (status, made) = program.json("/api/v1/journeys", document.clone()).await;
            assert_eq!(status, StatusCode::CREATED, "{made}: {document}");
            let id = made["id"].as_str().expect("an id");
            authored.push(format!("/journeys/{id}/messages/"));
            addresses.push(format!("/journeys/{id}"));
            addresses.push(format!("/journeys/{id}/publish"));
        }
        let journey = send_messages(&program, text, &receiver).await;
        let project = ada.list("").await["seat"]["project"].as_str().expect("an id").to_string();
        let name = unquoted(text);
        let segment = [
            ("name", name.as_str()),
            ("kind[0]", "property"),
            ("property[0]", &name),
            ("is[0]", "equals"),
            ("value[0]", text),
        ];
        assert_eq!(ada.post("segments/save", &segment).await.status(), 200);
        for (function, field) in [
            ("projects/rename", "name"),
            ("account/rename", "name"),
            ("filters/save", "saved_filter_name"),
        ] {
            let answer = ada.post(function, &[(field, text), ("project", &project)]).await;
            assert_eq!(answer.status(), 200, "{function}: {}", answer.text().await.expect("text"));
        }
        import(&ada, text).await;
        addresses.extend(further_addresses(&ada, &journey).await);
        Self {
            ada,
            project,
            addresses,
            authored,
            sink,
            _receiver: receiver,
            _server: server,
            _place: place,
        }
    }
}

async fn set_up_channels(ada: &Browser, sink: &Sink) {
    let port = sink.port.to_string();
    let mail = [
        ("channel", "email"),
        ("fields[host]", "127.0.0.1"),
        ("fields[port]", port.as_str()),
        ("fields[security]", "none"),
        ("fields[from_name]", "Shop"),
        ("fields[from_address]", "shop@example.com"),
        ("live", "on"),
    ];
    assert_eq!(ada.post("channels/save", &mail).await.status(), 200);
    let hooks = [("channel", "webhook"), ("fields[timeout_seconds]", "5"), ("live", "on")];
    assert_eq!(ada.post("channels/save", &hooks).await.status(), 200);
}

/// A person whose every property is the text enters by an event of its name, gets a mail, and a
/// receiver refuses a webhook with it.
async fn send_messages(program: &Program, text: &str, receiver: &Receiver) -> String {
    let name = unquoted(text);
    let body = "<html><head><title>{{ profile.note }}</title></head><body><p title=\"{{ \
        profile.note }}\">{{ profile.note }}\
                {{ event.note }}</p><!-- {{ profile.note }} --><a href=\"{{ profile.link \
                }}\">a</a> <a href='{{ profile.note }}'>b</a>\
                <img src=\"{{ profile.link }}\" alt=\"{{ journey.name }}\"></body></html>";
    let id = program
        .publish(json!({
            "name": text, "description": text, "labels": [text],
            "settings": { "entry": { "event": { "name": name } } },
            "graph": {
                "nodes": [
                    { "id": "entry", "step": { "entry": {} } },
                    { "id": "mail", "name": text, "step": { "email": { "subject": "{{ profile.note }}", "body": body } } },
                    { "id": "hook", "name": text, "step": { "webhook": { "url": format!("{}/x", receiver.url()), "body": "{}" } } }
                ],
                "connectors": [
                    { "from": "entry", "outlet": "next", "to": "mail" },
                    { "from": "mail", "outlet": "sent", "to": "hook" }
                ]
            }
        }))
        .await;
    let person = json!({ "identity": text, "properties": {
        "email": "ann@example.com", "note": text, "link": "JaVa\tscript:alert(1)", (name.as_str()): text
    } });
    let (status, told) = program.json("/api/v1/profiles", json!({ "profiles": [person] })).await;
    assert_eq!((status, told["accepted"].as_u64()), (StatusCode::OK, Some(1)), "{told}");
    let event = json!({ "identity": text, "name": name, "properties": { "note": text, (name.as_str()): text } });
    let (status, told) = program.json("/api/v1/events", json!({ "events": [event] })).await;
    assert_eq!((status, told["accepted"].as_u64()), (StatusCode::OK, Some(1)), "{told}");
    program.until(&id, "completed", 1).await;
    id
}

/// A file of people of this name, with a column of this name and a row that is refused.
async fn import(ada: &Browser, text: &str) {
    let quoted = format!("\"{}\"", text.replace('"', "\"\""));
    let table =
        format!("identity,{},age:number\n{quoted},{quoted},1\nbob,x,{quoted}\n", unquoted(text));
    let name = format!("{}.csv", text.replace('"', "%22"));
    let list = unquoted(text);
    let answer = upload(
        &ada.client,
        &format!("{}/imports/upload", ada.url),
        &name,
        &table,
        &[("list", &list)],
    );
    let answer = answer.send().await.expect("an answer");
    let page = answer.headers()["location"].to_str().expect("an address").to_string();
    for _ in 0..1_200 {
        if ada.page(&page).await.1.contains("Done:") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the file was never read: {}", ada.page(&page).await.1);
}

/// Pages that no link of another page leads to.
async fn further_addresses(ada: &Browser, journey: &str) -> Vec<String> {
    let (_, outcome) = ada.operate("pause", &[journey.to_string()], &[]).await;
    let operation = outcome["report"]["id"].as_str().expect("an id");
    let (_, people) = ada.page("/team").await;
    let user = crate::support::value_of(&people, "user", 0);
    vec![
        format!("/operations/{operation}"),
        format!("/team/role?user={user}&role=viewer"),
        format!("/journeys/stop?ids[]={journey}"),
        format!("/journeys/label?ids[]={journey}"),
        format!("/journeys/{journey}/clone"),
        format!("/journeys/{journey}/messages/mail"),
        format!("/journeys/{journey}/messages/mail/html"),
        "/channels/webhook".to_string(),
        "/channels/push".to_string(),
    ]
}

/// Names of events, properties, segments and lists hold no quotes.
fn unquoted(text: &str) -> String {
    text.replace(['"', '\''], "")
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector")
}

/// The text of the first such element, as a browser has it.
fn text_of(page: &str, wanted: &str) -> String {
    let page = Html::parse_document(page);
    page.select(&selector(wanted))
        .next()
        .unwrap_or_else(|| panic!("{wanted} is there"))
        .text()
        .collect()
}
