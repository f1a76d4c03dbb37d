//! A node that sends a message: the send rules in front of it, and the message events after it.

use super::{NodeAction, NodeContext, NodeInput, NodeResult};
use crate::{
    engine::compiled::CompiledNode,
    graph::node::ENGAGEMENT_OUTLETS,
    messages::{
        event::MessageEventKind,
        send_rules::{self, SendDecision},
    },
    profiles::profile::Channel,
    time::MINUTE_MS,
};

pub(super) fn message(
    context: &NodeContext<'_>,
    node: &CompiledNode,
    channel: Channel,
    input: NodeInput<'_>,
) -> Option<NodeResult> {
    match input {
        NodeInput::TimerFired if context.enrolment.awaits_engagement => {
            Some(NodeResult::follow("timeout", "no response in time"))
        }
        NodeInput::Arrived | NodeInput::TimerFired => Some(send(context, node, channel)),
        NodeInput::MessageEvent(event) => on_message_event(context, node, event),
        NodeInput::Event(_) => None,
    }
}

fn send(context: &NodeContext<'_>, node: &CompiledNode, channel: Channel) -> NodeResult {
    let expires_at = node.sending.expires_at(context.planned);
    let quiet = context.version.settings.quiet_hours.as_ref();
    let clock = send_rules::LocalClock {
        calendar: context.calendar,
        zone: context.zone(),
        now: context.now,
    };
    match send_rules::check_when_queued(context.profile, channel, quiet, expires_at, clock) {
        SendDecision::Send => NodeResult::new(
            NodeAction::Send { channel, expires_at },
            format!("by {}", channel.title()),
        ),
        SendDecision::Skip(reason) => NodeResult::follow("unreachable", reason.to_string()),
        SendDecision::Postpone(until, reason) => {
            NodeResult::new(NodeAction::Wait(Some(until)), reason.to_string())
        }
    }
}

/// The enrolment follows the outlet of the message event, if it is drawn. After `sent` it stays
/// where an outlet for a later message event is drawn.
fn on_message_event(
    context: &NodeContext<'_>,
    node: &CompiledNode,
    event: MessageEventKind,
) -> Option<NodeResult> {
    if let Some(outlet) = event.outlets().iter().find(|outlet| node.outlets.contains_key(**outlet))
    {
        return Some(NodeResult::follow(outlet, ""));
    }
    if event == MessageEventKind::Sent
        && ENGAGEMENT_OUTLETS.iter().any(|later| node.outlets.contains_key(*later))
    {
        let until = node
            .sending
            .answer_minutes
            .map(|minutes| context.now.plus(i64::from(minutes) * MINUTE_MS));
        return Some(NodeResult::new(
            NodeAction::AwaitEngagement(until),
            "sent; waits for a response",
        ));
    }
    let leaves = event == MessageEventKind::Sent || event.is_final();
    event.outlets().last().filter(|_| leaves).map(|outlet| NodeResult::follow(outlet, ""))
}
