//! What happens to one profile at one node: a pure function of the node, the enrolment, the profile
//! and the time.
//!
//! [`evaluate_node`] has an arm for every kind of node, so that a new kind is not passed over.

mod message;
mod waits;

use self::{
    message::message,
    waits::{at_delay, at_wait},
};
pub use super::exit_reason::ExitReason;
use super::{
    bucketing::hash_bucket,
    compiled::{CompiledNode, CompiledVersion},
    enrolment::{EngineContext, EnrolmentState},
    time_zones::TimeZones,
};
use crate::{
    graph::{
        NodeKind,
        criteria::EventMatch,
        node::{Branch, SplitShare},
    },
    messages::event::MessageEventKind,
    profiles::{PastEvent, Profile, Properties, profile::Channel},
    time::{DAY_MS, MINUTE_MS, Timestamp},
};

/// The entry property of an enrolment that another journey started: how many journeys have started
/// one another.
pub const START_CHAIN_PROPERTY: &str = "$depth";
/// Most journeys that start one another without a wait in between.
const CHAIN_MAX: u64 = 10;

/// The shortest time that counts as a wait: with a shorter one, journeys could send without end.
pub(super) const WAIT_MIN_MS: i64 = MINUTE_MS;

/// Why a node is evaluated.
#[derive(Debug, Clone, Copy)]
pub enum NodeInput<'a> {
    /// The enrolment has just arrived at the node.
    Arrived,
    /// The time that it waited for is reached.
    TimerFired,
    /// An event of the profile.
    Event(&'a PastEvent),
    /// Something happened to the message of this node.
    MessageEvent(MessageEventKind),
}

/// What happens next.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeAction {
    /// Leaves by this outlet of the node's type.
    Follow(&'static str),
    /// Leaves by the outlet of a branch or a share.
    FollowNamed(String),
    /// Stays until this time, or until an event.
    Wait(Option<Timestamp>),
    /// Queues a message and stays until a message event.
    Send {
        channel: Channel,
        /// From this time on the message is too late.
        expires_at: Option<Timestamp>,
    },
    /// The message was sent; stays for what the recipient does with it, at most until this time.
    AwaitEngagement(Option<Timestamp>),
    End(ExitReason),
}

/// What a node changes outside the enrolment.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    SetProperties(Properties),
    AddToList(String),
    RemoveFromList(String),
    /// `depth`: how many journeys, with this one, have started one another without a wait.
    StartJourney {
        journey: String,
        depth: u64,
    },
}

/// What happens next, and why, in words for people.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeResult {
    pub action: NodeAction,
    pub reason: String,
    pub effect: Option<Effect>,
}

impl NodeResult {
    fn new(action: NodeAction, reason: impl Into<String>) -> Self {
        Self { action, reason: reason.into(), effect: None }
    }

    fn follow(outlet: &'static str, reason: impl Into<String>) -> Self {
        Self::new(NodeAction::Follow(outlet), reason)
    }

    fn next_with(effect: Effect) -> Self {
        Self { effect: Some(effect), ..Self::follow("next", "") }
    }
}

/// Everything that a node looks at.
pub struct NodeContext<'a> {
    pub version: &'a CompiledVersion,
    pub enrolment: &'a EnrolmentState,
    pub profile: &'a Profile,
    pub calendar: &'a dyn TimeZones,
    pub now: Timestamp,
    /// When the node should have been evaluated; after downtime, long before now.
    pub planned: Timestamp,
}

impl<'a> NodeContext<'a> {
    /// A node that is evaluated in time.
    pub fn new(
        engine: EngineContext<'a>,
        enrolment: &'a EnrolmentState,
        profile: &'a Profile,
    ) -> Self {
        let EngineContext { version, calendar, now } = engine;
        Self { version, enrolment, profile, calendar, now, planned: now }
    }

    /// The profile's own zone, or the journey's.
    fn zone(&self) -> &str {
        let own = self.profile.time_zone.as_deref().filter(|zone| self.calendar.knows(zone));
        own.unwrap_or(&self.version.settings.time_zone)
    }
}

/// What happens at the node; none where the input means nothing there.
pub fn evaluate_node(context: &NodeContext<'_>, input: NodeInput<'_>) -> Option<NodeResult> {
    let node = context.version.nodes.get(context.enrolment.node)?;
    match &node.step {
        NodeKind::Email { .. } => message(context, node, Channel::Email, input),
        NodeKind::Sms { .. } => message(context, node, Channel::Sms, input),
        NodeKind::Push { .. } => message(context, node, Channel::Push, input),
        NodeKind::Webhook { .. } => message(context, node, Channel::Webhook, input),
        NodeKind::Whatsapp { .. } => message(context, node, Channel::Whatsapp, input),
        NodeKind::WebPush { .. } => message(context, node, Channel::WebPush, input),
        NodeKind::InApp { .. } => message(context, node, Channel::InApp, input),
        NodeKind::Delay(delay) => at_delay(context, node, delay, input),
        NodeKind::WaitForEvent { event, same, timeout_minutes } => {
            at_wait(context, event, same, *timeout_minutes, input)
        }
        NodeKind::Entry {} => on_arrival(input, || NodeResult::follow("next", "")),
        NodeKind::ConditionSplit { branches } => {
            on_arrival(input, || split_by_condition(context, node, branches))
        }
        NodeKind::HasDoneSplit { event, within_days } => {
            on_arrival(input, || split_by_past(context, event, *within_days))
        }
        NodeKind::RandomSplit { shares } => {
            on_arrival(input, || split_by_chance(context, node, shares))
        }
        NodeKind::UpdateProfile { set } => on_arrival(input, || {
            let values = set.iter().map(|change| (change.property.clone(), change.value.clone()));
            NodeResult::next_with(Effect::SetProperties(values.collect()))
        }),
        NodeKind::AddToList { list } => {
            on_arrival(input, || NodeResult::next_with(Effect::AddToList(list.clone())))
        }
        NodeKind::RemoveFromList { list } => {
            on_arrival(input, || NodeResult::next_with(Effect::RemoveFromList(list.clone())))
        }
        NodeKind::StartJourney { journey } => on_arrival(input, || start(context, journey)),
        NodeKind::Goal { name } => on_arrival(input, || {
            let reason = format!("reached the goal “{name}”");
            NodeResult::new(NodeAction::End(ExitReason::Converted), reason)
        }),
        NodeKind::ForceExit { reason } => on_arrival(input, || {
            NodeResult::new(NodeAction::End(ExitReason::ForceExited), reason.clone())
        }),
    }
}

/// A node at which no one stays, so only arriving means something there.
fn on_arrival(input: NodeInput<'_>, result: impl FnOnce() -> NodeResult) -> Option<NodeResult> {
    match input {
        NodeInput::Arrived => Some(result()),
        NodeInput::TimerFired | NodeInput::Event(_) | NodeInput::MessageEvent(_) => None,
    }
}

fn split_by_condition(
    context: &NodeContext<'_>,
    node: &CompiledNode,
    branches: &[Branch],
) -> NodeResult {
    let matching =
        node.criteria.iter().position(|criteria| criteria.matches(context.profile, context.now));
    match matching.and_then(|index| branches.get(index)) {
        Some(branch) => NodeResult::new(
            NodeAction::FollowNamed(branch.name.clone()),
            branch.criteria.describe(),
        ),
        None => NodeResult::follow("others", "no condition matched"),
    }
}

fn split_by_past(
    context: &NodeContext<'_>,
    event: &EventMatch,
    within_days: Option<u32>,
) -> NodeResult {
    let since = within_days.map(|days| context.now.plus(-(i64::from(days) * DAY_MS)));
    let times = context.profile.times(event, since);
    let outlet = if times > 0 { "yes" } else { "no" };
    let count = if times == 1 { "once".to_string() } else { format!("{times} times") };
    NodeResult::follow(outlet, format!("did “{}” {count}", event.name))
}

fn split_by_chance(
    context: &NodeContext<'_>,
    node: &CompiledNode,
    shares: &[SplitShare],
) -> NodeResult {
    let seed = format!("split {} {}", node.id, context.enrolment.split_seed);
    let roll = hash_bucket(&seed, context.profile.seq.0);
    let mut upper = 0;
    let chosen = shares.iter().find(|share| {
        // Of a draft they may add up to anything.
        upper = share.percent.saturating_add(upper);
        roll < upper
    });
    let name = chosen.or(shares.last()).map(|share| share.name.clone()).unwrap_or_default();
    NodeResult::new(NodeAction::FollowNamed(name), format!("drew {roll} of 100"))
}

/// Journeys that start one another without a wait would do so for ever. A moment that has passed is
/// no wait: a round of the engine, or the sending of a message, takes one.
fn start(context: &NodeContext<'_>, journey: &str) -> NodeResult {
    let waited = context.now >= context.enrolment.entered_at.plus(WAIT_MIN_MS);
    let before = context
        .enrolment
        .entry_properties
        .get(START_CHAIN_PROPERTY)
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(0);
    let depth = if waited { 1 } else { before.saturating_add(1) };
    if depth > CHAIN_MAX {
        return NodeResult::follow(
            "next",
            format!("not started: {CHAIN_MAX} journeys have started one another in a row"),
        );
    }
    NodeResult::next_with(Effect::StartJourney { journey: journey.to_string(), depth })
}

#[cfg(test)]
#[path = "node_tests.rs"]
mod tests;
