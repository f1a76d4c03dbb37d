//! The differences between two versions, as lists: for the page that compares versions, and for the
//! editor after a conflict.

use leptos::prelude::*;

use wayfare_domain::stats::pluralize;
use wayfare_editor_model::diff::{
    ConnectorChange, FieldChange, NodeChange, NodeChangeKind, VersionDiff,
};

#[component]
pub fn VersionDifferences(difference: VersionDiff) -> impl IntoView {
    if difference.is_empty() {
        return view! { <p>"No differences."</p> }.into_any();
    }
    let moved = difference.moved.len() as i64;
    view! {
        <div class="difference">
            <NodeChanges changes=difference.nodes moved=moved />
            <ConnectorChanges changes=difference.connectors />
            <SettingsChanges changes=difference.settings />
        </div>
    }
    .into_any()
}

#[component]
fn NodeChanges(changes: Vec<NodeChange>, moved: i64) -> impl IntoView {
    (!changes.is_empty() || moved > 0).then(|| {
        view! {
            <div>
                <h3>"Steps"</h3>
                <ul class="changes">{changes.into_iter().map(|change| view! { <NodeLine change=change /> }).collect_view()}</ul>
                {(moved > 0).then(|| view! { <p class="hint">{format!("{} moved on the canvas.", pluralize(moved, "step", "steps"))}</p> })}
            </div>
        }
    })
}

#[component]
fn NodeLine(change: NodeChange) -> impl IntoView {
    let (what, fields) = match change.change {
        NodeChangeKind::Added => ("added", Vec::new()),
        NodeChangeKind::Removed => ("removed", Vec::new()),
        NodeChangeKind::Changed(fields) => ("changed", fields),
    };
    view! {
        <li>
            <strong>{change.title}</strong>
            " "
            {what}
            {(!fields.is_empty()).then(|| view! { <FieldList fields=fields /> })}
        </li>
    }
}

#[component]
fn FieldList(fields: Vec<FieldChange>) -> impl IntoView {
    let shown = |text: String| if text.is_empty() { "empty".to_string() } else { text };
    view! {
        <ul>
            {fields
                .into_iter()
                .map(|field| {
                    view! {
                        <li>
                            {field.title()}
                            ": "
                            <del>{shown(field.before)}</del>
                            " → "
                            <ins>{shown(field.after)}</ins>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

#[component]
fn ConnectorChanges(changes: Vec<ConnectorChange>) -> impl IntoView {
    (!changes.is_empty()).then(|| {
        view! {
            <div>
                <h3>"Connectors"</h3>
                <ul class="changes">{changes.into_iter().map(|change| view! { <li>{change.sentence}</li> }).collect_view()}</ul>
            </div>
        }
    })
}

#[component]
fn SettingsChanges(changes: Vec<FieldChange>) -> impl IntoView {
    (!changes.is_empty()).then(|| {
        view! {
            <div>
                <h3>"Settings"</h3>
                <FieldList fields=changes />
            </div>
        }
    })
}
