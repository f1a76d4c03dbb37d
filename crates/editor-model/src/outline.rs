//! The graph as a list that can be read from top to bottom: every step once, under the way that
//! leads to it first.

use std::collections::{HashMap, HashSet};

use wayfare_domain::graph::{Graph, Node, NodeKind};

/// One line of the outline.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutlineItem {
    pub node: String,
    /// 1 for the entry and for what no one reaches.
    pub depth: usize,
    /// The outlet that leads here, and the node that it belongs to.
    pub by: Option<(String, String)>,
    /// The step stands further up already: this line only says that the way leads there.
    pub again: bool,
    /// Its number among its siblings, from 1, and how many they are.
    pub place: (usize, usize),
}

impl OutlineItem {
    /// Unique among the rows of a graph.
    pub fn key(&self) -> String {
        match &self.by {
            Some((from, outlet)) => format!("{from}\u{1f}{outlet}"),
            None => self.node.clone(),
        }
    }
}

/// A node that is still to be told, its depth, and the way that leads there.
type PendingNode<'a> = (&'a str, usize, Option<(&'a str, &'a str)>);

/// All lines, in reading order. A single way on stays at the same depth: a long journey is no
/// staircase.
pub fn outline_items(graph: &Graph) -> Vec<OutlineItem> {
    let mut ways: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
    for connector in &graph.connectors {
        ways.entry(&connector.from).or_default().push((&connector.outlet, &connector.to));
    }
    let nodes: HashMap<&str, &Node> =
        graph.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    for (id, ways) in &mut ways {
        let order = nodes.get(id).map(|node| node.outlets()).unwrap_or_default();
        ways.sort_by_key(|(outlet, _)| order.iter().position(|name| name == outlet));
    }
    let mut rows: Vec<OutlineItem> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let entries = graph.nodes.iter().filter(|node| node.step == NodeKind::Entry {});
    // After the entry come the beginnings of what no one reaches, then whatever only leads around
    // in circles.
    let reached: HashSet<&str> =
        graph.connectors.iter().map(|connector| connector.to.as_str()).collect();
    let loose = graph.nodes.iter().filter(|node| !reached.contains(node.id.as_str()));
    let roots: Vec<&Node> = entries.chain(loose).chain(&graph.nodes).collect();
    for root in roots {
        if seen.contains(root.id.as_str()) {
            continue;
        }
        let mut open: Vec<PendingNode<'_>> = vec![(&root.id, 1, None)];
        while let Some((id, depth, by)) = open.pop() {
            if !nodes.contains_key(id) {
                continue;
            }
            let again = !seen.insert(id);
            let by = by.map(|(from, outlet)| (from.to_string(), outlet.to_string()));
            rows.push(OutlineItem { node: id.to_string(), depth, by, again, place: (1, 1) });
            if again {
                continue;
            }
            let mine = ways.get(id).map(Vec::as_slice).unwrap_or_default();
            let deeper = if mine.len() > 1 { depth + 1 } else { depth };
            open.extend(mine.iter().rev().map(|(outlet, to)| (*to, deeper, Some((id, *outlet)))));
        }
    }
    number(&mut rows);
    rows
}

/// Tells each row how many it stands among: rows of one depth with none shallower between them.
fn number(rows: &mut [OutlineItem]) {
    let mut open: Vec<Vec<usize>> = Vec::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        while open.len() > row.depth {
            groups.extend(open.pop());
        }
        open.resize_with(row.depth, Vec::new);
        if let Some(last) = open.last_mut() {
            last.push(index);
        }
    }
    groups.extend(open);
    for group in groups {
        for (place, index) in group.iter().enumerate() {
            rows[*index].place = (place + 1, group.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_domain::graph::{Connector, node::Delay};

    fn graph(ways: &[(&str, &str, &str)], nodes: &[(&str, NodeKind)]) -> Graph {
        let mut graph = Graph::empty();
        graph.nodes.extend(nodes.iter().map(|(id, step)| Node::new(*id, step.clone())));
        graph.connectors = ways
            .iter()
            .map(|(from, outlet, to)| Connector {
                from: (*from).into(),
                outlet: (*outlet).into(),
                to: (*to).into(),
            })
            .collect();
        graph
    }

    fn split() -> NodeKind {
        NodeKind::HasDoneSplit {
            event: wayfare_domain::graph::criteria::EventMatch {
                name: "Bought".into(),
                filters: vec![],
            },
            within_days: None,
        }
    }

    #[test]
    fn ways_that_meet_again_are_told_once_and_then_referred_to() {
        let delay = NodeKind::Delay(Delay::For { minutes: 5 });
        let graph = graph(
            &[("entry", "next", "s"), ("s", "no", "d"), ("s", "yes", "end"), ("d", "next", "end")],
            &[("s", split()), ("d", delay), ("end", NodeKind::Goal { name: "Bought".into() })],
        );
        let told: Vec<(String, usize, bool)> =
            outline_items(&graph).into_iter().map(|row| (row.node, row.depth, row.again)).collect();
        let expected = [
            ("entry", 1, false),
            ("s", 1, false),
            ("end", 2, false),
            ("d", 2, false),
            ("end", 2, true),
        ];
        assert_eq!(told, expected.map(|(id, depth, again)| (id.to_string(), depth, again)));
    }

    #[test]
    fn what_nobody_reaches_and_circles_are_told_too() {
        let delay = || NodeKind::Delay(Delay::For { minutes: 5 });
        let graph = graph(
            &[("a", "next", "b"), ("b", "next", "a")],
            &[("a", delay()), ("b", delay()), ("c", delay())],
        );
        let told: Vec<String> = outline_items(&graph)
            .into_iter()
            .filter(|row| !row.again)
            .map(|row| row.node)
            .collect();
        assert_eq!(told, ["entry", "c", "a", "b"]);
    }
}
