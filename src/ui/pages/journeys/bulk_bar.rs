//! The buttons for the selected journeys, at the top left.

use leptos::{ev::SubmitEvent, prelude::*};

use super::state::{Dialog, ListState};
use crate::ui::{
    components::icon::{Icon, Symbol},
    dom,
};
use wayfare_domain::{
    access::permissions::Permission,
    journeys::transition::Action,
    stats::{format_count, pluralize},
};

const ROLE_NOTE: &str = "role-note";

/// The form's submit in a browser with scripts: the pressed button says what to do.
pub fn on_submit(state: ListState, event: &SubmitEvent) {
    event.prevent_default();
    if let Ok(action) = dom::submitter_value(event).parse::<Action>() {
        let target = state.target();
        match action {
            Action::Label => {
                state
                    .dialog
                    .set(Some(Dialog::Label { target, count: untrack(|| state.chosen_count()) }));
            }
            action => state.act(action, target),
        }
    }
}

#[component]
pub fn BulkBar() -> impl IntoView {
    let state = expect_context::<ListState>();
    let archived_side = Memo::new(move |_| state.page.read().query.filter.archived);
    view! {
        <div class="bulk" role="group" aria-label="Actions for the selected journeys">
            <BulkButton action=Action::Pause symbol=Symbol::Pause text="Pause" />
            <BulkButton action=Action::Resume symbol=Symbol::Play text="Resume" />
            <BulkButton action=Action::Stop symbol=Symbol::Stop text="Stop" />
            <BulkButton action=Action::Label symbol=Symbol::Label text="Label" />
            {move || {
                if archived_side.get() {
                    view! { <BulkButton action=Action::Unarchive symbol=Symbol::Unarchive text="Unarchive" /> }.into_any()
                } else {
                    view! { <BulkButton action=Action::Archive symbol=Symbol::Archive text="Archive" /> }.into_any()
                }
            }}
            <span class="bulk-count" role="status">
                {move || match (state.alive.get(), state.chosen_count()) {
                    (false, _) | (_, 0) => String::new(),
                    (true, count) => format!("{} selected", format_count(count)),
                }}
            </span>
            <SelectAllMatching />
            <label class="bulk-matching no-script">
                <input
                    r#type="checkbox"
                    name="matching"
                    form="bulk"
                    value=move || state.page.with(|page| state.matching(page))
                />
                {move || format!("All {}", pluralize(state.page.with(|page| page.total), "matching journey", "matching journeys"))}
            </label>
        </div>
    }
}

#[component]
fn BulkButton(action: Action, symbol: Symbol, text: &'static str) -> impl IntoView {
    let state = expect_context::<ListState>();
    let refused = Permission::of_action(action).is_some_and(|permission| !state.may(permission));
    let enabled = Memo::new(move |_| {
        !refused && (!state.alive.get() || (!state.busy.get() && state.applies(action)))
    });
    // Without scripts Stop and Label have a page of their own, which the form opens for the
    // selection.
    let own_page = match action {
        Action::Stop => Some("/journeys/stop"),
        Action::Label => Some("/journeys/label"),
        _ => None,
    };
    view! {
        <button
            class=format!("button bulk-{action}")
            r#type="submit"
            form="bulk"
            name="action"
            value=action.key()
            formaction=own_page
            formmethod=own_page.map(|_| "get")
            aria-describedby=refused.then_some(ROLE_NOTE)
            disabled=move || !enabled.get()
        >
            <Icon symbol=symbol />
            {text}
        </button>
    }
}

/// Why some buttons stay grey.
#[component]
pub fn RoleNote() -> impl IntoView {
    let state = expect_context::<ListState>();
    state
        .seat
        .and_then(|seat| seat.role.limit())
        .map(|limit| view! { <p class="role-note" id=ROLE_NOTE>{limit}</p> })
}

/// Offered when the page is fully ticked and more match than it shows.
#[component]
fn SelectAllMatching() -> impl IntoView {
    let state = expect_context::<ListState>();
    let total = Memo::new(move |_| state.page.read().total);
    let offered = Memo::new(move |_| {
        state.alive.get()
            && state.page_fully_ticked()
            && total.get() > state.page.with(|page| page.rows.len() as i64)
    });
    move || {
        match (offered.get(), state.all_matching.get()) {
        (true, false) => view! {
            <button class="link-button" r#type="button" on:click=move |_| state.all_matching.set(true)>
                {format!("Select all {} matching", format_count(total.get()))}
            </button>
        }
        .into_any(),
        (_, true) => view! {
            <button class="link-button" r#type="button" on:click=move |_| state.clear()>
                "Clear selection"
            </button>
        }
        .into_any(),
        (false, false) => ().into_any(),
    }
    }
}
