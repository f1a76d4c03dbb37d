//! Values in tags without quotes around them, and behind markup that could mislead a reader of
//! it: none becomes an attribute, none leads to a script.

use serde_json::json;

use super::{
    RenderContext,
    budget::TEXT_MAX,
    check,
    compile::Template,
    escape_context::EscapeContext,
    variable_scope::{MessageUrls, VariableScope},
};
use wayfare_domain::{
    graph::node::NodeKind,
    interrupt::Uninterrupted,
    messages::known_properties::KnownProperties,
    profiles::{Profile, Properties},
    time::Timestamp,
};
use wayfare_runtime::time_zones::TzdbZones;

/// Filled in for somebody with a property that is an attack on attributes, and one on addresses.
fn filled(source: &str) -> String {
    let template = Template::parse(source, EscapeContext::Html, TEXT_MAX)
        .unwrap_or_else(|faults| panic!("{source}: {faults:?}"));
    let profile = Profile {
        properties: Properties::from_iter([
            ("attr".to_string(), json!("x onmouseover=alert(1)")),
            ("js".to_string(), json!("javascript:alert(2)")),
        ]),
        ..Profile::default()
    };
    let facts = RenderContext {
        profile: &profile,
        event: &Properties::new(),
        journey_id: "",
        journey_name: "",
        calendar: &TzdbZones,
        zone: "UTC",
        now: Timestamp(0),
    };
    template.render(&VariableScope::new(&facts, &MessageUrls::default())).expect("filled in")
}

#[test]
fn a_value_without_quotes_around_it_stays_one_value() {
    for (source, expected) in [
        (
            "<a title={{ profile.attr }} href=\"https://ok\">",
            "<a title=x&#32;onmouseover=alert(1) href=\"https://ok\">",
        ),
        ("<a title=a{{ profile.attr }}>", "<a title=ax&#32;onmouseover=alert(1)>"),
        ("<a {{ profile.attr }}>", "<a x&#32;onmouseover&#61;alert(1)>"),
        ("<h{{ profile.attr }}>", "<hx&#32;onmouseover&#61;alert(1)>"),
        ("<a title={% cycle profile.attr %}>", "<a title=x&#32;onmouseover&#61;alert(1)>"),
        (
            "{% capture a %}{{ profile.attr }}{% endcapture %}<a title={{ a }}>",
            "<a title=x&#32;onmouseover=alert(1)>",
        ),
        ("<a title=\"{{ profile.attr }}\">", "<a title=\"x onmouseover=alert(1)\">"),
    ] {
        assert_eq!(filled(source), expected, "{source}");
    }
}

#[test]
fn no_markup_before_it_makes_a_value_lead_to_a_script() {
    for source in [
        "<style>.x{content:\"<a title='\"}</style><a href=\"{{ profile.js }}\">",
        "<textarea><a title=\"</textarea><a href=\"{{ profile.js }}\">",
        "<title><a title='</title><a href=\"{{ profile.js }}\">",
        "<script>if (a<b) \"</script><a href=\"{{ profile.js }}\">",
        "<svg><style><a href=\"{{ profile.js }}\">",
        "<animate attributeName=href values=\"{{ profile.js }}\">",
        "<set attributeName=href to=\"{{ profile.js }}\">",
        "<meta http-equiv=refresh content=\"0;url={{ profile.js }}\">",
        "<img srcset=\"https://x/1 1x, {{ profile.js }}\">",
        "<a {{ 'href' }}=\"{{ profile.js }}\">",
    ] {
        assert!(!filled(source).contains("javascript"), "{source}: {}", filled(source));
    }
}

#[test]
fn what_stands_without_quotes_is_refused_before_it_is_published() {
    let found = |body: &str| {
        let step = NodeKind::Email { subject: "Hi".to_string(), body: body.to_string() };
        let findings =
            check(&step, &KnownProperties::default(), &Uninterrupted).expect("nobody waits");
        findings.problems.iter().any(|problem| problem.key == "unquoted" && problem.path == "body")
    };
    for body in ["<p><a title={{ profile.name }}>x</a></p>", "<p {{ profile.name }}>x</p>"] {
        assert!(found(body), "{body}");
    }
    for body in
        ["<p><a title=\"{{ profile.name }}\">x</a></p>", "<p {% if event.a %}id=x{% endif %}>x</p>"]
    {
        assert!(!found(body), "{body}");
    }
}
