//! Projects, and which of them is open in a browser.

use leptos::prelude::*;

use super::{
    AppError,
    request::{caller, context, go_to, remember_project, require_auth, respond_error},
};
use wayfare_domain::{
    access::members::ProjectSummary, error::FieldError, ids::ProjectId, names::ProjectTitle,
};

/// The projects of the user, including archived ones.
///
/// # Errors
/// If no one is signed in.
pub async fn read_projects() -> Result<Vec<ProjectSummary>, AppError> {
    let (services, auth) = require_auth()?;
    services.projects(&auth).await.map_err(respond_error)
}

/// Reads a project's id.
///
/// # Errors
/// Where it is none.
pub fn project_id(text: &str) -> Result<ProjectId, AppError> {
    text.parse().map_err(|error| {
        AppError::field(FieldError::new("project", "malformed", format!("{error}")))
    })
}

/// Switches to another project.
#[server(prefix = "/api/ui", endpoint = "projects/switch")]
pub async fn switch_project(project: String) -> Result<(), AppError> {
    let (services, auth) = require_auth()?;
    let project = project_id(&project).map_err(respond_error)?;
    let actor = services.enter_project(&auth, project).map_err(respond_error)?;
    remember_project(actor.project, &caller()?.1.client);
    go_to("/journeys");
    Ok(())
}

/// Creates a project and switches to it.
#[server(prefix = "/api/ui", endpoint = "projects/create")]
pub async fn create_project(name: String) -> Result<ProjectId, AppError> {
    let (services, actor) = context()?;
    let name = ProjectTitle::parse(&name).map_err(|error| respond_error(AppError::field(error)))?;
    let project = services.create_project(&actor, &name).await.map_err(respond_error)?;
    remember_project(project, &caller()?.1.client);
    go_to("/projects?notice=project-created");
    Ok(project)
}

#[server(prefix = "/api/ui", endpoint = "projects/rename")]
pub async fn rename_project(project: String, name: String) -> Result<(), AppError> {
    let (services, auth) = require_auth()?;
    let project = project_id(&project).map_err(respond_error)?;
    let name = ProjectTitle::parse(&name).map_err(|error| respond_error(AppError::field(error)))?;
    services.rename_project(&auth, project, &name).await.map_err(respond_error)?;
    go_to("/projects?notice=saved");
    Ok(())
}

/// Archives a project (`archive` = `true`), or unarchives it.
#[server(prefix = "/api/ui", endpoint = "projects/archive")]
pub async fn archive_project(project: String, archive: bool) -> Result<(), AppError> {
    let (services, auth) = require_auth()?;
    let project = project_id(&project).map_err(respond_error)?;
    services.archive_project(&auth, project, archive).await.map_err(respond_error)?;
    go_to(if archive {
        "/projects?notice=project-archived"
    } else {
        "/projects?notice=project-unarchived"
    });
    Ok(())
}
