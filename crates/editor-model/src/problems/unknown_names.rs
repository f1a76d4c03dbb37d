//! Names that the project does not know, and channels by which it does not send. Each is told once,
//! at the first node that uses it: new data may be on its way, and three hundred warnings help
//! no one.

use std::collections::HashSet;

use wayfare_domain::versions::{Problem, ProjectCatalog, Severity};
use wayfare_domain::{
    graph::{
        Graph, NodeKind,
        criteria::{Criteria, EventMatch, PropertyFilter},
    },
    journeys::settings::{EntryTrigger, Settings},
    profiles::profile::{Channel, event_key},
};

pub fn warnings(
    graph: &Graph,
    settings: &Settings,
    catalogue: &ProjectCatalog,
    found: &mut Vec<Problem>,
) {
    let mut names = Names::new(graph, catalogue);
    names.of_settings(settings);
    for (index, node) in graph.nodes.iter().enumerate() {
        names.place = Some(index);
        names.of_step(&node.step);
    }
    let channels = channels(graph, catalogue);
    found.append(&mut names.found);
    found.extend(channels);
}

/// What is known, and what was told of already.
struct Names<'a> {
    graph: &'a Graph,
    events: HashSet<String>,
    properties: HashSet<&'a str>,
    /// (event, property).
    event_properties: HashSet<(String, &'a str)>,
    /// Events of which properties are known.
    described: HashSet<String>,
    segments: HashSet<&'a str>,
    lists: HashSet<&'a str>,
    journeys: HashSet<String>,
    told: HashSet<(&'static str, String)>,
    /// The node that is looked at; none: the settings.
    place: Option<usize>,
    /// The field of the settings.
    setting: String,
    found: Vec<Problem>,
}

impl<'a> Names<'a> {
    fn new(graph: &'a Graph, catalogue: &'a ProjectCatalog) -> Self {
        // Properties and lists that the journey makes itself will be there.
        let made = graph.nodes.iter().flat_map(|node| {
            node.step.uses().changed_properties.iter().map(|change| change.property.as_str())
        });
        let filled = graph.nodes.iter().filter_map(|node| node.step.uses().joined_list);
        let of_events = &catalogue.event_properties;
        Self {
            graph,
            events: catalogue.events.iter().map(|name| event_key(name)).collect(),
            properties: catalogue.properties.iter().map(String::as_str).chain(made).collect(),
            event_properties: of_events
                .iter()
                .flat_map(|(event, names)| {
                    names.iter().map(|name| (event_key(event), name.as_str()))
                })
                .collect(),
            described: of_events.iter().map(|(event, _)| event_key(event)).collect(),
            segments: catalogue.segments.iter().map(String::as_str).collect(),
            lists: catalogue.lists.iter().map(String::as_str).chain(filled).collect(),
            journeys: catalogue.journeys.iter().map(|name| event_key(name)).collect(),
            told: HashSet::new(),
            place: None,
            setting: "entry".to_string(),
            found: Vec::new(),
        }
    }

    fn tell(&mut self, key: &'static str, name: &str, sentence: impl FnOnce() -> String) {
        if name.trim().is_empty() || !self.told.insert((key, name.to_string())) {
            return;
        }
        self.found.push(match self.place {
            Some(index) => {
                Problem::of_node(Severity::Warning, self.graph, index, "step", key, sentence())
            }
            None => Problem::of_settings(Severity::Warning, &self.setting, key, sentence()),
        });
    }

    fn event(&mut self, event: &EventMatch) {
        self.event_name(&event.name);
        self.event_filters(&event.name, &event.filters);
    }

    fn event_name(&mut self, name: &str) {
        if !self.events.contains(&event_key(name)) {
            self.tell("unknown_event", name, || {
                format!("No event “{name}” has arrived yet. Check its spelling.")
            });
        }
    }

    fn event_filters(&mut self, event: &str, filters: &[PropertyFilter]) {
        filters.iter().for_each(|filter| self.event_property(event, &filter.property));
    }

    fn event_property(&mut self, event: &str, property: &str) {
        let key = event_key(event);
        if self.described.contains(&key) && !self.event_properties.contains(&(key, property)) {
            let name = format!("{event}.{property}");
            self.tell("unknown_property", &name, || {
                format!(
                    "No recent event “{event}” has a property “{property}”. Check its spelling."
                )
            });
        }
    }

    fn property(&mut self, name: &str) {
        if !self.properties.contains(name) {
            self.tell("unknown_property", name, || {
                format!("No profile has a property “{name}” yet. Check its spelling.")
            });
        }
    }

    fn segment(&mut self, name: &str) {
        if !self.segments.contains(name) {
            self.tell("unknown_segment", name, || {
                format!(
                    "The segment “{name}” does not exist, so no one is in it. Create it, or choose \
                        another."
                )
            });
        }
    }

    fn list(&mut self, name: &str) {
        if !self.lists.contains(name) {
            self.tell("unknown_list", name, || {
                format!("The list “{name}” does not exist yet, so no one is on it.")
            });
        }
    }

    fn criteria(&mut self, criteria: &Criteria) {
        let mut leaves = Vec::new();
        criteria.leaves(&mut |leaf| leaves.push(leaf));
        for leaf in leaves {
            match leaf {
                Criteria::Property(filter) => self.property(&filter.property),
                Criteria::Did { event, .. } | Criteria::DidTime { event, .. } => self.event(event),
                Criteria::InSegment(name) => self.segment(name),
                Criteria::OnList(name) => self.list(name),
                Criteria::Reachable(_) => {}
                // No leaves.
                Criteria::All(_) | Criteria::Any(_) | Criteria::Not(_) => {}
            }
        }
    }

    fn of_settings(&mut self, settings: &Settings) {
        match &settings.entry {
            EntryTrigger::Event { name, filters } => {
                self.event_name(name);
                self.event_filters(name, filters);
            }
            EntryTrigger::Profile { criteria } => self.criteria(criteria),
            EntryTrigger::Segment { name, .. } => self.segment(name),
            EntryTrigger::List { name } => self.list(name),
            EntryTrigger::Api {} => {}
        }
        for (index, goal) in settings.goals.iter().enumerate() {
            self.setting = format!("goals[{index}].event.name");
            self.event(&goal.event);
        }
        for (index, exit) in settings.exits.iter().enumerate() {
            self.setting = format!("exits[{index}].name");
            self.event(exit);
        }
    }

    fn of_step(&mut self, step: &NodeKind) {
        let uses = step.uses();
        if let Some(event) = uses.event() {
            self.event(event);
            let same = uses.same_properties;
            same.iter().for_each(|property| self.event_property(&event.name, property));
        }
        uses.criteria().for_each(|criteria| self.criteria(criteria));
        if let Some(property) = uses.date_property {
            self.property(property);
        }
        // A list that a step fills need not be there yet.
        if let Some(list) = uses.left_list {
            self.list(list);
        }
        if let Some(journey) = uses.started_journey {
            self.journey(journey);
        }
    }

    fn journey(&mut self, name: &str) {
        if !self.journeys.contains(&event_key(name)) {
            self.tell("unknown_journey", name, || {
                format!(
                    "There is no published journey “{name}” to start. Publish it, or choose \
                        another."
                )
            });
        }
    }
}

/// Channels whose messages reach no one.
fn channels(graph: &Graph, catalogue: &ProjectCatalog) -> Vec<Problem> {
    let mut found = Vec::new();
    for channel in Channel::ALL {
        let mut messages = graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.step.channel() == Some(channel))
            .map(|(index, _)| index);
        let Some(first) = messages.next() else { continue };
        let title = channel.title();
        let sentence = if !Channel::SENDING.contains(&channel) {
            format!(
                "This version of Wayfare does not send by {title} yet. Messages are logged, not \
                    sent."
            )
        } else if !catalogue.live_channels.iter().any(|live| live == channel.key()) {
            format!(
                "Sending by {title} is not set up, or in test mode. Messages are logged, not sent."
            )
        } else {
            continue;
        };
        found.push(Problem::of_node(Severity::Warning, graph, first, "step", "channel", sentence));
    }
    found
}
