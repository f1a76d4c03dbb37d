//! `GET /api/v1/metrics`: what the engine and delivery do, in Prometheus' text form (version
//! 0.0.4).

use std::fmt::{Display, Write};

use axum::{
    Extension,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::{Answer, description::errors::CommonErrors};
use crate::{http::AppState, server::log};
use wayfare_application::{ServiceError, delivery::DeliveryStats};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    messages::channel_health::ChannelHealth,
};
use wayfare_runtime::costly_work::WorkReading;
use wayfare_store::engine::JourneyStatsRow;

/// Read metrics for Prometheus
///
/// Lag, backlog and failures of the engine; messages sent, failed, skipped and retried; what each
/// channel sends and has waiting; the stats of each journey. Engine and delivery are those of the
/// whole server, channels and journeys those of the project.
#[utoipa::path(
    get, path = "/api/v1/metrics", operation_id = "metrics", tag = "Metrics",
    responses(
        (status = 200, description = "Metrics in the text format of Prometheus.", body = String,
            content_type = "text/plain"),
        CommonErrors,
    ),
    security(("key" = ["read"]), ("key" = ["operate"])),
)]
pub async fn read(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Response> {
    actor.require(Permission::SeeJourneys).map_err(ServiceError::from)?;
    let backlog = state.services.backlog(&actor).await?;
    let delivery = state.services.delivery_stats(&actor).await?;
    let mut text = String::new();
    engine(&mut text, &state, backlog.due);
    dispatcher(&mut text, &delivery);
    costly_work(&mut text, state.services.costly_work());
    program(&mut text);
    by_channel(&mut text, &delivery.channels);
    by_journey(&mut text, &backlog.journeys);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// What a figure is.
fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "# HELP wayfare_{name} {help}\n# TYPE wayfare_{name} {kind}");
}

/// A figure that there is once.
fn add(text: &mut String, name: &str, kind: &str, help: &str, value: impl Display) {
    head(text, name, kind, help);
    let _ = writeln!(text, "wayfare_{name} {value}");
}

fn engine(text: &mut String, state: &AppState, due: i64) {
    let reading = state.services.engine().read();
    add(
        text,
        "events_qualified_total",
        "counter",
        "Events that the engine has looked at.",
        reading.events,
    );
    add(text, "events_behind", "gauge", "Events that wait to be looked at.", reading.behind);
    add(text, "enrolments_total", "counter", "People who entered journeys.", reading.entered);
    add(text, "steps_total", "counter", "Nodes that people reached and left.", reading.steps);
    add(text, "messages_total", "counter", "Messages sent or cancelled.", reading.messages);
    add(
        text,
        "rounds_failed_total",
        "counter",
        "Rounds of the engine that failed.",
        reading.failures,
    );
    let lateness = reading.lateness_ms as f64 / 1000.0;
    add(
        text,
        "lateness_seconds",
        "gauge",
        "Delay of the most overdue person in the last round.",
        lateness,
    );
    let held = i64::from(state.services.hold().is_some());
    add(
        text,
        "held",
        "gauge",
        "1 while the server is held: no one enters or moves and nothing is sent.",
        held,
    );
    add(text, "due_backlog", "gauge", "People who are due and have not moved yet.", due);
}

fn dispatcher(text: &mut String, delivery: &DeliveryStats) {
    let reading = delivery.dispatcher;
    add(text, "messages_sent_total", "counter", "Messages that a provider accepted.", reading.sent);
    add(text, "messages_failed_total", "counter", "Messages that failed.", reading.failed);
    add(
        text,
        "messages_withheld_total",
        "counter",
        "Messages skipped because of a cap, the suppression list or another send rule.",
        reading.withheld,
    );
    add(text, "messages_again_total", "counter", "Attempts that are retried later.", reading.again);
    add(
        text,
        "courier_rounds_failed_total",
        "counter",
        "Rounds of the dispatcher that failed.",
        reading.failures,
    );
    let doubts = "Possible duplicates: messages that were being sent when the server stopped, and \
        were sent again under the same key.";
    add(text, "messages_doubtful_total", "counter", doubts, delivery.doubts);
}

/// Of the whole server, as the counts of the engine and of delivery are.
fn costly_work(text: &mut String, reading: WorkReading) {
    add(
        text,
        "costly_work_running",
        "gauge",
        "Costly work in progress: previews, checks, exports.",
        reading.running,
    );
    let refused = "Costly work that was not started because too much was running.";
    add(text, "costly_work_refused_total", "counter", refused, reading.refused);
    let too_long = "Costly work that was stopped because it took too long.";
    add(text, "costly_work_too_long_total", "counter", too_long, reading.too_long);
    let nobody_waited = "Costly work that was stopped because its client disconnected.";
    add(text, "costly_work_abandoned_total", "counter", nobody_waited, reading.nobody_waited);
}

/// Of the program itself: an operator wants to hear of both.
fn program(text: &mut String) {
    add(
        text,
        "log_lines_lost_total",
        "counter",
        "Lines of the log that could not be written.",
        log::lost_lines(),
    );
    add(
        text,
        "panics_total",
        "counter",
        "Contained faults of the program; the log has the details.",
        log::panics(),
    );
}

/// Name, help and value of a figure that each channel has.
type ChannelFigure = (&'static str, &'static str, fn(&ChannelHealth) -> i64);

/// Figures of the key's project, a line for each channel.
fn by_channel(text: &mut String, channels: &[ChannelHealth]) {
    let figures: [ChannelFigure; 3] = [
        ("channel_in_hand", "Messages that are being sent.", |channel| channel.in_hand),
        ("channel_waiting", "Queued messages.", |channel| channel.waiting),
        ("channel_breaker_open", "1 while the circuit breaker of a provider is open.", |channel| {
            channel.resting.into()
        }),
    ];
    for (name, help, value) in figures {
        head(text, name, "gauge", help);
        for channel in channels {
            let _ = writeln!(
                text,
                "wayfare_{name}{{channel=\"{}\"}} {}",
                channel.channel.key(),
                value(channel)
            );
        }
    }
}

/// Name, kind, help and value of a figure that each journey has.
type JourneyFigure = (&'static str, &'static str, &'static str, fn(&JourneyStatsRow) -> i64);

/// Figures of the key's project, a line for each journey.
fn by_journey(text: &mut String, journeys: &[JourneyStatsRow]) {
    let figures: [JourneyFigure; 4] = [
        ("journey_entered_total", "counter", "People who entered.", |journey| journey.entered),
        ("journey_inside", "gauge", "People inside.", |journey| journey.inside),
        ("journey_messages_failed_total", "counter", "Messages that failed.", |journey| {
            journey.failed
        }),
        (
            "journey_messages_unreachable_total",
            "counter",
            "People who could not be reached.",
            |journey| journey.unreachable,
        ),
    ];
    for (name, kind, help, value) in figures {
        head(text, name, kind, help);
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
}

/// As the text format wants it: backslash, quote and line feed are escaped.
fn label(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
