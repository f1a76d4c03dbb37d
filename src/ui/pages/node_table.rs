//! What happened at each step of a journey.

use leptos::prelude::*;

use crate::domain::{
    figures::grouped,
    graph::Node,
    journey::{JourneyDetail, NodeFigures},
};

/// In the order of the graph; nothing where nobody has come in yet.
#[component]
pub fn NodeTable(detail: JourneyDetail) -> impl IntoView {
    let known = |node: &Node| detail.nodes.iter().find(|figures| figures.node == node.id).cloned();
    let rows: Vec<(String, NodeFigures)> =
        detail.graph.nodes.iter().map(|node| (node.title(), known(node).unwrap_or_default())).collect();
    if detail.nodes.is_empty() {
        return ().into_any();
    }
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Figures by step">
            <table class="plain-table" aria-label="Figures by step">
                <thead>
                    <tr>
                        <th scope="col">"Step"</th>
                        <th scope="col" class="cell-number">"Came"</th>
                        <th scope="col" class="cell-number">"Waiting"</th>
                        <th scope="col">"Went on by"</th>
                        <th scope="col" class="cell-number">"Ended here"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows.into_iter().map(|(title, figures)| view! { <NodeRow title=title figures=figures /> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn NodeRow(title: String, figures: NodeFigures) -> impl IntoView {
    let ways: Vec<String> = figures.left.iter().map(|(outlet, count)| format!("{outlet} {}", grouped(*count))).collect();
    view! {
        <tr>
            <th scope="row">{title}</th>
            <td class="cell-number">{grouped(figures.came)}</td>
            <td class="cell-number">{grouped(figures.waiting())}</td>
            <td>{ways.join(", ")}</td>
            <td class="cell-number">{grouped(figures.ended)}</td>
        </tr>
    }
}
