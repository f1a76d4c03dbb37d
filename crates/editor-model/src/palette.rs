//! The steps that can be put onto the canvas, in groups, each as it is when it is new.

use wayfare_domain::{
    graph::{
        NodeKind, NodeType,
        criteria::{Criteria, EventMatch},
        node::{Branch, Delay, NodeGroup, SplitShare, WebhookMethod},
    },
    time::MINUTE_MS,
};

/// One kind of step.
#[derive(Debug, Clone, PartialEq)]
pub struct PaletteItem {
    /// Also what the ids of such nodes begin with.
    pub key: &'static str,
    pub step: NodeKind,
}

pub const GROUPS: [(NodeGroup, &str); 5] = [
    (NodeGroup::Message, "Messages"),
    (NodeGroup::Wait, "Waiting"),
    (NodeGroup::Split, "Splits"),
    (NodeGroup::Change, "Changes"),
    (NodeGroup::End, "Goals and exits"),
];

const DAY_MINUTES: u32 = 24 * 60;

/// Every type but the entry, which is there once and for all.
pub fn items() -> Vec<PaletteItem> {
    let can_be_added = |node_type: &&NodeType| node_type.spec().group != NodeGroup::Entry;
    let item = |node_type: &NodeType| PaletteItem {
        key: node_type.spec().id_prefix,
        step: new_step(*node_type),
    };
    NodeType::ALL.iter().filter(can_be_added).map(item).collect()
}

/// A step as it is when it is added: its form is still to be filled in.
fn new_step(node_type: NodeType) -> NodeKind {
    let text = String::new;
    let event = || EventMatch { name: String::new(), filters: Vec::new() };
    match node_type {
        NodeType::Entry => NodeKind::Entry {},
        NodeType::Email => NodeKind::Email { subject: text(), body: text() },
        NodeType::Sms => NodeKind::Sms { body: text() },
        NodeType::Push => NodeKind::Push { title: text(), body: text(), link: text() },
        NodeType::Whatsapp => NodeKind::Whatsapp { template: text() },
        NodeType::WebPush => NodeKind::WebPush { title: text(), body: text() },
        NodeType::InApp => NodeKind::InApp { title: text(), body: text() },
        NodeType::Webhook => NodeKind::Webhook {
            url: text(),
            body: text(),
            method: WebhookMethod::Post,
            headers: Vec::new(),
        },
        NodeType::Delay => NodeKind::Delay(Delay::For { minutes: 60 }),
        NodeType::WaitForEvent => NodeKind::WaitForEvent {
            event: event(),
            same: Vec::new(),
            timeout_minutes: DAY_MINUTES,
        },
        NodeType::ConditionSplit => NodeKind::ConditionSplit {
            branches: vec![Branch { name: "yes".to_string(), criteria: Criteria::everyone() }],
        },
        NodeType::HasDoneSplit => NodeKind::HasDoneSplit { event: event(), within_days: None },
        NodeType::RandomSplit => NodeKind::RandomSplit {
            shares: ["A", "B"]
                .into_iter()
                .map(|name| SplitShare { name: name.to_string(), percent: 50 })
                .collect(),
        },
        NodeType::UpdateProfile => NodeKind::UpdateProfile { set: Vec::new() },
        NodeType::AddToList => NodeKind::AddToList { list: text() },
        NodeType::RemoveFromList => NodeKind::RemoveFromList { list: text() },
        NodeType::StartJourney => NodeKind::StartJourney { journey: text() },
        NodeType::Goal => NodeKind::Goal { name: text() },
        NodeType::ForceExit => NodeKind::ForceExit { reason: text() },
    }
}

pub fn item(key: &str) -> Option<PaletteItem> {
    items().into_iter().find(|item| item.key == key)
}

/// What the ids of nodes of this kind begin with.
pub fn key_of(step: &NodeKind) -> &'static str {
    step.node_type().spec().id_prefix
}

/// A length of time in the largest unit that it is a whole number of: what a form shows.
pub fn split_duration(minutes: u32) -> (u32, u32) {
    [DAY_MINUTES, 60]
        .into_iter()
        .find(|unit| minutes >= *unit && minutes.is_multiple_of(*unit))
        .map_or((minutes, 1), |unit| (minutes / unit, unit))
}

/// Milliseconds of so many minutes.
pub fn minutes_ms(minutes: u32) -> i64 {
    i64::from(minutes) * MINUTE_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_domain::graph::{Connector, Graph, Node};

    #[test]
    fn every_new_step_can_be_stored_as_it_is() {
        for item in items() {
            let mut graph = Graph::empty();
            graph.nodes.push(Node::new(item.key, item.step.clone()));
            graph.connectors.push(Connector {
                from: "entry".into(),
                outlet: "next".into(),
                to: item.key.into(),
            });
            assert_eq!(graph.structural_errors(), [], "{}", item.key);
            assert_eq!(key_of(&item.step), item.key);
        }
    }

    #[test]
    fn a_new_step_is_of_the_type_that_was_chosen() {
        for node_type in NodeType::ALL {
            assert_eq!(new_step(*node_type).node_type(), *node_type);
        }
    }

    #[test]
    fn every_step_is_in_a_group_of_the_palette() {
        for item in items() {
            let group = item.step.group();
            assert!(GROUPS.iter().any(|(shown, _)| *shown == group), "{}", item.key);
        }
    }

    #[test]
    fn every_group_has_steps() {
        for (group, title) in GROUPS {
            assert!(items().iter().any(|item| item.step.group() == group), "{title}");
        }
    }

    #[test]
    fn lengths_of_time_are_shown_as_they_were_meant() {
        assert_eq!(
            [45, 60, 90, 1440, 4320].map(split_duration),
            [(45, 1), (1, 60), (90, 1), (1, 1440), (3, 1440)]
        );
    }
}
