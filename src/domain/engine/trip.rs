//! One person's trip through one version: carried along from node to node until they have to wait,
//! or is out.

use super::{
    calendar::TimeZones,
    compiled::{CompiledVersion, NodeIndex},
    step::{Effect, Ending, NodeInput, Scene, Step, step},
};
use crate::domain::{
    delivery::fate::Fate,
    people::{
        PastEvent, Profile, Properties,
        profile::{Channel, event_key},
        record::merge,
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
    pub began_at: Timestamp,
    /// Until when they wait at the node, apart from the journey's time-out.
    pub due: Option<Timestamp>,
    /// Their message at the node went out, and they are waited on for what they do with it.
    pub awaits: bool,
    /// Of the event that let them in.
    pub entry_properties: Properties,
    /// Names the journey, so that two journeys split the same people in different ways.
    pub salt: String,
}

/// One node that they passed or stayed at.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeVisit {
    pub node: NodeIndex,
    /// They came to it just now; otherwise they had been waiting there.
    pub arrived: bool,
    pub turn: Turned,
    pub reason: String,
    /// The outlet that they would have left by, had it been drawn.
    pub undrawn: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Turned {
    Left(String),
    Waits,
    Sends,
    Ended(Ending),
}

impl Turned {
    /// The word of the step log: "left:yes", "waits", "sends", "ended:completed".
    pub fn word(&self) -> String {
        match self {
            Turned::Left(outlet) => format!("left:{outlet}"),
            Turned::Waits => "waits".to_string(),
            Turned::Sends => "sends".to_string(),
            Turned::Ended(ending) => format!("ended:{}", ending.key()),
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
    pub ended: Option<Ending>,
}

/// What a walk needs besides the person.
#[derive(Clone, Copy)]
pub struct World<'a> {
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
pub fn enter(
    world: World<'_>,
    profile: &mut Profile,
    began_at: Timestamp,
    entry_properties: Properties,
    salt: &str,
) -> Advance {
    let trip = EnrolmentState {
        node: world.version.entry,
        visit: 1,
        entered_at: world.now,
        began_at,
        due: None,
        awaits: false,
        entry_properties,
        salt: salt.to_string(),
    };
    walk(world, profile, trip, NodeInput::Arrive)
}

/// Their time has come: the node's, or the journey's.
pub fn time_up(world: World<'_>, profile: &mut Profile, trip: EnrolmentState) -> Option<Advance> {
    let deadline = trip.deadline(world.version).filter(|deadline| *deadline <= world.now);
    match (trip.due.filter(|due| *due <= world.now), deadline) {
        (None, None) => None,
        (Some(due), deadline) if deadline.is_none_or(|deadline| due <= deadline) => {
            Some(walk(world, profile, trip, NodeInput::TimeUp))
        }
        _ => Some(timed_out(trip)),
    }
}

/// They did something while inside: a goal, an exit, what they were waited for, or nothing that
/// matters here.
pub fn event(
    world: World<'_>,
    profile: &mut Profile,
    trip: &EnrolmentState,
    happened: &PastEvent,
) -> Option<Advance> {
    if happened.at < trip.began_at {
        return None;
    }
    let settings = &world.version.settings;
    let meets = |wanted: &crate::domain::graph::criteria::EventMatch| {
        event_key(&wanted.name) == happened.key && wanted.filters_hold(&happened.properties)
    };
    if let Some(goal) = settings.goals.iter().find(|goal| meets(&goal.event)) {
        return Some(end(trip.clone(), Ending::Converted, format!("met the goal “{}”", goal.name)));
    }
    if let Some(exit) = settings.exits.iter().find(|exit| meets(exit)) {
        return Some(end(trip.clone(), Ending::ForceExited, format!("did “{}”", exit.name)));
    }
    let scene = Scene::new(world, trip, profile);
    step(&scene, NodeInput::Event(happened))?;
    Some(walk(world, profile, trip.clone(), NodeInput::Event(happened)))
}

/// It is known what became of their message.
pub fn answer(
    world: World<'_>,
    profile: &mut Profile,
    trip: &EnrolmentState,
    fate: Fate,
) -> Option<Advance> {
    let scene = Scene::new(world, trip, profile);
    step(&scene, NodeInput::Answer(fate))?;
    Some(walk(world, profile, trip.clone(), NodeInput::Answer(fate)))
}

fn timed_out(trip: EnrolmentState) -> Advance {
    end(trip, Ending::TimedOut, "the journey's time-out was reached".to_string())
}

/// They are out, from where they are.
pub fn end(trip: EnrolmentState, ending: Ending, reason: String) -> Advance {
    let passage = NodeVisit {
        node: trip.node,
        arrived: false,
        turn: Turned::Ended(ending),
        reason,
        undrawn: None,
    };
    Advance {
        trip: EnrolmentState { due: None, ..trip },
        passages: vec![passage],
        messages: Vec::new(),
        effects: Vec::new(),
        ended: Some(ending),
    }
}

fn walk(
    world: World<'_>,
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
        (NodeInput::TimeUp, Some(due)) => due.min(world.now),
        _ => world.now,
    };
    // Publishing refuses circles without a wait; should one be there all the same, no one runs in
    // it for ever.
    for _ in 0..=world.version.nodes.len() {
        let scene = Scene { planned, ..Scene::new(world, &progress.trip, profile) };
        let Some(turn) = step(&scene, signal) else { return progress };
        if let Some(effect) = turn.effect {
            apply(&effect, profile);
            progress.effects.push(effect);
        }
        let arrived = matches!(signal, NodeInput::Arrive);
        let reason = turn.reason;
        match turn.step {
            Step::Go(outlet) => leave(world, &mut progress, outlet.to_string(), arrived, reason),
            Step::GoNamed(outlet) => leave(world, &mut progress, outlet, arrived, reason),
            Step::Wait(until) => stay(world, &mut progress, until, arrived, reason),
            Step::AwaitAnswer(until) => {
                stay(world, &mut progress, until, arrived, reason);
                progress.trip.awaits = true;
            }
            Step::Send { channel, expires_at } => {
                let EnrolmentState { node, visit, .. } = progress.trip;
                progress.messages.push(MessageRequest { node, visit, channel, expires_at });
                progress.trip.due = None;
                progress.passages.push(NodeVisit {
                    node,
                    arrived,
                    turn: Turned::Sends,
                    reason,
                    undrawn: None,
                });
                return progress;
            }
            Step::End(ending) => finish(&mut progress, ending, arrived, reason),
        }
        if progress.ended.is_some()
            || !progress
                .passages
                .last()
                .is_some_and(|passage| matches!(passage.turn, Turned::Left(_)))
        {
            return progress;
        }
        signal = NodeInput::Arrive;
    }
    finish(&mut progress, Ending::Completed, true, "went in a loop without a wait".to_string());
    progress
}

/// By the outlet to the next node. An outlet that is not drawn is the end: of the trip, or, where a
/// goal may still be met before the journey's time is over, of the path.
fn leave(world: World<'_>, progress: &mut Advance, outlet: String, arrived: bool, reason: String) {
    let node = progress.trip.node;
    if let Some(next) = world.version.nodes[node].ways.get(&outlet) {
        progress.passages.push(NodeVisit {
            node,
            arrived,
            turn: Turned::Left(outlet),
            reason,
            undrawn: None,
        });
        progress.trip = EnrolmentState {
            node: *next,
            visit: progress.trip.visit + 1,
            due: None,
            awaits: false,
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
        finish(progress, Ending::Completed, arrived, format!("{said}“{path}” ends here"));
    }
    if let Some(passage) = progress.passages.last_mut() {
        passage.undrawn = Some(outlet);
    }
}

/// They wait, unless the journey's time is over already.
fn stay(
    world: World<'_>,
    progress: &mut Advance,
    until: Option<Timestamp>,
    arrived: bool,
    reason: String,
) {
    if progress.trip.deadline(world.version).is_some_and(|deadline| deadline <= world.now) {
        return finish(
            progress,
            Ending::TimedOut,
            arrived,
            "the journey's time-out was reached".to_string(),
        );
    }
    progress.trip.due = until;
    progress.passages.push(NodeVisit {
        node: progress.trip.node,
        arrived,
        turn: Turned::Waits,
        reason,
        undrawn: None,
    });
}

fn finish(progress: &mut Advance, ending: Ending, arrived: bool, reason: String) {
    progress.passages.push(NodeVisit {
        node: progress.trip.node,
        arrived,
        turn: Turned::Ended(ending),
        reason,
        undrawn: None,
    });
    progress.trip.due = None;
    progress.ended = Some(ending);
}

/// What a node changes counts for the nodes after it.
fn apply(effect: &Effect, profile: &mut Profile) {
    match effect {
        Effect::SetProperties(values) => {
            merge(&mut profile.properties, values);
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
#[path = "trip_tests.rs"]
mod tests;
