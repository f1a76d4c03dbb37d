//! `/journeys/:id/compare`: what is different between two versions.

use leptos::prelude::*;

use super::{id_of_path, query_value};
use crate::{
    api::versions::{ComparePage, read_compare_page},
    ui::components::{
        difference::VersionDifferences,
        page::{Loaded, Page},
    },
};

#[component]
pub fn CompareVersionsPage() -> impl IntoView {
    let id = id_of_path();
    let crumbs = vec![
        ("/journeys".to_string(), "Journeys".to_string()),
        (format!("/journeys/{id}"), "This journey".to_string()),
    ];
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
    view! {
        <p class="lead">{name}</p>
        <form class="filters" method="get" action=format!("/journeys/{journey}/compare")>
            <VersionField label="From" name="from" chosen=from versions=versions.clone() />
            <VersionField label="To" name="to" chosen=to versions=versions />
            <button class="button" r#type="submit">
                "Compare"
            </button>
        </form>
        <section class="card" aria-labelledby="difference-title">
            <h2 id="difference-title">{format!("From version {from} to version {to}")}</h2>
            <VersionDifferences difference=difference />
        </section>
    }
}

#[component]
fn VersionField(
    label: &'static str,
    name: &'static str,
    chosen: i64,
    versions: Vec<i64>,
) -> impl IntoView {
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
