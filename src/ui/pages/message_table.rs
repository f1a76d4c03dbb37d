//! Message events of a journey, step by step.

use leptos::prelude::*;

use wayfare_domain::{
    journeys::read_model::{JourneyDetail, NodeStats},
    messages::event::MessageEventKind,
    stats::{format_count, format_percent},
};

/// The columns after “Sent”. Their percentages are of the messages sent.
const AFTER: [(MessageEventKind, &str); 5] = [
    (MessageEventKind::Delivered, "Delivered"),
    (MessageEventKind::Viewed, "Opened"),
    (MessageEventKind::Clicked, "Clicked"),
    (MessageEventKind::Bounced, "Bounced"),
    (MessageEventKind::Unsubscribed, "Unsubscribed"),
];

/// In the order of the graph. Empty before the first message was sent, failed or was skipped.
#[component]
pub fn MessageTable(detail: JourneyDetail) -> impl IntoView {
    let figures = |id: &str| {
        detail
            .nodes
            .iter()
            .find(|figures| figures.node == id && !figures.messages.is_empty())
            .cloned()
    };
    let rows: Vec<(String, NodeStats)> = detail
        .graph
        .nodes
        .iter()
        .filter_map(|node| Some((node.title(), figures(&node.id)?)))
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <h3 class="message-figures" id="message-figures">"Messages"</h3>
        <div class="table-scroll" tabindex="0" role="region" aria-labelledby="message-figures">
            <table class="plain-table" aria-label="Messages">
                <thead>
                    <tr>
                        <th scope="col">"Step"</th>
                        <th scope="col" class="cell-number">"Sent"</th>
                        {AFTER.into_iter().map(|(_, title)| view! { <th scope="col" class="cell-number">{title}</th> }).collect_view()}
                        <th scope="col" class="cell-number">"Failed"</th>
                        <th scope="col" class="cell-number">"Skipped"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|(title, figures)| view! { <Row title=title figures=figures /> }).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(title: String, figures: NodeStats) -> impl IntoView {
    let sent = figures.message_count(MessageEventKind::Sent);
    let shown = move |count: i64| match count {
        0 => "0".to_string(),
        _ if sent == 0 => format_count(count),
        _ => format!(
            "{} ({})",
            format_count(count),
            format_percent(count.saturating_mul(10_000) / sent)
        ),
    };
    view! {
        <tr>
            <th scope="row">{title}</th>
            <td class="cell-number">{format_count(sent)}</td>
            {AFTER.into_iter().map(|(kind, _)| view! { <td class="cell-number">{shown(figures.message_count(kind))}</td> }).collect_view()}
            <td class="cell-number">{format_count(figures.message_count(MessageEventKind::Failed))}</td>
            <td class="cell-number">{format_count(figures.message_count(MessageEventKind::Skipped))}</td>
        </tr>
    }
}
