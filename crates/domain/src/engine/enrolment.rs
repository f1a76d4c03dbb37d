//! One enrolment: advanced from node to node until it has to wait or has ended.

use super::{
    compiled::{CompiledVersion, NodeIndex},
    node::{Effect, ExitReason, NodeAction, NodeContext, NodeInput, evaluate_node},
    time_zones::TimeZones,
};
use crate::{
    messages::event::MessageEventKind,
    profiles::{
        PastEvent, Profile, Properties,
        ingest_record::merge_properties,
        profile::{Channel, event_key},
    },
    time::{HOUR_MS, Timestamp},
};

/// Where one profile is in a version.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolmentState {
    pub node: NodeIndex,
    /// How many nodes the enrolment has arrived at; with the node, the key of a message.
    pub visit: i64,
    pub entered_at: Timestamp,
    /// When the event that started it happened; earlier events mean nothing to it.
    pub triggered_at: Timestamp,
    /// Until when it waits at the node, apart from the journey's time-out.
    pub due: Option<Timestamp>,
    /// The message of the node was sent, and a later message event is awaited.
    pub awaits_engagement: bool,
    /// Those of the event that started it.
    pub entry_properties: Properties,
    /// Names the journey, so that two journeys split the same people differently.
    pub split_seed: String,
}

/// One node that an enrolment passed or stayed at.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeVisit {
    pub node: NodeIndex,
    /// Did it arrive just now? Otherwise it had been waiting there.
    pub arrived: bool,
    pub outcome: VisitOutcome,
    pub reason: String,
    /// The outlet that it would have followed, had it been drawn.
    pub missing_outlet: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum VisitOutcome {
    Left(String),
    Waits,
    Sends,
    Ended(ExitReason),
}

impl VisitOutcome {
    /// The word of the enrolment log: "left:yes", "waits", "sends", "ended:completed".
    pub fn word(&self) -> String {
        match self {
            VisitOutcome::Left(outlet) => format!("left:{outlet}"),
            VisitOutcome::Waits => "waits".to_string(),
            VisitOutcome::Sends => "sends".to_string(),
            VisitOutcome::Ended(exit_reason) => format!("ended:{}", exit_reason.key()),
        }
    }
}

/// A message to queue.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRequest {
    pub node: NodeIndex,
    pub visit: i64,
    pub channel: Channel,
    /// From this time on it is too late.
    pub expires_at: Option<Timestamp>,
}

/// Everything that one input led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Advance {
    pub enrolment: EnrolmentState,
    pub visits: Vec<NodeVisit>,
    pub messages: Vec<MessageRequest>,
    pub effects: Vec<Effect>,
    pub ended: Option<ExitReason>,
}

/// What advancing needs besides the profile.
#[derive(Clone, Copy)]
pub struct EngineContext<'a> {
    pub version: &'a CompiledVersion,
    pub calendar: &'a dyn TimeZones,
    pub now: Timestamp,
}

impl EnrolmentState {
    /// When the journey's time-out ends the enrolment.
    pub fn deadline(&self, version: &CompiledVersion) -> Option<Timestamp> {
        version.settings.timeout_hours.map(|hours| self.entered_at.plus(i64::from(hours) * HOUR_MS))
    }

    /// When it has to be advanced next.
    pub fn due_at(&self, version: &CompiledVersion) -> Option<Timestamp> {
        match (self.due, self.deadline(version)) {
            (Some(due), Some(deadline)) => Some(due.min(deadline)),
            (due, deadline) => due.or(deadline),
        }
    }
}

/// A profile enters.
pub fn start(
    engine: EngineContext<'_>,
    profile: &mut Profile,
    triggered_at: Timestamp,
    entry_properties: Properties,
    split_seed: &str,
) -> Advance {
    let enrolment = EnrolmentState {
        node: engine.version.entry,
        visit: 1,
        entered_at: engine.now,
        triggered_at,
        due: None,
        awaits_engagement: false,
        entry_properties,
        split_seed: split_seed.to_string(),
    };
    advance(engine, profile, enrolment, NodeInput::Arrived)
}

/// A time is reached: the node's, or the journey's time-out.
pub fn on_timer(
    engine: EngineContext<'_>,
    profile: &mut Profile,
    enrolment: EnrolmentState,
) -> Option<Advance> {
    let deadline = enrolment.deadline(engine.version).filter(|deadline| *deadline <= engine.now);
    match (enrolment.due.filter(|due| *due <= engine.now), deadline) {
        (None, None) => None,
        (Some(due), deadline) if deadline.is_none_or(|deadline| due <= deadline) => {
            Some(advance(engine, profile, enrolment, NodeInput::TimerFired))
        }
        _ => Some(timed_out(enrolment)),
    }
}

/// The profile did an event while inside: a goal, an exit, an awaited event, or none of these.
pub fn on_event(
    engine: EngineContext<'_>,
    profile: &mut Profile,
    enrolment: &EnrolmentState,
    happened: &PastEvent,
) -> Option<Advance> {
    if happened.at < enrolment.triggered_at {
        return None;
    }
    let settings = &engine.version.settings;
    let meets = |wanted: &crate::graph::criteria::EventMatch| {
        event_key(&wanted.name) == happened.key && wanted.filters_match(&happened.properties)
    };
    if let Some(goal) = settings.goals.iter().find(|goal| meets(&goal.event)) {
        return Some(end(
            enrolment.clone(),
            ExitReason::Converted,
            format!("met the goal “{}”", goal.name),
        ));
    }
    if let Some(exit) = settings.exits.iter().find(|exit| meets(exit)) {
        return Some(end(
            enrolment.clone(),
            ExitReason::ForceExited,
            format!("did “{}”", exit.name),
        ));
    }
    let context = NodeContext::new(engine, enrolment, profile);
    evaluate_node(&context, NodeInput::Event(happened))?;
    Some(advance(engine, profile, enrolment.clone(), NodeInput::Event(happened)))
}

/// Something happened to the message of the node.
pub fn on_message_event(
    engine: EngineContext<'_>,
    profile: &mut Profile,
    enrolment: &EnrolmentState,
    event: MessageEventKind,
) -> Option<Advance> {
    let context = NodeContext::new(engine, enrolment, profile);
    evaluate_node(&context, NodeInput::MessageEvent(event))?;
    Some(advance(engine, profile, enrolment.clone(), NodeInput::MessageEvent(event)))
}

fn timed_out(enrolment: EnrolmentState) -> Advance {
    end(enrolment, ExitReason::TimedOut, "the journey's time-out was reached".to_string())
}

/// Ends the enrolment at its node.
pub fn end(enrolment: EnrolmentState, exit_reason: ExitReason, reason: String) -> Advance {
    let visit = NodeVisit {
        node: enrolment.node,
        arrived: false,
        outcome: VisitOutcome::Ended(exit_reason),
        reason,
        missing_outlet: None,
    };
    Advance {
        enrolment: EnrolmentState { due: None, ..enrolment },
        visits: vec![visit],
        messages: Vec::new(),
        effects: Vec::new(),
        ended: Some(exit_reason),
    }
}

fn advance(
    engine: EngineContext<'_>,
    profile: &mut Profile,
    enrolment: EnrolmentState,
    first: NodeInput<'_>,
) -> Advance {
    let mut advance = Advance {
        enrolment,
        visits: Vec::new(),
        messages: Vec::new(),
        effects: Vec::new(),
        ended: None,
    };
    let mut input = first;
    // When it should have been advanced: after downtime, long before now.
    let planned = match (first, advance.enrolment.due) {
        (NodeInput::TimerFired, Some(due)) => due.min(engine.now),
        _ => engine.now,
    };
    // Publishing refuses circles without a wait; should one be there all the same, no enrolment
    // stays in it for ever.
    for _ in 0..=engine.version.nodes.len() {
        let context =
            NodeContext { planned, ..NodeContext::new(engine, &advance.enrolment, profile) };
        let Some(result) = evaluate_node(&context, input) else { return advance };
        if let Some(effect) = result.effect {
            apply(&effect, profile);
            advance.effects.push(effect);
        }
        let arrived = matches!(input, NodeInput::Arrived);
        let reason = result.reason;
        match result.action {
            NodeAction::Follow(outlet) => {
                leave(engine, &mut advance, outlet.to_string(), arrived, reason)
            }
            NodeAction::FollowNamed(outlet) => leave(engine, &mut advance, outlet, arrived, reason),
            NodeAction::Wait(until) => stay(engine, &mut advance, until, arrived, reason),
            NodeAction::AwaitEngagement(until) => {
                stay(engine, &mut advance, until, arrived, reason);
                advance.enrolment.awaits_engagement = true;
            }
            NodeAction::Send { channel, expires_at } => {
                let EnrolmentState { node, visit, .. } = advance.enrolment;
                advance.messages.push(MessageRequest { node, visit, channel, expires_at });
                advance.enrolment.due = None;
                advance.visits.push(NodeVisit {
                    node,
                    arrived,
                    outcome: VisitOutcome::Sends,
                    reason,
                    missing_outlet: None,
                });
                return advance;
            }
            NodeAction::End(exit_reason) => finish(&mut advance, exit_reason, arrived, reason),
        }
        if advance.ended.is_some()
            || !advance
                .visits
                .last()
                .is_some_and(|visit| matches!(visit.outcome, VisitOutcome::Left(_)))
        {
            return advance;
        }
        input = NodeInput::Arrived;
    }
    finish(&mut advance, ExitReason::Completed, true, "went in a loop without a wait".to_string());
    advance
}

/// Follows an outlet to the next node. One that is not drawn ends the enrolment; where a goal may
/// still be met before the time-out, it only ends the path.
fn leave(
    engine: EngineContext<'_>,
    advance: &mut Advance,
    outlet: String,
    arrived: bool,
    reason: String,
) {
    let node = advance.enrolment.node;
    if let Some(next) = engine.version.nodes[node].outlets.get(&outlet) {
        advance.visits.push(NodeVisit {
            node,
            arrived,
            outcome: VisitOutcome::Left(outlet),
            reason,
            missing_outlet: None,
        });
        advance.enrolment = EnrolmentState {
            node: *next,
            visit: advance.enrolment.visit + 1,
            due: None,
            awaits_engagement: false,
            ..advance.enrolment.clone()
        };
        return;
    }
    let settings = &engine.version.settings;
    let prefix = if reason.is_empty() { String::new() } else { format!("{reason}; ") };
    let path = engine.version.nodes[node].step.outlet_title(&outlet);
    if !settings.goals.is_empty() && settings.timeout_hours.is_some() {
        stay(
            engine,
            advance,
            None,
            arrived,
            format!("{prefix}“{path}” ends here: waits for a goal or the time-out"),
        );
    } else {
        finish(advance, ExitReason::Completed, arrived, format!("{prefix}“{path}” ends here"));
    }
    if let Some(visit) = advance.visits.last_mut() {
        visit.missing_outlet = Some(outlet);
    }
}

/// Waits, unless the journey's time-out is reached already.
fn stay(
    engine: EngineContext<'_>,
    advance: &mut Advance,
    until: Option<Timestamp>,
    arrived: bool,
    reason: String,
) {
    if advance.enrolment.deadline(engine.version).is_some_and(|deadline| deadline <= engine.now) {
        return finish(
            advance,
            ExitReason::TimedOut,
            arrived,
            "the journey's time-out was reached".to_string(),
        );
    }
    advance.enrolment.due = until;
    advance.visits.push(NodeVisit {
        node: advance.enrolment.node,
        arrived,
        outcome: VisitOutcome::Waits,
        reason,
        missing_outlet: None,
    });
}

fn finish(advance: &mut Advance, exit_reason: ExitReason, arrived: bool, reason: String) {
    advance.visits.push(NodeVisit {
        node: advance.enrolment.node,
        arrived,
        outcome: VisitOutcome::Ended(exit_reason),
        reason,
        missing_outlet: None,
    });
    advance.enrolment.due = None;
    advance.ended = Some(exit_reason);
}

/// What a node changes counts for the nodes after it.
fn apply(effect: &Effect, profile: &mut Profile) {
    match effect {
        Effect::SetProperties(values) => {
            merge_properties(&mut profile.properties, values);
        }
        Effect::AddToList(list) => {
            profile.lists.insert(list.clone());
        }
        Effect::RemoveFromList(list) => {
            profile.lists.remove(list);
        }
        Effect::StartJourney { .. } => {}
    }
}

#[cfg(test)]
#[path = "enrolment_tests.rs"]
mod tests;
