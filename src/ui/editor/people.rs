//! Who is at a node of a published version.

use leptos::prelude::*;

use super::bench::Bench;
use crate::domain::{figures::grouped, journey::NodeFigures};

/// Who came and who waits; leads to the people themselves.
#[component]
pub fn PeopleHere(id: String, figures: NodeFigures) -> impl IntoView {
    let bench = Bench::here();
    let waiting = figures.waiting();
    let text = match waiting {
        0 => format!("{} came", grouped(figures.came)),
        waiting => format!("{} came · {} here", grouped(figures.came), grouped(waiting)),
    };
    let _ = (bench, id);
    view! { <span class="step-figures">{text}</span> }
}
