//! Nodes at which people wait: a delay, and a wait for an event.

use super::{NodeAction, NodeContext, NodeInput, NodeResult, WAIT_MIN_MS};
use crate::{
    engine::{
        compiled::CompiledNode,
        enrolment::EnrolmentState,
        time_zones::{LocalTime, minute_of, next_time_of_day, plus_days},
    },
    graph::{criteria::EventMatch, node::Delay},
    profiles::{
        PastEvent,
        profile::event_key,
        property_value::{DateOrInstant, parse_date_or_instant},
    },
    time::{MINUTE_MS, Timestamp},
};

pub(super) fn at_delay(
    context: &NodeContext<'_>,
    node: &CompiledNode,
    delay: &Delay,
    input: NodeInput<'_>,
) -> Option<NodeResult> {
    match input {
        NodeInput::Arrived => Some(wait(context, node, delay)),
        NodeInput::TimerFired => Some(NodeResult::follow("next", "the wait is over")),
        NodeInput::Event(_) | NodeInput::MessageEvent(_) => None,
    }
}

pub(super) fn at_wait(
    context: &NodeContext<'_>,
    event: &EventMatch,
    same: &[String],
    timeout_minutes: u32,
    input: NodeInput<'_>,
) -> Option<NodeResult> {
    match input {
        NodeInput::Arrived => {
            let until = context.now.plus(i64::from(timeout_minutes) * MINUTE_MS);
            let reason = format!("waits for “{}”, until {}", event.name, until.long_date());
            Some(NodeResult::new(NodeAction::Wait(Some(until)), reason))
        }
        NodeInput::TimerFired => {
            Some(NodeResult::follow("timeout", format!("“{}” did not happen in time", event.name)))
        }
        NodeInput::Event(happened) => is_awaited(event, same, happened, context.enrolment)
            .then(|| NodeResult::follow("yes", format!("did “{}”", event.name))),
        NodeInput::MessageEvent(_) => None,
    }
}

fn wait(context: &NodeContext<'_>, node: &CompiledNode, delay: &Delay) -> NodeResult {
    let (until, nothing_to_wait_for) = match delay_end(context, node, delay) {
        Ok(until) if until > context.now => (until, None),
        Ok(until) => (until, Some(format!("{} was in the past", until.long_date()))),
        Err(reason) => (context.now, Some(reason)),
    };
    match nothing_to_wait_for {
        None => NodeResult::new(
            NodeAction::Wait(Some(until)),
            format!("waits until {}", until.long_date()),
        ),
        // An enrolment that passed without waiting would come back without waiting, for ever.
        Some(reason) if node.is_on_cycle => NodeResult::new(
            NodeAction::Wait(Some(context.now.plus(WAIT_MIN_MS))),
            format!("{reason}; waits one minute, because this step is part of a loop"),
        ),
        Some(reason) => NodeResult::follow("next", reason),
    }
}

/// When the delay is over, or why there is nothing to wait for.
fn delay_end(
    context: &NodeContext<'_>,
    node: &CompiledNode,
    delay: &Delay,
) -> Result<Timestamp, String> {
    let zone = context.zone();
    match delay {
        Delay::For { minutes } => Ok(context.now.plus(i64::from(*minutes) * MINUTE_MS)),
        Delay::Until { time, weekdays } => {
            // In a loop, the time at which the enrolment arrived is not the next one.
            let from = context.now.plus(i64::from(node.is_on_cycle));
            let minute = minute_of(time).ok_or_else(|| format!("“{time}” is no time of day"))?;
            Ok(next_time_of_day(context.calendar, from, zone, minute, weekdays))
        }
        Delay::UntilProperty { property, offset_days } => {
            let value = context.profile.properties.get(property).and_then(parse_date_or_instant);
            let base = match value {
                Some(DateOrInstant::At(at)) => at,
                Some(DateOrInstant::On(day)) => {
                    context.calendar.instant(LocalTime { day, minute: 0 }, zone)
                }
                None => {
                    return Err(format!(
                        "“{property}” has no date, so there is nothing to wait for"
                    ));
                }
            };
            Ok(plus_days(context.calendar, base, zone, i64::from(*offset_days)))
        }
    }
}

/// Is it the awaited event, with the same properties as the entry? The events by which journeys
/// start one another do not count: a loop could wait for its own.
fn is_awaited(
    event: &EventMatch,
    same: &[String],
    happened: &PastEvent,
    enrolment: &EnrolmentState,
) -> bool {
    !happened.key.starts_with('$')
        && happened.key == event_key(&event.name)
        && event.filters_match(&happened.properties)
        && same.iter().all(|name| {
            match (happened.properties.get(name), enrolment.entry_properties.get(name)) {
                (Some(now), Some(then)) => now == then,
                _ => false,
            }
        })
}
