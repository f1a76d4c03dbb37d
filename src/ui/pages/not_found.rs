//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{api::AppError, ui::components::state::ErrorState};

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Title text="Not found" />
        <div class="page page-narrow">
            <h1 class="visually-hidden">"Not found"</h1>
            <ErrorState error=AppError::NotFound("page".to_string()) />
        </div>
    }
}
