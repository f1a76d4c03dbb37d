//! Costly work: it ends, no one takes all of it, and what is too large is said to be.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    editor::shop::{Editor, chain, settings},
    ingest::Program,
    support::{Browser, Place, Server, upload},
};

const MIB: usize = 1024 * 1024;

/// A message of a journey as the editor sends it along.
fn draft(journey: &str, body: &str) -> Value {
    let node = json!({ "id": "mail", "step": { "email": { "subject": "Hi", "body": body } } });
    json!({ "journey": journey, "node": node, "settings": settings(), "person": "" })
}

fn mjml(inner: &str) -> String {
    format!(
        "<mjml><mj-body><mj-section><mj-column><mj-text>{inner}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
}

/// As long as a mail may be.
fn filled(unit: &str) -> String {
    unit.repeat(1_040_000 / unit.len())
}

fn preview(
    browser: &Browser,
    message: &Value,
) -> impl Future<Output = reqwest::Result<Response>> + Send + 'static {
    let body = json!({ "message": message });
    browser.client.post(format!("{}/api/ui/editor/preview", browser.url)).json(&body).send()
}

/// Waits until the server's figure is as it should be.
async fn until(program: &Program, figure: &str, holds: impl Fn(u64) -> bool) {
    let start = format!("wayfare_{figure} ");
    loop {
        let text = program.metrics().await;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(&start)?.parse().ok())
            .expect("the figure is there");
        if holds(value) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_mail_of_a_megabyte_of_anything_is_answered_and_the_server_goes_on_serving() {
    let place = Place::empty();
    let server = place.serve();
    let journey = Editor(&server).create("Mail").await;
    let bodies = [
        mjml(&filled("<br/>")),
        mjml(&filled("<!-- > ")),
        format!("<mjml>{}", filled("<br/>")),
        format!("<mjml><mj-body>{}</mj-body></mjml>", filled("<mj-section/>")),
        format!(
            "<mjml><mj-body><mj-section><mj-column><mj-carousel>{}",
            filled("<mj-carousel-image/>")
        ),
        mjml(&filled("<p a='")),
        format!("<p>{}</p>", filled("&#")),
    ];
    for body in bodies {
        let start: String = body.chars().take(80).collect();
        let answer = preview(&server, &draft(&journey, &body)).await.expect("an answer");
        let (status, told) = (answer.status(), answer.json::<Value>().await.expect("JSON"));
        let shown = status == StatusCode::OK
            && (told["content"].is_object() || told["findings"]["problems"][0].is_object());
        let stopped =
            status == StatusCode::SERVICE_UNAVAILABLE && told["took_too_long"].is_string();
        assert!(shown || stopped, "{start}: {status}");
        assert_eq!(server.get("/api/ui/journeys/list?query=").await.status(), 200, "{start}");
    }
}

#[tokio::test]
async fn somebody_who_begins_too_much_at_once_is_told_so_and_others_are_served() {
    let place = Place::empty();
    place.account("ada@example.com", "creator");
    place.account("vera@example.com", "viewer");
    let server = place.serve();
    let (ada, vera) =
        (server.signed_in("ada@example.com").await, server.signed_in("vera@example.com").await);
    let journey = Editor(&ada).create("Mail").await;
    let costly = draft(&journey, &mjml(&filled("<br/>")));
    let mut begun = tokio::task::JoinSet::new();
    // Two at once, and eight who wait.
    for _ in 0..14 {
        begun.spawn(preview(&ada, &costly));
    }
    let mut refused = None;
    while let Some(answer) = begun.join_next().await {
        let answer = answer.expect("no panic").expect("an answer");
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a refusal");
    assert_eq!(refused.headers()["retry-after"], "5");
    let told: Value = refused.json().await.expect("JSON");
    let sentence = told["crowded"]["sentence"].as_str().unwrap_or_default();
    assert!(sentence.contains("You have too many requests running"), "{told}");
    let of_vera = preview(&vera, &draft(&journey, "Hi")).await.expect("an answer");
    assert_eq!(of_vera.status(), 200, "another person's preview is made meanwhile");
    begun.abort_all();
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_work_and_the_places_are_free_again() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let journey = Editor(&server).create("Mail").await;
    let costly = draft(&journey, &mjml(&filled("<br/>")));
    let mut begun = tokio::task::JoinSet::new();
    for _ in 0..10 {
        begun.spawn(preview(&server, &costly));
    }
    until(&program, "costly_work_running", |running| running == 2).await;
    begun.abort_all();
    until(&program, "costly_work_abandoned_total", |abandoned| abandoned >= 2).await;
    until(&program, "costly_work_running", |running| running == 0).await;
    assert_eq!(preview(&server, &draft(&journey, "Hi")).await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn work_that_takes_too_long_is_stopped_within_and_the_error_says_so() {
    let place = Place::demo();
    let server = place.serve_with(&["--work-seconds", "0"]);
    let journey = Editor(&server).create("Mail").await;
    let answer = preview(&server, &draft(&journey, "Hi")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let told: Value = answer.json().await.expect("JSON");
    let sentence = told["took_too_long"].as_str().unwrap_or_default();
    assert!(
        sentence.starts_with("The preview took longer than 0 seconds and was stopped."),
        "{told}"
    );
    let trial = json!({ "graph": chain(3), "settings": settings(), "person": null, "event": {}, "later": [] });
    let (status, told) = Editor(&server).ask("try-person", json!({ "trial": trial })).await;
    assert_eq!((status, told["took_too_long"].is_string()), (503, true), "{told}");
    let program = Program::new(&server).await;
    let saved = program
        .client()
        .put(format!("{}/api/v1/segments/gold", server.url))
        .bearer_auth(program.key());
    let saved =
        saved.body(json!({ "on_list": "gold" }).to_string()).send().await.expect("an answer");
    assert_eq!(saved.status(), StatusCode::NO_CONTENT);
    assert_eq!(program.get("/api/v1/segments").await.0, StatusCode::OK, "counted or not");
    for page in ["/segments", "/segments/edit?name=gold", "/profiles"] {
        assert_eq!(server.page(page).await.0, 200, "{page}");
    }
    assert_eq!(server.get("/journeys").await.status(), 200, "what is not costly goes on");
}

#[tokio::test]
async fn segments_that_double_with_each_other_are_refused_before_they_fill_the_memory() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let save = async |name: usize, criteria: Value| {
        let request = program
            .client()
            .put(format!("{}/api/v1/segments/s{name}", server.url))
            .bearer_auth(program.key());
        request.body(criteria.to_string()).send().await.expect("an answer").status()
    };
    assert_eq!(save(0, json!({ "on_list": "a" })).await, StatusCode::NO_CONTENT);
    let mut refused = None;
    for name in 1..40 {
        let twice = json!({ "any": [{ "in_segment": format!("s{}", name - 1) }, { "in_segment": format!("s{}", name - 1) }] });
        let status = save(name, twice).await;
        if status != StatusCode::NO_CONTENT {
            refused = Some(status);
            break;
        }
    }
    assert_eq!(refused, Some(StatusCode::CONFLICT));
    assert_eq!(
        program.get("/api/v1/segments").await.0,
        StatusCode::OK,
        "those that were saved are counted"
    );
}

#[tokio::test]
async fn a_segment_of_very_many_conditions_is_counted_and_one_of_too_many_is_refused() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let save = async |conditions: usize| {
        let plan = |number| json!({ "property": { "property": "plan", "is": "equals", "value": format!("p{number}") } });
        let any = json!({ "any": (0..conditions).map(plan).collect::<Vec<_>>() });
        let request = program
            .client()
            .put(format!("{}/api/v1/segments/many", server.url))
            .bearer_auth(program.key());
        request.body(any.to_string()).send().await.expect("an answer").status()
    };
    assert_eq!(save(1_900).await, StatusCode::NO_CONTENT);
    let (status, segments) = program.get("/api/v1/segments").await;
    assert_eq!((status, &segments[0]["people"]), (StatusCode::OK, &json!(0)));
    assert_eq!(save(2_100).await, StatusCode::CONFLICT);
}

/// A graph of about so many bytes.
fn graph_of(bytes: usize) -> Value {
    let text = "x".repeat(1_000_000);
    let count = bytes / text.len();
    let mut graph = chain(2 + count);
    let nodes = graph["nodes"].as_array_mut().expect("nodes");
    for node in nodes.iter_mut().skip(2) {
        node["step"] = json!({ "sms": { "body": text } });
    }
    graph["connectors"].as_array_mut().expect("connectors").truncate(1);
    graph
}

/// What the editor sends a graph or a message by, with the function's name.
fn doors(document: &Value, graph: &Value, message: &Value) -> Vec<(&'static str, Value)> {
    let save = json!({
        "journey": document["journey"], "version": document["version"], "revision": document["revision"],
        "graph": graph, "settings": settings()
    });
    let trial =
        json!({ "graph": graph, "settings": settings(), "person": null, "event": {}, "later": [] });
    let replay = json!({ "graph": graph, "settings": settings(), "days": 7 });
    vec![
        ("save", json!({ "save": save })),
        ("try-person", json!({ "trial": trial })),
        ("try-events", json!({ "replay": replay })),
        ("preview", json!({ "message": message })),
        ("test", json!({ "message": message, "to": "ada@example.com" })),
    ]
}

#[tokio::test]
async fn a_graph_of_sixteen_megabytes_comes_in_by_every_door_of_the_editor_and_a_larger_one_is_413()
{
    let place = Place::empty();
    let server = place.serve();
    let editor = Editor(&server);
    let document = editor.open(&editor.create("Large").await).await;
    let journey = document["journey"].as_str().expect("an id");
    let fits = doors(&document, &graph_of(15 * MIB), &draft(journey, &"\n".repeat(MIB)));
    for (door, body) in fits {
        let (status, told) = editor.ask(door, body).await;
        // There is no channel to send the test by: it was read, and that is what counts.
        let expected = if door == "test" { 409 } else { 200 };
        assert_eq!(
            status,
            expected,
            "{door}: {}",
            told.to_string().chars().take(300).collect::<String>()
        );
    }
    let over = doors(&document, &graph_of(17 * MIB), &draft(journey, &"x".repeat(17 * MIB)));
    for (door, body) in over {
        let (status, told) = editor.ask(door, body).await;
        assert_eq!(status, 413, "{door}");
        assert!(
            told["too_large"]
                .as_str()
                .is_some_and(|sentence| sentence.contains("larger than 16 MiB")),
            "{door}: {told}"
        );
    }
    let framed = |message: Value| {
        let form = [("message", message.to_string())];
        server.client.post(format!("{}/messages/html", server.url)).form(&form).send()
    };
    let shown = framed(draft(journey, &format!("<p>{}</p>", "\n".repeat(MIB - 100))))
        .await
        .expect("an answer");
    assert_eq!(shown.status(), 200, "the frame of a preview");
    assert_eq!(
        framed(draft(journey, &"x".repeat(17 * MIB))).await.expect("an answer").status(),
        413
    );
}

async fn sent(
    server: &Server,
    path: &str,
    kind: &str,
    bytes: usize,
    key: Option<&str>,
) -> Response {
    let request = server
        .client
        .post(format!("{}{path}", server.url))
        .header("content-type", kind)
        .body(vec![b'a'; bytes]);
    let request = if let Some(key) = key { request.bearer_auth(key) } else { request };
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_at_every_door() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    for path in [
        "/api/v1/journeys",
        "/api/v1/journeys/operate",
        "/api/v1/journeys/preview-stop",
        "/api/v1/events",
        "/api/v1/profiles",
        "/v1/batch",
        "/v1/track",
        "/1/upload",
    ] {
        let answer = sent(&server, path, "application/json", MIB + 1, Some(program.key())).await;
        assert_eq!(answer.status(), 413, "{path}");
        let told: Value = answer.json().await.unwrap_or_else(|_| panic!("{path} answers in JSON"));
        assert_eq!(told["error"]["code"], "too_large", "{path}");
        assert!(
            told["error"]["message"].as_str().is_some_and(|sentence| sentence.contains("1 MiB")),
            "{path}: {told}"
        );
    }
    let form = "application/x-www-form-urlencoded";
    for (path, bytes) in [
        ("/api/ui/journeys/operate", MIB + 1),
        ("/api/ui/session/sign-in", MIB + 1),
        ("/u/nobodys", 64 * 1024 + 1),
        ("/hooks/nobodys/sendgrid", 4 * MIB + 1),
    ] {
        assert_eq!(sent(&server, path, form, bytes, None).await.status(), 413, "{path}");
    }
}

#[tokio::test]
async fn a_form_of_very_many_fields_is_refused_at_every_door_before_it_is_read() {
    let place = Place::empty();
    let server = place.serve();
    let fields = "a&".repeat(30_000);
    for path in ["/api/ui/session/sign-in", "/api/ui/journeys/operate", "/messages/html", "/u/any"]
    {
        let request = server.client.post(format!("{}{path}", server.url));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(fields.clone()).send().await.expect("an answer");
        assert_eq!(answer.status(), 413, "{path}");
    }
    // As many as are read are no field of the form, and that is what is said.
    let form = "a&".repeat(10_000);
    let request = server.client.post(format!("{}/api/ui/session/sign-in", server.url));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = request.body(form).send().await.expect("an answer");
    assert!(answer.status() != 413 && answer.status().is_client_error(), "{}", answer.status());
}

#[tokio::test]
async fn a_field_beside_a_file_is_not_kept_at_any_length() {
    let place = Place::empty();
    let server = place.serve();
    let address = format!("{}/imports/upload", server.url);
    let list = "x".repeat(2 * MIB);
    let answer =
        upload(&server.client, &address, "people.csv", "identity\nada\n", &[("list", &list)])
            .send()
            .await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.expect("a page").contains("more than 4096 bytes"));
}
