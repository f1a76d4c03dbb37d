//! The table: headers that sort, and a row for each journey.

use leptos::prelude::*;

use super::{row::JourneyRow, state::ListState};
use crate::ui::components::{
    icon::{Icon, Symbol},
    state::EmptyState,
};
use wayfare_domain::journeys::list::{columns::Column, query::SortKey};

/// Its roles are spelled out: on a phone rows are laid out as cards, which would take the native
/// ones away.
#[component]
pub fn JourneysTable() -> impl IntoView {
    let state = expect_context::<ListState>();
    let is_empty = Memo::new(move |_| state.page.read().rows.is_empty());
    let columns = Memo::new(move |_| state.page.read().columns.0.clone());
    view! {
        <div class="table-scroll" class:is-empty=move || is_empty.get()>
            <table class="journeys" role="table" aria-label="Journeys">
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader" class="cell-tick">
                            <TickPage />
                        </th>
                        <SortHeader key=SortKey::Name title="Name" class="cell-name" />
                        <For each=move || columns.get() key=|column| *column let:column>
                            <SortHeader key=column.sort_key() title=column.title() class=header_class(column) />
                        </For>
                        <th scope="col" role="columnheader" class="cell-menu">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || state.page.with(|page| page.rows.iter().map(|row| row.id).collect::<Vec<_>>()) key=|id| *id let:id>
                        <JourneyRow id=id columns=columns />
                    </For>
                </tbody>
            </table>
            {move || is_empty.get().then(|| view! { <NothingHere /> })}
        </div>
    }
}

fn header_class(column: Column) -> &'static str {
    if column.is_number() { "cell-number" } else { "cell-text" }
}

#[component]
fn TickPage() -> impl IntoView {
    let state = expect_context::<ListState>();
    let some = move || {
        let count = state.page.with(|page| {
            state.ticked.with(|ticked| page.rows.iter().any(|row| ticked.contains(&row.id)))
        });
        count && !state.page_fully_ticked()
    };
    view! {
        <input
            class="tick needs-script"
            r#type="checkbox"
            aria-label="Select all journeys on this page"
            prop:checked=move || state.page_fully_ticked()
            prop:indeterminate=some
            on:change=move |event| state.tick_page(event_target_checked(&event))
        />
    }
}

#[component]
fn SortHeader(key: SortKey, title: &'static str, class: &'static str) -> impl IntoView {
    let state = expect_context::<ListState>();
    let direction = Memo::new(move |_| {
        let sort = state.page.read().query.sort;
        (sort.key == key).then_some(sort.descending)
    });
    let aria = move || match direction.get() {
        None => "none",
        Some(false) => "ascending",
        Some(true) => "descending",
    };
    view! {
        <th scope="col" role="columnheader" class=class aria-sort=aria>
            <a class="sort" href=move || state.page.with(|page| page.query.with_sort(key).to_url())>
                {title}
                {move || match direction.get() {
                    None => view! { <Icon symbol=Symbol::UpDown /> },
                    Some(false) => view! { <Icon symbol=Symbol::Up /> },
                    Some(true) => view! { <Icon symbol=Symbol::Down /> },
                }}
            </a>
        </th>
    }
}

/// Why the list is empty, and what to do about it.
#[component]
fn NothingHere() -> impl IntoView {
    let state = expect_context::<ListState>();
    move || {
        let (narrowed, archived, search) = state.page.with(|page| {
            let filter = &page.query.filter;
            (!filter.is_empty(), filter.archived, filter.search.clone())
        });
        let everything = state.page.with(|page| {
            page.query
                .with_filter(|filter| {
                    let archived = filter.archived;
                    *filter = Default::default();
                    filter.archived = archived;
                })
                .to_url()
        });
        if narrowed {
            let text = if search.is_empty() {
                "No journey matches all of these filters. Remove one, or reset them.".to_string()
            } else {
                format!("No journey that matches the filters has “{search}” in its name or ID.")
            };
            view! {
                <EmptyState title="Nothing matches" text=text symbol=Symbol::Search>
                    <a class="button" href=everything>
                        "Reset filters"
                    </a>
                </EmptyState>
            }
            .into_any()
        } else if archived {
            view! {
                <EmptyState title="No archived journeys" text="Archived journeys appear here. You \
                    can archive stopped and completed journeys.".to_string() symbol=Symbol::Archive>
                    <a class="button" href="/journeys">
                        "Back to all journeys"
                    </a>
                </EmptyState>
            }
            .into_any()
        } else {
            view! {
                <EmptyState
                    title="No journeys yet"
                    text="A journey sends messages to people based on what they do. Create your \
                        first one, or explore the demo: wayfare demo.".to_string()
                    symbol=Symbol::Brand
                >
                    <a class="button button-primary needs-creator" rel="external" href="/journeys/new">
                        "Create your first journey"
                    </a>
                </EmptyState>
            }
            .into_any()
        }
    }
}
