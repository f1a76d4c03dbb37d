//! What is wrong with messages, and what only looks so.

use leptos::prelude::*;

use crate::domain::error::FieldError;

/// Nothing where nothing is wrong.
#[component]
pub fn ProblemsCard(problems: Vec<FieldError>, title: &'static str) -> impl IntoView {
    (!problems.is_empty()).then(|| {
        view! {
            <section class="card card-warning" aria-labelledby="message-problems-title">
                <h2 id="message-problems-title">{title}</h2>
                <ul>{problems.into_iter().map(|problem| view! { <li>{problem.sentence}</li> }).collect_view()}</ul>
            </section>
        }
    })
}

/// Nothing where everything is known.
#[component]
pub fn WarningsCard(warnings: Vec<FieldError>) -> impl IntoView {
    (!warnings.is_empty()).then(|| {
        view! {
            <section class="card card-warning" aria-labelledby="message-warnings-title">
                <h2 id="message-warnings-title">"Look at these messages again"</h2>
                <p>"They can be sent, but may not say what they should:"</p>
                <ul>{warnings.into_iter().map(|warning| view! { <li>{warning.sentence}</li> }).collect_view()}</ul>
            </section>
        }
    })
}
