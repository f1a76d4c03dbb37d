//! The frame of a plain page: breadcrumb, heading, notice, and its content once it is loaded.

use std::future::Future;

use leptos::prelude::*;

use super::{
    section::{Section, SectionNavigation},
    state::{ErrorState, LoadingState},
    typed_text::DocumentTitle,
};
use crate::{api::AppError, ui::pages::query_value};

/// A page with a heading, under its crumbs.
#[component]
pub fn Page(
    #[prop(into)] title: String,
    /// Addresses and names of the pages above it.
    #[prop(optional)]
    crumbs: Vec<(String, String)>,
    /// The section that it belongs to. Its pages are equally wide, so that their navigation stays
    /// in place.
    #[prop(optional)]
    section: Option<Section>,
    #[prop(optional)] wide: bool,
    children: Children,
) -> impl IntoView {
    let last = crumbs.len().saturating_sub(1);
    view! {
        <DocumentTitle text=title.clone() />
        <div class="page" class:page-narrow=!wide && section.is_none() class:page-section=section.is_some()>
            {section.map(|section| view! { <SectionNavigation section=section /> })}
            {(!crumbs.is_empty())
                .then(|| {
                    view! {
                        <nav class="crumbs" aria-label="Breadcrumb">
                            {crumbs
                                .into_iter()
                                .enumerate()
                                .map(|(place, (address, name))| {
                                    view! {
                                        <a href=address>{name}</a>
                                        {(place < last).then(|| view! { <span aria-hidden="true">" / "</span> })}
                                    }
                                })
                                .collect_view()}
                        </nav>
                    }
                })}
            <h1>{title}</h1>
            <Notification />
            {children()}
        </div>
    }
}

/// Shows the content once it is loaded, or why it could not be.
#[component]
pub fn Loaded<T, Fut, V, Viewport>(load: V, view: Viewport) -> impl IntoView
where
    V: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, AppError>> + Send + 'static,
    T: Send + 'static,
    Viewport: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    view! {
        <Suspense fallback=|| {
            view! { <LoadingState rows=6 /> }
        }>
            {move || {
                let (loading, view) = (load(), view.clone());
                Suspend::new(async move {
                    match loading.await {
                        Ok(loaded) => view(loaded),
                        Err(error) => view! { <ErrorState error=error /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// The result of a plain form, on the page that it led to. The address only has its key.
#[component]
fn Notification() -> impl IntoView {
    let text = match query_value("notice").as_str() {
        "saved" => "Saved.",
        "removed" => "Removed from the project. Their work is kept.",
        "signed-out" => "You are signed out.",
        "signed-out-everywhere" => "You are signed out on every device.",
        "password-chosen" => "Your password is set. Sign in with it.",
        "password-changed" => "Your password is changed, and every other device is signed out.",
        "provider-linked" => "Linked. You can now sign in with it as well.",
        "provider-unlinked" => "Unlinked. It can no longer be used to sign in to your account.",
        "session-ended" => "That device is signed out.",
        "invitation-withdrawn" => "Invitation withdrawn. Its link no longer works.",
        "segment-deleted" => "Segment deleted. Wherever it is used, it now matches no one.",
        "person-deleted" => "Profile deleted.",
        "sent-again" => {
            "Messages queued again. If they fail, they appear here again. Addresses on the \
                suppression list are skipped."
        }
        "channel-saved" => "Saved. Send a test to check that it works.",
        "test-taken" => "The provider accepted the test message.",
        "caps-saved" => "Saved. The caps apply from the next message.",
        "key-taken-over" => "You own the API key now.",
        "key-revoked" => "API key revoked. Requests that use it are refused.",
        "suppression-removed" => {
            "Removed from the suppression list. Messages go out again if consent allows it."
        }
        "hook-saved" => "Secret saved. Requests signed with it are accepted from now on.",
        "hook-removed" => "Secret removed. Requests are refused from now on.",
        "project-created" => "Project created. You are now working in it.",
        "project-archived" => "Project archived.",
        "project-unarchived" => "Project unarchived.",
        _ => return ().into_any(),
    };
    view! {
        <p class="notice" role="status">
            {text}
        </p>
    }
    .into_any()
}
