//! `/journeys/new`: a name, and the draft opens in the editor.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::domain::text::{DESCRIPTION_MAX, NAME_MAX};

#[component]
pub fn NewJourneyPage() -> impl IntoView {
    view! {
        <Title text="New journey" />
        <div class="page page-narrow">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/journeys">"Journeys"</a>
            </nav>
            <h1>"New journey"</h1>
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
                    />
                </label>
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
