//! A mail that was finished for everybody is the mail that was finished for them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    CompiledMessage, LinkBuilder, RenderContext, layout_cache::read, placeholders::Placeholder,
};
use crate::content::{Content, EmailContent};
use wayfare_domain::{
    graph::node::NodeKind,
    profiles::{Profile, Properties},
    time::Timestamp,
};
use wayfare_runtime::time_zones::TzdbZones;

const MJML: &str = "<mjml><mj-head><mj-preview>For {{ profile.name \
    }}</mj-preview></mj-head><mj-body><mj-section><mj-column>\
    <mj-text>Dear {{ profile.title }} {{ profile.name }},<br/>{{ event.note }}</mj-text>\
    <mj-button href=\"https://shop.example/cart?of={{ profile.name | url_encode }}&amp;x=1\">Go \
    on, {{ profile.name }}</mj-button>\
    <mj-image src=\"https://shop.example/{{ event.picture }}\" alt=\"{{ event.note }}\" \
    /></mj-column></mj-section></mj-body></mjml>";
const HTML: &str = "<html><body><h1>Hello {{ profile.name }}</h1><p>{{ event.note }}</p>{% if \
    profile.title %}<p>As a {{ profile.title }} you \
    may <a href='{{ event.link }}'>look</a></p>{% endif %}<ul>{% for item in event.items %}<li>{{ \
    item }}{% endfor %}</ul>\
    <a href='{{ event.link }}'>{{ event.link }}</a> <a href=\"mailto:{{ profile.name \
    }}\">mail</a></body></html>";
const OWN_WAY_OUT: &str = "<p>Hi {{profile.name}}. <a href=\"{{ unsubscribe_url }}\">enough</a> or \
    <a href='{{ preferences_url }}'>less</a></p>";
const CAPTURED: &str = "{% capture who %}<b>{{ profile.name }}</b>{% endcapture %}<p>{{ who }}: {{ \
    profile.name | newline_to_br }}</p>\
    {% ifchanged %}<i>{{ profile.title }}</i>{% endifchanged %}{{ event.note | raw }}";

const UNQUOTED: &str = "<p><a href={{ event.link }}>{{ profile.name }}</a></p>";

struct Signed(&'static str);

impl LinkBuilder for Signed {
    fn click(&self, target: &str) -> String {
        format!(
            "https://t.example/c?m={}&to={}",
            self.0,
            target.replace("://", "+").replace(char::is_whitespace, "_")
        )
    }

    fn pixel(&self) -> String {
        format!("https://t.example/o?a=1&m={}", self.0)
    }

    fn unsubscribe(&self) -> String {
        format!("https://t.example/u?a=1&m={}", self.0)
    }

    fn preferences(&self) -> String {
        format!("https://t.example/p?m={}", self.0)
    }
}

fn compiled(body: &str) -> CompiledMessage {
    let step = NodeKind::Email { subject: "Hello".to_string(), body: body.to_string() };
    CompiledMessage::new(&step).expect("it compiles")
}

fn composed(
    message: &CompiledMessage,
    profile: &Value,
    event: &Value,
    links: &'static str,
) -> EmailContent {
    let properties = |value: &Value| value.as_object().cloned().unwrap_or_else(Properties::new);
    let profile = Profile { properties: properties(profile), ..Profile::default() };
    let facts = RenderContext {
        profile: &profile,
        event: &properties(event),
        journey_id: "j-1",
        journey_name: "Welcome",
        calendar: &TzdbZones,
        zone: "Europe/Berlin",
        now: Timestamp(1_795_530_600_000),
    };
    match message.compose(&facts, Some(&Signed(links))).expect("composed") {
        Content::Email(content) => content,
        other => panic!("{other:?}"),
    }
}

fn ada() -> (Value, Value) {
    (
        json!({ "name": "Ada", "title": "Countess" }),
        json!({ "note": "Good news", "link": "https://a.example", "items": ["Pen", "Ink"], "picture": "a.png" }),
    )
}

/// One after another by the same message, and each by a message of their own.
fn assert_same(body: &str, profile: &Value, event: &Value) {
    let shared = compiled(body);
    let (first, her_event) = ada();
    composed(&shared, &first, &her_event, "1");
    let with_all = json!({ "name": profile["name"], "title": profile["title"] });
    let as_read =
        |mail: EmailContent| EmailContent { html: mail.html.as_deref().map(read), ..mail };
    let (shared_mail, own_mail) = (
        composed(&shared, &with_all, event, "2"),
        composed(&compiled(body), &with_all, event, "2"),
    );
    assert_eq!(as_read(shared_mail), as_read(own_mail), "{body}");
}

#[test]
fn the_second_of_a_shape_is_not_finished_anew() {
    for body in [MJML, HTML, OWN_WAY_OUT] {
        let shared = compiled(body);
        let (profile, event) = ada();
        composed(&shared, &profile, &event, "1");
        composed(&shared, &json!({ "name": "Bilal & Co", "title": "Dr" }), &event, "2");
        assert_eq!(shared.shapes(), (1, 1), "{body}");
        composed(&shared, &json!({ "name": "Chiara" }), &event, "3");
        assert_eq!(shared.shapes().0, if body == OWN_WAY_OUT { 1 } else { 2 }, "{body}");
    }
}

#[test]
fn a_text_that_brings_marks_of_its_own_gets_them_as_they_are() {
    let shared = compiled("<p>{{ profile.name }} {{ event.note | raw }}</p>");
    let forged = Placeholder::Value(0).text();
    for _ in 0..2 {
        let mail = composed(&shared, &json!({ "name": "Ada" }), &json!({ "note": &forged }), "1");
        assert!(mail.html.expect("HTML").contains(&format!("<p>Ada {forged}</p>")));
    }
    assert_eq!(shared.shapes(), (1, 0));
}

#[test]
fn what_stands_in_attributes_of_mjml_is_written_as_it_is() {
    let body = "<mjml><mj-body><mj-section><mj-column><mj-image src=\"https://a.example/\\x.png\" \
        alt='“5\u{a0}kg” \"now\"\n\u{200d}' />\
        </mj-column></mj-section></mj-body></mjml>";
    let (profile, event) = ada();
    let html = composed(&compiled(body), &profile, &event, "1").html.expect("HTML");
    assert!(html.contains("alt=\"“5&#160;kg” &#34;now&#34;&#10;&#8205;\""), "{html}");
    assert!(html.contains("src=\"https://a.example/&#92;x.png\""), "{html}");
}

#[test]
fn as_many_shapes_as_there_are_people_do_not_fill_the_memory() {
    let shared = compiled("<p>{{ event.note | raw }}</p>");
    for number in 0..200 {
        let mail =
            composed(&shared, &json!({}), &json!({ "note": format!("<b>{number}</b>") }), "1");
        assert!(mail.text.contains(&number.to_string()));
    }
    assert!(shared.shapes().0 <= 32);
}

fn word() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Ann"),
        Just(" "),
        Just("  "),
        Just("\n"),
        Just("<b>"),
        Just("&"),
        Just("&amp;"),
        Just("&eacute;"),
        Just("\""),
        Just("'"),
        Just("é"),
        Just("https://b.example/?a=1&b=2"),
        Just("\u{a0}"),
        Just("javascript:x"),
        Just("wf"),
        Just("{{ x }}"),
        Just("Straße 5"),
        Just("\t"),
        Just(">"),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn whoever_she_is_her_mail_is_the_same(
        body in prop_oneof![Just(MJML), Just(HTML), Just(OWN_WAY_OUT), Just(CAPTURED), Just(UNQUOTED)],
        name in word(), title in prop::option::of(word()), note in word(), link in word(), items in prop::collection::vec(word(), 0..3),
    ) {
        assert_same(body, &json!({ "name": name, "title": title }), &json!({ "note": note, "link": link, "items": items, "picture": "x" }));
    }
}
