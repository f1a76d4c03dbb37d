//! A version as the engine uses it: nodes by index, segments inlined, names made comparable.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    graph::{
        Graph, NodeKind,
        criteria::{Criteria, EventMatch},
        cycles::nodes_on_cycles,
        expansion::{Expansion, VERSION_PARTS_MAX},
        node::SendOptions,
    },
    journeys::settings::{EntryTrigger, Settings},
    profiles::profile::event_key,
};

/// Properties by the key of the event ([`event_key`]) of which they are read.
pub type PastEventProperties = HashMap<String, HashSet<String>>;

/// Place of a node in [`CompiledVersion::nodes`].
pub type NodeIndex = usize;

/// One node with the targets of its outlets.
#[derive(Debug, Clone)]
pub struct CompiledNode {
    pub id: String,
    pub step: NodeKind,
    pub sending: SendOptions,
    /// Criteria of a condition split with segments put in, in the order of its branches.
    pub criteria: Vec<Criteria>,
    /// Where the outlets that are drawn lead.
    pub outlets: HashMap<String, NodeIndex>,
    /// People who leave it may come back to it, so a delay here never lets them pass at once.
    pub is_on_cycle: bool,
}

/// A version that the engine can use.
#[derive(Debug, Clone)]
pub struct CompiledVersion {
    pub settings: Settings,
    pub nodes: Vec<CompiledNode>,
    by_id: HashMap<String, NodeIndex>,
    pub entry: NodeIndex,
    /// Criteria of the entry with segments put in.
    pub entry_criteria: Option<Criteria>,
}

impl CompiledVersion {
    /// A graph that was published has no defects; one that has loses the connectors that lead
    /// nowhere.
    pub fn new(graph: &Graph, settings: &Settings, segments: &HashMap<String, Criteria>) -> Self {
        let mut expansion = Expansion::new(segments, VERSION_PARTS_MAX);
        let by_id: HashMap<String, NodeIndex> =
            graph.nodes.iter().enumerate().map(|(index, node)| (node.id.clone(), index)).collect();
        let mut nodes: Vec<CompiledNode> = graph
            .nodes
            .iter()
            .map(|node| CompiledNode {
                id: node.id.clone(),
                step: node.step.clone(),
                sending: node.sending,
                criteria: node
                    .step
                    .uses()
                    .criteria()
                    .map(|criteria| expansion.expand(criteria))
                    .collect(),
                outlets: HashMap::new(),
                is_on_cycle: false,
            })
            .collect();
        for connector in &graph.connectors {
            if let (Some(from), Some(to)) = (by_id.get(&connector.from), by_id.get(&connector.to)) {
                nodes[*from].outlets.insert(connector.outlet.clone(), *to);
            }
        }
        mark_cycles(&mut nodes);
        let entry =
            graph.nodes.iter().position(|node| node.step == NodeKind::Entry {}).unwrap_or(0);
        let entry_criteria = entry_criteria(&settings.entry, segments);
        Self { settings: settings.clone(), nodes, by_id, entry, entry_criteria }
    }

    pub fn index_of(&self, id: &str) -> Option<NodeIndex> {
        self.by_id.get(id).copied()
    }

    /// Every criteria that may be asked about a person in this version. Entries by segment and list
    /// choose people in the database.
    fn all_criteria(&self) -> impl Iterator<Item = &Criteria> {
        let by_profile = matches!(self.settings.entry, EntryTrigger::Profile { .. });
        let entry = self.entry_criteria.iter().filter(move |_| by_profile);
        self.nodes.iter().flat_map(|node| &node.criteria).chain(entry)
    }

    /// Names of events that people's past is asked for ([`event_key`]).
    pub fn past_events(&self) -> BTreeSet<String> {
        self.past_event_properties().into_keys().collect()
    }

    /// The same, each with the properties that conditions on it read: nothing else of past events
    /// need be known.
    pub fn past_event_properties(&self) -> PastEventProperties {
        let mut asked = PastEventProperties::new();
        for criteria in self.all_criteria() {
            ask_criteria(&mut asked, criteria);
        }
        for node in &self.nodes {
            if let Some(event) = node.step.uses().past_event {
                ask_event(&mut asked, event);
            }
        }
        asked
    }

    /// Is anybody's membership of lists asked for?
    pub fn needs_lists(&self) -> bool {
        let mut asks = false;
        for criteria in self.all_criteria() {
            criteria.leaves(&mut |leaf| asks |= matches!(leaf, Criteria::OnList(_)));
        }
        asks
    }

    /// Is anything asked that stands in people's profiles: a property, an address, consent, a time
    /// zone?
    pub fn needs_profile(&self) -> bool {
        let mut asks = self
            .nodes
            .iter()
            .any(|node| node.step.uses().needs_local_time || node.step.is_message());
        for criteria in self.all_criteria() {
            criteria.leaves(&mut |leaf| {
                asks |= leaf.event().is_none() && !matches!(leaf, Criteria::OnList(_))
            });
        }
        asks
    }

    /// Events on which something happens to people inside: waits, goals, exits.
    pub fn events_while_enrolled(&self) -> BTreeSet<String> {
        let waits = self.nodes.iter().filter_map(|node| node.step.uses().awaited_event);
        let settings = &self.settings;
        let matches: Vec<&EventMatch> = waits
            .chain(settings.goals.iter().map(|goal| &goal.event))
            .chain(settings.exits.iter())
            .collect();
        matches.into_iter().map(|event| event_key(&event.name)).collect()
    }
}

/// Whom the trigger takes by what they are, with segments put in; none where people do something,
/// or are sent.
pub fn entry_criteria(
    trigger: &EntryTrigger,
    segments: &HashMap<String, Criteria>,
) -> Option<Criteria> {
    match trigger {
        EntryTrigger::Profile { criteria } => Some(criteria.inline_segments(segments)),
        EntryTrigger::Segment { name, .. } => {
            Some(Criteria::InSegment(name.clone()).inline_segments(segments))
        }
        EntryTrigger::List { name } => Some(Criteria::OnList(name.clone())),
        EntryTrigger::Event { .. } | EntryTrigger::Api {} => None,
    }
}

/// The past events that criteria ask for, each with the properties that are read of it.
pub fn past_event_properties_of(criteria: &Criteria) -> PastEventProperties {
    let mut asked = PastEventProperties::new();
    ask_criteria(&mut asked, criteria);
    asked
}

fn ask_criteria(asked: &mut PastEventProperties, criteria: &Criteria) {
    criteria.leaves(&mut |leaf| leaf.event().into_iter().for_each(|event| ask_event(asked, event)));
}

fn ask_event(asked: &mut PastEventProperties, event: &EventMatch) {
    let names = event.filters.iter().map(|filter| filter.property.clone());
    asked.entry(event_key(&event.name)).or_default().extend(names);
}

fn mark_cycles(nodes: &mut [CompiledNode]) {
    let targets: Vec<Vec<NodeIndex>> =
        nodes.iter().map(|node| node.outlets.values().copied().collect()).collect();
    for (node, is_on_cycle) in nodes.iter_mut().zip(nodes_on_cycles(&targets)) {
        node.is_on_cycle = is_on_cycle;
    }
}
