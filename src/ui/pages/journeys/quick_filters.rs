//! One click to the filters that are wanted most, with how many journeys each has; and the filters
//! that were saved.

use leptos::{prelude::*, task::spawn_local};

use super::state::ListState;
use crate::{
    api::filters::delete_filter,
    ui::components::{
        icon::{Icon, Symbol},
        status_badge::symbol_of,
    },
};
use wayfare_domain::{
    journeys::{
        list::{
            page::SavedFilter,
            query::{JourneyFilter, ListQuery},
        },
        status::Status,
    },
    stats::format_count,
};

#[component]
pub fn QuickFilters() -> impl IntoView {
    let state = expect_context::<ListState>();
    view! {
        <nav class="quick-filters" aria-label="Quick filters">
            <ul>
                <Chip
                    text="All"
                    count=Signal::derive(move || state.page.read().active_count())
                    wanted=|filter| {
                        filter.statuses.clear();
                        filter.archived = false;
                    }
                />
                {Status::ALL
                    .into_iter()
                    .map(|status| {
                        let count = Signal::derive(move || {
                            state.page.read().counts.iter().find(|count| count.status == status).map_or(0, |count| count.count)
                        });
                        view! {
                            <Chip
                                text=status.title()
                                symbol=symbol_of(status)
                                count=count
                                wanted=move |filter| {
                                    filter.statuses = vec![status];
                                    filter.archived = false;
                                }
                            />
                        }
                    })
                    .collect_view()}
                <Chip
                    text="Archived"
                    symbol=Symbol::Archive
                    count=Signal::derive(move || state.page.read().archived_count)
                    wanted=|filter| {
                        filter.statuses.clear();
                        filter.archived = true;
                    }
                />
            </ul>
            <SavedFilters />
        </nav>
    }
}

#[component]
fn Chip(
    text: &'static str,
    #[prop(optional)] symbol: Option<Symbol>,
    count: Signal<i64>,
    wanted: impl Fn(&mut JourneyFilter) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let state = expect_context::<ListState>();
    let href = move || state.page.with(|page| page.query.with_filter(wanted).to_url());
    let current = move || {
        state
            .page
            .with(|page| page.query.with_filter(wanted).filter == page.query.filter)
            .then_some("true")
    };
    view! {
        <li>
            <a class="chip" href=href aria-current=current>
                {symbol.map(|symbol| view! { <Icon symbol=symbol /> })}
                {text}
                " "
                <span class="chip-count">{move || format_count(count.get())}</span>
            </a>
        </li>
    }
}

#[component]
fn SavedFilters() -> impl IntoView {
    let state = expect_context::<ListState>();
    view! {
        <ul class="saved-filters" aria-label="Saved filters">
            <For each=move || state.page.with(|page| page.saved_filters.clone()) key=|filter| filter.id let:filter>
                <SavedFilterChip filter=filter />
            </For>
        </ul>
    }
}

#[component]
fn SavedFilterChip(filter: SavedFilter) -> impl IntoView {
    let state = expect_context::<ListState>();
    let id = filter.id;
    let wanted = ListQuery::parse(&filter.query).unwrap_or_default();
    let href = wanted.to_url();
    let current = move || {
        (state
            .page
            .with(|page| page.query.filter == wanted.filter && page.query.sort == wanted.sort))
        .then_some("true")
    };
    let forget = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        spawn_local(async move {
            match delete_filter(id.to_string(), String::new()).await {
                Ok(()) => state.refresh.update(|count| *count += 1),
                Err(error) => state.toaster().error(&error),
            }
        });
    };
    view! {
        <li class="saved-filter">
            <a class="chip" href=href aria-current=current>
                <Icon symbol=Symbol::Star />
                {filter.name.clone()}
            </a>
            <button
                class="icon-button needs-creator"
                r#type="submit"
                form="row-action"
                formaction="/api/ui/filters/delete"
                name="filter"
                value=id.to_string()
                aria-label=format!("Delete the saved filter {}", filter.name)
                on:click=forget
            >
                <Icon symbol=Symbol::Close />
            </button>
        </li>
    }
}
