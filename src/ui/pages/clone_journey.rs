//! `/journeys/:id/clone`: the project to clone a journey into.

use leptos::prelude::*;

use super::id_of_path;
use crate::{
    api::journeys::{ClonePage, read_clone},
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
    },
};

#[component]
pub fn CloneJourneyPage() -> impl IntoView {
    let id = id_of_path();
    let crumbs = vec![
        ("/journeys".to_string(), "Journeys".to_string()),
        (format!("/journeys/{id}"), "This journey".to_string()),
    ];
    view! {
        <Page title="Clone journey" crumbs=crumbs>
            <Loaded
                load=move || {
                    let id = id.clone();
                    async move { read_clone(&id).await }
                }
                view=|page| view! { <Choice page=page /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn Choice(page: ClonePage) -> impl IntoView {
    let first = page.projects.first().map(|project| project.id);
    view! {
        <form class="card form" method="post" action="/api/ui/journeys/clone">
            <ForProject />
            <input r#type="hidden" name="id" value=page.journey.to_string() />
            <p>{format!("Creates a draft of “{}” with the same steps, settings and labels. Its \
                stats start at zero.", page.name)}</p>
            <fieldset class="choices choices-long">
                <legend>"Project"</legend>
                {page
                    .projects
                    .into_iter()
                    .map(|project| {
                        view! {
                            <label class="choice">
                                <input r#type="radio" name="project" value=project.id.to_string() checked=Some(project.id) == first />
                                <span>
                                    {project.name} {(Some(project.id) == page.here).then_some(" (current)")}
                                </span>
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
            {(!page.names.is_empty())
                .then(|| {
                    view! {
                        <div class="hint">
                            "The journey uses the following. If the other project lacks \
                                something, the draft marks it:"
                            <ul>{page.names.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}</ul>
                        </div>
                    }
                })}
            <div class="form-actions">
                <button class="button button-primary" r#type="submit">
                    "Clone"
                </button>
                <a class="button" href=format!("/journeys/{}", page.journey)>
                    "Cancel"
                </a>
            </div>
        </form>
    }
}
