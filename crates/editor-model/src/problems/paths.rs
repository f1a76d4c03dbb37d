//! Where people would stop, wait for ever, or come to a message at a bad time.

use std::collections::{HashMap, HashSet};

use wayfare_domain::versions::{Problem, Severity};
use wayfare_domain::{
    engine::time_zones::minute_of,
    graph::{
        Graph, Node, NodeKind,
        node::{Delay, ENGAGEMENT_OUTLETS, NodeGroup},
    },
    journeys::settings::{QuietHoursPolicy, Settings},
};

pub fn warnings(graph: &Graph, settings: &Settings, found: &mut Vec<Problem>) {
    let drawn: HashSet<(&str, &str)> = graph
        .connectors
        .iter()
        .map(|connector| (connector.from.as_str(), connector.outlet.as_str()))
        .collect();
    let reached = graph.reachable_nodes();
    for (index, node) in
        graph.nodes.iter().enumerate().filter(|(_, node)| reached.contains(node.id.as_str()))
    {
        stops(graph, settings, index, node, &drawn, found);
    }
    quiet(graph, settings, found);
}

/// Ways by which people leave and that lead nowhere. One warning for a node, whatever their number.
fn stops(
    graph: &Graph,
    settings: &Settings,
    index: usize,
    node: &Node,
    drawn: &HashSet<(&str, &str)>,
    found: &mut Vec<Problem>,
) {
    let is_drawn = |outlet: &str| drawn.contains(&(node.id.as_str(), outlet));
    let outlets = node.outlets();
    let awaits = node.step.is_message()
        && !is_drawn("sent")
        && ENGAGEMENT_OUTLETS.iter().any(|later| is_drawn(later));
    if awaits && node.sending.answer_minutes.is_none() && settings.timeout_hours.is_none() {
        let sentence = format!(
            "People who do nothing with “{}” stay there forever. Set how long to wait for a \
                response, or a time-out for the journey.",
            node.title()
        );
        found.push(Problem::of_node(
            Severity::Warning,
            graph,
            index,
            "sending",
            "waits_for_ever",
            sentence,
        ));
    }
    let taken = |outlet: &&String| match outlet.as_str() {
        // Of these people come by only where they are drawn.
        later if node.step.is_message() && ENGAGEMENT_OUTLETS.contains(&later) => false,
        "sent" if awaits => false,
        "timeout" if node.step.is_message() => awaits,
        // The entry that leads nowhere is an error of its own.
        _ => node.step.group() != NodeGroup::Entry,
    };
    let open: Vec<String> = outlets
        .iter()
        .filter(taken)
        .filter(|outlet| !is_drawn(outlet))
        .map(|outlet| format!("“{}”", node.outlet_title(outlet)))
        .collect();
    if open.is_empty() {
        return;
    }
    let by = if open == ["“Next”"] {
        String::new()
    } else {
        format!(" on the path {}", open.join(" or "))
    };
    let sentence = if !settings.goals.is_empty() && settings.timeout_hours.is_some() {
        format!("After “{}” people wait for a goal or the time-out{by}.", node.title())
    } else {
        format!("After “{}” the journey ends{by}.", node.title())
    };
    found.push(Problem::of_node(Severity::Warning, graph, index, "", "stops", sentence));
}

/// Delays until a time at which no message goes out.
fn quiet(graph: &Graph, settings: &Settings, found: &mut Vec<Problem>) {
    let Some(hours) = &settings.quiet_hours else { return };
    let (Some(from), Some(to)) = (minute_of(&hours.from), minute_of(&hours.to)) else { return };
    let is_quiet = |minute: u16| {
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    };
    let before_messages = straight_to_messages(graph);
    for (index, node) in graph.nodes.iter().enumerate() {
        let NodeKind::Delay(Delay::Until { time, .. }) = &node.step else { continue };
        if minute_of(time).is_some_and(is_quiet) && before_messages.contains(node.id.as_str()) {
            let then = match hours.then {
                QuietHoursPolicy::Drop => "the next message is skipped".to_string(),
                QuietHoursPolicy::SendWhenOver => {
                    format!("the next message goes out at {}", hours.to)
                }
            };
            let sentence = format!(
                "“{}” waits until {time}, within the quiet hours from {} to {}: {then}.",
                node.title(),
                hours.from,
                hours.to
            );
            found.push(Problem::of_node(
                Severity::Warning,
                graph,
                index,
                "step.delay.until.time",
                "quiet_hours",
                sentence,
            ));
        }
    }
}

/// Nodes from which a message comes before any further wait: backwards from the messages, over
/// whatever does not wait.
fn straight_to_messages(graph: &Graph) -> HashSet<&str> {
    let nodes: HashMap<&str, &Node> =
        graph.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut back: HashMap<&str, Vec<&str>> = HashMap::new();
    for connector in &graph.connectors {
        back.entry(&connector.to).or_default().push(&connector.from);
    }
    let mut open: Vec<&str> = graph
        .nodes
        .iter()
        .filter(|node| node.step.is_message())
        .map(|node| node.id.as_str())
        .collect();
    let mut reached = HashSet::new();
    while let Some(id) = open.pop() {
        for from in back.get(id).into_iter().flatten() {
            let waits = nodes.get(from).is_some_and(|node| node.step.group() == NodeGroup::Wait);
            if reached.insert(*from) && !waits {
                open.push(from);
            }
        }
    }
    reached
}
