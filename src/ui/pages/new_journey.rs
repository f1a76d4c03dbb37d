//! `/journeys/new`: a name, and the draft opens in the editor.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    api::journeys::create_journey,
    domain::{
        list_query::pairs,
        text::{DESCRIPTION_MAX, JourneyName},
    },
    ui::{dom, toaster::Toaster},
};

#[component]
pub fn NewJourneyPage() -> impl IntoView {
    let toaster = expect_context::<Toaster>();
    let navigate = use_navigate();
    let complaint = RwSignal::new(None::<String>);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let fields: Vec<(String, String)> = pairs(&dom::form_query(&event)).collect();
        let field = |wanted: &str| fields.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone()).unwrap_or_default();
        let (name, description) = (field("name"), field("description"));
        if let Err(error) = JourneyName::parse(&name) {
            return complaint.set(Some(error.sentence));
        }
        let navigate = navigate.clone();
        spawn_local(async move {
            match create_journey(name, description).await {
                Ok(id) => navigate(&format!("/journeys/{id}/edit"), NavigateOptions::default()),
                Err(error) => toaster.error(&error),
            }
        });
    };
    view! {
        <Title text="New journey" />
        <div class="page page-narrow">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/journeys">"Journeys"</a>
            </nav>
            <h1>"New journey"</h1>
            <form class="card form" method="post" action="/api/ui/journeys/create" on:submit=on_submit>
                <label class="field">
                    <span class="field-label">"Name"</span>
                    <input
                        r#type="text"
                        name="name"
                        required
                        autofocus
                        autocomplete="off"
                        placeholder="Abandoned cart"
                        aria-invalid=move || complaint.read().is_some().to_string()
                        aria-describedby="name-complaint"
                    />
                </label>
                <p class="complaint" id="name-complaint" role="alert">
                    {move || complaint.get()}
                </p>
                <label class="field">
                    <span class="field-label">"Description"</span>
                    <textarea name="description" rows="3" maxlength=DESCRIPTION_MAX.to_string() placeholder="What is it for?"></textarea>
                </label>
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Create draft"
                    </button>
                    <a class="button" href="/journeys">
                        "Cancel"
                    </a>
                </div>
            </form>
        </div>
    }
    .into_any()
}
