//! The problems that the checks found, as a list.

use leptos::prelude::*;

use wayfare_domain::{
    graph::Graph,
    versions::{Problem, Severity},
};

/// The most problems that are listed.
const LISTED: usize = 100;

/// Empty if there are no problems.
#[component]
pub fn CheckList(checks: Vec<Problem>, graph: Graph) -> impl IntoView {
    let of = |severity: Severity| {
        checks.iter().filter(move |check| check.severity == severity).cloned().collect::<Vec<_>>()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    view! {
        {(!errors.is_empty())
            .then(|| {
                view! {
                    <section class="card card-warning" aria-labelledby="problems-title">
                        <h2 id="problems-title">"Fix before publishing"</h2>
                        <MessageProblems found=errors graph=graph.clone() />
                    </section>
                }
            })}
        {(!warnings.is_empty())
            .then(|| {
                view! {
                    <section class="card" aria-labelledby="warnings-title">
                        <h2 id="warnings-title">"Warnings"</h2>
                        <MessageProblems found=warnings graph=graph />
                    </section>
                }
            })}
    }
}

#[component]
fn MessageProblems(found: Vec<Problem>, graph: Graph) -> impl IntoView {
    let more = found.len().saturating_sub(LISTED);
    let place = |check: &Problem| {
        let node = graph.node(check.node.as_deref()?)?;
        (!check.problem.sentence.contains(&node.title())).then(|| format!("{}: ", node.title()))
    };
    view! {
        <ul>
            {found
                .iter()
                .take(LISTED)
                .map(|check| view! { <li>{place(check)} {check.problem.sentence.clone()}</li> })
                .collect_view()}
            {(more > 0).then(|| view! { <li>{format!("And {more} more.")}</li> })}
        </ul>
    }
}
