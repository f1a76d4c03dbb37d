//! Cloning: a draft like the version of a journey that the list shows, with none of its counts.

use std::collections::HashSet;

use super::{
    references::{Reference, ReferenceKind, references},
    settings::Settings,
};
use crate::{graph::Graph, names::JourneyName, time::Timestamp};

/// What is cloned.
#[derive(Debug, Clone, PartialEq)]
pub struct CloneSource {
    pub name: JourneyName,
    /// The name of its project.
    pub project: String,
    pub graph: Graph,
    pub settings: Settings,
    /// When the version takes entries, which may be another time than its settings name.
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    /// What it names itself and its project does not have.
    pub unresolved: Vec<Reference>,
}

/// Where the clone is made.
#[derive(Debug, Clone, Copy)]
pub enum CloneDestination<'a> {
    SameProject,
    OtherProject {
        /// Names of the journeys that are there.
        journeys: &'a HashSet<String>,
    },
}

/// The draft. Its description and labels are those of the journey.
#[derive(Debug, Clone, PartialEq)]
pub struct ClonePlan {
    pub name: JourneyName,
    pub graph: Graph,
    pub settings: Settings,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub unresolved: Vec<Reference>,
    pub note: String,
}

/// Decides what is copied. Secrets are copied only by those who may edit the journey (`may_edit`).
pub fn decide_clone(
    source: CloneSource,
    destination: CloneDestination<'_>,
    may_edit: bool,
    now: Timestamp,
) -> ClonePlan {
    let ahead = |time: &Timestamp| *time > now;
    let settings = source.settings.without_past_times(now);
    let (unresolved, note) = match destination {
        CloneDestination::SameProject => (source.unresolved, format!("from “{}”", source.name)),
        CloneDestination::OtherProject { journeys } => (
            unresolved_in(journeys, references(&source.graph, &settings)),
            format!("from “{}” of the project “{}”", source.name, source.project),
        ),
    };
    ClonePlan {
        name: source.name.clone_of(),
        graph: if may_edit { source.graph } else { source.graph.without_secrets() },
        settings,
        start: source.start.filter(ahead),
        end: source.end.filter(ahead),
        unresolved,
        note,
    }
}

/// Of what a journey names, what another project does not have: segments, lists and channels are
/// its own, a journey may be there under the same name.
fn unresolved_in(journeys: &HashSet<String>, named: Vec<Reference>) -> Vec<Reference> {
    let is_there = |reference: &Reference| {
        reference.kind == ReferenceKind::Journey && journeys.contains(&reference.name)
    };
    named.into_iter().filter(|reference| !is_there(reference)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        graph::{Node, NodeKind},
        journeys::settings::EntryTrigger,
    };

    const NOW: Timestamp = Timestamp(1_000);

    /// A journey that starts another one and puts people on a list.
    fn source() -> CloneSource {
        let mut graph = Graph::empty();
        let (journey, list) = ("Reminder".to_string(), "Buyers".to_string());
        graph.nodes.push(Node::new("start", NodeKind::StartJourney { journey }));
        graph.nodes.push(Node::new("list", NodeKind::AddToList { list }));
        CloneSource {
            name: JourneyName::parse("Welcome").expect("a name"),
            project: "Shop".to_string(),
            graph,
            settings: Settings::new(EntryTrigger::Api {}),
            start: None,
            end: None,
            unresolved: vec![reference(ReferenceKind::Segment, "VIP")],
        }
    }

    fn reference(kind: ReferenceKind, name: &str) -> Reference {
        Reference { kind, name: name.to_string() }
    }

    fn here(source: CloneSource) -> ClonePlan {
        decide_clone(source, CloneDestination::SameProject, true, NOW)
    }

    fn elsewhere(journeys: &[&str]) -> ClonePlan {
        let journeys = journeys.iter().map(|name| (*name).to_string()).collect();
        let destination = CloneDestination::OtherProject { journeys: &journeys };
        decide_clone(source(), destination, true, NOW)
    }

    #[test]
    fn a_clone_is_named_after_the_journey_and_says_where_it_came_from() {
        let plan = here(source());
        assert_eq!(
            (plan.name.as_str(), plan.note.as_str()),
            ("Clone of Welcome", "from “Welcome”")
        );
        assert_eq!(elsewhere(&[]).note, "from “Welcome” of the project “Shop”");
    }

    #[test]
    fn times_that_have_passed_are_not_copied() {
        let (start, end) = (Some(Timestamp(900)), Some(Timestamp(2_000)));
        let settings = Settings { start, end, ..source().settings };
        let plan = here(CloneSource { settings, start, end, ..source() });
        assert_eq!((plan.start, plan.end), (None, end));
        assert_eq!((plan.settings.start, plan.settings.end), (None, end));
    }

    #[test]
    fn what_was_not_there_is_not_there_in_the_same_project_either() {
        assert_eq!(here(source()).unresolved, source().unresolved);
    }

    #[test]
    fn in_another_project_only_journeys_of_the_same_name_are_there() {
        let list = reference(ReferenceKind::List, "Buyers");
        let journey = reference(ReferenceKind::Journey, "Reminder");
        assert_eq!(elsewhere(&["Reminder"]).unresolved, std::slice::from_ref(&list));
        assert_eq!(elsewhere(&["Buyers"]).unresolved, [list, journey]);
    }

    #[test]
    fn secrets_are_copied_only_by_those_who_may_edit_the_journey() {
        let mut source = source();
        source.graph = serde_json::from_value(serde_json::json!({ "nodes": [
            { "id": "call", "step": { "webhook": { "url": "https://shop.example/", "headers": [
                { "name": "Authorization", "value": "Bearer 42" }
            ] } } }
        ] }))
        .expect("a graph");
        let graph = |may_edit| {
            decide_clone(source.clone(), CloneDestination::SameProject, may_edit, NOW).graph
        };
        assert_eq!(graph(true), source.graph);
        assert_eq!(graph(false), source.graph.clone().without_secrets());
        assert_ne!(graph(false), source.graph);
    }
}
