//! `/journeys`: the Journeys page.

mod bulk_bar;
mod columns_menu;
mod dialogs;
mod filter_panel;
mod pager;
mod quick_filters;
mod row;
pub mod state;
mod table;

use leptos::prelude::*;

use super::{plain_outcome::PlainOutcome, query_string};
use crate::{
    api::{AppError, journeys::list_journeys},
    ui::{
        components::{
            for_project::ForProject,
            icon::{Icon, Symbol},
            state::{ErrorState, LoadingState},
            typed_text::DocumentTitle,
        },
        dom,
        toaster::Toaster,
    },
};
use state::ListState;
use wayfare_domain::journeys::{list::page::ListPage, transition::Action};

#[component]
pub fn JourneysPage() -> impl IntoView {
    let toaster = expect_context::<Toaster>();
    let query = query_string();
    let refresh = RwSignal::new(0_u32);
    let page = Resource::new(
        move || (query.get(), refresh.get(), toaster.undone.get()),
        |(query, ..)| list_journeys(query),
    );
    dom::on_server_change(move || refresh.update(|count| *count += 1));
    view! {
        <DocumentTitle text="Journeys" />
        <div class="page">
            <div class="page-head">
                <h1>"Journeys"</h1>
                <a class="button button-primary needs-creator" rel="external" href="/journeys/new">
                    <Icon symbol=Symbol::Plus />
                    "New journey"
                </a>
            </div>
            <PlainOutcome back=Signal::derive(move || format!("/journeys?{}", query.get())) />
            <Transition fallback=|| {
                view! { <LoadingState rows=12 /> }
            }>
                {Suspend::new(async move {
                    let first = page.await;
                    view! { <ListView first=first page=page refresh=refresh /> }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

/// The list itself. It stays while its contents change, so that the keyboard and open menus stay
/// too.
#[component]
fn ListView(
    first: Result<ListPage, AppError>,
    page: Resource<Result<ListPage, AppError>>,
    refresh: RwSignal<u32>,
) -> impl IntoView {
    let answer = Memo::new(move |_| page.get().unwrap_or_else(|| first.clone()));
    let works = Memo::new(move |_| answer.read().is_ok());
    let last_good = Memo::new(move |earlier: Option<&Option<ListPage>>| match &*answer.read() {
        Ok(page) => Some(page.clone()),
        Err(_) => earlier.cloned().flatten(),
    });
    move || {
        if works.get() {
            view! { <List page=last_good refresh=refresh /> }.into_any()
        } else {
            let error = answer.get_untracked().err().unwrap_or(AppError::Internal);
            view! { <ErrorState error=error /> }.into_any()
        }
    }
}

#[component]
fn List(page: Memo<Option<ListPage>>, refresh: RwSignal<u32>) -> impl IntoView {
    let Some(now) = page.get_untracked() else {
        return view! { <LoadingState rows=12 /> }.into_any();
    };
    let page = Memo::new(move |earlier: Option<&ListPage>| {
        page.get().or_else(|| earlier.cloned()).unwrap_or_else(|| now.clone())
    });
    let state = ListState::new(page, refresh);
    provide_context(state);
    view! {
        <quick_filters::QuickFilters />
        <div class="list" aria-busy=move || state.busy.get().to_string()>
            <form id="bulk" method="post" action="/api/ui/journeys/operate" on:submit=move |event| bulk_bar::on_submit(state, &event)>
                <ForProject />
                <input r#type="hidden" name="back" value=move || state.url.get() />
            </form>
            <form id="row-action" method="post" action="/api/ui/journeys/clone">
                <ForProject />
                <input r#type="hidden" name="back" value=move || state.url.get() />
            </form>
            {[Action::Archive, Action::Unarchive, Action::Delete]
                .into_iter()
                .map(|action| {
                    view! {
                        <form id=format!("row-{action}") method="post" action="/api/ui/journeys/operate">
                            <ForProject />
                            <input r#type="hidden" name="action" value=action.key() />
                            <input r#type="hidden" name="back" value=move || state.url.get() />
                        </form>
                    }
                })
                .collect_view()}
            <div class="toolbar">
                <bulk_bar::BulkBar />
                <filter_panel::ListTools />
            </div>
            <bulk_bar::RoleNote />
            <table::JourneysTable />
            <pager::Pager />
        </div>
        <dialogs::Dialogs />
    }
    .into_any()
}
