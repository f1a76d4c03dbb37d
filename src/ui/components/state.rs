//! What a page shows instead of its content: empty, error, loading.

use leptos::prelude::*;

use super::icon::{Icon, Symbol};
use crate::api::AppError;

#[component]
pub fn EmptyState(
    title: &'static str,
    text: String,
    symbol: Symbol,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="state">
            <Icon symbol=symbol />
            <h2 class="state-title">{title}</h2>
            <p class="state-text">{text}</p>
            <div class="state-actions">{children()}</div>
        </div>
    }
}

#[component]
pub fn ErrorState(error: AppError) -> impl IntoView {
    // Loaded whole, the list leads to the sign-in and back.
    let (way_out, rel) = match error {
        AppError::SignedOut => ("Sign in", Some("external")),
        _ => ("Show all journeys", None),
    };
    view! {
        <div class="state state-error" role="alert">
            <Icon symbol=Symbol::Alert />
            <h2 class="state-title">{error.title()}</h2>
            <p class="state-text">{error.sentence()}</p>
            <div class="state-actions">
                <a class="button" href="/journeys" rel=rel>
                    {way_out}
                </a>
            </div>
        </div>
    }
}

/// Grey rows in the shape of the content.
#[component]
pub fn LoadingState(rows: usize) -> impl IntoView {
    view! {
        <div class="skeleton" role="status" aria-label="Loading">
            {(0..rows).map(|_| view! { <div class="skeleton-row"></div> }).collect_view()}
        </div>
    }
}
