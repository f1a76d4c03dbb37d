//! A label of a journey.

use leptos::prelude::*;

use wayfare_domain::journeys::label::Label;

#[component]
pub fn LabelChip(label: Label) -> impl IntoView {
    view! { <span class=format!("label-chip hue-{}", label.hue)>{label.name}</span> }
}
