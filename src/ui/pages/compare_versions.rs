//! `/journeys/:id/compare`: what is different between two versions.

use leptos::prelude::*;

use super::{id_of_path, query_value};
use crate::{
    api::versions::{ComparePage, read_compare_page},
    domain::{
        editor::difference::{Change, ConnectorChange, FieldChange, NodeChange},
        figures::counted,
    },
    ui::components::page::{Loaded, Page},
};

#[component]
pub fn CompareVersionsPage() -> impl IntoView {
    let id = id_of_path();
    let crumbs = vec![("/journeys".to_string(), "Journeys".to_string()), (format!("/journeys/{id}"), "This journey".to_string())];
    view! {
        <Page title="Compare versions" crumbs=crumbs wide=true>
            <Loaded
                load=move || read_compare_page(id.clone(), query_value("from"), query_value("to"))
                view=|loaded| view! { <Comparison loaded=loaded /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn Comparison(loaded: ComparePage) -> impl IntoView {
    let ComparePage { journey, name, from, to, versions, difference } = loaded;
    let same = difference.is_empty();
    let moved = difference.moved.len() as i64;
    view! {
        <p class="lead">{name}</p>
        <form class="filters" method="get" action=format!("/journeys/{journey}/compare")>
            <VersionField label="From" name="from" chosen=from versions=versions.clone() />
            <VersionField label="To" name="to" chosen=to versions=versions />
            <button class="button" r#type="submit">
                "Compare"
            </button>
        </form>
        {same.then(|| view! { <p class="card" role="status">"There is no difference."</p> })}
        <NodeChanges changes=difference.nodes moved=moved />
        <ConnectorChanges changes=difference.connectors />
        <SettingsChanges changes=difference.settings />
    }
}

#[component]
fn VersionField(label: &'static str, name: &'static str, chosen: i64, versions: Vec<i64>) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field-label">{label}</span>
            <select name=name>
                {versions
                    .into_iter()
                    .map(|number| {
                        view! {
                            <option value=number.to_string() selected=number == chosen>
                                {format!("Version {number}")}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
    }
}

#[component]
fn NodeChanges(changes: Vec<NodeChange>, moved: i64) -> impl IntoView {
    (!changes.is_empty() || moved > 0).then(|| {
        view! {
            <section class="card" aria-labelledby="steps-title">
                <h2 id="steps-title">"Steps"</h2>
                <ul class="changes">{changes.into_iter().map(|change| view! { <NodeLine change=change /> }).collect_view()}</ul>
                {(moved > 0).then(|| view! { <p class="hint">{format!("{} elsewhere on the canvas.", counted(moved, "step lies", "steps lie"))}</p> })}
            </section>
        }
    })
}

#[component]
fn NodeLine(change: NodeChange) -> impl IntoView {
    let (what, fields) = match change.change {
        Change::Added => ("added", Vec::new()),
        Change::Removed => ("removed", Vec::new()),
        Change::Changed(fields) => ("changed", fields),
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
    let shown = |text: String| if text.is_empty() { "nothing".to_string() } else { text };
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
            <section class="card" aria-labelledby="connectors-title">
                <h2 id="connectors-title">"Connectors"</h2>
                <ul class="changes">{changes.into_iter().map(|change| view! { <li>{change.sentence}</li> }).collect_view()}</ul>
            </section>
        }
    })
}

#[component]
fn SettingsChanges(changes: Vec<FieldChange>) -> impl IntoView {
    (!changes.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="changed-settings-title">
                <h2 id="changed-settings-title">"Settings"</h2>
                <FieldList fields=changes />
            </section>
        }
    })
}
