//! The problems of the version, each with a link to its place.

use leptos::prelude::*;

use crate::ui::{
    components::icon::{Icon, Symbol},
    editor::{
        browser,
        context::{CanvasView, GraphState, Panels, Problems, SidePanel},
        navigation::Navigation,
    },
};
use wayfare_domain::versions::{Problem, Severity};
use wayfare_editor_model::field_values::path_in_form;

#[component]
pub fn ProblemsPanel() -> impl IntoView {
    let problems = Problems::here();
    view! {
        <ProblemList />
        {move || {
            problems.found
                .read()
                .is_empty()
                .then(|| view! { <p class="hint">"No problems. The journey can be published."</p> })
        }}
    }
}

/// The list itself; the publish dialog shows it too.
#[component]
pub fn ProblemList(#[prop(optional)] errors_only: bool) -> impl IntoView {
    let problems = Problems::here();
    let of = move |severity| {
        problems
            .found
            .get()
            .into_iter()
            .filter(|problem| problem.severity == severity)
            .map(|problem| view! { <ProblemLine problem=problem /> })
            .collect_view()
    };
    let any =
        move |severity| problems.found.read().iter().any(|problem| problem.severity == severity);
    view! {
        {move || {
            any(Severity::Error)
                .then(|| {
                    view! {
                        <h4 class="checks-title">"Errors: fix these before you publish"</h4>
                        <ul class="checks">{of(Severity::Error)}</ul>
                    }
                })
        }}
        {move || {
            (!errors_only && any(Severity::Warning))
                .then(|| {
                    view! {
                        <h4 class="checks-title">"Warnings"</h4>
                        <ul class="checks">{of(Severity::Warning)}</ul>
                    }
                })
        }}
    }
}

#[component]
fn ProblemLine(problem: Problem) -> impl IntoView {
    let graph = GraphState::here();
    let canvas = CanvasView::here();
    let panels = Panels::here();
    let navigation = Navigation::here();
    let place = match &problem.node {
        Some(id) => graph.title(id),
        None if problem.problem.path.starts_with("settings") => "Settings".to_string(),
        None => "The whole journey".to_string(),
    };
    let is_error = problem.severity == Severity::Error;
    let symbol = if is_error { Symbol::Close } else { Symbol::Alert };
    let sentence = problem.problem.sentence.clone();
    let go = move |_| {
        let Problem { node, problem, .. } = problem.clone();
        // A dialog that shows the list gives the keyboard back first, and the row that gets it
        // would be selected.
        browser::after_paint(move || {
            match &node {
                Some(id) => navigation.go_to(id),
                None if problem.path.starts_with("settings") => {
                    panels.side.set(SidePanel::Settings)
                }
                None => canvas.fit(),
            }
            let field =
                format!("field-{}", path_in_form(&problem.path).replace(['[', ']', '.'], "-"));
            // The form of the place has to be there first.
            browser::after_paint(move || browser::after_paint(move || browser::focus(&field)));
        });
    };
    view! {
        <li class="check-line" class:check-error=is_error>
            <button class="check-button" r#type="button" on:click=go>
                <Icon symbol=symbol />
                <span>
                    <span class="check-place">{place}</span>
                    {sentence}
                </span>
            </button>
        </li>
    }
}
