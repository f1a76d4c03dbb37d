//! Everything that is wrong, with a way to each place.

use leptos::prelude::*;

use crate::ui::{
    components::icon::{Icon, Symbol},
    editor::{
        bench::{Bench, SidePanel},
        browser,
    },
};
use wayfare_domain::versions::{Problem, Severity};
use wayfare_editor_model::field_values::path_in_form;

#[component]
pub fn Checks() -> impl IntoView {
    let bench = Bench::here();
    view! {
        <CheckList />
        {move || {
            bench
                .checks
                .read()
                .is_empty()
                .then(|| view! { <p class="hint">"No problems. The journey can be published."</p> })
        }}
    }
}

/// The list itself; the dialog that publishes shows it too.
#[component]
pub fn CheckList(#[prop(optional)] errors_only: bool) -> impl IntoView {
    let bench = Bench::here();
    let of = move |severity| {
        bench
            .checks
            .get()
            .into_iter()
            .filter(|check| check.severity == severity)
            .map(move |check| view! { <CheckLine check=check /> })
            .collect_view()
    };
    let any = move |severity| bench.checks.read().iter().any(|check| check.severity == severity);
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
fn CheckLine(check: Problem) -> impl IntoView {
    let bench = Bench::here();
    let place = match &check.node {
        Some(id) => bench.title(id),
        None if check.problem.path.starts_with("settings") => "Settings".to_string(),
        None => "The whole journey".to_string(),
    };
    let wrong = check.severity == Severity::Error;
    let symbol = if wrong { Symbol::Close } else { Symbol::Alert };
    let sentence = check.problem.sentence.clone();
    let go = move |_| {
        let Problem { node, problem, .. } = check.clone();
        // A window that shows the list gives the keyboard back first, and the row that gets it
        // would be chosen.
        browser::later(move || {
            match &node {
                Some(id) => bench.go_to(id),
                None if problem.path.starts_with("settings") => bench.side.set(SidePanel::Settings),
                None => bench.fit(),
            }
            let field =
                format!("field-{}", path_in_form(&problem.path).replace(['[', ']', '.'], "-"));
            // The form of the place has to be there first.
            browser::later(move || browser::later(move || browser::focus(&field)));
        });
    };
    view! {
        <li class="check-line" class:check-error=wrong>
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
