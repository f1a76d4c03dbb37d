//! `/journeys/label`: labels for many journeys as a page, for browsers without scripts; and its fields, for the dialog too.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    query_string,
    stop_journeys::{ChosenFields, chosen_fields},
};
use crate::{
    api::journeys::list_journeys,
    domain::{
        label::Label,
        text::LABEL_MAX,
    },
    ui::components::{
        label_chip::LabelChip,
        state::{ErrorState, LoadingState},
    },
};

#[component]
pub fn LabelJourneysPage() -> impl IntoView {
    let query = query_string();
    // Any page of the list knows the project's labels.
    let page = Resource::new(|| (), async |()| list_journeys(String::new()).await);
    view! {
        <Title text="Label journeys" />
        <div class="page page-narrow">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/journeys">"Journeys"</a>
            </nav>
            <h1>"Label journeys"</h1>
            <Transition fallback=|| {
                view! { <LoadingState rows=3 /> }
            }>
                {move || Suspend::new(async move {
                    let (ids, matching, back) = chosen_fields(&query.get_untracked());
                    match page.await {
                        Ok(page) => {
                            view! {
                                <form class="card form" method="post" action="/api/ui/journeys/label">
                                    <ChosenFields ids=ids matching=matching back=back.clone() />
                                    <LabelFields labels=page.labels />
                                    <div class="form-actions">
                                        <button class="button button-primary" r#type="submit">
                                            "Save labels"
                                        </button>
                                        <a class="button" href=back>
                                            "Cancel"
                                        </a>
                                    </div>
                                </form>
                            }
                                .into_any()
                        }
                        Err(error) => view! { <ErrorState error=error /> }.into_any(),
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

/// A new label, and for each known one: put on, take off, or leave as it is.
#[component]
pub fn LabelFields(labels: Vec<Label>) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field-label">"New label"</span>
            <input r#type="text" name="create" maxlength=LABEL_MAX.to_string() autocomplete="off" autofocus />
        </label>
        {(!labels.is_empty())
            .then(|| {
                view! {
                    <table class="label-table">
                        <thead>
                            <tr>
                                <th scope="col">"Label"</th>
                                <th scope="col">"Add"</th>
                                <th scope="col">"Remove"</th>
                            </tr>
                        </thead>
                        <tbody>{labels.into_iter().map(|label| view! { <LabelRow label=label /> }).collect_view()}</tbody>
                    </table>
                }
            })}
    }
}

#[component]
fn LabelRow(label: Label) -> impl IntoView {
    let (id, name) = (label.id.to_string(), label.name.clone());
    view! {
        <tr>
            <th scope="row">
                <LabelChip label=label />
            </th>
            <td>
                <input r#type="checkbox" name="add[]" value=id.clone() aria-label=format!("Add {name}") />
            </td>
            <td>
                <input r#type="checkbox" name="remove[]" value=id aria-label=format!("Remove {name}") />
            </td>
        </tr>
    }
}
