//! An example of every type of node and entry, and a graph with all of them: what tests and
//! generators of journeys go through, so that no type is left out. Pure and publishable.

use serde_json::json;

use super::{
    Connector, Graph, Node, NodeKind,
    criteria::{Comparison, Criteria, EventMatch, PropertyFilter},
    node::{
        Branch, Delay, NodeGroup, NodeType, PropertyValue, SplitShare, WebhookHeader, WebhookMethod,
    },
};
use crate::journeys::settings::{EntryTrigger, EntryType, SegmentSchedule};

fn event(name: &str) -> EventMatch {
    EventMatch { name: name.to_string(), filters: Vec::new() }
}

fn is_gold() -> Criteria {
    Criteria::Property(PropertyFilter {
        property: "plan".to_string(),
        is: Comparison::Equals,
        value: json!("gold"),
    })
}

impl NodeType {
    /// A step of this type that can be published as it is.
    pub fn example(self) -> NodeKind {
        let text = str::to_string;
        match self {
            NodeType::Entry => NodeKind::Entry {},
            NodeType::Email => NodeKind::Email { subject: text("Hello"), body: text("Welcome.") },
            NodeType::Sms => NodeKind::Sms { body: text("Hello") },
            NodeType::Push => NodeKind::Push {
                title: text("Hello"),
                body: text("Welcome."),
                link: text("https://shop.example.com/"),
            },
            NodeType::Webhook => NodeKind::Webhook {
                url: text("https://crm.example.com/leads"),
                body: text("{}"),
                method: WebhookMethod::Put,
                headers: vec![WebhookHeader { name: text("X-Team"), value: text("growth") }],
            },
            NodeType::Whatsapp => NodeKind::Whatsapp { template: text("order_update") },
            NodeType::WebPush => NodeKind::WebPush { title: text("Hello"), body: text("New.") },
            NodeType::InApp => NodeKind::InApp { title: text("Tip"), body: text("Search.") },
            NodeType::Delay => NodeKind::Delay(Delay::For { minutes: 90 }),
            NodeType::WaitForEvent => NodeKind::WaitForEvent {
                event: event("Ordered"),
                same: vec![text("cart")],
                timeout_minutes: 60,
            },
            NodeType::ConditionSplit => NodeKind::ConditionSplit {
                branches: vec![Branch { name: text("gold"), criteria: is_gold() }],
            },
            NodeType::HasDoneSplit => {
                NodeKind::HasDoneSplit { event: event("Signed Up"), within_days: Some(30) }
            }
            NodeType::RandomSplit => NodeKind::RandomSplit {
                shares: [("a", 30), ("b", 70)]
                    .map(|(name, percent)| SplitShare { name: text(name), percent })
                    .to_vec(),
            },
            NodeType::UpdateProfile => NodeKind::UpdateProfile {
                set: vec![PropertyValue { property: text("greeted"), value: json!(true) }],
            },
            NodeType::AddToList => NodeKind::AddToList { list: text("Greeted") },
            NodeType::RemoveFromList => NodeKind::RemoveFromList { list: text("New") },
            NodeType::StartJourney => NodeKind::StartJourney { journey: text("Onboarding") },
            NodeType::Goal => NodeKind::Goal { name: text("Order") },
            NodeType::ForceExit => NodeKind::ForceExit { reason: text("not interested") },
        }
    }
}

impl EntryType {
    /// A trigger of this type that can be published as it is.
    pub fn example(self) -> EntryTrigger {
        let text = str::to_string;
        match self {
            EntryType::Event => {
                EntryTrigger::Event { name: text("Signed Up"), filters: Vec::new() }
            }
            EntryType::Profile => EntryTrigger::Profile { criteria: is_gold() },
            EntryType::Segment => EntryTrigger::Segment {
                name: text("Gold"),
                when: SegmentSchedule::Every { hours: 24 },
            },
            EntryType::List => EntryTrigger::List { name: text("VIP") },
            EntryType::Api => EntryTrigger::Api {},
        }
    }
}

/// A graph with one node of every type, each with its type's key as its id.
///
/// The nodes form a chain in which every outlet leads to the next one; nodes that end an enrolment
/// are reached by the last outlet of a split.
pub fn graph_with_every_type() -> Graph {
    let (ends, chain): (Vec<NodeType>, Vec<NodeType>) =
        NodeType::ALL.iter().partition(|node_type| node_type.spec().group == NodeGroup::End);
    let mut ends = ends.into_iter();
    let mut connectors = Vec::new();
    let mut connect = |from: NodeType, outlet: String, to: NodeType| {
        let [from, to] = [from, to].map(|node_type| node_type.spec().key.to_string());
        connectors.push(Connector { from, outlet, to });
    };
    for pair in chain.windows(2) {
        let &[from, next] = pair else { continue };
        let mut outlets = from.example().outlets();
        if from.spec().group == NodeGroup::Split
            && let Some(end) = ends.next()
            && let Some(outlet) = outlets.pop()
        {
            connect(from, outlet, end);
        }
        outlets.into_iter().for_each(|outlet| connect(from, outlet, next));
    }
    let node = |node_type: &NodeType| Node::new(node_type.spec().key, node_type.example());
    Graph { nodes: NodeType::ALL.iter().map(node).collect(), connectors }
}

#[cfg(test)]
#[path = "examples_tests.rs"]
mod tests;
