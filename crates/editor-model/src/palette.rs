//! The steps that can be put onto the canvas, in groups, each as it is when it is new.

use wayfare_domain::{
    graph::{
        NodeKind,
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

/// Every kind but the entry, which is there once and for all.
pub fn items() -> Vec<PaletteItem> {
    let text = String::new;
    let event = || EventMatch { name: String::new(), filters: Vec::new() };
    let item = |key, step| PaletteItem { key, step };
    vec![
        item("email", NodeKind::Email { subject: text(), body: text() }),
        item("sms", NodeKind::Sms { body: text() }),
        item("push", NodeKind::Push { title: text(), body: text(), link: text() }),
        item("whatsapp", NodeKind::Whatsapp { template: text() }),
        item("web-push", NodeKind::WebPush { title: text(), body: text() }),
        item("in-app", NodeKind::InApp { title: text(), body: text() }),
        item(
            "webhook",
            NodeKind::Webhook {
                url: text(),
                body: text(),
                method: WebhookMethod::Post,
                headers: Vec::new(),
            },
        ),
        item("delay", NodeKind::Delay(Delay::For { minutes: 60 })),
        item(
            "wait",
            NodeKind::WaitForEvent {
                event: event(),
                same: Vec::new(),
                timeout_minutes: DAY_MINUTES,
            },
        ),
        item(
            "split",
            NodeKind::ConditionSplit {
                branches: vec![Branch { name: "yes".to_string(), criteria: Criteria::everyone() }],
            },
        ),
        item("has-done", NodeKind::HasDoneSplit { event: event(), within_days: None }),
        item(
            "random",
            NodeKind::RandomSplit {
                shares: ["A", "B"]
                    .into_iter()
                    .map(|name| SplitShare { name: name.to_string(), percent: 50 })
                    .collect(),
            },
        ),
        item("update", NodeKind::UpdateProfile { set: Vec::new() }),
        item("add-to-list", NodeKind::AddToList { list: text() }),
        item("remove-from-list", NodeKind::RemoveFromList { list: text() }),
        item("start-journey", NodeKind::StartJourney { journey: text() }),
        item("goal", NodeKind::Goal { name: text() }),
        item("exit", NodeKind::ForceExit { reason: text() }),
    ]
}

pub fn item(key: &str) -> Option<PaletteItem> {
    items().into_iter().find(|item| item.key == key)
}

/// What the ids of nodes of this kind begin with.
pub fn key_of(step: &NodeKind) -> &'static str {
    let same =
        |item: &PaletteItem| std::mem::discriminant(&item.step) == std::mem::discriminant(step);
    items().iter().find(|item| same(item)).map_or("entry", |item| item.key)
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
