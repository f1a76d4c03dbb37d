//! The panel beside the canvas: the form of the selected step, the settings, the problems, or a
//! simulation.

mod criteria;
mod duration_field;
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

use super::{
    context::{GraphState, OpenVersion, Panels, Selection, SidePanel},
    navigation::Navigation,
};

pub use problems::ProblemList;

#[component]
pub fn Panel() -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let selection = Selection::here();
    let panels = Panels::here();
    let navigation = Navigation::here();
    let selected = Memo::new(move |_| selection.only_node());
    let side = Memo::new(move |_| panels.side.get());
    let title = move || match side.get() {
        SidePanel::Step => match selected.get().and_then(|id| graph.node_view(&id)) {
            Some(view) => view.node.read().step.title().to_string(),
            None => "Step".to_string(),
        },
        SidePanel::Settings => "Settings".to_string(),
        SidePanel::Problems => "Checks".to_string(),
        SidePanel::Simulation => "Simulation".to_string(),
    };
    let body = move || match side.get() {
        SidePanel::Step => match selected.get() {
            Some(id) => view! { <step::StepForm id=id /> }.into_any(),
            None => {
                let text = if selection.nodes.read().is_empty() {
                    "Select a step to edit it."
                } else {
                    "Several steps are selected."
                };
                view! { <p class="hint">{text}</p> }.into_any()
            }
        },
        SidePanel::Settings => view! { <settings::SettingsForm /> }.into_any(),
        SidePanel::Problems => view! { <problems::ProblemsPanel /> }.into_any(),
        SidePanel::Simulation => view! { <simulation::SimulationPanel /> }.into_any(),
    };
    view! {
        <aside
            class="side-panel"
            aria-label="Panel"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.prevent_default();
                    navigation.leave_panel();
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
                // Where nothing in it can be edited the keyboard still has to reach it, to scroll.
                tabindex=(!open_version.can_edit_graph()).then_some("0")
                on:focusout=move |_| graph.break_group()
            >
                {body}
            </div>
            <lists::CatalogLists />
        </aside>
    }
}
