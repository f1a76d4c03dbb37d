//! What authors write becomes what goes out.

use serde_json::{Value, json};

use super::{
    CompiledMessage, LinkBuilder, RenderContext, TemplateError,
    budget::{EMAIL_MAX, TEXT_MAX},
    check,
    compile::Template,
    compose,
    escape_context::EscapeContext,
    variable_scope::{MessageUrls, VariableScope},
};
use crate::content::{Content, EmailContent, WebhookContent};
use wayfare_domain::{
    graph::node::{NodeKind, WebhookHeader, WebhookMethod},
    interrupt::{GivenUp, Interrupt, Uninterrupted},
    messages::{known_properties::KnownProperties, preview::MessageProblems},
    profiles::{Profile, Properties},
    time::Timestamp,
};
use wayfare_runtime::time_zones::TzdbZones;

const NOW: Timestamp = Timestamp(1_795_530_600_000); // 2026-11-24T14:30:00Z

fn object(value: Value) -> Properties {
    match value {
        Value::Object(members) => members,
        _ => Properties::new(),
    }
}

fn ann() -> Profile {
    Profile {
        identity: Some("ann-1".to_string()),
        properties: object(json!({
            "first_name": "Ann", "nasty": "<b>\"x\" & 'y'</b>\r\nBcc: z", "points": 7, "tags": ["a", "b"], "größe": "XL",
            "Favourite colour": "red", "since": "2026-11-23T23:30:00.000Z", "birthday": "1990-05-17", "empty": "",
        })),
        addresses: [("email".to_string(), "ann@example.com".to_string())].into(),
        ..Profile::default()
    }
}

fn order() -> Properties {
    object(
        json!({ "total": 12.5, "items": [{ "name": "Pen", "price": 2 }, { "name": "Ink & Co", "price": 3 }], "code": "A B" }),
    )
}

/// Hands facts about Ann to anyone who needs them.
fn with_facts<T>(profile: &Profile, use_them: impl FnOnce(&RenderContext<'_>) -> T) -> T {
    let event = order();
    use_them(&RenderContext {
        profile,
        event: &event,
        journey_id: "j-1",
        journey_name: "Welcome",
        calendar: &TzdbZones,
        zone: "Europe/Berlin",
        now: NOW,
    })
}

fn filled(source: &str, place: EscapeContext) -> String {
    let template = Template::parse(source, place, TEXT_MAX)
        .unwrap_or_else(|faults| panic!("{source}: {faults:?}"));
    with_facts(&ann(), |facts| {
        template
            .render(&VariableScope::new(facts, &MessageUrls::default()))
            .unwrap_or_else(|_| panic!("{source}"))
    })
}

fn text(source: &str) -> String {
    filled(source, EscapeContext::Text)
}

struct Tracked;

impl LinkBuilder for Tracked {
    fn click(&self, target: &str) -> String {
        format!("https://t.example/c?x=1&to={}", target.replace("://", "+"))
    }

    fn pixel(&self) -> String {
        "https://t.example/o".to_string()
    }

    fn unsubscribe(&self) -> String {
        "https://t.example/u?a=1&b=2".to_string()
    }

    fn preferences(&self) -> String {
        "https://t.example/p".to_string()
    }
}

fn email(body: &str, links: Option<&dyn LinkBuilder>) -> Result<EmailContent, TemplateError> {
    let step = NodeKind::Email {
        subject: "Hi {{ profile.first_name }}".to_string(),
        body: body.to_string(),
    };
    match with_facts(&ann(), |facts| compose(&step, facts, links))? {
        Content::Email(email) => Ok(email),
        other => panic!("{other:?}"),
    }
}

fn webhook(
    url: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> Result<WebhookContent, TemplateError> {
    let header = |(name, value): &(&str, &str)| WebhookHeader {
        name: (*name).to_string(),
        value: (*value).to_string(),
    };
    let step = NodeKind::Webhook {
        url: url.to_string(),
        body: body.to_string(),
        method: WebhookMethod::Post,
        headers: headers.iter().map(header).collect(),
    };
    match with_facts(&ann(), |facts| compose(&step, facts, None))? {
        Content::Webhook(webhook) => Ok(webhook),
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_of_the_person_the_event_and_the_journey_are_put_in() {
    for (source, expected) in [
        ("Hi {{ profile.first_name }}!", "Hi Ann!"),
        (
            "{{ customer.first_name }} {{ profile.email }} {{ profile.identity }}",
            "Ann ann@example.com ann-1",
        ),
        (
            "{{ event.total }} {{ event.items[1].name }} {{ event.items.size }} {{ \
                event.items.last.price }}",
            "12.5 Ink & Co 2 3",
        ),
        ("{{ journey.name }} {{ journey.id }}", "Welcome j-1"),
        ("{{ profile['Favourite colour'] }} {{ profile.größe }}", "red XL"),
        ("{{ profile.points | plus: 3 | times: 2 }}", "20"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}

#[test]
fn what_is_not_there_is_nothing_and_never_an_error() {
    for (source, expected) in [
        ("[{{ profile.missing }}]", "[]"),
        ("[{{ nobody.knows.this[0] }}]", "[]"),
        ("{{ profile.missing | default: 'there' }}", "there"),
        ("{{ profile.empty | default: 'there' }}", "there"),
        ("{{ profile.missing | plus: 3 }} {{ profile.missing | upcase | size }}", "3 0"),
        ("[{{ profile[profile.missing] }}]", "[]"),
        ("[{{ profile[event.code].x }}]", "[]"),
        ("{% for x in profile.missing %}x{% else %}none{% endfor %}", "none"),
        ("{% if profile.missing %}yes{% else %}no{% endif %}", "no"),
        ("{% assign x = profile.missing %}{% if x %}yes{% else %}no{% endif %}", "no"),
        (
            "{% if profile.missing > 3 or profile.missing contains 'x' %}yes{% else %}no{% endif \
                %}",
            "no",
        ),
        ("{% if profile.missing == nil %}nil{% endif %}", "nil"),
        (
            "[{{ profile.first_name | divided_by: 0 }}{{ 5 | modulo: 0 }}{{ 9223372036854775 | \
                times: 99999999 }}]",
            "[]",
        ),
        ("[{{ profile.first_name | date: '%Y' }}]", "[Ann]"),
        ("[{{ profile.missing | json }}{{ profile.missing | split: ',' | join: '-' }}]", "[null]"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}

#[test]
fn the_tags_of_liquid_work() {
    for (source, expected) in [
        (
            "{% for i in event.items %}{{ forloop.index }}{{ i.name }};{% endfor %}",
            "1Pen;2Ink & Co;",
        ),
        ("{% for i in (1..5) reversed limit: 2 offset: 1 %}{{ i }}{% endfor %}", "32"),
        (
            "{% for i in (1..9) %}{% if i == 3 %}{% continue %}{% elsif i > 4 %}{% break %}{% \
                endif %}{{ i }}{% endfor %}",
            "124",
        ),
        (
            "{% for a in (1..2) %}{% for b in (1..2) %}{{ forloop.parentloop.index }}{{ b }} {% \
                endfor %}{% endfor %}",
            "11 12 21 22 ",
        ),
        ("{% case profile.points %}{% when 1, 7 %}seven{% else %}other{% endcase %}", "seven"),
        ("{% unless profile.points > 9 and true %}few{% endunless %}", "few"),
        ("{% if profile.first_name == 'Bob' or profile.tags contains 'b' %}yes{% endif %}", "yes"),
        (
            "{% assign x = 'a,b' | split: ',' %}{{ x.last }}{% capture y %}<{{ x[0] }}>{% \
                endcapture %}{{ y }}",
            "b<a>",
        ),
        ("{% increment n %}{% increment n %}{% decrement m %}", "01-1"),
        ("{% for i in (1..3) %}{% cycle 'odd', 'even' %} {% endfor %}", "odd even odd "),
        (
            "{% tablerow i in (1..3) cols: 2 %}{{ i }}{% endtablerow %}",
            "<tr class=\"row1\"><td class=\"col1\">1</td><td class=\"col2\">2</td></tr><tr \
                class=\"row2\"><td class=\"col1\">3</td></tr>",
        ),
        (
            "{% for i in (1..3) %}{% ifchanged %}{{ i | divided_by: 2 }}{% endifchanged %}{% \
                endfor %}",
            "01",
        ),
        (
            "a {{- ' b ' -}} c{% comment %} {{ x }} {% endcomment %}{% raw %}{{ y }}{% endraw %}",
            "a b c{{ y }}",
        ),
        (
            "{% for pair in event.items[0] %}{{ pair[0] }}={{ pair[1] }} {% endfor %}",
            "name=Pen price=2 ",
        ),
    ] {
        let found = text(source);
        let mut words: Vec<&str> = found.split(' ').collect();
        let mut wanted: Vec<&str> = expected.split(' ').collect();
        if source.contains("pair") {
            // Members of an object have no order.
            words.sort_unstable();
            wanted.sort_unstable();
        }
        assert_eq!(words, wanted, "{source}");
    }
}

#[test]
fn filters_do_what_liquid_says() {
    for (source, expected) in [
        ("{{ 'a-b' | replace: '-', '+' | append: '!' | prepend: '?' }}", "?a+b!"),
        ("{{ 'ann lee' | capitalize }} {{ 'ann lee' | titlecase }}", "Ann lee Ann Lee"),
        (
            "{{ 'one two three' | truncate: 9 }} {{ 'one two three' | truncatewords: 2 }}",
            "one tw... one two...",
        ),
        ("{{ event.items | map: 'name' | join: ', ' }}", "Pen, Ink & Co"),
        (
            "{{ event.items | where: 'price', 3 | map: 'name' | first }} {{ event.items | sum: \
                'price' }}",
            "Ink & Co 5",
        ),
        ("{{ 'c,a,b,a' | split: ',' | sort | uniq | reverse | join }}", "c b a"),
        (
            "{{ 4.6 | round }} {{ 4.666 | round: 2 }} {{ 4.1 | ceil }} {{ 7 | divided_by: 2 }} {{ \
                7.0 | divided_by: 2 }}",
            "5 4.67 5 3 3.5",
        ),
        ("{{ 1234567 | number_with_delimiter }}", "1,234,567"),
        ("{{ '<p>Hi <b>you</b></p>' | strip_html }} {{ ' x ' | strip }}", "Hi you x"),
        (
            "{{ 'a b&c' | url_encode }} {{ 'a%20b' | url_decode }} {{ 'hi' | base64_encode }}",
            "a%20b%26c a b aGk=",
        ),
        (
            "{{ 'hello' | slice: -3, 2 }} {{ false | default: 'x' }} {{ false | default: 'x', \
                allow_false: true }}",
            "ll x false",
        ),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}

#[test]
fn dates_are_those_of_the_place_where_she_lives() {
    for (source, expected) in [
        ("{{ now | date: '%Y-%m-%d %H:%M' }}", "2026-11-24 15:30"),
        ("{{ 'now' | date: '%A' }}", "Tuesday"),
        ("{{ profile.since | date: '%-d %B %Y, %H:%M' }}", "24 November 2026, 00:30"),
        ("{{ profile.birthday | date: '%d.%m.%Y' }}", "17.05.1990"),
        ("{{ now | date: '%H', 'America/New_York' }}", "09"),
        ("{{ now | time_zone: 'Asia/Tokyo' | date: '%H:%M' }}", "23:30"),
        ("{{ 0 | date: '%Y' }}", "1970"),
        ("{{ 100000000000 | date: '%Y' }}", "1973"),
        // No calendar reaches that far.
        ("{{ '-9223372036854775808' | date: '%Y' }}", "-9223372036854775808"),
        ("{{ '9223372036854775807' | time_zone: 'UTC' }}", "9223372036854775807"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}

#[test]
fn templates_of_other_systems_are_understood() {
    for (source, expected) in [
        ("{{${first_name} | default: 'there'}}", "Ann"),
        ("{{custom_attribute.${Favourite colour}}} {{${email_address}}}", "red ann@example.com"),
        ("{% if {{x}} %}", ""),
        ("{{event_properties.${total}}} {{event_properties.${items}[0].name}}", "12.5 Pen"),
        ("{% for i in {{event_properties.${items}}} %}", ""),
        ("{{ Profile.First_name }} {{ Event.total }}", "Ann 12.5"),
        ("{{ trigger.total }} {% unsubscribe_url %}", "12.5 #unsubscribe"),
        ("{{ canvas.${name} }}", "Welcome"),
    ] {
        if expected.is_empty() {
            assert!(Template::parse(source, EscapeContext::Text, TEXT_MAX).is_err(), "{source}");
        } else {
            assert_eq!(text(source), expected, "{source}");
        }
    }
}

#[test]
fn nobodys_name_breaks_out_of_html() {
    let html = "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;\r\nBcc: z";
    for source in [
        "{{ profile.nasty }}",
        "{{ profile.nasty | escape }}",
        "{{ profile.nasty | escape_once | strip }}",
    ] {
        assert_eq!(filled(source, EscapeContext::Html), html, "{source}");
    }
    assert_eq!(
        filled("{{ profile.nasty | escape | append: profile.nasty }}", EscapeContext::Html),
        format!("{html}{html}")
    );
    assert!(filled("{{ profile.nasty | raw }}", EscapeContext::Html).contains("<b>"));
    assert_eq!(filled("{{ 'a\nb<' | newline_to_br }}", EscapeContext::Html), "a<br />\nb&lt;");
    assert_eq!(
        filled("{% raw %}<i>{% endraw %}{% comment %}{{ x }}{% endcomment %}", EscapeContext::Html),
        "<i>"
    );
    let captured = "{% capture x %}<i>{{ profile.nasty }}</i>{% endcapture %}{{ x }}";
    assert_eq!(filled(captured, EscapeContext::Html), format!("<i>{html}</i>"));
    // A name that is captured and assigned is no captured one.
    let both = "{% capture x %}a{% endcapture %}{% assign x = profile.nasty %}{{ x }}";
    assert_eq!(filled(both, EscapeContext::Html), html);
}

#[test]
fn nobodys_name_breaks_out_of_json() {
    let body = r#"{"a": "{{ profile.nasty }}", "b": {{ profile.nasty }}, "c": "{{ profile.nasty | json }}", "d": {{ event.items | json }}, "e": {{ profile.missing }}, "f": {{ profile.points }}, "\"{{ profile.first_name }}": 1}"#;
    let sent: Value = serde_json::from_str(&filled(body, EscapeContext::Json)).expect("JSON");
    let nasty = "<b>\"x\" & 'y'</b>\r\nBcc: z";
    assert_eq!(
        sent,
        json!({ "a": nasty, "b": nasty, "c": nasty, "d": order()["items"], "e": null, "f": 7, "\"Ann": 1 })
    );
}

#[test]
fn nobodys_name_breaks_out_of_addresses_lines_and_forms() {
    let sent =
        webhook("https://x.example/{{ profile.nasty }}?q={{ event.code | url_encode }}", "", &[])
            .expect("sent");
    assert_eq!(
        sent.url,
        "https://x.example/%3Cb%3E%22x%22%20%26%20%27y%27%3C%2Fb%3E%0D%0ABcc%3A%20z?q=A%20B"
    );
    let sent = webhook(
        "https://x.example",
        "a={{ profile.nasty }}",
        &[("Content-Type", "application/x-www-form-urlencoded")],
    );
    assert!(!sent.expect("sent").body.contains('&'));
    let sent =
        webhook("https://x.example", "", &[("X-Name", "{{ profile.nasty }}")]).expect("sent");
    assert_eq!(sent.headers, [("X-Name".to_string(), "<b>\"x\" & 'y'</b> Bcc: z".to_string())]);
    assert_eq!(
        filled("{{ profile.nasty | raw }}\r\nX: y", EscapeContext::Line),
        "<b>\"x\" & 'y'</b> Bcc: z X: y"
    );
}

#[test]
fn an_address_that_is_none_is_told() {
    for url in [
        "",
        "ftp://x.example",
        "javascript:alert(1)",
        "x.example/a",
        "https://",
        "{{ profile.nasty }}",
    ] {
        assert!(matches!(webhook(url, "", &[]), Err(TemplateError::Address(_))), "{url}");
    }
}

#[test]
fn an_html_mail_has_a_text_part_its_links_count_and_it_can_be_left() {
    let body = "<html><body><p>Hi {{ profile.first_name }}, <a \
        href=\"https://shop.example/?a=1&amp;b=2\">look</a> \
                <a href='mailto:x@example.com'>write</a> <a \
                href=\"#top\">top</a></p></body></html>";
    let mail = email(body, Some(&Tracked)).expect("a mail");
    let html = mail.html.expect("HTML");
    assert_eq!(mail.subject, "Hi Ann");
    assert_eq!(mail.unsubscribe.as_deref(), Some("https://t.example/u?a=1&b=2"));
    assert!(
        html.contains("href=\"https://t.example/c?x=1&amp;to=https+shop.example/?a=1&amp;b=2\""),
        "{html}"
    );
    assert!(html.contains("mailto:x@example.com") && html.contains("\"#top\""), "{html}");
    assert!(
        html.contains("Unsubscribe</a></p><img src=\"https://t.example/o\"")
            && html.ends_with("</body></html>"),
        "{html}"
    );
    assert!(html.contains("href=\"https://t.example/u?a=1&amp;b=2\""), "{html}");
    assert!(
        mail.text.contains("Hi Ann, ") && mail.text.contains("https://t.example/u?a=1&b=2"),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains('<'), "{}", mail.text);
}

#[test]
fn a_mail_that_shows_the_way_out_itself_gets_no_second_one() {
    let mail = email(
        "<p>x</p><a href=\"{{ unsubscribe_url }}\">enough</a> <a href=\"{{ preferences_url \
            }}\">choose</a>",
        Some(&Tracked),
    );
    let html = mail.expect("a mail").html.expect("HTML");
    assert!(!html.contains("You do not want"), "{html}");
    // It is no one's click.
    assert!(
        html.contains("href=\"https://t.example/u?a=1&amp;b=2\"")
            && html.contains("href=\"https://t.example/p\""),
        "{html}"
    );
    assert!(html.contains("https://t.example/o"), "{html}");
}

#[test]
fn a_plain_mail_stays_plain() {
    let mail =
        email("Hi {{ profile.nasty }}\nhttps://shop.example", Some(&Tracked)).expect("a mail");
    assert_eq!(mail.html, None);
    assert!(
        mail.text.starts_with("Hi <b>\"x\"") && mail.text.contains("https://shop.example"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("Unsubscribe: https://t.example/u?a=1&b=2"), "{}", mail.text);
}

const MJML: &str = "<mjml><mj-head><mj-title>T</mj-title></mj-head><mj-body><mj-section><mj-column>\
    <mj-text>Hi {{ profile.nasty }}</mj-text>{% for i in event.items %}<mj-text>{{ i.name \
    }}</mj-text>{% endfor %}\
    <mj-button href=\"https://shop.example/{{ event.code | url_encode }}\">Buy</mj-button>\
    </mj-column></mj-section></mj-body></mjml>";

#[test]
fn mjml_becomes_html_and_text() {
    let mail = email(MJML, Some(&Tracked)).expect("a mail");
    let html = mail.html.expect("HTML");
    assert!(
        html.contains("&lt;b&gt;") && html.contains("Ink &amp; Co") && !html.contains("<mj-"),
        "{html}"
    );
    assert!(html.contains("to=https+shop.example/A%20B"), "{html}");
    assert!(html.contains("https://t.example/o") && html.contains("Unsubscribe"), "{html}");
    assert!(
        mail.text.contains("Hi <b>\"x\" & 'y'</b>") && mail.text.contains("Pen"),
        "{}",
        mail.text
    );
    let preview = email(MJML, None).expect("a mail");
    assert!(!preview.html.expect("HTML").contains("t.example") && preview.unsubscribe.is_none());
}

#[test]
fn broken_mjml_is_told_in_a_sentence() {
    for body in [
        "<mjml><mj-body><mj-section></mjml>",
        "<mjml><mj-body>\n<mj-image src=></mj-image></mj-body></mjml>",
        "<mjml><mj-body><mj-text",
        "<p>x</p><mjml>",
    ] {
        let error = email(body, None).expect_err(body);
        assert!(matches!(error, TemplateError::Mjml(_)), "{body}: {error}");
        assert!(
            error.to_string().starts_with("The email is not valid MJML: ")
                && error.to_string().ends_with('.'),
            "{error}"
        );
    }
}

#[test]
fn mjml_may_hold_any_text() {
    let body = "<mjml><mj-body><!-- € > 1 --><mj-section><mj-column><mj-text>€ > 5 😀> é/> \
        →</mj-text></mj-column></mj-section></mj-body></mjml>";
    assert!(email(body, None).expect("a mail").text.contains("€ > 5 😀> é/> →"));
}

#[test]
fn a_push_and_an_sms_are_texts() {
    let push = NodeKind::Push {
        title: "Hi\n{{ profile.first_name }}".to_string(),
        body: "{{ profile.nasty }}".to_string(),
        link: "https://shop.example/{{ event.code }}".to_string(),
    };
    let content =
        with_facts(&ann(), |facts| compose(&push, facts, Some(&Tracked))).expect("a push");
    let link = Some("https://t.example/c?x=1&to=https+shop.example/A%20B".to_string());
    assert_eq!(
        content,
        Content::Push {
            title: "Hi Ann".to_string(),
            body: "<b>\"x\" & 'y'</b>\r\nBcc: z".to_string(),
            link
        }
    );
    let app = NodeKind::Push {
        title: "x".to_string(),
        body: "y".to_string(),
        link: "shop://cart".to_string(),
    };
    let content = with_facts(&ann(), |facts| compose(&app, facts, Some(&Tracked))).expect("a push");
    assert!(matches!(content, Content::Push { link: Some(link), .. } if link == "shop://cart"));
    let sms = NodeKind::Sms { body: "{{ profile.first_name }} & co".to_string() };
    let content = with_facts(&ann(), |facts| compose(&sms, facts, None)).expect("an SMS");
    assert_eq!(content, Content::Sms { body: "Ann & co".to_string() });
}

#[test]
fn what_this_version_does_not_send_is_told_so() {
    for step in [
        NodeKind::Whatsapp { template: "x".to_string() },
        NodeKind::WebPush { title: "x".to_string(), body: "y".to_string() },
        NodeKind::InApp { title: "x".to_string(), body: "y".to_string() },
    ] {
        let error = with_facts(&ann(), |facts| compose(&step, facts, None)).expect_err("not sent");
        assert!(matches!(error, TemplateError::NotSent(_)), "{error}");
    }
    let nothing = with_facts(&ann(), |facts| compose(&NodeKind::Entry {}, facts, None));
    assert_eq!(nothing, Err(TemplateError::NoMessage));
}

#[test]
fn one_compiled_message_serves_many_people() {
    fn shared<T: Send + Sync>(_: &T) {}
    let message = CompiledMessage::new(&NodeKind::Sms {
        body: "{% assign n = profile.first_name %}{{ n }}".to_string(),
    })
    .expect("compiled");
    shared(&message);
    let named = |name: &str| {
        let profile =
            Profile { properties: object(json!({ "first_name": name })), ..Profile::default() };
        with_facts(&profile, |facts| message.compose(facts, None)).expect("composed")
    };
    assert_eq!(named("Ann"), Content::Sms { body: "Ann".to_string() });
    assert_eq!(named("Bob"), Content::Sms { body: "Bob".to_string() });
}

fn checked(step: &NodeKind, known: &KnownProperties) -> MessageProblems {
    check(step, known, &Uninterrupted).expect("not interrupted")
}

fn known() -> KnownProperties {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
    KnownProperties { profile: names(&["first_name", "plan"]), event: names(&["total", "items"]) }
}

fn mail(subject: &str, body: &str) -> NodeKind {
    NodeKind::Email { subject: subject.to_string(), body: body.to_string() }
}

#[test]
fn the_check_names_field_line_and_what_to_do() {
    let found = |step: &NodeKind| -> Vec<(String, String)> {
        checked(step, &known())
            .problems
            .into_iter()
            .map(|problem| (problem.path, problem.sentence))
            .collect()
    };
    let problems = found(&mail(
        "{{ profile.first_name",
        "<p>\n{{ profile.plan | upcas }}\n{% if a %}x{% fi %}</p>",
    ));
    assert_eq!(
        problems,
        [
            ("subject".to_string(), "“{{” is never closed. Write “}}” where it ends.".to_string()),
            (
                "body".to_string(),
                "Line 3: There is no tag “{% fi %}”. Check its spelling.".to_string()
            ),
        ]
    );
    let problems = found(&mail("a", "x\n{{ profile.plan | upcas }}\n{{ a b }}"));
    assert_eq!(
        problems,
        [(
            "body".to_string(),
            "Line 2: There is no filter “upcas”. Did you mean “upcase”?".to_string()
        )]
    );
    let problems = found(&mail("a", "x\n\n{{ profile.plan | append }}"));
    assert_eq!(
        problems[0].1,
        "Line 3: “{{ profile.plan | append }}” cannot be read. Check its spelling, quotes and \
            punctuation."
    );
    let problems = found(&mail("a", "x\n{{ a b }}{{ c }}"));
    assert_eq!(
        problems[0].1,
        "Line 2: “{{ a b }}” cannot be read. Check its spelling, quotes and punctuation."
    );
    let problems = found(&mail("a", "x\n{% for i on y %}\n{% endfor %}"));
    assert_eq!(
        problems[0].1,
        "Line 2: “{% for i on y %}” cannot be read. Check its spelling, quotes and punctuation."
    );
    assert!(found(&mail("a", &"x".repeat(EMAIL_MAX + 1)))[0].1.contains("the limit is 1024 KB"));
    assert!(
        found(&mail("a", "<mjml><mj-body><mj-oops></mj-oops></mj-body></mjml>"))[0]
            .1
            .contains("There is no element “<mj-oops>” in MJML.")
    );
    assert!(
        found(&mail("a", "<mjml><mj-body><mj-txt></mj-txt></mj-body></mjml>"))[0]
            .1
            .contains("Did you mean “<mj-text>”?")
    );
    assert!(
        found(&mail("a", "<mjml><mj-body><mj-text></mj-body></mjml>"))[0]
            .1
            .contains("not valid MJML")
    );
    assert!(
        found(&mail("a", "{% for i in (1..99999999) %}x{% endfor %}"))[0]
            .1
            .contains("10000 rounds")
    );
    let hook = |url: &str, name: &str| NodeKind::Webhook {
        url: url.to_string(),
        body: String::new(),
        method: WebhookMethod::Post,
        headers: vec![WebhookHeader { name: name.to_string(), value: "{{ x".to_string() }],
    };
    let problems = found(&hook("https://x.example", "X-A"));
    assert_eq!(problems[0].0, "headers[0].value");
    assert_eq!(found(&hook("https://x.example", "X A"))[0].0, "headers[0].name");
    let bad_url = NodeKind::Webhook {
        url: "x.example".to_string(),
        body: String::new(),
        method: WebhookMethod::Post,
        headers: vec![],
    };
    assert_eq!(
        found(&bad_url)[0],
        (
            "url".to_string(),
            "“x.example” is not a web address. Begin it with https:// or http://.".to_string()
        )
    );
}

#[test]
fn the_check_finds_names_that_nobody_knows() {
    let warned = |body: &str| -> Vec<String> {
        let findings = checked(&mail("a", body), &known());
        assert_eq!(findings.problems, [], "{body}");
        findings.warnings.into_iter().map(|warning| warning.sentence).collect()
    };
    assert_eq!(
        warned("{{ profile.frist_name }} {{ profile.frist_name }}"),
        ["No profile has a property “frist_name”. Did you mean “first_name”?"]
    );
    assert_eq!(
        warned("{{ profile.shoe_size }}"),
        ["No profile has a property “shoe_size”. The text will be empty, or its default."]
    );
    assert_eq!(
        warned("{{ event.totel }}"),
        ["The event has never had a property “totel”. Did you mean “total”?"]
    );
    assert_eq!(
        warned("{{ first_name }}"),
        ["There is no “first_name”. Did you mean “profile.first_name”?"]
    );
    assert_eq!(warned("{{ total }}"), ["There is no “total”. Did you mean “event.total”?"]);
    assert_eq!(warned("{{ profil.plan }}"), ["There is no “profil”. Did you mean “profile”?"]);
    assert_eq!(
        warned("{{ ${frist_name} }}"),
        ["No profile has a property “frist_name”. Did you mean “first_name”?"]
    );
    let fine = "{{ profile.First_Name }}{{ profile.email }}{% for i in event.items %}{{ i.name \
        }}{{ forloop.index }}{% endfor %}\
                {% assign x = 1 %}{{ x }}{{ now }}{{ journey.name }}{{ unsubscribe_url }}{% if \
                profile.plan == 'gold' %}{% endif %}";
    assert_eq!(warned(fine), [] as [&str; 0]);
    let nobody = checked(&mail("a", "{{ profile.x }}{{ event.y }}"), &KnownProperties::default());
    assert_eq!(nobody.warnings, [], "where no one is known, no one can tell");
}

#[test]
fn the_check_tells_of_json_that_is_none() {
    let hook = |body: &str| NodeKind::Webhook {
        url: "https://x.example".to_string(),
        body: body.to_string(),
        method: WebhookMethod::Post,
        headers: vec![],
    };
    assert_eq!(checked(&hook("{\"a\": {{ profile.plan }}, }"), &known()).warnings.len(), 1);
    assert_eq!(
        checked(&hook("{\"a\": {{ profile.plan }}, \"b\": \"{{ event.total }}\"}"), &known())
            .warnings,
        []
    );
    assert_eq!(checked(&hook(""), &known()).warnings, []);
}

#[test]
fn of_a_thousand_names_that_nobody_knows_the_first_fifty_are_told() {
    let body: String =
        (0..1_000).map(|number| format!("{{{{ profile.unknown{number} }}}}")).collect();
    assert_eq!(checked(&mail("a", &body), &known()).warnings.len(), 50);
}

/// Interrupts at the so manieth time that it is asked.
struct At(std::sync::atomic::AtomicU32);

impl Interrupt for At {
    fn go_on(&self) -> Result<(), GivenUp> {
        let left = self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        if left == 0 { Err(GivenUp::NobodyWaits) } else { Ok(()) }
    }
}

#[test]
fn a_mail_that_nobody_wants_any_more_is_given_up_between_any_two_parts_of_its_making() {
    let step = mail(
        "Hi",
        "<mjml><mj-body><mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section></mj-body></mjml>",
    );
    // Subject, body, HTML, text: for someone with everything and for someone with nothing.
    for time in 0..9 {
        let given_up = check(&step, &known(), &At(time.into()));
        assert_eq!(given_up, Err(GivenUp::NobodyWaits), "{time}");
    }
    assert!(check(&step, &known(), &At(9.into())).is_ok());
}

#[test]
fn a_value_leads_to_no_script_whatever_it_looks_like() {
    for link in [
        "javascript:alert(1)",
        " JaVa\tScript:alert(1)",
        "javascript&colon;x",
        "java&#115;cript&#58;x",
        "vbscript:x",
        "data:text/html,x",
    ] {
        // In two halves, so that it is no text of the author.
        let half = link.len() / 2;
        let value = format!(
            "{{% assign a = \"{}\" %}}{{% assign link = a | append: \"{}\" %}}",
            &link[..half],
            &link[half..]
        );
        for (html, expected) in [
            ("<a href=\"{{ link }}\">x</a>", "<a href=\"\">x</a>"),
            ("<a href={{ link }}>x</a>", "<a href=>x</a>"),
            ("<img src='{{ link }}'>", "<img src=''>"),
            ("<form action=\"{{ link | strip }}\"></form>", "<form action=\"\"></form>"),
            ("<a href=\"{{ link | raw }}\">x</a>", "<a href=\"\">x</a>"),
            (
                "{% capture way %}{{ link }}{% endcapture %}<a href=\"{{ way }}\">x</a>",
                "<a href=\"\">x</a>",
            ),
            (
                "<a href=\"{% if link %}{{ link }}{% else %}https://shop.example{% endif \
                    %}\">x</a>",
                "<a href=\"\">x</a>",
            ),
            ("<a href=\"{% cycle link %}\">x</a>", "<a href=\"\">x</a>"),
        ] {
            assert_eq!(filled(&format!("{value}{html}"), EscapeContext::Html), expected, "{link}");
        }
    }
}

#[test]
fn a_value_that_leads_on_and_an_author_s_own_scheme_stay() {
    for (html, expected) in [
        (
            "<a href=\"{{ 'https://shop.example/?a=1&b=2' }}\">",
            "<a href=\"https://shop.example/?a=1&amp;b=2\">",
        ),
        (
            "<a href=\"{{ profile.missing | default: 'shop-app://cart' }}\">",
            "<a href=\"shop-app://cart\">",
        ),
        ("<a href=\"shop-app://{{ profile.first_name }}\">", "<a href=\"shop-app://Ann\">"),
        ("<a href=\"https://shop.example/{{ 'a:b' }}\">", "<a href=\"https://shop.example/a:b\">"),
        ("<a title=\"{{ 'data:x' }}\">{{ 'data:x' }}", "<a title=\"data:x\">data:x"),
        ("<a href=\"{{ unsubscribe_url }}\">", "<a href=\"#unsubscribe\">"),
    ] {
        assert_eq!(filled(html, EscapeContext::Html), expected, "{html}");
    }
}

#[test]
fn cycle_writes_values_as_outputs_do() {
    let value = "{% assign x = '<b>\"' %}";
    assert_eq!(
        filled(
            &format!("{value}{{% cycle x, '<i>' %}}{{% cycle x, '<i>' %}}"),
            EscapeContext::Html
        ),
        "&lt;b&gt;&quot;<i>"
    );
    assert_eq!(
        filled(&format!("{value}{{\"a\": \"{{% cycle x %}}\"}}"), EscapeContext::Json),
        "{\"a\": \"<b>\\\"\"}"
    );
    assert_eq!(
        filled(&format!("{value}{{\"a\": {{% cycle x %}}}}"), EscapeContext::Json),
        "{\"a\": \"<b>\\\"\"}"
    );
    assert_eq!(
        filled(&format!("{value}https://a.example/{{% cycle x %}}"), EscapeContext::Url),
        "https://a.example/%3Cb%3E%22"
    );
}
