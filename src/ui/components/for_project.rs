//! The project that a page shows, in every form of it that changes something: the server carries a
//! form out in no other one, whatever was chosen in another tab meanwhile
//! (`src/http/form_project.rs`).

use leptos::prelude::*;

use crate::ui::dom;
use wayfare_domain::query_string::FOR_PROJECT;

/// A hidden field that names it.
#[component]
pub fn ForProject() -> impl IntoView {
    dom::shown_project()
        .map(|project| view! { <input r#type="hidden" name=FOR_PROJECT value=project /> })
}
