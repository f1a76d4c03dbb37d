//! What lists in forms have: buttons for their lines, a complaint about the whole, and the names
//! that fields offer.

use leptos::prelude::*;

use super::fields::{FieldKind, found, open};
use crate::ui::{
    components::icon::{Icon, Symbol},
    editor::{bench::Bench, browser},
};

/// A line of a list that can be taken out.
#[component]
pub fn RemoveButton<F>(
    #[prop(into)] label: String,
    press: F,
    /// Also where nothing of the version can be changed.
    #[prop(optional)]
    always: bool,
) -> impl IntoView
where
    F: Fn() + Send + Sync + 'static,
{
    let pressed = move |event: leptos::ev::MouseEvent| {
        let list = browser::closest(event.target(), "fieldset, .list, #panel-form");
        press();
        // The line goes, and this button with it.
        browser::keep_keyboard(list);
    };
    view! {
        <button
            class="icon-button"
            r#type="button"
            aria-label=label.clone()
            title=label
            disabled=!(always || open(FieldKind::Setting))
            on:click=pressed
        >
            <Icon symbol=Symbol::Close />
        </button>
    }
}

#[component]
pub fn AddButton<F>(
    #[prop(into)] label: String,
    press: F,
    #[prop(optional)] always: bool,
) -> impl IntoView
where
    F: Fn() + Send + Sync + 'static,
{
    view! {
        <button class="button button-small" r#type="button" disabled=!(always || open(FieldKind::Setting)) on:click=move |_| press()>
            <Icon symbol=Symbol::Plus />
            {label}
        </button>
    }
}

/// The complaint about a whole list.
#[component]
pub fn Complaint(path: StoredValue<String>) -> impl IntoView {
    let found = found(path);
    view! {
        <p class="complaint" class:complaint-warning=move || { found.get().is_some_and(|(_, error)| !error) }>
            {move || found.get().map(|(sentence, _)| sentence)}
        </p>
    }
}

/// Names that fields offer, each list once on the page.
#[component]
pub fn KnownProperties() -> impl IntoView {
    let bench = Bench::here();
    let catalogue = bench.document.get_value().catalogue.clone();
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
