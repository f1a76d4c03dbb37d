//! Messages before they are sent: the check when publishing, the warnings on the journey's page,
//! and how they will look.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    ingest::Program,
    providers::smtp::Sink,
    support::{Place, Server},
};

const MJML: &str = "<mjml><mj-body><mj-section><mj-column><mj-text>Hi {{ profile.first_name | \
    default: \"there\" }}, \
                    {{ event.product }}</mj-text><mj-button \
                    href=\"https://shop.example/\">Buy</mj-button></mj-column></mj-section></mj-body></mjml>";

/// A journey of these messages, one after the other.
fn journey(messages: &[Value]) -> Value {
    let mut nodes = vec![json!({ "id": "entry", "step": { "entry": {} } })];
    let mut connectors = Vec::new();
    let mut before = ("entry".to_string(), "next");
    for (index, step) in messages.iter().enumerate() {
        let id = format!("m{index}");
        nodes.push(json!({ "id": id, "name": format!("Message {index}"), "step": step }));
        connectors.push(json!({ "from": before.0, "outlet": before.1, "to": id }));
        before = (id, "sent");
    }
    json!({
        "name": "Cart",
        "settings": { "entry": { "event": { "name": "Left Cart" } }, "time_zone": "Europe/Berlin" },
        "graph": { "nodes": nodes, "connectors": connectors },
    })
}

async fn create(program: &Program, messages: &[Value]) -> String {
    let (status, made) = program.json("/api/v1/journeys", journey(messages)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["id"].as_str().expect("an id").to_string()
}

async fn meet_ann(program: &Program) {
    let ann = json!({ "identity": "ann-1", "properties": { "first_name": "<Ann>", "plan": "gold", "email": "Ann@example.com" } });
    let (status, answer) = program.json("/api/v1/profiles", json!({ "profiles": [ann] })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let left = json!({ "identity": "ann-1", "name": "Left Cart", "properties": { "product": "Ink & Pen" } });
    let (status, answer) = program.json("/api/v1/events", json!({ "events": [left] })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

async fn started(place: &Place) -> (Server, Program) {
    let server = place.serve();
    let program = Program::new(&server).await;
    meet_ann(&program).await;
    (server, program)
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_not_published_and_everything_is_told_at_once() {
    let place = Place::empty();
    let (server, program) = started(&place).await;
    let broken = [
        json!({ "email": { "subject": "Hi {{ profile.first_name", "body": "a\n{{ profile.plan | upcas }}" } }),
        json!({ "sms": { "body": "{% for i in (1..999999999) %}x{% endfor %}" } }),
        json!({ "webhook": { "url": "shop.example", "headers": [{ "name": "X-A", "value": "{% if %}" }] } }),
    ];
    let id = create(&program, &broken).await;
    let (status, answer) =
        program.json("/api/v1/journeys/operate", json!({ "ids": [id], "action": "publish" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let problems = answer["error"]["fields"].as_array().expect("problems");
    let told: Vec<(&str, &str)> = problems
        .iter()
        .map(|problem| {
            (
                problem["path"].as_str().expect("a path"),
                problem["sentence"].as_str().expect("a sentence"),
            )
        })
        .collect();
    assert_eq!(
        told.iter().map(|(path, _)| *path).collect::<Vec<_>>(),
        [
            "graph.nodes[1].step.email.subject",
            "graph.nodes[1].step.email.body",
            "graph.nodes[2].step.sms.body",
            "graph.nodes[3].step.webhook.headers[0].value",
        ]
    );
    assert!(
        told[1].1.contains(
            "“Message 0”, body: Line 2: There is no filter “upcas”. Did you mean “upcase”?"
        ),
        "{told:?}"
    );
    assert!(told[2].1.contains("10000 rounds"), "{told:?}");
    let (status, page) = server.page(&format!("/journeys/{id}")).await;
    assert_eq!(status, 200);
    for (_, sentence) in told {
        assert!(page.contains(sentence), "{sentence}");
    }
    let (_, detail) = program.get(&format!("/api/v1/journeys/{id}")).await;
    assert_eq!(detail["summary"]["status"], "draft");
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_a_warning_and_no_obstacle() {
    let place = Place::empty();
    let (server, program) = started(&place).await;
    let id = create(
        &program,
        &[json!({ "sms": { "body": "Hi {{ profile.frist_name }}: {{ event.product \
            }} {{ event.price }}" } })],
    )
    .await;
    for path in [
        format!("/journeys/{id}"),
        format!("/journeys/{id}/edit"),
        format!("/journeys/{id}/messages/m0"),
    ] {
        let (_, page) = server.page(&path).await;
        assert!(
            page.contains("No profile has a property “frist_name”. Did you mean “first_name”?"),
            "{path}"
        );
        assert!(page.contains("The event has never had a property “price”."), "{path}");
        assert!(!page.contains("“product”"), "{path}");
    }
    let (status, answer) =
        program.json("/api/v1/journeys/operate", json!({ "ids": [id], "action": "publish" })).await;
    assert_eq!((status, &answer["report"]["changed"]), (StatusCode::OK, &json!(1)), "{answer}");
}

#[tokio::test]
async fn a_message_is_shown_as_the_chosen_person_will_see_it() {
    let place = Place::empty();
    let (server, program) = started(&place).await;
    let messages = [
        json!({ "email": { "subject": "For {{ profile.plan }}", "body": MJML } }),
        json!({ "sms": { "body": "{{ profile.first_name }} ж" } }),
        json!({ "push": { "title": "{{ event.product }}", "body": "Now", "link": "https://shop.example/{{ profile.plan }}" } }),
        json!({ "webhook": { "url": "https://crm.example/{{ profile.first_name }}", "body": "{\"a\": {{ event.product }} }" } }),
    ];
    let id = create(&program, &messages).await;
    let (_, page) = server.page(&format!("/journeys/{id}")).await;
    assert!(
        page.contains(&format!("href=\"/journeys/{id}/messages/m0\"")),
        "the journey leads to its messages"
    );

    let show = async |node: &str, person: &str| {
        let (status, page) =
            server.page(&format!("/journeys/{id}/messages/{node}?person={person}")).await;
        assert_eq!(status, 200, "{node}");
        page
    };
    for person in ["ann-1", "ANN@example.com"] {
        let page = show("m0", person).await;
        assert!(
            page.contains("For gold") && page.contains("Hi &lt;Ann&gt;, Ink &amp; Pen"),
            "{page}"
        );
        assert!(
            page.contains("Shown with data from ")
                && page.contains("title=\"On a phone\"")
                && page.contains("title=\"On a desktop\"")
        );
    }
    assert!(
        show("m1", "ann-1")
            .await
            .contains("7 characters, sent and billed as one SMS. It has characters outside")
    );
    let push = show("m2", "ann-1").await;
    assert!(push.contains("Ink &amp; Pen") && push.contains("https://shop.example/gold"), "{push}");
    let hook = show("m3", "ann-1").await;
    assert!(
        hook.contains("POST https://crm.example/%3CAnn%3E")
            && hook.contains("{\"a\": \"Ink &amp; Pen\" }"),
        "{hook}"
    );
    assert!(show("m0", "").await.contains("Shown with sample data"));
    assert!(
        show("m0", "nobody%3Cb%3E")
            .await
            .contains("No profile has the identity or email address “nobody&lt;b&gt;”")
    );
    assert_eq!(server.page(&format!("/journeys/{id}/messages/entry")).await.0, 404);
    assert_eq!(
        server.page(&format!("/journeys/{id}/messages/m1/html")).await.0,
        404,
        "an SMS has no HTML"
    );
}

fn header(answer: &reqwest::Response, name: &str) -> String {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_string()
}

/// The policy of what an author wrote.
fn can_do_nothing(answer: &reqwest::Response) {
    let policy = header(answer, "content-security-policy");
    for part in ["sandbox;", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("script-src") && !policy.contains("allow-"), "{policy}");
    assert_eq!(header(answer, "x-frame-options"), "SAMEORIGIN");
    assert_eq!(header(answer, "x-content-type-options"), "nosniff");
    assert_eq!(header(answer, "cache-control"), "no-store");
}

#[tokio::test]
async fn the_html_of_a_mail_is_shown_where_it_can_do_nothing() {
    let place = Place::empty();
    let (server, program) = started(&place).await;
    let id = create(
        &program,
        &[json!({ "email": { "subject": "x", "body": "<p \
        style=\"color:red\">Hi {{ profile.first_name }}</p><script>x</script>" } })],
    )
    .await;
    let answer = server.get(&format!("/journeys/{id}/messages/m0/html?person=ann-1")).await;
    can_do_nothing(&answer);
    let html = answer.text().await.expect("HTML");
    assert!(html.contains("<p style=\"color:red\">Hi &lt;Ann&gt;</p>"), "{html}");

    // By itself it would be a page of an author's making at our address.
    let address = format!("{}/journeys/{id}/messages/m0/html", server.url);
    for (goal, status) in [("document", 403), ("object", 403), ("iframe", 200)] {
        let request = server.client.get(&address).header("sec-fetch-dest", goal);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{goal}");
        let page = answer.text().await.expect("a page");
        assert_eq!(page.contains("color:red"), status == 200, "{page}");
    }

    // So is what the editor sends along, whatever is saved.
    let node = json!({ "id": "new", "step": { "email": { "subject": "x", "body": "<p>Unsaved {{ profile.first_name }}</p>" } } });
    let message = json!({ "journey": id, "node": node, "settings": { "entry": { "api": {} } }, "person": "ann-1" });
    let sent = |message: String| {
        server.client.post(format!("{}/messages/html", server.url)).form(&[("message", message)])
    };
    let answer = sent(message.to_string()).send().await.expect("an answer");
    can_do_nothing(&answer);
    let html = answer.text().await.expect("HTML");
    assert!(html.contains("<p>Unsaved &lt;Ann&gt;</p>"), "{html}");
    assert_eq!(sent("{}".to_string()).send().await.expect("an answer").status(), 400);

    let page = server.get(&format!("/journeys/{id}/messages/m0")).await;
    let policy = header(&page, "content-security-policy");
    assert!(
        policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(page.text().await.expect("a page").contains("sandbox=\"\""));
    let other = server.get(&format!("/journeys/{id}")).await;
    assert!(!header(&other, "content-security-policy").contains("frame-src"));
}

/// The e-mail channel of the project, in test mode.
async fn set_up_mail(server: &Server, sink: &Sink) {
    let port = sink.port.to_string();
    let fields = [
        ("channel", "email"),
        ("fields[host]", "localhost"),
        ("fields[port]", port.as_str()),
        ("fields[security]", "none"),
        ("fields[from_name]", "Shop"),
        ("fields[from_address]", "news@shop.example"),
        ("revision", "0"),
    ];
    assert_eq!(server.post("channels/save", &fields).await.status(), 200);
}

#[tokio::test]
async fn a_message_is_sent_to_oneself_as_it_is_shown_and_nothing_of_it_is_counted() {
    let place = Place::empty();
    let sink = Sink::start();
    let server = place.serve_with(&["--allow-networks", "127.0.0.0/8"]);
    let program = Program::new(&server).await;
    meet_ann(&program).await;
    let body = "<p>Hi {{ profile.first_name }}, <a href=\"https://shop.example/\">buy {{ \
        event.product }}</a></p>";
    let messages = [
        json!({ "email": { "subject": "For {{ profile.plan }}", "body": body } }),
        json!({ "sms": { "body": "Hi" } }),
    ];
    let id = create(&program, &messages).await;
    let from = format!("/journeys/{id}/messages/m0?person=ann-1");
    let send = async |node: &str, to: &str| {
        let form = [("journey", id.as_str()), ("node", node), ("person", "ann-1"), ("to", to)];
        server.plain("messages/test", &form, &from).await
    };
    let complaint = async |node: &str, to: &str| {
        let answer = send(node, to).await;
        (answer.status().as_u16(), answer.text().await.expect("a page"))
    };

    let (status, page) = complaint("m0", "me@example.com").await;
    assert!(
        status == 409 && page.contains("The channel of this message is not set up yet."),
        "{page}"
    );
    assert!(
        page.contains("href=\"/channels/email\"") && !page.contains("messages/test"),
        "its page leads to the settings: {page}"
    );
    set_up_mail(&server, &sink).await;
    let (status, page) = complaint("m0", " ").await;
    assert!(status == 400 && page.contains("Enter the address for the test message."), "{page}");
    assert_eq!(
        complaint("m1", "+49170").await.0,
        409,
        "another channel's message is another matter"
    );
    assert_eq!(complaint("entry", "me@example.com").await.0, 404);

    let answer = send("m0", "me@example.com").await;
    assert_eq!(
        answer.headers()["location"],
        format!("/journeys/{id}/messages/m0?person=ann-1&notice=test-taken")
    );
    let mail = sink.messages().pop().expect("a mail");
    assert_eq!((&mail["subject"], &mail["to"]), (&json!("For gold"), &json!(["me@example.com"])));
    let raw = mail["raw"].as_str().expect("text");
    assert!(
        raw.contains("Hi &lt;Ann&gt;")
            && raw.contains("https://shop.example/")
            && raw.contains("Ink &amp; Pen"),
        "{raw}"
    );
    assert!(
        !raw.contains("/t/") && !raw.contains("List-Unsubscribe"),
        "nothing in it is counted: {raw}"
    );
    // From the editor goes what stands there, saved or not.
    let unsaved = json!({ "id": "m0", "name": "Unsaved", "step": { "email": { "subject": "Soon {{ profile.plan }}", "body": "…" } } });
    let message = json!({ "journey": id, "node": unsaved, "settings": { "entry": { "api": {} } }, "person": "ann-1" });
    let ask = json!({ "message": message, "to": "me@example.com" });
    let answer = server
        .client
        .post(format!("{}/api/ui/editor/test", server.url))
        .json(&ask)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(sink.messages().pop().expect("a mail")["subject"], json!("Soon gold"));
    let (status, page) = complaint("m0", "bounce@example.com").await;
    assert!(
        status == 409 && page.contains("was not sent: the mail server does not know the address"),
        "{page}"
    );
    assert!(page.contains("value=\"bounce@example.com\""), "what was typed is still there");
    let (_, list) = server.page("/suppressions").await;
    assert!(list.contains("No suppressed addresses."), "a test suppresses no address");

    let form = [("kind", "email"), ("addresses", "gone@example.com")];
    assert_eq!(server.post("suppressions/add", &form).await.status(), 200);
    let (status, page) = complaint("m0", "Gone@example.com").await;
    assert!(
        status == 409 && page.contains("it is on the suppression list (added by hand)"),
        "{page}"
    );
    assert_eq!(sink.messages().len(), 2);

    let (_, log) = server.page("/audit?event=messages.test").await;
    for line in [
        "“Message 0” of Cart to me@example.com: taken",
        "“Unsaved” of Cart to me@example.com: taken",
        "to bounce@example.com: the mail server does not know",
    ] {
        assert!(log.contains(line), "{line} is not in {log}");
    }
    let (_, detail) = program.get(&format!("/api/v1/journeys/{id}")).await;
    assert_eq!(detail["nodes"], json!([]), "no one entered, nothing was sent");
}

#[tokio::test]
async fn tests_to_oneself_are_no_way_to_send_many() {
    let place = Place::empty();
    let sink = Sink::start();
    let server = place.serve_with(&["--allow-networks", "127.0.0.0/8"]);
    let program = Program::new(&server).await;
    set_up_mail(&server, &sink).await;
    let id = create(&program, &[json!({ "email": { "subject": "x", "body": "y" } })]).await;
    let form = [("journey", id.as_str()), ("node", "m0"), ("to", "me@example.com")];
    // So many would take ten minutes.
    for _ in 0..50 {
        let answer = server.post("messages/test", &form).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers().contains_key("retry-after"));
            assert!(answer.text().await.expect("text").contains("too_many"));
            assert!(sink.messages().len() >= 5, "a handful goes out at once");
            return;
        }
        assert_eq!(answer.status(), StatusCode::OK);
    }
    panic!("fifty went out");
}
