//! What a draft uses that its project does not have.

use leptos::prelude::*;

use wayfare_domain::journeys::references::Reference;

/// Empty if nothing is missing.
#[component]
pub fn MissingCard(missing: Vec<Reference>) -> impl IntoView {
    (!missing.is_empty()).then(|| {
        view! {
            <section class="card card-warning" aria-labelledby="missing-title">
                <h2 id="missing-title">"Missing in this project"</h2>
                <p>"This draft was cloned from another project and uses things that don’t exist \
                    here. Create them, or choose something else:"</p>
                <ul>{missing.into_iter().map(|reference| view! { <li>{reference.describe()}</li> }).collect_view()}</ul>
            </section>
        }
    })
}
