//! `/projects`: the projects of the user.

use leptos::prelude::*;

use crate::{
    api::projects::read_projects,
    ui::components::{
        field::TextField,
        for_project::ForProject,
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::{
    access::{members::ProjectSummary, permissions::Permission},
    names::PROJECT_MAX,
    stats::pluralize,
};

#[component]
pub fn ProjectsPage() -> impl IntoView {
    view! {
        <Page title="Projects">
            <Loaded load=read_projects view=|projects| view! { <Cards projects=projects /> }.into_any() />
        </Page>
    }
}

#[component]
fn Cards(projects: Vec<ProjectSummary>) -> impl IntoView {
    let manager = projects
        .iter()
        .any(|project| project.current && project.role.allows(Permission::ManageProjects));
    let none = projects.is_empty();
    view! {
        {none.then(|| view! { <p class="card">"You have no role in any project yet. Ask an admin \
            for an invitation."</p> })}
        <ul class="rows card" aria-label="Projects">
            {projects.into_iter().map(|project| view! { <ProjectRow project=project /> }).collect_view()}
        </ul>
        {manager.then(|| view! { <NewProjectForm /> })}
    }
}

#[component]
fn ProjectRow(project: ProjectSummary) -> impl IntoView {
    let id = project.id.to_string();
    let archived = project.archived_at.is_some();
    let name = project.name.clone();
    let manages = project.role.allows(Permission::ManageProjects);
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{project.name.clone()}</strong>
                {project.current.then(|| view! { <span class="badge badge-running">"Current"</span> })}
                {archived.then(|| view! { <span class="badge">"Archived"</span> })}
                <span class="hint">
                    {project.role.title()} " · " {pluralize(project.journeys, "journey", "journeys")} " · "
                    {pluralize(project.members, "member", "members")} " · created " <LongDate at=project.created_at />
                </span>
            </span>
            {(!project.current && !archived)
                .then(|| {
                    view! {
                        <form method="post" action="/api/ui/projects/switch">
                            <button class="button button-small" r#type="submit" name="project" value=id.clone() aria-label=format!("Open {name}")>
                                "Open"
                            </button>
                        </form>
                    }
                })}
            {manages.then(|| view! { <ManageForms id=id name=name archived=archived /> })}
        </li>
    }
}

/// Rename and archive.
#[component]
fn ManageForms(id: String, name: String, archived: bool) -> impl IntoView {
    let action = if archived { "Unarchive" } else { "Archive" };
    view! {
        <details class="row-details">
            <summary class="button button-small" aria-label=format!("Rename {name}")>
                "Rename"
            </summary>
            <form class="row-form" method="post" action="/api/ui/projects/rename">
                <ForProject />
                <input r#type="hidden" name="project" value=id.clone() />
                <label class="field">
                    <span class="visually-hidden">{format!("New name of {name}")}</span>
                    <input r#type="text" name="name" value=name.clone() required maxlength=PROJECT_MAX.to_string() autocomplete="off" />
                </label>
                <button class="button button-small" r#type="submit">
                    "Save"
                </button>
            </form>
        </details>
        <form method="post" action="/api/ui/projects/archive">
            <ForProject />
            <input r#type="hidden" name="archive" value=(!archived).to_string() />
            <button class="button button-small" r#type="submit" name="project" value=id aria-label=format!("{action} {name}")>
                {action}
            </button>
        </form>
    }
}

#[component]
fn NewProjectForm() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="new-project-title">
            <h2 id="new-project-title">"New project"</h2>
            <form class="form" method="post" action="/api/ui/projects/create">
                <ForProject />
                <TextField
                    label="Name"
                    name="name"
                    max=PROJECT_MAX
                    hint="A project has its own journeys, profiles, channels and API keys. \
                        Projects can’t see each other’s data."
                />
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Create project"
                    </button>
                </div>
            </form>
        </section>
    }
}
