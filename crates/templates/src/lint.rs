//! What can be said of a message before it is sent.

use std::collections::HashSet;

use super::{
    CompiledMessage, RenderContext, TemplateError,
    expression::VariablePath,
    sample::{SampleData, is_around, is_event, is_person, sample},
};
use crate::content::Content;
use wayfare_domain::{
    error::FieldError,
    graph::node::NodeKind,
    interrupt::{GivenUp, Interrupt},
    messages::{
        known_properties::{BUILT_IN, KnownProperties, suggest},
        preview::MessageProblems,
    },
    time::Timestamp,
};
use wayfare_runtime::time_zones::TzdbZones;

/// When the made-up person of checks lives: any time does.
const SOME_TIME: Timestamp = Timestamp(1_800_000_000_000);

/// Most names of one message that no one knows and that are told. Each is compared with all that
/// are known.
const UNKNOWN_MAX: usize = 50;
/// Most problems of one message that are told.
const PROBLEMS_MAX: usize = 50;

/// Looks at what a step sends; paths are its fields: `subject`, `body`, `url`, `headers[0].value`.
///
/// # Errors
/// Where no one wants to know any more.
pub fn check(
    step: &NodeKind,
    known: &KnownProperties,
    interrupt: &dyn Interrupt,
) -> Result<MessageProblems, GivenUp> {
    interrupt.go_on()?;
    let compiled = match CompiledMessage::new(step) {
        Ok(compiled) => compiled,
        Err(mut problems) => {
            problems.truncate(PROBLEMS_MAX);
            return Ok(MessageProblems { problems, warnings: Vec::new() });
        }
    };
    let mut findings =
        MessageProblems { problems: bare(&compiled), warnings: warnings(&compiled, known) };
    for empty in [false, true] {
        try_out(&compiled, step, empty, &mut findings, interrupt)?;
    }
    Ok(findings)
}

/// Fills it in for someone made up: who has everything, and who has nothing.
fn try_out(
    compiled: &CompiledMessage,
    step: &NodeKind,
    empty: bool,
    findings: &mut MessageProblems,
    interrupt: &dyn Interrupt,
) -> Result<(), GivenUp> {
    let somebody = if empty { SampleData::default() } else { sample(compiled) };
    let facts = RenderContext {
        profile: &somebody.profile,
        event: &somebody.event,
        journey_id: "00000000-0000-0000-0000-000000000000",
        journey_name: "Example",
        calendar: &TzdbZones,
        zone: "UTC",
        now: SOME_TIME,
    };
    match compiled.compose_while(&facts, None, interrupt) {
        Ok(Content::Webhook(webhook))
            if compiled.sends_json() && !webhook.body.trim().is_empty() =>
        {
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&webhook.body) {
                let sentence = format!(
                    "With sample data, the body is not valid JSON (line {}). Check quotes and \
                        commas.",
                    error.line()
                );
                add(&mut findings.warnings, FieldError::new("body", "malformed", sentence));
            }
        }
        Ok(_) => {}
        // An address that comes from the person or the event cannot be judged without them.
        Err(TemplateError::Address(_)) if begins_with_value(step) => {}
        Err(TemplateError::NotSent(_) | TemplateError::NoMessage) => {}
        Err(TemplateError::GivenUp(why)) => return Err(why),
        Err(error) => add(
            &mut findings.problems,
            FieldError::new(error.field(), error.key(), error.to_string()),
        ),
    }
    Ok(())
}

/// What is sent already is made safe without quotes; what is published has them.
fn bare(compiled: &CompiledMessage) -> Vec<FieldError> {
    let problem = |(field, line): (String, usize)| {
        let sentence = format!(
            "On line {line} a value stands in a tag without quotes around it. Write it as in \
                title=\"{{{{ profile.name }}}}\"."
        );
        FieldError::new(field, "unquoted", sentence)
    };
    compiled.bare().into_iter().take(PROBLEMS_MAX).map(problem).collect()
}

fn add(to: &mut Vec<FieldError>, error: FieldError) {
    if !to.contains(&error) {
        to.push(error);
    }
}

fn begins_with_value(step: &NodeKind) -> bool {
    let url = step.uses().webhook_url.map(str::trim_start);
    url.is_some_and(|url| url.starts_with("{{") || url.starts_with("{%"))
}

/// Names that no one knows, once each.
fn warnings(compiled: &CompiledMessage, known: &KnownProperties) -> Vec<FieldError> {
    let (mut seen, mut told) = (HashSet::new(), HashSet::new());
    let mut warnings = Vec::new();
    for (field, name) in compiled.names() {
        if seen.insert((&name.root, &name.property))
            && let Some(sentence) = unknown(name, known)
            && told.insert(sentence.clone())
        {
            warnings.push(FieldError::new(field, "unknown_name", sentence));
            if warnings.len() >= UNKNOWN_MAX {
                break;
            }
        }
    }
    warnings
}

fn unknown(name: &VariablePath, known: &KnownProperties) -> Option<String> {
    let VariablePath { root, property, .. } = name;
    if is_person(root) {
        let property = property.as_deref().filter(|_| !known.profile.is_empty())?;
        let all = || known.profile.iter().map(String::as_str).chain(BUILT_IN);
        return missing(property, all(), "No profile has a property");
    }
    if is_event(root) {
        let property = property.as_deref().filter(|_| !known.event.is_empty())?;
        return missing(
            property,
            known.event.iter().map(String::as_str),
            "The event has never had a property",
        );
    }
    if is_around(root) {
        return None;
    }
    if known.profile.contains(root) || BUILT_IN.contains(&root.as_str()) {
        return Some(format!("There is no “{root}”. Did you mean “profile.{root}”?"));
    }
    if known.event.contains(root) {
        return Some(format!("There is no “{root}”. Did you mean “event.{root}”?"));
    }
    let roots =
        ["profile", "customer", "event", "journey", "now", "unsubscribe_url", "preferences_url"];
    Some(match suggest(root, roots) {
        Some(near) => format!("There is no “{root}”. Did you mean “{near}”?"),
        None => format!("There is no “{root}”. Values begin with “profile.” or “event.”."),
    })
}

fn missing<'a>(
    property: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    nobody: &str,
) -> Option<String> {
    if known.clone().any(|name| name.eq_ignore_ascii_case(property)) {
        return None;
    }
    Some(match suggest(property, known) {
        Some(near) => format!("{nobody} “{property}”. Did you mean “{near}”?"),
        None => format!("{nobody} “{property}”. The text will be empty, or its default."),
    })
}
