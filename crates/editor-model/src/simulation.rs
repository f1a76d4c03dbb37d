//! One person through a graph on a clock that runs ahead: which way would they go, when, and why.
//! Messages count as sent; what they do with them, and everything else they do, the simulation
//! says.

use std::collections::VecDeque;

use wayfare_domain::versions::{SimulatedEvent, SimulationStep};
use wayfare_domain::{
    engine::{
        CompiledVersion,
        enrolment::{self, Advance, EngineContext, VisitOutcome},
        time_zones::TimeZones,
    },
    interrupt::{GivenUp, Interrupt},
    journeys::settings::EntryTrigger,
    messages::event::MessageEventKind,
    profiles::{PastEvent, Profile, Properties, profile::event_key, property_value::to_canonical},
    time::{MINUTE_MS, Timestamp},
};

/// Most steps of a trial: anyone who goes in circles is followed so far.
pub const STEPS_MAX: usize = 500;

/// What is tried, and on whom.
pub struct Simulation<'a> {
    pub version: &'a CompiledVersion,
    pub calendar: &'a dyn TimeZones,
    pub start: Timestamp,
    /// Of the event that lets them in.
    pub event: Properties,
    /// What they do; `$clicked` and the like are about their message.
    pub later: &'a [SimulatedEvent],
}

/// Follows them until they are out, or nothing more would happen.
///
/// # Errors
/// Where no one wants to know any more.
pub fn simulate(
    case: &Simulation<'_>,
    mut profile: Profile,
    interrupt: &dyn Interrupt,
) -> Result<Vec<SimulationStep>, GivenUp> {
    let mut steps = Vec::new();
    if let Some(reason) = kept_out(case, &profile) {
        let node = case
            .version
            .nodes
            .get(case.version.entry)
            .map(|node| node.id.clone())
            .unwrap_or_default();
        steps.push(SimulationStep {
            at: case.start,
            node,
            what: "would not enter".to_string(),
            reason,
        });
    }
    let mut later = case.later.to_vec();
    later.sort_by_key(|event| event.minutes);
    let mut later: VecDeque<(Timestamp, SimulatedEvent)> = later
        .into_iter()
        .map(|event| (case.start.plus(i64::from(event.minutes) * MINUTE_MS), event))
        .collect();
    let mut now = case.start;
    let mut next =
        Some(enrolment::start(world(case, now), &mut profile, now, case.event.clone(), "trial"));
    while let Some(advance) = next.take() {
        interrupt.go_on()?;
        record(case, &advance, now, &mut steps);
        if advance.ended.is_some() || steps.len() >= STEPS_MAX {
            break;
        }
        if matches!(advance.visits.last().map(|visit| &visit.outcome), Some(VisitOutcome::Sends)) {
            next = enrolment::on_message_event(
                world(case, now),
                &mut profile,
                &advance.enrolment,
                MessageEventKind::Sent,
            );
            continue;
        }
        let state = advance.enrolment;
        // What comes first: their time, or what they do. A time that is the same comes first, as in
        // the engine.
        while next.is_none() {
            interrupt.go_on()?;
            let due = state.due_at(case.version);
            match later.front() {
                Some((at, _)) if due.is_none_or(|due| *at < due) => {
                    let Some((at, event)) = later.pop_front() else { break };
                    now = at.max(now);
                    next = happens(case, &mut profile, &state, &event, now);
                }
                _ => {
                    let Some(due) = due else { break };
                    now = due.max(now);
                    next = enrolment::on_timer(world(case, now), &mut profile, state.clone());
                    if next.is_none() {
                        break;
                    }
                }
            }
        }
    }
    Ok(steps)
}

fn world<'a>(case: &Simulation<'a>, now: Timestamp) -> EngineContext<'a> {
    EngineContext { version: case.version, calendar: case.calendar, now }
}

fn record(
    case: &Simulation<'_>,
    advance: &Advance,
    at: Timestamp,
    steps: &mut Vec<SimulationStep>,
) {
    steps.extend(advance.visits.iter().map(|visit| SimulationStep {
        at,
        node: case.version.nodes[visit.node].id.clone(),
        what: visit.outcome.word(),
        reason: visit.reason.clone(),
    }));
}

/// They do something, or something becomes of their message.
fn happens(
    case: &Simulation<'_>,
    profile: &mut Profile,
    state: &enrolment::EnrolmentState,
    event: &SimulatedEvent,
    now: Timestamp,
) -> Option<Advance> {
    if let Some(kind) = event.name.strip_prefix('$').and_then(MessageEventKind::from_key) {
        return enrolment::on_message_event(world(case, now), profile, state, kind);
    }
    let happened = PastEvent {
        key: event_key(&event.name),
        at: now,
        properties: properties_of(event, &case.event),
    };
    profile.events.push(happened.clone());
    enrolment::on_event(world(case, now), profile, state, &happened)
}

/// Those of the event that let them in, and what this one has besides or otherwise.
fn properties_of(event: &SimulatedEvent, entry: &Properties) -> Properties {
    let mut properties = entry.clone();
    for (name, value) in &event.properties {
        if value.is_null() {
            properties.remove(name);
        } else {
            properties.insert(name.clone(), to_canonical(value.clone()));
        }
    }
    properties
}

/// Why they would not come in at all; the trial goes on as if they had.
fn kept_out(case: &Simulation<'_>, profile: &Profile) -> Option<String> {
    match (&case.version.settings.entry, &case.version.entry_criteria) {
        (EntryTrigger::Event { filters, .. }, _) => {
            let unmet = filters.iter().find(|filter| !filter.matches(&case.event))?;
            Some(format!("The event does not meet this condition: {}.", unmet.describe()))
        }
        (EntryTrigger::Api {}, _) => None,
        (
            entry @ (EntryTrigger::Profile { .. }
            | EntryTrigger::Segment { .. }
            | EntryTrigger::List { .. }),
            criteria,
        ) => {
            let is_outside =
                criteria.as_ref().is_some_and(|criteria| !criteria.matches(profile, case.start));
            is_outside
                .then(|| format!("This person does not match the entry: {}.", entry.describe()))
        }
    }
}

#[cfg(test)]
#[path = "simulation_tests.rs"]
mod tests;
