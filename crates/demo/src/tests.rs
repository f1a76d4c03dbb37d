//! The demo shows what the rules allow, and all of it.

use std::collections::HashSet;

use super::*;
use wayfare_domain::{
    interrupt::Uninterrupted,
    journeys::transition::{Action, JourneyState, TransitionResult, transition},
    messages::known_properties::KnownProperties,
};
use wayfare_templates::check;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

#[test]
fn about_sixty_journeys_in_every_status() {
    let journeys = project(NOW).journeys;
    assert_eq!(journeys.len(), demo_journeys().count(), "every entry of the programme is valid");
    assert!((55..=70).contains(&journeys.len()), "{}", journeys.len());
    let shown: HashSet<Status> = journeys
        .iter()
        .filter_map(|journey| journey.versions.last())
        .map(|version| version.status)
        .collect();
    assert_eq!(shown.len(), Status::ALL.len());
    let ways: HashSet<_> =
        journeys.iter().map(|journey| journey.document.settings.entry.entry_type()).collect();
    assert_eq!(ways.len(), 5, "every entry type");
}

#[test]
fn every_document_is_valid_and_what_is_published_could_be() {
    for journey in project(NOW).journeys {
        assert_eq!(journey.document.problems(), [], "{}", journey.document.name);
        if journey.versions.last().is_some_and(|version| version.status != Status::Draft) {
            assert_eq!(journey.document.graph.publish_errors(), [], "{}", journey.document.name);
        }
    }
}

#[test]
fn every_message_can_be_sent() {
    for journey in project(NOW).journeys {
        for node in journey.document.graph.nodes.iter().filter(|node| node.step.is_message()) {
            let findings = check(&node.step, &KnownProperties::default(), &Uninterrupted)
                .expect("not interrupted");
            assert_eq!(
                (findings.problems, findings.warnings),
                (vec![], vec![]),
                "{}: {}",
                journey.document.name,
                node.id
            );
        }
    }
}

#[test]
fn every_kind_of_node_is_used() {
    let kinds: HashSet<&str> = project(NOW)
        .journeys
        .iter()
        .flat_map(|journey| {
            journey.document.graph.nodes.iter().map(|node| node.step.title()).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(kinds.len(), 19, "{kinds:?}");
}

#[test]
fn figures_add_up_and_only_what_may_be_is_archived() {
    let project = project(NOW);
    let many: Vec<SeedJourney> = many::many(&project, 500, NOW).collect();
    for journey in project.journeys.iter().chain(&many) {
        let shown = journey.versions.last().expect("a version");
        assert!(
            journey.versions.iter().all(|version| version.figures.adds_up()),
            "{}",
            journey.document.name
        );
        if journey.archived {
            let situation = JourneyState {
                status: shown.status,
                archived: false,
                ever_published: true,
                start_ahead: false,
                inside: journey.versions.iter().map(|version| version.figures.inside).sum(),
            };
            assert!(
                matches!(transition(situation, Action::Archive), TransitionResult::Apply(_)),
                "{}",
                journey.document.name
            );
        }
    }
}

#[test]
fn as_many_as_wanted_with_names_of_their_own() {
    let project = project(NOW);
    let names: HashSet<String> =
        many::many(&project, 3_000, NOW).map(|journey| journey.document.name.to_string()).collect();
    assert_eq!(names.len(), 3_000);
}

#[test]
fn boxes_do_not_overlap() {
    for journey in project(NOW).journeys {
        let nodes = &journey.document.graph.nodes;
        for (index, a) in nodes.iter().enumerate() {
            for b in &nodes[index + 1..] {
                let apart = (a.position.x - b.position.x).abs() >= 220.0
                    || (a.position.y - b.position.y).abs() >= 72.0;
                assert!(apart, "{}: {} on {}", journey.document.name, a.id, b.id);
            }
        }
    }
}
