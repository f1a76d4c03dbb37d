//! What one person does at one node: a pure function of the node, their trip, themselves and the
//! moment.

pub use super::exit_reason::ExitReason;
use super::{
    bucketing::hash_bucket,
    compiled::{CompiledNode, CompiledVersion},
    enrolment::{EngineContext, EnrolmentState},
    time_zones::{TimeZones, minute_of, next_time_of_day, plus_days},
};
use crate::{
    graph::{
        NodeKind,
        criteria::EventMatch,
        node::{Delay, ENGAGEMENT_OUTLETS, NodeGroup},
    },
    messages::{
        event::MessageEventKind,
        send_rules::{self, SendDecision},
    },
    profiles::{
        PastEvent, Profile, Properties,
        profile::{Channel, event_key},
        property_value::{DateOrInstant, parse_date_or_instant},
    },
    time::{DAY_MS, MINUTE_MS, Timestamp},
};

/// The property of a started trip that says how long the chain is.
pub const START_CHAIN_PROPERTY: &str = "$depth";
/// Most journeys that start one another at once.
const CHAIN_MAX: u64 = 10;

/// What counts as a wait: less of it would let journeys send without end.
pub(super) const WAIT_MIN_MS: i64 = MINUTE_MS;

/// Why the person is looked at.
#[derive(Debug, Clone, Copy)]
pub enum NodeInput<'a> {
    /// They have just come to the node.
    Arrived,
    /// The time that they waited for has come.
    TimerFired,
    /// They did something.
    Event(&'a PastEvent),
    /// What became of their message.
    Answer(MessageEventKind),
}

/// What they do next.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeAction {
    /// Leaves by this outlet.
    Follow(&'static str),
    /// Leaves by the outlet of a branch or a share.
    GoNamed(String),
    /// Stays until then, or until something happens.
    Wait(Option<Timestamp>),
    /// A message is written; they stay until it is known what became of it.
    Send {
        channel: Channel,
        /// From then on it is too late for it.
        expires_at: Option<Timestamp>,
    },
    /// Their message is out; they stay for what they do with it.
    AwaitAnswer(Option<Timestamp>),
    End(ExitReason),
}

/// What a node changes outside of the trip.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    SetProperties(Properties),
    AddToList(String),
    RemoveFromList(String),
    /// With how many journeys have started one another at once before it.
    StartJourney {
        journey: String,
        depth: u64,
    },
}

/// A step with the reason for it, in words for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeResult {
    pub step: NodeAction,
    pub reason: String,
    pub effect: Option<Effect>,
}

impl NodeResult {
    fn new(step: NodeAction, reason: impl Into<String>) -> Self {
        Self { step, reason: reason.into(), effect: None }
    }

    fn next_with(effect: Effect) -> Self {
        Self { step: NodeAction::Follow("next"), reason: String::new(), effect: Some(effect) }
    }
}

/// Everything that a step looks at.
pub struct NodeContext<'a> {
    pub version: &'a CompiledVersion,
    pub trip: &'a EnrolmentState,
    pub profile: &'a Profile,
    pub calendar: &'a dyn TimeZones,
    pub now: Timestamp,
    /// When they should have been looked at. Long before now after a standstill.
    pub planned: Timestamp,
}

impl<'a> NodeContext<'a> {
    /// Someone who is looked at when they should be.
    pub fn new(world: EngineContext<'a>, trip: &'a EnrolmentState, profile: &'a Profile) -> Self {
        let EngineContext { version, calendar, now } = world;
        Self { version, trip, profile, calendar, now, planned: now }
    }

    /// Their own zone, or the journey's.
    fn zone(&self) -> &str {
        let own = self.profile.time_zone.as_deref().filter(|zone| self.calendar.knows(zone));
        own.unwrap_or(&self.version.settings.time_zone)
    }
}

/// What happens at the node; none where the signal means nothing there.
pub fn evaluate_node(scene: &NodeContext<'_>, signal: NodeInput<'_>) -> Option<NodeResult> {
    let node = scene.version.nodes.get(scene.trip.node)?;
    if node.step.group() == NodeGroup::Message {
        return message(scene, node, signal);
    }
    match (&node.step, signal) {
        (NodeKind::Delay(delay), NodeInput::Arrived) => Some(wait(scene, node, delay)),
        (NodeKind::Delay(_), NodeInput::TimerFired) => {
            Some(NodeResult::new(NodeAction::Follow("next"), "the wait is over"))
        }
        (NodeKind::WaitForEvent { event, timeout_minutes, .. }, NodeInput::Arrived) => {
            let until = scene.now.plus(i64::from(*timeout_minutes) * MINUTE_MS);
            Some(NodeResult::new(
                NodeAction::Wait(Some(until)),
                format!("waits for “{}”, until {}", event.name, until.long_date()),
            ))
        }
        (NodeKind::WaitForEvent { event, .. }, NodeInput::TimerFired) => Some(NodeResult::new(
            NodeAction::Follow("timeout"),
            format!("“{}” did not happen in time", event.name),
        )),
        (NodeKind::WaitForEvent { event, same, .. }, NodeInput::Event(happened)) => {
            awaited(event, same, happened, scene.trip).then(|| {
                NodeResult::new(NodeAction::Follow("yes"), format!("did “{}”", event.name))
            })
        }
        (_, NodeInput::Arrived) => Some(pass(scene, node)),
        _ => None,
    }
}

/// Nodes at which no one waits.
fn pass(scene: &NodeContext<'_>, node: &CompiledNode) -> NodeResult {
    match &node.step {
        NodeKind::ConditionSplit { branches } => {
            let held = node
                .criteria
                .iter()
                .position(|criteria| criteria.matches(scene.profile, scene.now));
            match held.and_then(|index| branches.get(index)) {
                Some(branch) => NodeResult::new(
                    NodeAction::GoNamed(branch.name.clone()),
                    branch.criteria.describe(),
                ),
                None => NodeResult::new(NodeAction::Follow("others"), "no condition matched"),
            }
        }
        NodeKind::HasDoneSplit { event, within_days } => {
            let since = within_days.map(|days| scene.now.plus(-(i64::from(days) * DAY_MS)));
            let times = scene.profile.times(event, since);
            let outlet = if times > 0 { "yes" } else { "no" };
            let count = if times == 1 { "once".to_string() } else { format!("{times} times") };
            NodeResult::new(NodeAction::Follow(outlet), format!("did “{}” {count}", event.name))
        }
        NodeKind::RandomSplit { shares } => {
            let roll = hash_bucket(
                &format!("split {} {}", node.id, scene.trip.split_seed),
                scene.profile.seq,
            );
            let mut upper = 0;
            let chosen = shares.iter().find(|share| {
                // Of a draft they may add up to anything.
                upper = share.percent.saturating_add(upper);
                roll < upper
            });
            let name = chosen.or(shares.last()).map(|share| share.name.clone()).unwrap_or_default();
            NodeResult::new(NodeAction::GoNamed(name), format!("drew {roll} of 100"))
        }
        NodeKind::UpdateProfile { set } => {
            let values = set.iter().map(|change| (change.property.clone(), change.value.clone()));
            NodeResult::next_with(Effect::SetProperties(values.collect()))
        }
        NodeKind::AddToList { list } => NodeResult::next_with(Effect::AddToList(list.clone())),
        NodeKind::RemoveFromList { list } => {
            NodeResult::next_with(Effect::RemoveFromList(list.clone()))
        }
        NodeKind::StartJourney { journey } => start(scene, journey),
        NodeKind::Goal { name } => NodeResult::new(
            NodeAction::End(ExitReason::Converted),
            format!("reached the goal “{name}”"),
        ),
        NodeKind::ForceExit { reason } => {
            NodeResult::new(NodeAction::End(ExitReason::ForceExited), reason.clone())
        }
        _ => NodeResult::new(NodeAction::Follow("next"), ""),
    }
}

/// Journeys that start one another without anybody waiting would do so for ever. That a moment has
/// passed is no wait: a round of the engine, or the sending of a message, takes one.
fn start(scene: &NodeContext<'_>, journey: &str) -> NodeResult {
    let waited = scene.now >= scene.trip.entered_at.plus(WAIT_MIN_MS);
    let before = scene
        .trip
        .entry_properties
        .get(START_CHAIN_PROPERTY)
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(0);
    let depth = if waited { 1 } else { before.saturating_add(1) };
    if depth > CHAIN_MAX {
        return NodeResult::new(
            NodeAction::Follow("next"),
            format!("not started: {CHAIN_MAX} journeys have started one another in a row"),
        );
    }
    NodeResult::next_with(Effect::StartJourney { journey: journey.to_string(), depth })
}

fn wait(scene: &NodeContext<'_>, node: &CompiledNode, delay: &Delay) -> NodeResult {
    let (until, nothing_to_wait_for) = match delay_end(scene, node, delay) {
        Ok(until) if until > scene.now => (until, None),
        Ok(until) => (until, Some(format!("{} was in the past", until.long_date()))),
        Err(reason) => (scene.now, Some(reason)),
    };
    match nothing_to_wait_for {
        None => NodeResult::new(
            NodeAction::Wait(Some(until)),
            format!("waits until {}", until.long_date()),
        ),
        // Whoever passed at once would come back at once, for ever.
        Some(reason) if node.is_on_circle => NodeResult::new(
            NodeAction::Wait(Some(scene.now.plus(WAIT_MIN_MS))),
            format!("{reason}; waits one minute, because this step is part of a loop"),
        ),
        Some(reason) => NodeResult::new(NodeAction::Follow("next"), reason),
    }
}

/// When the delay is over, or why there is nothing to wait for.
fn delay_end(
    scene: &NodeContext<'_>,
    node: &CompiledNode,
    delay: &Delay,
) -> Result<Timestamp, String> {
    let zone = scene.zone();
    match delay {
        Delay::For { minutes } => Ok(scene.now.plus(i64::from(*minutes) * MINUTE_MS)),
        Delay::Until { time, weekdays } => {
            // In a loop, the time that has just brought them here is not the next one.
            let from = scene.now.plus(i64::from(node.is_on_circle));
            let minute = minute_of(time).ok_or_else(|| format!("“{time}” is no time of day"))?;
            Ok(next_time_of_day(scene.calendar, from, zone, minute, weekdays))
        }
        Delay::UntilProperty { property, offset_days } => {
            let value = scene.profile.properties.get(property).and_then(parse_date_or_instant);
            let base = match value {
                Some(DateOrInstant::At(at)) => at,
                Some(DateOrInstant::On(day)) => {
                    scene.calendar.instant(super::time_zones::LocalTime { day, minute: 0 }, zone)
                }
                None => {
                    return Err(format!(
                        "“{property}” has no date, so there is nothing to wait for"
                    ));
                }
            };
            Ok(plus_days(scene.calendar, base, zone, i64::from(*offset_days)))
        }
    }
}

/// The awaited event, about the same thing as the one that let them in. Events of ours, by which
/// journeys start one another, are nothing that people do: a loop could wait for its own.
fn awaited(
    event: &EventMatch,
    same: &[String],
    happened: &PastEvent,
    trip: &EnrolmentState,
) -> bool {
    !happened.key.starts_with('$')
        && happened.key == event_key(&event.name)
        && event.filters_match(&happened.properties)
        && same.iter().all(|name| {
            match (happened.properties.get(name), trip.entry_properties.get(name)) {
                (Some(now), Some(then)) => now == then,
                _ => false,
            }
        })
}

/// The gates in front of a message, and what becomes of it afterwards.
fn message(
    scene: &NodeContext<'_>,
    node: &CompiledNode,
    signal: NodeInput<'_>,
) -> Option<NodeResult> {
    match signal {
        NodeInput::TimerFired if scene.trip.awaits_engagement => {
            Some(NodeResult::new(NodeAction::Follow("timeout"), "no response in time"))
        }
        NodeInput::Arrived | NodeInput::TimerFired => Some(send(scene, node)),
        NodeInput::Answer(answer) => answered(scene, node, answer),
        NodeInput::Event(_) => None,
    }
}

fn send(scene: &NodeContext<'_>, node: &CompiledNode) -> NodeResult {
    let Some(channel) = node.step.channel() else {
        return NodeResult::new(NodeAction::Follow("failed"), "this channel does not exist");
    };
    let expires_at = node.sending.expires_at(scene.planned);
    let quiet = scene.version.settings.quiet_hours.as_ref();
    let clock =
        send_rules::LocalClock { calendar: scene.calendar, zone: scene.zone(), now: scene.now };
    match send_rules::check_when_queued(scene.profile, channel, quiet, expires_at, clock) {
        SendDecision::Send => NodeResult::new(
            NodeAction::Send { channel, expires_at },
            format!("by {}", channel.title()),
        ),
        SendDecision::Skip(reason) => {
            NodeResult::new(NodeAction::Follow("unreachable"), reason.to_string())
        }
        SendDecision::Postpone(until, reason) => {
            NodeResult::new(NodeAction::Wait(Some(until)), reason.to_string())
        }
    }
}

/// They leave by the connector of what became of it, where it is drawn. A message that was sent is
/// waited on where something that may still become of it leads somewhere.
fn answered(
    scene: &NodeContext<'_>,
    node: &CompiledNode,
    fate: MessageEventKind,
) -> Option<NodeResult> {
    if let Some(outlet) = fate.outlets().iter().find(|outlet| node.ways.contains_key(**outlet)) {
        return Some(NodeResult::new(NodeAction::Follow(outlet), ""));
    }
    if fate == MessageEventKind::Sent
        && ENGAGEMENT_OUTLETS.iter().any(|later| node.ways.contains_key(*later))
    {
        let until = node
            .sending
            .answer_minutes
            .map(|minutes| scene.now.plus(i64::from(minutes) * MINUTE_MS));
        return Some(NodeResult::new(NodeAction::AwaitAnswer(until), "sent; waits for a response"));
    }
    let leaves = fate == MessageEventKind::Sent || fate.is_final();
    fate.outlets()
        .last()
        .filter(|_| leaves)
        .map(|outlet| NodeResult::new(NodeAction::Follow(outlet), ""))
}
