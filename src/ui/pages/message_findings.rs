//! Problems of messages: errors and warnings.

use leptos::prelude::*;

use wayfare_domain::error::FieldError;

/// Empty if there are no errors.
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

/// Empty if there are no warnings.
#[component]
pub fn WarningsCard(warnings: Vec<FieldError>) -> impl IntoView {
    (!warnings.is_empty()).then(|| {
        view! {
            <section class="card card-warning" aria-labelledby="message-warnings-title">
                <h2 id="message-warnings-title">"Check these messages"</h2>
                <p>"They can be sent, but may not show what you expect:"</p>
                <ul>{warnings.into_iter().map(|warning| view! { <li>{warning.sentence}</li> }).collect_view()}</ul>
            </section>
        }
    })
}
