//! What a draft names that its project does not have.

use leptos::prelude::*;

use crate::domain::reference::Reference;

/// Nothing where nothing is missing.
#[component]
pub fn MissingCard(missing: Vec<Reference>) -> impl IntoView {
    (!missing.is_empty()).then(|| {
        view! {
            <section class="card card-warning" aria-labelledby="missing-title">
                <h2 id="missing-title">"Not in this project"</h2>
                <p>"This draft was cloned from another project and names what is not here. Make it \
                    here, or choose something else:"</p>
                <ul>{missing.into_iter().map(|reference| view! { <li>{reference.describe()}</li> }).collect_view()}</ul>
            </section>
        }
    })
}
