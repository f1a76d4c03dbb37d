//! Stats of each step of a journey, and links to its messages.

use std::collections::HashMap;

use leptos::prelude::*;

use wayfare_domain::{
    graph::Node,
    ids::JourneyId,
    journeys::read_model::{JourneyDetail, NodeStats},
    messages::preview::message_address,
    stats::format_count,
};

/// In the order of the graph. Before anyone has entered, only the messages.
#[component]
pub fn NodeTable(detail: JourneyDetail) -> impl IntoView {
    let journey = detail.summary.id;
    if detail.nodes.is_empty() {
        let messages: Vec<Node> =
            detail.graph.nodes.into_iter().filter(|node| node.step.is_message()).collect();
        return view! { <Messages journey=journey messages=messages /> }.into_any();
    }
    let known: HashMap<&str, &NodeStats> =
        detail.nodes.iter().map(|figures| (figures.node.as_str(), figures)).collect();
    let known = |node: &Node| known.get(node.id.as_str()).map(|figures| (*figures).clone());
    let rows: Vec<(Node, NodeStats)> = detail
        .graph
        .nodes
        .iter()
        .map(|node| (node.clone(), known(node).unwrap_or_default()))
        .collect();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Stats by step">
            <table class="plain-table" aria-label="Stats by step">
                <thead>
                    <tr>
                        <th scope="col">"Step"</th>
                        <th scope="col" class="cell-number">"Entered"</th>
                        <th scope="col" class="cell-number">"Waiting"</th>
                        <th scope="col">"Paths taken"</th>
                        <th scope="col" class="cell-number">"Exited here"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|(node, figures)| view! { <NodeRow journey=journey node=node figures=figures /> })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn NodeRow(journey: JourneyId, node: Node, figures: NodeStats) -> impl IntoView {
    let ways: Vec<String> = figures
        .left
        .iter()
        .map(|(outlet, count)| format!("{} {}", node.outlet_title(outlet), format_count(*count)))
        .collect();
    view! {
        <tr>
            <th scope="row">
                <NodeTitle journey=journey node=node />
            </th>
            <td class="cell-number">{format_count(figures.came)}</td>
            <td class="cell-number">{format_count(figures.waiting())}</td>
            <td>{ways.join(", ")}</td>
            <td class="cell-number">{format_count(figures.ended)}</td>
        </tr>
    }
}

/// A message links to its preview.
#[component]
fn NodeTitle(journey: JourneyId, node: Node) -> impl IntoView {
    if node.step.is_message() {
        view! { <a href=message_address(journey, &node.id)>{node.title()}</a> }.into_any()
    } else {
        node.title().into_any()
    }
}

#[component]
fn Messages(journey: JourneyId, messages: Vec<Node>) -> impl IntoView {
    (!messages.is_empty()).then(|| {
        view! {
            <h3 class="message-figures">"Messages"</h3>
            <ul class="rows" aria-label="Messages">
                {messages
                    .into_iter()
                    .map(|node| {
                        let kind = node.name.is_some().then(|| format!(" ({})", node.step.title()));
                        view! {
                            <li class="row">
                                <NodeTitle journey=journey node=node />
                                {kind}
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        }
    })
}
