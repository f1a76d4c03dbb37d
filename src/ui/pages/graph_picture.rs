//! A graph as a picture that cannot be edited: nodes at their positions, and lines for the
//! connectors. The same graph follows as a list, for screen readers and for people who prefer
//! reading.

use std::collections::HashMap;

use leptos::prelude::*;

use wayfare_domain::graph::{Graph, Node};

const NODE_WIDTH: f64 = 220.0;
const NODE_HEIGHT: f64 = 72.0;
const MARGIN: f64 = 32.0;
/// More nodes than this are listed, not drawn, and neither are more lines.
const DRAWN_MAX: usize = 400;
const LINES_MAX: usize = 4 * DRAWN_MAX;
/// The most paths of a step that are listed.
const WAYS_MAX: usize = 200;

#[component]
pub fn GraphPicture(graph: Graph) -> impl IntoView {
    let drawn = graph.nodes.len() <= DRAWN_MAX && graph.connectors.len() <= LINES_MAX;
    view! {
        {drawn.then(|| view! { <Picture graph=graph.clone() /> })}
        <details class="graph-outline" open=!drawn>
            <summary>"Steps as a list"</summary>
            <Outline graph=graph />
        </details>
    }
}

#[component]
fn Picture(graph: Graph) -> impl IntoView {
    let left =
        graph.nodes.iter().map(|node| node.position.x).fold(f64::INFINITY, f64::min) - MARGIN;
    let top = graph.nodes.iter().map(|node| node.position.y).fold(f64::INFINITY, f64::min) - MARGIN;
    let right = graph.nodes.iter().map(|node| node.position.x).fold(f64::NEG_INFINITY, f64::max)
        + NODE_WIDTH
        + MARGIN;
    let bottom = graph.nodes.iter().map(|node| node.position.y).fold(f64::NEG_INFINITY, f64::max)
        + NODE_HEIGHT
        + MARGIN;
    let (width, height) = (right - left, bottom - top);
    // Each node with its outlets, computed once.
    let known: HashMap<&str, (&Node, Vec<String>)> =
        graph.nodes.iter().map(|node| (node.id.as_str(), (node, node.outlets()))).collect();
    let lines: Vec<(String, String, f64, f64)> = graph
        .connectors
        .iter()
        .filter_map(|connector| {
            let ((from, outlets), (to, _)) =
                (known.get(connector.from.as_str())?, known.get(connector.to.as_str())?);
            let place = outlets.iter().position(|outlet| *outlet == connector.outlet)?;
            let share = (place as f64 + 1.0) / (outlets.len() as f64 + 1.0);
            let (x1, y1) =
                (from.position.x - left + NODE_WIDTH * share, from.position.y - top + NODE_HEIGHT);
            let (x2, y2) = (to.position.x - left + NODE_WIDTH / 2.0, to.position.y - top);
            let bend = ((y2 - y1).abs() / 2.0).max(24.0);
            let path = format!(
                "M{x1:.1} {y1:.1}C{x1:.1} {:.1} {x2:.1} {:.1} {x2:.1} {y2:.1}",
                y1 + bend,
                y2 - bend
            );
            let label = if connector.outlet == "next" {
                String::new()
            } else {
                from.outlet_title(&connector.outlet)
            };
            Some((path, label, x1, y1 + 14.0))
        })
        .collect();
    view! {
        <div class="graph" role="img" aria-label="Picture of the journey’s steps. The list below \
            shows the same steps." tabindex="0">
            <svg class="graph-canvas" viewBox=format!("0 0 {width:.0} {height:.0}") width=format!("{width:.0}") height=format!("{height:.0}") aria-hidden="true">
                    {lines
                        .into_iter()
                        .map(|(path, label, x, y)| {
                            view! {
                                <path class="graph-line" d=path />
                                <text class="graph-outlet" x=format!("{x:.1}") y=format!("{y:.1}")>
                                    {label}
                                </text>
                            }
                        })
                        .collect_view()}
                {graph.nodes.into_iter().map(|node| view! { <NodeBox node=node left=left top=top /> }).collect_view()}
            </svg>
        </div>
    }
}

#[component]
fn NodeBox(node: Node, left: f64, top: f64) -> impl IntoView {
    // Placed by attributes: the page's policy allows no styles of single elements.
    let (x, y) = (node.position.x - left, node.position.y - top);
    view! {
        <foreignObject x=format!("{x:.0}") y=format!("{y:.0}") width=NODE_WIDTH.to_string() height=NODE_HEIGHT.to_string()>
            <div class=format!("graph-node group-{}", node.step.group().key())>
                <span class="graph-node-kind">{node.step.title()}</span>
                <span class="graph-node-name">{node.name.clone().unwrap_or_else(|| node.step.describe())}</span>
            </div>
        </foreignObject>
    }
}

#[component]
fn Outline(graph: Graph) -> impl IntoView {
    let titles: HashMap<&str, String> =
        graph.nodes.iter().map(|node| (node.id.as_str(), node.title())).collect();
    let drawn: HashMap<(&str, &str), &str> = graph
        .connectors
        .iter()
        .map(|connector| {
            ((connector.from.as_str(), connector.outlet.as_str()), connector.to.as_str())
        })
        .collect();
    let ways = |node: &Node| {
        let outlets = node.outlets();
        let more = outlets
            .len()
            .checked_sub(WAYS_MAX)
            .filter(|more| *more > 0)
            .map(|more| format!("and {more} more"));
        outlets
            .into_iter()
            .take(WAYS_MAX)
            .map(|outlet| {
                let path = node.outlet_title(&outlet);
                match drawn.get(&(node.id.as_str(), outlet.as_str())).and_then(|to| titles.get(to))
                {
                    Some(title) => format!("{path} → {title}"),
                    None => format!("{path}: ends here"),
                }
            })
            .chain(more)
            .collect::<Vec<_>>()
    };
    view! {
        <ol class="outline">
            {graph
                .nodes
                .iter()
                .map(|node| {
                    view! {
                        <li>
                            <strong>{node.title()}</strong>
                            " "
                            <span class="hint">{node.step.describe()}</span>
                            <ul>{ways(node).into_iter().map(|way| view! { <li>{way}</li> }).collect_view()}</ul>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}
