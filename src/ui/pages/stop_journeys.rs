//! `/journeys/stop`: Stop's confirmation as a page.

use leptos::prelude::*;

use super::{query_string, stop_effect::StopEffect};
use crate::{
    api::{operations::preview_stop, request::local},
    ui::components::{
        for_project::ForProject,
        state::{ErrorState, LoadingState},
        typed_text::DocumentTitle,
    },
};
use wayfare_domain::{operations::StopPreview, query_string::pairs, stats::pluralize};

/// The chosen journeys as the list's form sends them.
pub fn chosen_fields(query: &str) -> (Vec<String>, Option<String>, String) {
    let fields: Vec<(String, String)> = pairs(query).collect();
    let ids =
        fields.iter().filter(|(key, _)| key == "ids").map(|(_, value)| value.clone()).collect();
    let one =
        |wanted: &str| fields.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
    // Anyone can write this address, so it only leads back to a page of ours.
    (ids, one("matching"), local(&one("back").unwrap_or_default()))
}

/// The same fields, hidden in another form.
#[component]
pub fn ChosenFields(ids: Vec<String>, matching: Option<String>, back: String) -> impl IntoView {
    view! {
        {ids.into_iter().map(|id| view! { <input r#type="hidden" name="ids[]" value=id /> }).collect_view()}
        {matching.map(|query| view! { <input r#type="hidden" name="matching" value=query /> })}
        <input r#type="hidden" name="back" value=back />
    }
}

#[component]
pub fn StopJourneysPage() -> impl IntoView {
    let query = query_string();
    let preview = Resource::new(
        move || query.get(),
        async |query| {
            let (ids, matching, _) = chosen_fields(&query);
            preview_stop(ids, matching).await
        },
    );
    view! {
        <DocumentTitle text="Stop journeys" />
        <div class="page page-narrow">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/journeys">"Journeys"</a>
            </nav>
            <Transition fallback=|| {
                view! { <LoadingState rows=3 /> }
            }>
                {move || Suspend::new(async move {
                    match preview.await {
                        Ok(preview) => view! { <Confirmation preview=preview fields=query.get_untracked() /> }.into_any(),
                        Err(error) => {
                            view! {
                                <h1>"Stop journeys"</h1>
                                <ErrorState error=error />
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Confirmation(preview: StopPreview, fields: String) -> impl IntoView {
    let (ids, matching, back) = chosen_fields(&fields);
    let what = pluralize(preview.journeys, "journey", "journeys");
    let nothing = preview.journeys == 0;
    let digest = preview.digest.clone();
    view! {
        <section class="card" role="alertdialog" aria-labelledby="stop-title" aria-describedby="dialog-text">
            <h1 id="stop-title">{format!("Stop {what}?")}</h1>
            <StopEffect preview=preview />
            <form class="dialog-actions" method="post" action="/api/ui/journeys/operate">
                <ForProject />
                <ChosenFields ids=ids matching=matching back=back.clone() />
                <input r#type="hidden" name="action" value="stop" />
                <input r#type="hidden" name="confirmed" value=digest />
                <a class="button" href=back>
                    "Cancel"
                </a>
                {(!nothing)
                    .then(|| {
                        view! {
                            <button class="button button-danger" r#type="submit">
                                {format!("Stop {what}")}
                            </button>
                        }
                    })}
            </form>
        </section>
    }
}
