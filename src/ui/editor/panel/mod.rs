//! The panel beside the canvas: the form of the chosen step, the settings, the checks, or a
//! simulation.

mod criteria;
mod field_lens;
mod fields;
mod flow;
mod insert;
mod lists;
mod message;
mod problems;
mod settings;
mod simulation;
mod simulation_inputs;
mod step;

use leptos::prelude::*;

use super::bench::{Bench, SidePanel};

pub use problems::CheckList;

#[component]
pub fn Panel() -> impl IntoView {
    let bench = Bench::here();
    let only = Memo::new(move |_| bench.only());
    let side = Memo::new(move |_| bench.side.get());
    let title = move || match side.get() {
        SidePanel::Step => match only.get().and_then(|id| bench.cell(&id)) {
            Some(cell) => cell.node.read().step.title().to_string(),
            None => "Step".to_string(),
        },
        SidePanel::Settings => "Settings".to_string(),
        SidePanel::Checks => "Checks".to_string(),
        SidePanel::Trial => "Simulation".to_string(),
    };
    let body = move || match side.get() {
        SidePanel::Step => match only.get() {
            Some(id) => view! { <step::StepForm id=id /> }.into_any(),
            None => {
                let text = if bench.chosen.read().is_empty() {
                    "Select a step to edit it."
                } else {
                    "Several steps are selected."
                };
                view! { <p class="hint">{text}</p> }.into_any()
            }
        },
        SidePanel::Settings => view! { <settings::SettingsForm /> }.into_any(),
        SidePanel::Checks => view! { <problems::Checks /> }.into_any(),
        SidePanel::Trial => view! { <simulation::SimulationPanel /> }.into_any(),
    };
    view! {
        <aside
            class="side-panel"
            aria-label="Panel"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.prevent_default();
                    bench.leave_panel();
                }
            }
        >
            <h3 id="panel-title" tabindex="-1">
                {title}
            </h3>
            <div
                id="panel-form"
                class="side-form"
                role="group"
                aria-label="Form"
                // Where nothing in it can be changed the keyboard still has to reach it, to scroll.
                tabindex=(!bench.can_draw()).then_some("0")
                on:focusout=move |_| bench.pause()
            >
                {body}
            </div>
            <lists::KnownProperties />
        </aside>
    }
}
