//! Messages before they are sent: the check when publishing, the warnings on the journey's page, and how they will look.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    ingest::Program,
    support::{Place, Server},
};

const MJML: &str = "<mjml><mj-body><mj-section><mj-column><mj-text>Hi {{ profile.first_name | default: \"there\" }}, \
                    {{ event.product }}</mj-text><mj-button href=\"https://shop.example/\">Buy</mj-button></mj-column></mj-section></mj-body></mjml>";

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
    let (status, answer) = program.json("/api/v1/journeys/operate", json!({ "ids": [id], "action": "publish" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let problems = answer["error"]["fields"].as_array().expect("problems");
    let told: Vec<(&str, &str)> = problems
        .iter()
        .map(|problem| (problem["path"].as_str().expect("a path"), problem["sentence"].as_str().expect("a sentence")))
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
    assert!(told[1].1.contains("“Message 0”, body: Line 2: There is no filter “upcas”. Did you mean “upcase”?"), "{told:?}");
    assert!(told[2].1.contains("10000 rounds"), "{told:?}");
    let (status, page) = server.page(&format!("/journeys/{id}")).await;
    assert_eq!(status, 200);
    for (_, sentence) in told {
        let shown = sentence.split('“').next_back().unwrap_or_default().split('”').next().unwrap_or_default();
        assert!(page.contains(shown), "{sentence}");
    }
    let (_, detail) = program.get(&format!("/api/v1/journeys/{id}")).await;
    assert_eq!(detail["summary"]["status"], "draft");
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_a_warning_and_no_obstacle() {
    let place = Place::empty();
    let (server, program) = started(&place).await;
    let id =
        create(&program, &[json!({ "sms": { "body": "Hi {{ profile.frist_name }}: {{ event.product }} {{ event.price }}" } })])
            .await;
    for path in [format!("/journeys/{id}"), format!("/journeys/{id}/edit"), format!("/journeys/{id}/messages/m0")] {
        let (_, page) = server.page(&path).await;
        assert!(page.contains("Nobody has a property “frist_name”. Did you mean “first_name”?"), "{path}");
        assert!(page.contains("The event never had a property “price”."), "{path}");
        assert!(!page.contains("“product”"), "{path}");
    }
    let (status, answer) = program.json("/api/v1/journeys/operate", json!({ "ids": [id], "action": "publish" })).await;
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
    assert!(page.contains(&format!("href=\"/journeys/{id}/messages/m0\"")), "the journey leads to its messages");

    let show = async |node: &str, person: &str| {
        let (status, page) = server.page(&format!("/journeys/{id}/messages/{node}?person={person}")).await;
        assert_eq!(status, 200, "{node}");
        page
    };
    for person in ["ann-1", "ANN@example.com"] {
        let page = show("m0", person).await;
        assert!(page.contains("For gold") && page.contains("Hi &lt;Ann&gt;, Ink &amp; Pen"), "{page}");
        assert!(
            page.contains("Filled in for ") && page.contains("title=\"On a phone\"") && page.contains("title=\"On a desktop\"")
        );
    }
    assert!(show("m1", "ann-1").await.contains("7 characters, sent and paid as one SMS. It has signs outside"));
    let push = show("m2", "ann-1").await;
    assert!(push.contains("Ink &amp; Pen") && push.contains("https://shop.example/gold"), "{push}");
    let hook = show("m3", "ann-1").await;
    assert!(hook.contains("POST https://crm.example/%3CAnn%3E") && hook.contains("{\"a\": \"Ink &amp; Pen\" }"), "{hook}");
    assert!(show("m0", "").await.contains("somebody made up"));
    assert!(show("m0", "nobody%3Cb%3E").await.contains("Nobody has the identity or e-mail address “nobody&lt;b&gt;”"));
    assert_eq!(server.page(&format!("/journeys/{id}/messages/entry")).await.0, 404);
    assert_eq!(server.page(&format!("/journeys/{id}/messages/m1/html")).await.0, 404, "an SMS has no HTML");
}

#[tokio::test]
async fn the_html_of_a_mail_is_shown_where_it_can_do_nothing() {
    let place = Place::empty();
    let (server, program) = started(&place).await;
    let id = create(&program, &[json!({ "email": { "subject": "x", "body": "<p style=\"color:red\">Hi {{ profile.first_name }}</p><script>x</script>" } })]).await;
    let header = |answer: &reqwest::Response, name: &str| {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_string()
    };
    let answer = server.get(&format!("/journeys/{id}/messages/m0/html?person=ann-1")).await;
    let policy = header(&answer, "content-security-policy");
    for part in ["sandbox;", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("script-src") && !policy.contains("allow-"), "{policy}");
    assert_eq!(header(&answer, "x-frame-options"), "SAMEORIGIN");
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    assert_eq!(header(&answer, "cache-control"), "no-store");
    let html = answer.text().await.expect("HTML");
    assert!(html.contains("<p style=\"color:red\">Hi &lt;Ann&gt;</p>"), "{html}");

    let page = server.get(&format!("/journeys/{id}/messages/m0")).await;
    let policy = header(&page, "content-security-policy");
    assert!(policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(page.text().await.expect("a page").contains("sandbox=\"\""));
    let other = server.get(&format!("/journeys/{id}")).await;
    assert!(!header(&other, "content-security-policy").contains("frame-src"));
}
