//! What all nodes of a kind have in common: one declaration per kind.
//!
//! The palette, the canvas, the checks, `docs/journey-json.md` (by a test) and the tests go by
//! [`NodeType::ALL`].

use serde::{Deserialize, Serialize};

use super::NodeKind;
use crate::profiles::profile::Channel;

/// The groups of the palette, which also give a node its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeGroup {
    Entry,
    Message,
    Wait,
    Split,
    Change,
    End,
}

impl NodeGroup {
    pub fn key(self) -> &'static str {
        match self {
            NodeGroup::Entry => "entry",
            NodeGroup::Message => "message",
            NodeGroup::Wait => "wait",
            NodeGroup::Split => "split",
            NodeGroup::Change => "change",
            NodeGroup::End => "end",
        }
    }
}

/// For what people stay at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// They follow an outlet, or exit, when they arrive.
    Nothing,
    Time,
    /// An event of the profile, or the end of the time for it.
    Event,
    MessageEvent,
}

/// What is true of every node of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeTypeSpec {
    /// The key of the step in JSON.
    pub key: &'static str,
    /// What pages call it.
    pub title: &'static str,
    /// What the ids of new nodes begin with.
    pub id_prefix: &'static str,
    pub group: NodeGroup,
    /// By which its message goes out.
    pub channel: Option<Channel>,
    /// The keys of its settings in JSON.
    pub fields: &'static [&'static str],
    /// Outlets in the order of drawing.
    pub outlets: &'static [&'static str],
    /// Has it outlets that the author names, in front of these?
    pub has_named_outlets: bool,
    pub waits_for: WaitsFor,
}

/// Declares [`NodeType`], so that no type can be missing from [`NodeType::ALL`].
macro_rules! node_types {
    ($($name:ident: $spec:expr,)*) => {
        /// The kind of a node without the settings of one node.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum NodeType {
            $($name,)*
        }

        impl NodeType {
            /// In the order of the palette.
            pub const ALL: &[NodeType] = &[$(NodeType::$name,)*];

            pub const fn spec(self) -> &'static NodeTypeSpec {
                match self {
                    $(NodeType::$name => const { &$spec },)*
                }
            }
        }
    };
}

/// A message by `channel`; the order of its outlets is that of the canvas.
const fn message(
    channel: Channel,
    names: [&'static str; 3],
    fields: &'static [&'static str],
    outlets: &'static [&'static str],
) -> NodeTypeSpec {
    let [key, title, id_prefix] = names;
    NodeTypeSpec {
        key,
        title,
        id_prefix,
        group: NodeGroup::Message,
        channel: Some(channel),
        fields,
        outlets,
        has_named_outlets: false,
        waits_for: WaitsFor::MessageEvent,
    }
}

/// A node that sends nothing and that people pass when they arrive.
const fn passed(
    group: NodeGroup,
    names: [&'static str; 3],
    fields: &'static [&'static str],
    outlets: &'static [&'static str],
) -> NodeTypeSpec {
    let [key, title, id_prefix] = names;
    NodeTypeSpec {
        key,
        title,
        id_prefix,
        group,
        channel: None,
        fields,
        outlets,
        has_named_outlets: false,
        waits_for: WaitsFor::Nothing,
    }
}

node_types! {
    Entry: passed(NodeGroup::Entry, ["entry", "Entry", "entry"], &[], &["next"]),
    Email: message(
        Channel::Email,
        ["email", "Email", "email"],
        &["subject", "body"],
        &[
            "sent", "viewed", "clicked", "failed", "unreachable", "delivered", "bounced",
            "complained", "unsubscribed",
        ],
    ),
    Sms: message(
        Channel::Sms,
        ["sms", "SMS", "sms"],
        &["body"],
        &["sent", "failed", "unreachable", "delivered", "unsubscribed"],
    ),
    Push: message(
        Channel::Push,
        ["push", "Push", "push"],
        &["title", "body", "link"],
        &["sent", "clicked", "failed", "unreachable"],
    ),
    Whatsapp: message(
        Channel::Whatsapp,
        ["whatsapp", "WhatsApp", "whatsapp"],
        &["template"],
        &["sent", "delivered", "failed", "unreachable"],
    ),
    WebPush: message(
        Channel::WebPush,
        ["web_push", "Web push", "web-push"],
        &["title", "body"],
        &["sent", "viewed", "clicked", "failed", "unreachable"],
    ),
    InApp: message(
        Channel::InApp,
        ["in_app", "In-app message", "in-app"],
        &["title", "body"],
        &["viewed", "clicked"],
    ),
    Webhook: message(
        Channel::Webhook,
        ["webhook", "Webhook", "webhook"],
        &["url", "body", "method", "headers"],
        &["sent", "failed"],
    ),
    Delay: NodeTypeSpec {
        waits_for: WaitsFor::Time,
        ..passed(
            NodeGroup::Wait,
            ["delay", "Delay", "delay"],
            &["for", "until", "until_property"],
            &["next"],
        )
    },
    WaitForEvent: NodeTypeSpec {
        waits_for: WaitsFor::Event,
        ..passed(
            NodeGroup::Wait,
            ["wait_for_event", "Wait for event", "wait"],
            &["event", "same", "timeout_minutes"],
            &["yes", "timeout"],
        )
    },
    ConditionSplit: NodeTypeSpec {
        has_named_outlets: true,
        ..passed(
            NodeGroup::Split,
            ["condition_split", "Condition split", "split"],
            &["branches"],
            &["others"],
        )
    },
    HasDoneSplit: passed(
        NodeGroup::Split,
        ["has_done_split", "Has done", "has-done"],
        &["event", "within_days"],
        &["yes", "no"],
    ),
    RandomSplit: NodeTypeSpec {
        has_named_outlets: true,
        ..passed(NodeGroup::Split, ["random_split", "Random split", "random"], &["shares"], &[])
    },
    UpdateProfile: passed(
        NodeGroup::Change,
        ["update_profile", "Update profile", "update"],
        &["set"],
        &["next"],
    ),
    AddToList: passed(
        NodeGroup::Change,
        ["add_to_list", "Add to list", "add-to-list"],
        &["list"],
        &["next"],
    ),
    RemoveFromList: passed(
        NodeGroup::Change,
        ["remove_from_list", "Remove from list", "remove-from-list"],
        &["list"],
        &["next"],
    ),
    StartJourney: passed(
        NodeGroup::Change,
        ["start_journey", "Start another journey", "start-journey"],
        &["journey"],
        &["next"],
    ),
    Goal: passed(NodeGroup::End, ["goal", "Goal", "goal"], &["name"], &[]),
    ForceExit: passed(NodeGroup::End, ["force_exit", "Exit", "exit"], &["reason"], &[]),
}

impl NodeKind {
    pub fn node_type(&self) -> NodeType {
        match self {
            NodeKind::Entry {} => NodeType::Entry,
            NodeKind::Email { .. } => NodeType::Email,
            NodeKind::Sms { .. } => NodeType::Sms,
            NodeKind::Push { .. } => NodeType::Push,
            NodeKind::Webhook { .. } => NodeType::Webhook,
            NodeKind::Whatsapp { .. } => NodeType::Whatsapp,
            NodeKind::WebPush { .. } => NodeType::WebPush,
            NodeKind::InApp { .. } => NodeType::InApp,
            NodeKind::Delay(_) => NodeType::Delay,
            NodeKind::WaitForEvent { .. } => NodeType::WaitForEvent,
            NodeKind::ConditionSplit { .. } => NodeType::ConditionSplit,
            NodeKind::HasDoneSplit { .. } => NodeType::HasDoneSplit,
            NodeKind::RandomSplit { .. } => NodeType::RandomSplit,
            NodeKind::UpdateProfile { .. } => NodeType::UpdateProfile,
            NodeKind::AddToList { .. } => NodeType::AddToList,
            NodeKind::RemoveFromList { .. } => NodeType::RemoveFromList,
            NodeKind::StartJourney { .. } => NodeType::StartJourney,
            NodeKind::Goal { .. } => NodeType::Goal,
            NodeKind::ForceExit { .. } => NodeType::ForceExit,
        }
    }
}

#[cfg(test)]
#[path = "node_type_tests.rs"]
mod tests;
