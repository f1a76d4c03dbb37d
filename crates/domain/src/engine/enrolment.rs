//! One person's trip through one version: carried along from node to node until they have to wait,
//! or is out.

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

/// Where a person is.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolmentState {
    pub node: NodeIndex,
    /// How many nodes they have come to; with the node it makes a message's key.
    pub visit: i64,
    pub entered_at: Timestamp,
    /// When what let them in happened. What happened before it has nothing to do with this trip.
    pub triggered_at: Timestamp,
    /// Until when they wait at the node, apart from the journey's time-out.
    pub due: Option<Timestamp>,
    /// Their message at the node went out, and they are waited on for what they do with it.
    pub awaits_engagement: bool,
    /// Of the event that let them in.
    pub entry_properties: Properties,
    /// Names the journey, so that two journeys split the same people in different ways.
    pub split_seed: String,
}

/// In front of an outlet that is not drawn, where a node counts those who would have left by it.
pub const MISSING_OUTLET_PREFIX: &str = "~";

/// One node that they passed or stayed at.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeVisit {
    pub node: NodeIndex,
    /// They came to it just now; otherwise they had been waiting there.
    pub arrived: bool,
    pub turn: VisitOutcome,
    pub reason: String,
    /// The outlet that they would have left by, had it been drawn.
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
    /// The word of the step log: "left:yes", "waits", "sends", "ended:completed".
    pub fn word(&self) -> String {
        match self {
            VisitOutcome::Left(outlet) => format!("left:{outlet}"),
            VisitOutcome::Waits => "waits".to_string(),
            VisitOutcome::Sends => "sends".to_string(),
            VisitOutcome::Ended(ending) => format!("ended:{}", ending.key()),
        }
    }
}

/// A message that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRequest {
    pub node: NodeIndex,
    pub visit: i64,
    pub channel: Channel,
    /// From then on it is too late for it.
    pub expires_at: Option<Timestamp>,
}

/// What became of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Advance {
    pub trip: EnrolmentState,
    pub passages: Vec<NodeVisit>,
    pub messages: Vec<MessageRequest>,
    pub effects: Vec<Effect>,
    pub ended: Option<ExitReason>,
}

/// What a walk needs besides the person.
#[derive(Clone, Copy)]
pub struct EngineContext<'a> {
    pub version: &'a CompiledVersion,
    pub calendar: &'a dyn TimeZones,
    pub now: Timestamp,
}

impl EnrolmentState {
    /// When the journey's own time-out ends the trip.
    pub fn deadline(&self, version: &CompiledVersion) -> Option<Timestamp> {
        version.settings.timeout_hours.map(|hours| self.entered_at.plus(i64::from(hours) * HOUR_MS))
    }

    /// When they have to be looked at next.
    pub fn due_at(&self, version: &CompiledVersion) -> Option<Timestamp> {
        match (self.due, self.deadline(version)) {
            (Some(due), Some(deadline)) => Some(due.min(deadline)),
            (due, deadline) => due.or(deadline),
        }
    }
}

/// They come in.
pub fn start(
    world: EngineContext<'_>,
    profile: &mut Profile,
    began_at: Timestamp,
    entry_properties: Properties,
    salt: &str,
) -> Advance {
    let trip = EnrolmentState {
        node: world.version.entry,
        visit: 1,
        entered_at: world.now,
        triggered_at: began_at,
        due: None,
        awaits_engagement: false,
        entry_properties,
        split_seed: salt.to_string(),
    };
    advance(world, profile, trip, NodeInput::Arrived)
}

/// Their time has come: the node's, or the journey's.
pub fn on_timer(
    world: EngineContext<'_>,
    profile: &mut Profile,
    trip: EnrolmentState,
) -> Option<Advance> {
    let deadline = trip.deadline(world.version).filter(|deadline| *deadline <= world.now);
    match (trip.due.filter(|due| *due <= world.now), deadline) {
        (None, None) => None,
        (Some(due), deadline) if deadline.is_none_or(|deadline| due <= deadline) => {
            Some(advance(world, profile, trip, NodeInput::TimerFired))
        }
        _ => Some(timed_out(trip)),
    }
}

/// They did something while inside: a goal, an exit, what they were waited for, or nothing that
/// matters here.
pub fn on_event(
    world: EngineContext<'_>,
    profile: &mut Profile,
    trip: &EnrolmentState,
    happened: &PastEvent,
) -> Option<Advance> {
    if happened.at < trip.triggered_at {
        return None;
    }
    let settings = &world.version.settings;
    let meets = |wanted: &crate::graph::criteria::EventMatch| {
        event_key(&wanted.name) == happened.key && wanted.filters_match(&happened.properties)
    };
    if let Some(goal) = settings.goals.iter().find(|goal| meets(&goal.event)) {
        return Some(end(
            trip.clone(),
            ExitReason::Converted,
            format!("met the goal “{}”", goal.name),
        ));
    }
    if let Some(exit) = settings.exits.iter().find(|exit| meets(exit)) {
        return Some(end(trip.clone(), ExitReason::ForceExited, format!("did “{}”", exit.name)));
    }
    let scene = NodeContext::new(world, trip, profile);
    evaluate_node(&scene, NodeInput::Event(happened))?;
    Some(advance(world, profile, trip.clone(), NodeInput::Event(happened)))
}

/// It is known what became of their message.
pub fn on_message_event(
    world: EngineContext<'_>,
    profile: &mut Profile,
    trip: &EnrolmentState,
    fate: MessageEventKind,
) -> Option<Advance> {
    let scene = NodeContext::new(world, trip, profile);
    evaluate_node(&scene, NodeInput::Answer(fate))?;
    Some(advance(world, profile, trip.clone(), NodeInput::Answer(fate)))
}

fn timed_out(trip: EnrolmentState) -> Advance {
    end(trip, ExitReason::TimedOut, "the journey's time-out was reached".to_string())
}

/// They are out, from where they are.
pub fn end(trip: EnrolmentState, ending: ExitReason, reason: String) -> Advance {
    let passage = NodeVisit {
        node: trip.node,
        arrived: false,
        turn: VisitOutcome::Ended(ending),
        reason,
        missing_outlet: None,
    };
    Advance {
        trip: EnrolmentState { due: None, ..trip },
        passages: vec![passage],
        messages: Vec::new(),
        effects: Vec::new(),
        ended: Some(ending),
    }
}

fn advance(
    world: EngineContext<'_>,
    profile: &mut Profile,
    trip: EnrolmentState,
    first: NodeInput<'_>,
) -> Advance {
    let mut progress = Advance {
        trip,
        passages: Vec::new(),
        messages: Vec::new(),
        effects: Vec::new(),
        ended: None,
    };
    let mut signal = first;
    // When they should have come by: after a standstill, long before now.
    let planned = match (first, progress.trip.due) {
        (NodeInput::TimerFired, Some(due)) => due.min(world.now),
        _ => world.now,
    };
    // Publishing refuses circles without a wait; should one be there all the same, no one runs in
    // it for ever.
    for _ in 0..=world.version.nodes.len() {
        let scene = NodeContext { planned, ..NodeContext::new(world, &progress.trip, profile) };
        let Some(turn) = evaluate_node(&scene, signal) else { return progress };
        if let Some(effect) = turn.effect {
            apply(&effect, profile);
            progress.effects.push(effect);
        }
        let arrived = matches!(signal, NodeInput::Arrived);
        let reason = turn.reason;
        match turn.step {
            NodeAction::Follow(outlet) => {
                leave(world, &mut progress, outlet.to_string(), arrived, reason)
            }
            NodeAction::GoNamed(outlet) => leave(world, &mut progress, outlet, arrived, reason),
            NodeAction::Wait(until) => stay(world, &mut progress, until, arrived, reason),
            NodeAction::AwaitAnswer(until) => {
                stay(world, &mut progress, until, arrived, reason);
                progress.trip.awaits_engagement = true;
            }
            NodeAction::Send { channel, expires_at } => {
                let EnrolmentState { node, visit, .. } = progress.trip;
                progress.messages.push(MessageRequest { node, visit, channel, expires_at });
                progress.trip.due = None;
                progress.passages.push(NodeVisit {
                    node,
                    arrived,
                    turn: VisitOutcome::Sends,
                    reason,
                    missing_outlet: None,
                });
                return progress;
            }
            NodeAction::End(ending) => finish(&mut progress, ending, arrived, reason),
        }
        if progress.ended.is_some()
            || !progress
                .passages
                .last()
                .is_some_and(|passage| matches!(passage.turn, VisitOutcome::Left(_)))
        {
            return progress;
        }
        signal = NodeInput::Arrived;
    }
    finish(&mut progress, ExitReason::Completed, true, "went in a loop without a wait".to_string());
    progress
}

/// By the outlet to the next node. An outlet that is not drawn is the end: of the trip, or, where a
/// goal may still be met before the journey's time is over, of the path.
fn leave(
    world: EngineContext<'_>,
    progress: &mut Advance,
    outlet: String,
    arrived: bool,
    reason: String,
) {
    let node = progress.trip.node;
    if let Some(next) = world.version.nodes[node].ways.get(&outlet) {
        progress.passages.push(NodeVisit {
            node,
            arrived,
            turn: VisitOutcome::Left(outlet),
            reason,
            missing_outlet: None,
        });
        progress.trip = EnrolmentState {
            node: *next,
            visit: progress.trip.visit + 1,
            due: None,
            awaits_engagement: false,
            ..progress.trip.clone()
        };
        return;
    }
    let settings = &world.version.settings;
    let said = if reason.is_empty() { String::new() } else { format!("{reason}; ") };
    let path = world.version.nodes[node].step.outlet_title(&outlet);
    if !settings.goals.is_empty() && settings.timeout_hours.is_some() {
        stay(
            world,
            progress,
            None,
            arrived,
            format!("{said}“{path}” ends here: waits for a goal or the time-out"),
        );
    } else {
        finish(progress, ExitReason::Completed, arrived, format!("{said}“{path}” ends here"));
    }
    if let Some(passage) = progress.passages.last_mut() {
        passage.missing_outlet = Some(outlet);
    }
}

/// They wait, unless the journey's time is over already.
fn stay(
    world: EngineContext<'_>,
    progress: &mut Advance,
    until: Option<Timestamp>,
    arrived: bool,
    reason: String,
) {
    if progress.trip.deadline(world.version).is_some_and(|deadline| deadline <= world.now) {
        return finish(
            progress,
            ExitReason::TimedOut,
            arrived,
            "the journey's time-out was reached".to_string(),
        );
    }
    progress.trip.due = until;
    progress.passages.push(NodeVisit {
        node: progress.trip.node,
        arrived,
        turn: VisitOutcome::Waits,
        reason,
        missing_outlet: None,
    });
}

fn finish(progress: &mut Advance, ending: ExitReason, arrived: bool, reason: String) {
    progress.passages.push(NodeVisit {
        node: progress.trip.node,
        arrived,
        turn: VisitOutcome::Ended(ending),
        reason,
        missing_outlet: None,
    });
    progress.trip.due = None;
    progress.ended = Some(ending);
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
