//! Templates that mean no good. Each ends with an error that names its limit, after a bounded
//! amount of work.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    LinkBuilder, RenderContext, TemplateError,
    budget::{RenderBudget, RenderLimit, STEPS_MAX, TEXT_MAX},
    compile::{RenderError, Template},
    email::{BodyKind, finish},
    escape_context::EscapeContext,
    mjml::{PARTS_MAX, PICTURES_MAX},
    variable_scope::{MessageUrls, VariableScope},
};
use liquid_core::Runtime;
use wayfare_domain::{
    interrupt::Uninterrupted,
    profiles::{Profile, Properties},
    time::Timestamp,
};
use wayfare_runtime::time_zones::TzdbZones;

/// How it ended, and how many steps it took.
fn run(source: &str) -> (Result<String, RenderError>, u32) {
    let template = Template::parse(source, EscapeContext::Html, TEXT_MAX)
        .unwrap_or_else(|faults| panic!("{source}: {faults:?}"));
    let list: Vec<String> =
        (0..100).map(|number| format!("{number} {}", "x".repeat(900))).collect();
    fill(&template, json!(list), json!("y".repeat(1_000)))
}

fn fill(template: &Template, list: Value, text: Value) -> (Result<String, RenderError>, u32) {
    let profile = Profile::default();
    let event = Properties::from_iter([("list".to_string(), list), ("text".to_string(), text)]);
    let facts = RenderContext {
        profile: &profile,
        event: &event,
        journey_id: "",
        journey_name: "",
        calendar: &TzdbZones,
        zone: "UTC",
        now: Timestamp(0),
    };
    let addresses = MessageUrls::default();
    let scope = VariableScope::new(&facts, &addresses);
    let result = template.render(&scope);
    let steps = scope.registers().get_mut::<RenderBudget>().steps_taken();
    (result, steps)
}

#[track_caller]
fn stops(source: &str, limit: RenderLimit) {
    let (result, steps) = run(source);
    let short: String = source.chars().take(100).collect();
    assert_eq!(result.map(|text| text.len()), Err(RenderError::Limit(limit)), "{short}");
    assert!(steps <= STEPS_MAX, "{short}");
}

/// Over and over, inside of a loop that is allowed.
fn again(body: &str) -> String {
    format!("{{% assign s = event.text %}}{{% for i in (1..9000) %}}{body}{{% endfor %}}")
}

#[test]
fn a_range_without_end_is_refused_before_its_first_round() {
    for range in ["(1..1000000000)", "(-999999999999999999..999999999999999999)", "(1..10001)"] {
        let (result, steps) = run(&format!("{{% for i in {range} %}}{{{{ i }}}}{{% endfor %}}"));
        assert_eq!(result, Err(RenderError::Limit(RenderLimit::Rounds)), "{range}");
        assert_eq!(steps, 0, "{range}");
    }
}

#[test]
fn loops_in_loops_share_their_rounds() {
    let nested = "{% for a in (1..90) %}{% for b in (1..90) %}{% for c in (1..90) %}{% endfor %}{% \
        endfor %}{% endfor %}";
    stops(nested, RenderLimit::Rounds);
    stops(
        "{% tablerow a in (1..90) %}{% tablerow b in (1..9950) %}{% endtablerow %}{% endtablerow \
            %}",
        RenderLimit::Rounds,
    );
}

#[test]
fn what_is_done_in_rounds_is_counted() {
    stops(
        &again(&"{% if i == 1 and i == 2 or i == 3 %}{% endif %}".repeat(20)),
        RenderLimit::Steps,
    );
    stops(
        &again(&"{% case i %}{% when 0, -1, -2, -3 %}{% endcase %}".repeat(20)),
        RenderLimit::Steps,
    );
    stops(&again(&"{% assign x = i | plus: 1 | minus: 1 | abs %}".repeat(20)), RenderLimit::Steps);
    stops(&again(&"{% increment n %}{% cycle '', '' %}".repeat(20)), RenderLimit::Output(TEXT_MAX));
    stops(
        &again(&format!(
            "{{% if false %}}{{% elsif {} i == 0 %}}{{% endif %}}",
            "i == 0 or ".repeat(200)
        )),
        RenderLimit::Steps,
    );
}

#[test]
fn texts_that_grow_are_stopped_before_they_are_large() {
    let doubled = [
        "{% assign s = s | append: s %}",
        "{% assign s = s | prepend: s %}",
        "{% capture s %}{{ s }}{{ s }}{% endcapture %}",
        "{% assign s = s | replace: '', s %}",
        "{% assign s = s | replace: 'y', s %}",
        "{% assign s = s | split: '' | join: s %}",
        "{% assign s = s | url_encode | url_encode | append: s %}",
        "{% assign s = s | append: '&&&&' | escape | append: s %}",
        "{% assign s = s | append: s | json %}",
        "{% assign s = s | append: s | base64_encode %}",
        "{% ifchanged %}{% assign s = s | append: s %}{{ s }}{% endifchanged %}",
    ];
    for body in doubled {
        let (result, _) = run(&again(body));
        let stopped =
            matches!(result, Err(RenderError::Limit(RenderLimit::Bytes | RenderLimit::Output(_))));
        assert!(stopped, "{body}: {:?}", result.map(|text| text.len()));
    }
}

#[test]
fn lists_that_grow_are_stopped_before_they_are_long() {
    let start = "{% assign l = event.list %}";
    for body in [
        "{% assign l = l | concat: l %}",
        "{% assign l = l | concat: l | sort | reverse %}",
        "{% assign l = l | join: ',' | split: '' %}",
        "{% assign l = l | concat: l | uniq %}",
        "{% assign l = l | map: 'x' | concat: l %}",
    ] {
        stops(&format!("{start}{}", again(body)), RenderLimit::Bytes);
    }
    stops(&format!("{start}{}", again("{% if l contains 'z' %}{% endif %}")), RenderLimit::Bytes);
    stops(
        &format!("{start}{}", again("{{ l | size }}{% for x in l limit: 0 %}{% endfor %}")),
        RenderLimit::Bytes,
    );
}

#[test]
fn what_goes_out_has_an_end() {
    stops(&again("{{ s }}"), RenderLimit::Output(TEXT_MAX));
    stops(&again(&"z".repeat(100)), RenderLimit::Output(TEXT_MAX));
    stops("{% for i in event.list %}{{ event.list }}{% endfor %}", RenderLimit::Output(TEXT_MAX));
}

#[test]
fn sources_that_would_hurt_the_parser_are_refused_or_read_quickly() {
    let refused = |source: &str| {
        let short: String = source.chars().take(60).collect();
        assert!(Template::parse(source, EscapeContext::Html, 1_000_000).is_err(), "{short}");
    };
    refused(&"{% if a %}".repeat(50_000));
    refused(&format!("{}{}", "{% if a %}".repeat(1_000), "{% endif %}".repeat(1_000)));
    refused(&format!("{{{{ {}b{} }}}}", "a[".repeat(1_000), "]".repeat(1_000)));
    refused(&format!("{{{{ a{} }}}}", ".b".repeat(1_000)));
    refused(&"{{".repeat(100_000));
    refused(&"{{ '".repeat(100_000));
    refused(&"{% raw %}{%".repeat(50_000));
    refused("{{ 99999999999999999999999999999999 }}");
    refused("{% for i in (1..99999999999999999999) %}{% endfor %}");
    refused("{{ x | __html }}");
    refused("{% __text 0 %}");
    // A square of a million would not come to an end within this test.
    for blank in [" ", "\n", "{ ", "{"] {
        let long = format!("{{{{ a }}}}{}", blank.repeat(1_000_000 / blank.len() - 100));
        let read = Template::parse(&long, EscapeContext::Html, 1_000_000);
        assert_eq!(read.is_ok(), blank != "{", "{blank:?}");
    }
}

#[test]
fn html_that_would_hurt_its_readers_is_refused_or_read() {
    let addresses = MessageUrls::default();
    let read =
        |html: String, kind| finish(html, kind, None, &addresses, &Uninterrupted).map(|_| ());
    assert!(read("<div>".repeat(100_000), BodyKind::Html).is_err());
    assert!(read("<div><b>x</div>".repeat(50_000), BodyKind::Html).is_err());
    assert!(
        read(format!("<mjml><mj-body><mj-raw>{}", "<div>".repeat(100_000)), BodyKind::Mjml)
            .is_err()
    );
    // As deep as is allowed, on a thread as small as those that will do it.
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let deep = small.spawn(move || {
        let addresses = MessageUrls::default();
        let nested =
            |name: &str, times: usize| format!("{}x{}", format!("<{name}>").repeat(times), format!("</{name}>").repeat(times));
        let html = finish(nested("div", 120), BodyKind::Html, None, &addresses, &Uninterrupted);
        let tables =
            finish(format!("<table><tr><td>{}", "<table><tr><td>".repeat(60)), BodyKind::Html, None, &addresses, &Uninterrupted);
        let raw = format!(
            "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>",
            nested("span", 120)
        );
        let mjml = finish(raw, BodyKind::Mjml, None, &addresses, &Uninterrupted);
        (html.is_ok(), tables.is_ok(), mjml.is_ok())
    });
    assert_eq!(deep.expect("a thread").join().expect("no overflow"), (true, true, true));
}

#[test]
fn mjml_that_would_become_too_much_is_refused_by_name() {
    let addresses = MessageUrls::default();
    let made = |body: String| {
        finish(
            format!("<mjml><mj-body>{body}</mj-body></mjml>"),
            BodyKind::Mjml,
            None,
            &addresses,
            &Uninterrupted,
        )
    };
    let column =
        |parts: String| made(format!("<mj-section><mj-column>{parts}</mj-column></mj-section>"));
    let most = |most: usize, what: &'static str| Some(TemplateError::TooMuch { what, most });
    assert_eq!(column("<mj-text/>".repeat(PARTS_MAX)).err(), most(PARTS_MAX, "elements of MJML"));
    // In closing tags they do not count a second time.
    assert!(column("<mj-text></mj-text>".repeat(PARTS_MAX - 10)).is_ok());
    let carousel = |pictures: usize| {
        column(format!(
            "<mj-carousel>{}</mj-carousel>",
            "<mj-carousel-image src=\"https://a.example/b.png\" />".repeat(pictures)
        ))
    };
    assert_eq!(carousel(PICTURES_MAX + 1).err(), most(PICTURES_MAX, "pictures in carousels"));
    assert!(carousel(PICTURES_MAX).is_ok());
    // Pictures with long addresses are written twice and more.
    let long = "x".repeat(200_000);
    let links =
        format!("<mj-image href=\"https://a.example/{long}\" src=\"https://a.example/{long}\" />")
            .repeat(12);
    assert_eq!(
        column(links).map(|_| ()).err(),
        Some(TemplateError::Limit { field: "body".to_string(), limit: RenderLimit::Html })
    );
}

#[test]
fn a_template_of_very_many_names_is_read_and_compared_once() {
    // Names that are made, and values that are not among them: each with each would be thousands of
    // millions.
    let made: String =
        (0..15_000).map(|number| format!("{{% capture a{number} %}}{{% endcapture %}}")).collect();
    let used: String = (0..40_000).map(|number| format!("{{{{b{number}}}}}")).collect();
    let template =
        Template::parse(&(made + &used), EscapeContext::Html, 2_000_000).expect("a template");
    assert_eq!(template.names.len(), 40_000);
}

#[test]
fn a_long_name_is_read_once_for_a_list_of_many_items() {
    // For each of them anew it would be thirty thousand millions of bytes.
    let (items, name) = (vec![json!({}); 40_000], "n".repeat(700_000));
    for filter in ["map: event.text | size", "sum: event.text", "sort: event.text | size"] {
        let source = format!("{{{{ event.list | {filter} }}}}");
        let template = Template::parse(&source, EscapeContext::Html, TEXT_MAX).expect("a template");
        let (result, _) = fill(&template, json!(items), json!(name));
        assert!(result.is_ok_and(|text| text == "40000" || text == "0"), "{filter}");
    }
}

#[test]
fn numbers_of_signs_that_never_end_are_not_looked_for_to_the_end() {
    let text = "&#".repeat(500_000);
    assert_eq!(super::layout_cache::read(&text).len(), text.len());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_or_the_filling_panic(
        parts in prop::collection::vec(
            prop_oneof![
                Just("{{"), Just("}}"), Just("{%"), Just("%}"), Just(" if "), Just(" for i in "), Just("endif"), Just("endfor"), Just("("),
                Just("1..3"), Just(")"), Just("["), Just("]"), Just("|"), Just("append: "), Just("'"), Just("\""), Just("."), Just("${"), Just("}"),
                Just("profile"), Just("event.list"), Just("-"), Just("ö"), Just("9"), Just(" == "), Just("nil"), Just("date: '%'"), Just("\n"),
                Just("slice: -1, 9"), Just("assign x = "), Just("capture x"), Just("endcapture"), Just("\u{0}"), Just("{"), Just("$"), Just(","),
            ],
            0..24,
        ),
    ) {
        let source: String = parts.concat();
        for place in [EscapeContext::Text, EscapeContext::Html, EscapeContext::Json, EscapeContext::Url, EscapeContext::Line] {
            if Template::parse(&source, place, TEXT_MAX).is_ok() {
                let _ = run(&source);
            }
        }
    }

    #[test]
    fn no_mail_makes_its_readers_panic(
        parts in prop::collection::vec(
            prop_oneof![
                Just("<"), Just(">"), Just("</"), Just("/>"), Just("mjml"), Just("mj-body"), Just("mj-section"), Just("mj-column"), Just("mj-text"),
                Just("mj-raw"), Just("mj-image"), Just(" src="), Just("\""), Just("'"), Just("<p>"), Just("<a href='https://a.example'>"), Just("</a>"),
                Just("<table>"), Just("<td colspan='99999999'>"), Just("<!--"), Just("-->"), Just("<![CDATA["), Just("<body>"), Just("</body>"),
                Just("<style>"), Just("<svg>"), Just("<ol start='-9'><li>"), Just("<pre>"), Just("é"), Just("&#0;"), Just("&"), Just(" width='-1px'"), Just("\n"),
                Just("<mjml><mj-body>"), Just("</mj-body></mjml>"), Just("<mj-section><mj-column>"), Just("</mj-column></mj-section>"),
            ],
            0..24,
        ),
    ) {
        let html: String = parts.concat();
        for kind in [BodyKind::Mjml, BodyKind::Html, BodyKind::Plain] {
            let _ = finish(html.clone(), kind, Some(&Counted), &MessageUrls::default(), &Uninterrupted);
        }
    }
}

struct Counted;

impl LinkBuilder for Counted {
    fn click(&self, target: &str) -> String {
        target.to_string()
    }

    fn pixel(&self) -> String {
        "https://t.example/o".to_string()
    }

    fn unsubscribe(&self) -> String {
        "https://t.example/u".to_string()
    }

    fn preferences(&self) -> String {
        "https://t.example/p".to_string()
    }
}
