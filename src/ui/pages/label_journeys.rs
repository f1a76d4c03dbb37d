//! `/journeys/label`: labels for many journeys as a page, for browsers without scripts.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    label_fields::LabelFields,
    query_string,
    stop_journeys::{ChosenFields, chosen_fields},
};
use crate::{
    api::journeys::list_journeys,
    ui::components::state::{ErrorState, LoadingState},
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
