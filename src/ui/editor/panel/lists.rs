//! What lists in forms have: their lines with buttons, the problem of the whole, and the names that
//! fields offer.

use leptos::prelude::*;

use super::fields::{is_editable, problem_at, why_not_editable};
use crate::ui::{
    components::icon::{Icon, Symbol},
    editor::{browser, context::OpenVersion},
};

/// The lines of a list, by their index: as many as there are items. Not generic over the line, so
/// that the code which compares two states of a list is compiled once.
#[component]
pub fn Lines(count: Memo<usize>, line: Callback<usize, AnyView>) -> impl IntoView {
    view! { <For each=move || 0..count.get() key=|index| *index children=move |index| line.run(index) /> }
        .into_any()
}

/// Removes a line of a list.
#[component]
pub fn RemoveButton(
    label: &'static str,
    #[prop(into)] press: Callback<()>,
    /// The path of the list; none where it is not of the version.
    list: Option<StoredValue<String>>,
) -> impl IntoView {
    let pressed = move |event: leptos::ev::MouseEvent| {
        let around = browser::closest(event.target(), "fieldset, .list, #panel-form");
        press.run(());
        // The line is removed, and this button with it.
        browser::keep_focus_in(around);
    };
    view! {
        <button
            class="icon-button"
            r#type="button"
            aria-label=label
            title=label
            disabled=list.is_some_and(|list| !is_editable(list))
            aria-describedby=list.and_then(why_not_editable)
            on:click=pressed
        >
            <Icon symbol=Symbol::Close />
        </button>
    }
}

#[component]
pub fn AddButton(
    label: &'static str,
    #[prop(into)] press: Callback<()>,
    /// The path of the list; none where it is not of the version.
    list: Option<StoredValue<String>>,
) -> impl IntoView {
    view! {
        <button
            class="button button-small"
            r#type="button"
            disabled=list.is_some_and(|list| !is_editable(list))
            aria-describedby=list.and_then(why_not_editable)
            on:click=move |_| press.run(())
        >
            <Icon symbol=Symbol::Plus />
            {label}
        </button>
    }
}

/// The problem of a whole list.
#[component]
pub fn ListProblem(path: StoredValue<String>) -> impl IntoView {
    let problem = problem_at(path);
    view! {
        <p class="complaint" class:complaint-warning=move || { problem.get().is_some_and(|(_, is_error)| !is_error) }>
            {move || problem.get().map(|(sentence, _)| sentence)}
        </p>
    }
}

/// Names that fields offer, each list once on the page.
#[component]
pub fn CatalogLists() -> impl IntoView {
    let open_version = OpenVersion::here();
    let catalogue = open_version.document().catalogue.clone();
    let mut of_events: Vec<String> =
        catalogue.event_properties.iter().flat_map(|(_, names)| names.clone()).collect();
    of_events.sort();
    of_events.dedup();
    [
        ("known-events", catalogue.events.clone()),
        ("known-properties", catalogue.properties.clone()),
        ("known-event-properties", of_events),
        ("known-segments", catalogue.segments.clone()),
        ("known-lists", catalogue.lists.clone()),
        ("known-journeys", catalogue.journeys.clone()),
    ]
    .into_iter()
    .map(|(id, names)| {
        view! { <datalist id=id>{names.into_iter().map(|name| view! { <option value=name></option> }).collect_view()}</datalist> }
    })
    .collect_view()
}
