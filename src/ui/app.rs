//! The routes, and what all pages share. The document and the bar at its top are in `shell.rs`.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

#[cfg(feature = "ssr")]
use super::pages::{
    account::AccountPage,
    api_keys::KeysPage,
    audit::AuditPage,
    channel::ChannelPage,
    channels::ChannelsPage,
    clone_journey::CloneJourneyPage,
    compare_versions::CompareVersionsPage,
    delivery::DeliveryPage,
    edit_journey::EditJourneyPage,
    enrolment::EnrolmentPage,
    imports::{ImportPage, ImportsPage},
    invitation::InvitationPage,
    journey::JourneyPage,
    label_journeys::LabelJourneysPage,
    message::MessagePage,
    new_journey::NewJourneyPage,
    operation::OperationPage,
    password::PasswordPage,
    profile::PersonPage,
    profiles::ProfilesPage,
    projects::ProjectsPage,
    provider_webhooks::HooksPage,
    publish_journey::PublishJourneyPage,
    role_change::RoleChangePage,
    segments::{SegmentEditPage, SegmentsPage},
    setup::SetupPage,
    sign_in::SignInPage,
    stop_journeys::StopJourneysPage,
    suppressions::SuppressionsPage,
    team::TeamPage,
};
use super::{
    components::typed_text::TitleFrame,
    dom,
    pages::{journeys::JourneysPage, not_found::NotFoundPage},
    toaster::{ToastRegion, Toaster},
};

/// The application: frame, routes and what all pages share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let toaster = Toaster::new();
    provide_context(toaster);
    dom::mark_hydrated();
    view! {
        <TitleFrame />
        <Router>
            <main id="content" tabindex="-1">
                <Pages />
            </main>
            <ToastRegion />
        </Router>
    }
}

/// Every address; only the server has them all.
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
            <Route path=path!("/journeys/:id/clone") view=|| view! { <CloneJourneyPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/journeys/:id/publish") view=|| view! { <PublishJourneyPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/journeys/:id/compare") view=|| view! { <CompareVersionsPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/journeys/:id/messages/:node") view=|| view! { <MessagePage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/audit") view=|| view! { <AuditPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/profiles") view=|| view! { <ProfilesPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/profiles/:id") view=|| view! { <PersonPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/imports") view=|| view! { <ImportsPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/imports/:id") view=|| view! { <ImportPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/segments") view=|| view! { <SegmentsPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/segments/edit") view=|| view! { <SegmentEditPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/enrolments/:id") view=|| view! { <EnrolmentPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/delivery") view=|| view! { <DeliveryPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/team") view=|| view! { <TeamPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/team/role") view=|| view! { <RoleChangePage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/api-keys") view=|| view! { <KeysPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/channels") view=|| view! { <ChannelsPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/channels/webhooks") view=|| view! { <HooksPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/channels/:channel") view=|| view! { <ChannelPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/suppressions") view=|| view! { <SuppressionsPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/projects") view=|| view! { <ProjectsPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/account") view=|| view! { <AccountPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/sign-in") view=|| view! { <SignInPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/setup") view=|| view! { <SetupPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/invitations/:link") view=|| view! { <InvitationPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/password/:link") view=|| view! { <PasswordPage /> }.into_any() ssr=SsrMode::Async />
            <Route path=path!("/operations/:id") view=|| view! { <OperationPage /> }.into_any() ssr=SsrMode::Async />
        </Routes>
    }
}

/// The one address that is hydrated in the browser. Links to the others carry `rel="external"` and
/// load a whole page.
#[cfg(not(feature = "ssr"))]
#[component]
fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <NotFoundPage /> }.into_any()>
            <Route path=path!("/journeys") view=|| view! { <JourneysPage /> }.into_any() ssr=SsrMode::Async />
        </Routes>
    }
}
