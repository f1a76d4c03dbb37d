//! `GET /api/v1/metrics`: what the engine does, in Prometheus' text form (version 0.0.4).

use std::fmt::Write;

use axum::{
    Extension,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::Answer;
use crate::{
    domain::{access::Permission, actor::Actor},
    server::{http::AppState, services::ServiceError, store::engine::JourneyLoad},
};

pub async fn read(State(state): State<AppState>, Extension(actor): Extension<Actor>) -> Answer<Response> {
    actor.require(Permission::SeeJourneys).map_err(ServiceError::from)?;
    let reading = state.services.engine().read();
    let mut text = String::new();
    let mut add = |name: &str, kind: &str, help: &str, value: String| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# HELP wayfare_{name} {help}\n# TYPE wayfare_{name} {kind}\nwayfare_{name} {value}");
    };
    add("events_qualified_total", "counter", "Events that the engine has looked at.", reading.events.to_string());
    add("events_behind", "gauge", "Events that wait to be looked at.", reading.behind.to_string());
    add("enrolments_total", "counter", "People let into journeys.", reading.entered.to_string());
    add("steps_total", "counter", "Nodes come to and left.", reading.steps.to_string());
    add("messages_total", "counter", "Messages handed over or called off.", reading.messages.to_string());
    add("rounds_failed_total", "counter", "Rounds of the engine that failed.", reading.failures.to_string());
    let lateness = reading.lateness_ms as f64 / 1000.0;
    add("lateness_seconds", "gauge", "How late the person was who had been due longest in the last round.", lateness.to_string());
    let backlog = state.services.backlog(&actor).await?;
    add("due_backlog", "gauge", "People whose time has come and who were not moved yet.", backlog.due.to_string());
    text += &by_journey(&backlog.journeys);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// Name, kind, help and value of a figure that each journey has.
type JourneyFigure = (&'static str, &'static str, &'static str, fn(&JourneyLoad) -> i64);

/// Figures of the key's project, a line for each journey.
fn by_journey(journeys: &[JourneyLoad]) -> String {
    let figures: [JourneyFigure; 4] = [
        ("journey_entered_total", "counter", "People let in.", |journey| journey.entered),
        ("journey_inside", "gauge", "People inside.", |journey| journey.inside),
        ("journey_messages_failed_total", "counter", "Messages that failed.", |journey| journey.failed),
        ("journey_messages_unreachable_total", "counter", "People who could not be reached.", |journey| journey.unreachable),
    ];
    let mut text = String::new();
    for (name, kind, help, value) in figures {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# HELP wayfare_{name} {help}\n# TYPE wayfare_{name} {kind}");
        for journey in journeys {
            let _ = writeln!(
                text,
                "wayfare_{name}{{journey=\"{}\",name=\"{}\"}} {}",
                journey.id,
                label(&journey.name),
                value(journey)
            );
        }
    }
    text
}

/// As the text format wants it: backslash, quote and line feed are escaped.
fn label(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
