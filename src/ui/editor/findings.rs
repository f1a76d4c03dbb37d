//! What the live checks find.

use crate::domain::{
    editor::{Catalogue, Check, Severity},
    graph::Graph,
    settings::Settings,
};

/// Everything that is wrong with a version, errors first.
pub fn all(graph: &Graph, settings: &Settings, _catalogue: &Catalogue) -> Vec<Check> {
    let of_graph = graph.problems().into_iter().map(|problem| {
        let index = problem.path.strip_prefix("nodes[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        let node = index.and_then(|index| Some(graph.nodes.get(index)?.id.clone()));
        Check { severity: Severity::Error, node, problem: problem.under("graph") }
    });
    let of_settings = settings.problems().into_iter().map(|problem| Check {
        severity: Severity::Error,
        node: None,
        problem: problem.under("settings"),
    });
    of_graph.chain(of_settings).collect()
}
