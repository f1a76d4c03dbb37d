//! The page for an address that does not exist.

use leptos::prelude::*;

use crate::{
    api::AppError,
    ui::components::{state::ErrorState, typed_text::DocumentTitle},
};

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <DocumentTitle text="Not found" />
        <div class="page page-narrow">
            <h1 class="visually-hidden">"Not found"</h1>
            <ErrorState error=AppError::NotFound("page".to_string()) />
        </div>
    }
}
