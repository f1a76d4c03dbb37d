//! The frame of a plain page: where it stands, its heading, what just happened, its content once it
//! is loaded.

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
    /// What it belongs to; its pages are equally wide, so that their navigation stays where it is.
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
            <Notice />
            {children()}
        </div>
    }
}

/// What is shown once it is there, or why it is not.
#[component]
pub fn Loaded<T, Fut, V, View>(load: V, view: View) -> impl IntoView
where
    V: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, AppError>> + Send + 'static,
    T: Send + 'static,
    View: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
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

/// What a plain form did, said on the page that it led to. The address names it; the words are
/// ours.
#[component]
fn Notice() -> impl IntoView {
    let text = match query_value("notice").as_str() {
        "saved" => "Saved.",
        "removed" => "Removed from the project. Nothing that was done is lost.",
        "signed-out" => "You are signed out.",
        "signed-out-everywhere" => "You are signed out on every device.",
        "password-chosen" => "Your password is set. Sign in with it.",
        "password-changed" => "Your password is changed, and every other device is signed out.",
        "provider-linked" => "Linked. From now on you can sign in with it as well.",
        "provider-unlinked" => "Unlinked. It no longer signs anybody in to your account.",
        "session-ended" => "That device is signed out.",
        "invitation-withdrawn" => "The invitation is withdrawn; its link opens nothing any more.",
        "segment-deleted" => {
            "The segment is deleted. Where it was asked for, it now holds for nobody."
        }
        "person-deleted" => "The person is forgotten.",
        "sent-again" => {
            "On their way again. What no provider takes comes back to this page; to addresses on \
                the suppression list nothing goes."
        }
        "channel-saved" => "Saved. Send a test to see whether it works.",
        "test-taken" => "The provider took the test message.",
        "caps-saved" => "Saved. The caps hold from the next message on.",
        "key-taken-over" => "You answer for the key now.",
        "key-revoked" => "The key is revoked; nobody gets in with it any more.",
        "suppression-removed" => {
            "The address is off the list; messages go there again, as far as she wants them."
        }
        "hook-saved" => "The secret is kept. Reports that are signed with it count from now on.",
        "hook-removed" => "The secret is gone; reports are refused from now on.",
        "project-created" => "The project is made, and you are looking at it.",
        "project-archived" => "The project is archived.",
        "project-unarchived" => "The project is back.",
        _ => return ().into_any(),
    };
    view! {
        <p class="notice" role="status">
            {text}
        </p>
    }
    .into_any()
}
