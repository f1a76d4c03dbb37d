//! `/journeys/new`: a name, and the draft opens in the editor.

use leptos::prelude::*;

use crate::{
    api::request::{require, typed},
    domain::{
        access::Permission,
        text::{DESCRIPTION_MAX, NAME_MAX},
    },
    ui::components::page::{Loaded, Page},
};

#[component]
pub fn NewJourneyPage() -> impl IntoView {
    view! {
        <Page title="New journey" crumbs=vec![("/journeys".to_string(), "Journeys".to_string())]>
            <Loaded load=async || require(Permission::EditJourneys) view=|()| view! { <NewJourneyForm /> }.into_any() />
        </Page>
    }
    .into_any()
}

#[component]
fn NewJourneyForm() -> impl IntoView {
    view! {
        <form class="card form" method="post" action="/api/ui/journeys/create">
            <label class="field">
                <span class="field-label">"Name"</span>
                <input
                    r#type="text"
                    name="name"
                    required
                    autofocus
                    autocomplete="off"
                    maxlength=NAME_MAX.to_string()
                    placeholder="Abandoned cart"
                    value=typed("name")
                />
            </label>
            <label class="field">
                <span class="field-label">"Description"</span>
                <textarea name="description" rows="3" maxlength=DESCRIPTION_MAX.to_string() placeholder="What is it for?">
                    {typed("description")}
                </textarea>
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
    }
}
