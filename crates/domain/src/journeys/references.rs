//! What a journey names that lies outside of it, in its project: segments, lists, channel settings,
//! other journeys. A clone into another project says which of them are not there.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::settings::{EntryTrigger, Settings};
use crate::{
    graph::{Graph, NodeKind, criteria::Criteria},
    profiles::profile::Channel,
};

/// What kind of thing a journey names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    Segment,
    List,
    /// Settings with which a channel sends.
    Channel,
    Journey,
}

/// One thing of its project that a journey names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reference {
    pub kind: ReferenceKind,
    pub name: String,
}

/// As the settings of the email channel are stored among the missing references.
const EMAIL: &str = "e-mail";

impl Reference {
    fn new(kind: ReferenceKind, name: &str) -> Self {
        Self { kind, name: name.to_string() }
    }

    /// "the segment “VIP”"
    pub fn describe(&self) -> String {
        match self.kind {
            ReferenceKind::Segment => format!("the segment “{}”", self.name),
            ReferenceKind::List => format!("the list “{}”", self.name),
            // The name that is stored for this channel is older than its title.
            ReferenceKind::Channel if self.name == EMAIL => "settings for email".to_string(),
            ReferenceKind::Channel => format!("settings for {}", self.name),
            ReferenceKind::Journey => format!("the journey “{}”", self.name),
        }
    }
}

/// Everything that the graph and the settings name, each once, in order.
pub fn references(graph: &Graph, settings: &Settings) -> Vec<Reference> {
    let mut found = Vec::new();
    match &settings.entry {
        EntryTrigger::Segment { name, .. } => {
            found.push(Reference::new(ReferenceKind::Segment, name))
        }
        EntryTrigger::List { name } => found.push(Reference::new(ReferenceKind::List, name)),
        EntryTrigger::Profile { criteria } => of_criteria(criteria, &mut found),
        EntryTrigger::Event { .. } | EntryTrigger::Api {} => {}
    }
    graph.nodes.iter().for_each(|node| of_step(&node.step, &mut found));
    found.sort();
    found.dedup();
    found
}

/// The segments that are asked where these are: they themselves, and those within them.
pub fn segments_within(
    named: impl IntoIterator<Item = String>,
    segments: &HashMap<String, Criteria>,
) -> HashSet<String> {
    let mut open: Vec<String> = named.into_iter().collect();
    let mut found = HashSet::new();
    while let Some(name) = open.pop() {
        if let Some(criteria) = segments.get(&name).filter(|_| !found.contains(&name)) {
            criteria.leaves(&mut |leaf| {
                if let Criteria::InSegment(other) = leaf {
                    open.push(other.clone());
                }
            });
        }
        found.insert(name);
    }
    found
}

fn of_step(step: &NodeKind, found: &mut Vec<Reference>) {
    let channel = |name: &str| Reference::new(ReferenceKind::Channel, name);
    match step.channel() {
        Some(Channel::Email) => found.push(channel(EMAIL)),
        Some(named @ (Channel::Sms | Channel::Push | Channel::Whatsapp | Channel::WebPush)) => {
            found.push(channel(named.title()))
        }
        // These two send without settings.
        Some(Channel::Webhook | Channel::InApp) | None => {}
    }
    let uses = step.uses();
    found.extend(uses.list().map(|list| Reference::new(ReferenceKind::List, list)));
    found.extend(
        uses.started_journey.map(|journey| Reference::new(ReferenceKind::Journey, journey)),
    );
    uses.criteria().for_each(|criteria| of_criteria(criteria, found));
}

fn of_criteria(criteria: &Criteria, found: &mut Vec<Reference>) {
    match criteria {
        Criteria::OnList(name) => found.push(Reference::new(ReferenceKind::List, name)),
        Criteria::InSegment(name) => found.push(Reference::new(ReferenceKind::Segment, name)),
        Criteria::All(parts) | Criteria::Any(parts) => {
            parts.iter().for_each(|part| of_criteria(part, found))
        }
        Criteria::Not(part) => of_criteria(part, found),
        Criteria::Property(_)
        | Criteria::Did { .. }
        | Criteria::DidTime { .. }
        | Criteria::Reachable(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_within_others_are_found_however_deep_and_in_circles() {
        let of = |name: &str| Criteria::InSegment(name.to_string());
        let segments = HashMap::from([
            ("a".to_string(), Criteria::Not(Box::new(of("b")))),
            ("b".to_string(), Criteria::Any(vec![of("c"), of("a")])),
            ("d".to_string(), of("a")),
        ]);
        let found = segments_within(["a".to_string()], &segments);
        assert_eq!(found, HashSet::from(["a", "b", "c"].map(str::to_string)));
    }
}
