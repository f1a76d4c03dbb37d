//! `/journeys/label`: labels for many journeys as a page, for browsers without scripts.

use leptos::prelude::*;

use super::{
    label_fields::LabelFields,
    query_string,
    stop_journeys::{ChosenFields, chosen_fields},
};
use crate::{
    api::journeys::labels_to_put,
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
    },
};
use wayfare_domain::journeys::label::Label;

#[component]
pub fn LabelJourneysPage() -> impl IntoView {
    let query = query_string();
    view! {
        <Page title="Label journeys" crumbs=vec![("/journeys".to_string(), "Journeys".to_string())]>
            <Loaded
                load=labels_to_put
                view=move |labels| view! { <LabelForm labels=labels fields=query.get_untracked() /> }.into_any()
            />
        </Page>
    }
    .into_any()
}

#[component]
fn LabelForm(labels: Vec<Label>, fields: String) -> impl IntoView {
    let (ids, matching, back) = chosen_fields(&fields);
    view! {
        <form class="card form" method="post" action="/api/ui/journeys/label">
            <ForProject />
            <ChosenFields ids=ids matching=matching back=back.clone() />
            <LabelFields labels=labels />
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
}
