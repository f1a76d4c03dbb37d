//! The document around every page, the routes, and the frame of the application.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

#[cfg(feature = "ssr")]
use super::pages::{
    edit_journey::EditJourneyPage, journey::JourneyPage, label_journeys::LabelJourneysPage, new_journey::NewJourneyPage,
    operation::OperationPage, stop_journeys::StopJourneysPage,
};
use super::{
    components::icon::{Icon, Symbol},
    dom,
    pages::{journeys::JourneysPage, not_found::NotFoundPage},
    toaster::{ToastRegion, Toaster},
};

/// Addresses of the site's files; they carry hashes and are known only to the server.
#[derive(Debug, Clone, Default)]
pub struct PageFiles {
    pub style: String,
    pub start: String,
    pub glue: String,
    pub wasm: String,
    pub icon: String,
}

/// The HTML document. Rendered by the server only.
///
/// Only the list comes alive in the browser (`comes_alive`): it is where scripts make a difference. The other pages are
/// complete as they are sent, say so at once with `data-hydrated`, and cost no module.
pub fn shell(files: PageFiles, comes_alive: bool) -> impl IntoView {
    let scripts = (comes_alive && !files.start.is_empty()).then(|| {
        view! {
            <link rel="modulepreload" href=files.glue.clone() />
            <link rel="preload" href=files.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="" />
            <script r#type="module" src=files.start.clone()></script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-hydrated=(!comes_alive).then_some("true")>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href=files.icon.clone() r#type="image/svg+xml" />
                <link rel="stylesheet" href=files.style.clone() />
                {scripts}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The application: frame, routes and what all pages share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let toaster = Toaster::new();
    provide_context(toaster);
    dom::mark_hydrated();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Wayfare".to_string() } else { format!("{title} · Wayfare") } />
        <Router>
            <a class="skip-link" href="#content">
                "Skip to the content"
            </a>
            <header class="topbar">
                <a class="brand" href="/journeys">
                    <Icon symbol=Symbol::Brand />
                    <span>"Wayfare"</span>
                </a>
                <nav class="topnav" aria-label="Main">
                    <a href="/journeys">"Journeys"</a>
                </nav>
                <p class="local-mode" title="Wayfare answers only on this machine's own addresses. Whoever uses this machine may do everything.">
                    <Icon symbol=Symbol::Shield />
                    <span>"Local mode"<span class="local-mode-more">" · open to everyone on this machine"</span></span>
                </p>
            </header>
            <main id="content" tabindex="-1">
                <Pages />
            </main>
            <ToastRegion />
        </Router>
    }
}

/// Every address, as the server knows them.
#[cfg(feature = "ssr")]
#[component]
fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <NotFoundPage /> }.into_any()>
            <Route path=path!("/journeys") view=|| view! { <JourneysPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/journeys/new") view=|| view! { <NewJourneyPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/journeys/stop") view=|| view! { <StopJourneysPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/journeys/label") view=|| view! { <LabelJourneysPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/journeys/:id") view=|| view! { <JourneyPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/journeys/:id/edit") view=|| view! { <EditJourneyPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/operations/:id") view=|| view! { <OperationPage /> }.into_any() ssr=SsrMode::Async />
        </Routes>
    }
}

/// The one address that comes alive in the browser; links to the others carry `rel="external"` and load them whole.
#[cfg(not(feature = "ssr"))]
#[component]
fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <NotFoundPage /> }.into_any()>
            <Route path=path!("/journeys") view=|| view! { <JourneysPage /> }.into_any() ssr=SsrMode::Async />
        </Routes>
    }
}
