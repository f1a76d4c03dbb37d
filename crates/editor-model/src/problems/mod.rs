//! The live checks: what keeps a version from being published, and what its author should look at.
//! The browser runs them at each change, the server before it publishes.

mod incomplete_forms;
mod paths;
mod unknown_names;

use wayfare_domain::versions::{Problem, ProjectCatalog, Severity};
use wayfare_domain::{
    error::FieldError, graph::Graph, journeys::settings::Settings, time::Timestamp,
};

/// Everything that is found, errors first, in the order of the nodes.
pub fn find_problems(
    graph: &Graph,
    settings: &Settings,
    catalogue: &ProjectCatalog,
    now: Timestamp,
) -> Vec<Problem> {
    let mut found = errors(graph, settings, now);
    paths::warnings(graph, settings, &mut found);
    unknown_names::warnings(graph, settings, catalogue, &mut found);
    if settings.start.is_some_and(|start| start < now) {
        let sentence = "The start is in the past. People enter as soon as you publish.";
        found.push(Problem::of_settings(Severity::Warning, "start", "past", sentence));
    }
    found.sort_by_key(|check| check.severity);
    found
}

/// What keeps it from being published. Names that the project does not know are none of it.
pub fn errors(graph: &Graph, settings: &Settings, now: Timestamp) -> Vec<Problem> {
    let mut found: Vec<Problem> = graph
        .publish_errors()
        .into_iter()
        .map(|problem| locate(Severity::Error, graph, problem))
        .collect();
    incomplete_forms::errors(graph, &mut found);
    let of_settings = settings.problems().into_iter().map(|problem| problem.under("settings"));
    found.extend(of_settings.map(|problem| Problem {
        severity: Severity::Error,
        node: None,
        problem,
    }));
    if settings.end.is_some_and(|end| end <= now) {
        let sentence = "The end is in the past, so no one can enter. Choose a later end, or none.";
        found.push(Problem::of_settings(Severity::Error, "end", "past", sentence));
    }
    found
}

/// Forms of nodes that are not filled in.
pub fn unfinished_forms(graph: &Graph) -> Vec<FieldError> {
    let mut found = Vec::new();
    incomplete_forms::errors(graph, &mut found);
    found.into_iter().map(|check| check.problem).collect()
}

/// A finding about the graph, with the node to jump to.
pub fn locate(severity: Severity, graph: &Graph, problem: FieldError) -> Problem {
    let index =
        |start: &str| problem.path.strip_prefix(start)?.split(']').next()?.parse::<usize>().ok();
    let node = match problem.key.as_str() {
        "cycle" => graph.cycle_without_wait().map(str::to_string),
        _ => {
            let of_node =
                index("nodes[").and_then(|index| Some(graph.nodes.get(index)?.id.clone()));
            of_node.or_else(|| {
                index("connectors[")
                    .and_then(|index| Some(graph.connectors.get(index)?.from.clone()))
            })
        }
    };
    Problem { severity, node, problem: problem.under("graph") }
}

#[cfg(test)]
#[path = "problems_tests.rs"]
mod tests;
