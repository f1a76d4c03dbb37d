//! Every type of node, as [`NodeType::ALL`] has them: a type that the engine does not know how to
//! leave fails here.

use std::collections::{BTreeSet, HashMap};

use super::*;
use crate::{
    engine::{
        enrolment::{Advance, VisitOutcome, on_event, on_message_event, on_timer, start},
        time_zones::UtcOnly,
    },
    graph::{
        Connector, Graph, Node, NodeType,
        examples::graph_with_every_type,
        node::{NodeGroup, node_type::WaitsFor},
    },
    ids::ProfileKey,
    journeys::settings::{EntryTrigger, Settings},
};

const NOW: Timestamp = Timestamp(1_790_596_800_000);
const SUBJECT: &str = "subject";

fn compiled(graph: &Graph) -> CompiledVersion {
    CompiledVersion::new(graph, &Settings::new(EntryTrigger::Api {}), &HashMap::new())
}

/// The entry, and after it the example of the type, with every outlet drawn.
fn journey_of(node_type: NodeType) -> CompiledVersion {
    let subject = Node::new(SUBJECT, node_type.example());
    let connector = |from: &str, outlet: &str, to: &str| Connector {
        from: from.to_string(),
        outlet: outlet.to_string(),
        to: to.to_string(),
    };
    let mut graph = Graph::empty();
    graph.connectors.push(connector("entry", "next", SUBJECT));
    for outlet in subject.outlets() {
        graph.connectors.push(connector(SUBJECT, &outlet, "end"));
    }
    graph.nodes.extend([subject, Node::new("end", NodeType::ForceExit.example())]);
    assert_eq!(graph.structural_errors(), []);
    compiled(&graph)
}

/// Every type that people can be moved through after the entry.
fn types_after_the_entry() -> impl Iterator<Item = NodeType> {
    NodeType::ALL.iter().copied().filter(|node_type| *node_type != NodeType::Entry)
}

fn happened(name: &str, at: Timestamp) -> PastEvent {
    PastEvent { key: crate::profiles::profile::event_key(name), at, properties: cart() }
}

fn cart() -> Properties {
    Properties::from_iter([("cart".to_string(), 7.into())])
}

/// People who differ in everything that the examples look at; each can be reached everywhere.
fn people() -> Vec<Profile> {
    let addresses = ["email", "phone", "push", "web_push"];
    let person = |seq: i64| Profile {
        seq: ProfileKey(seq),
        addresses: addresses.map(|key| (key.to_string(), format!("{key}@example.com"))).into(),
        properties: if seq % 2 == 0 {
            Properties::from_iter([("plan".to_string(), "gold".into())])
        } else {
            Properties::new()
        },
        events: if seq % 4 < 2 { vec![happened("Signed Up", NOW)] } else { Vec::new() },
        ..Profile::default()
    };
    (0..32).map(person).collect()
}

fn enter(version: &CompiledVersion, person: &mut Profile) -> Advance {
    start(at(version, NOW), person, NOW, cart(), "1")
}

fn at(version: &CompiledVersion, now: Timestamp) -> EngineContext<'_> {
    EngineContext { version, calendar: &UtcOnly, now }
}

/// Everything that can happen to someone who stays at a node, one thing at a time.
fn continuations(version: &CompiledVersion, person: &Profile, stays: &Advance) -> Vec<Advance> {
    let state = &stays.enrolment;
    let due = state.due.unwrap_or(NOW);
    let timer = on_timer(at(version, due), &mut person.clone(), state.clone());
    let event = on_event(at(version, NOW), &mut person.clone(), state, &happened("Ordered", NOW));
    let messages = MessageEventKind::ALL
        .into_iter()
        .map(|kind| on_message_event(at(version, NOW), &mut person.clone(), state, kind));
    messages.chain([timer, event]).flatten().collect()
}

/// The outcome of arriving at the example.
fn on_arrival_at(node_type: NodeType) -> VisitOutcome {
    let version = journey_of(node_type);
    let advance = enter(&version, &mut people()[0].clone());
    let subject = version.index_of(SUBJECT).expect("the example");
    let visit = advance.visits.into_iter().find(|visit| visit.node == subject);
    visit.expect("a visit").outcome
}

#[test]
fn people_who_arrive_do_what_the_type_declares() {
    for node_type in types_after_the_entry() {
        let spec = node_type.spec();
        let outcome = on_arrival_at(node_type);
        let is_as_declared = match spec.waits_for {
            WaitsFor::MessageEvent => outcome == VisitOutcome::Sends,
            WaitsFor::Time | WaitsFor::Event => outcome == VisitOutcome::Waits,
            WaitsFor::Nothing if spec.group == NodeGroup::End => {
                matches!(outcome, VisitOutcome::Ended(_))
            }
            WaitsFor::Nothing => matches!(outcome, VisitOutcome::Left(_)),
        };
        assert!(is_as_declared, "{}: {outcome:?}", spec.key);
    }
}

#[test]
fn every_outlet_of_every_type_is_followed_by_someone() {
    for node_type in types_after_the_entry() {
        let version = journey_of(node_type);
        let subject = version.index_of(SUBJECT).expect("the example");
        let mut followed = BTreeSet::new();
        for mut person in people() {
            let entered = enter(&version, &mut person);
            for advance in continuations(&version, &person, &entered).into_iter().chain([entered]) {
                let here = advance.visits.into_iter().filter(|visit| visit.node == subject);
                followed.extend(here.filter_map(|visit| match visit.outcome {
                    VisitOutcome::Left(outlet) => Some(outlet),
                    VisitOutcome::Waits | VisitOutcome::Sends | VisitOutcome::Ended(_) => None,
                }));
            }
        }
        let outlets: BTreeSet<String> = node_type.example().outlets().into_iter().collect();
        assert_eq!(followed, outlets, "{}", node_type.spec().key);
    }
}

#[test]
fn people_get_through_a_journey_with_every_type() {
    let version = compiled(&graph_with_every_type());
    let mut visited = BTreeSet::new();
    for mut person in people() {
        let mut advance = enter(&version, &mut person);
        for _ in 0..100 {
            visited.extend(advance.visits.iter().map(|visit| visit.node));
            let moved = continuations(&version, &person, &advance)
                .into_iter()
                .find(|next| next.enrolment.node != advance.enrolment.node || next.ended.is_some());
            match moved.filter(|_| advance.ended.is_none()) {
                Some(next) => advance = next,
                None => break,
            }
        }
        assert!(advance.ended.is_some(), "someone stays at {}", advance.enrolment.node);
    }
    let ids = visited.into_iter().map(|node| version.nodes[node].id.as_str());
    let keys: BTreeSet<&str> = NodeType::ALL.iter().map(|node_type| node_type.spec().key).collect();
    assert_eq!(ids.collect::<BTreeSet<_>>(), keys);
}
