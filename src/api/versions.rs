//! Versions by plain forms: what the pages around the canvas do without a script.

use leptos::prelude::*;

use super::{
    AppError,
    journeys::{journey_id, read_editable},
    request::{context, go_to, require, respond_error},
};
use wayfare_domain::{
    access::permissions::Permission,
    error::FieldError,
    ids::JourneyId,
    versions::{EditorDocument, PreviousVersionPolicy, Problem, PublishRequest},
};
use wayfare_editor_model::diff::VersionDiff;

/// Begins a draft beside the published version, like version `from` or else the newest.
#[server(prefix = "/api/ui", endpoint = "versions/begin")]
pub async fn begin_version_by_form(
    id: String,
    #[server(default)] from: Option<i64>,
) -> Result<i64, AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(&id).map_err(respond_error)?;
    let number = services.begin_version(&actor, journey, from).await.map_err(respond_error)?;
    go_to(&format!("/journeys/{journey}/edit"));
    Ok(number)
}

#[server(prefix = "/api/ui", endpoint = "versions/discard")]
pub async fn discard_draft_by_form(id: String) -> Result<(), AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(&id).map_err(respond_error)?;
    services.discard_draft(&actor, journey).await.map_err(respond_error)?;
    go_to(&format!("/journeys/{journey}"));
    Ok(())
}

/// Publishes a draft. `predecessor` is `carry_on` or `leave`.
#[server(prefix = "/api/ui", endpoint = "versions/publish")]
pub async fn publish_version_by_form(
    id: String,
    version: i64,
    revision: i64,
    name: String,
    #[server(default)] description: String,
    #[server(default)] predecessor: String,
) -> Result<(), AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(&id).map_err(respond_error)?;
    let predecessor = match predecessor.as_str() {
        "" | "carry_on" => PreviousVersionPolicy::KeepEnrolments,
        "leave" => PreviousVersionPolicy::ExitEnrolments,
        _ => {
            let sentence = "Choose whether people in the older version carry on or exit.";
            return Err(respond_error(AppError::field(FieldError::new(
                "predecessor",
                "unknown_value",
                sentence,
            ))));
        }
    };
    let publish = PublishRequest { journey, version, revision, name, description, predecessor };
    services.publish_version(&actor, &publish).await.map_err(respond_error)?;
    go_to(&format!("/journeys/{journey}"));
    Ok(())
}

/// What the editor's page shows.
#[derive(Clone)]
pub struct EditPage {
    pub page: super::journeys::JourneyPage,
    pub document: EditorDocument,
    pub checks: Vec<Problem>,
}

/// # Errors
/// If there is no such version, or the actor may not edit it.
pub async fn read_edit_page(id: String, version: String) -> Result<EditPage, AppError> {
    let page = read_editable(id.clone()).await?;
    let (journey, version) =
        (journey_id(&id).map_err(respond_error)?, number(&version, "version")?);
    let (services, actor) = context()?;
    let document = services.open_editor(&actor, journey, version).await.map_err(respond_error)?;
    let checks = services.editor_checks(&actor, &document).await.map_err(respond_error)?;
    Ok(EditPage { page, document, checks })
}

/// What is asked before a draft is published.
///
/// # Errors
/// If there is nothing to publish, or the actor may not.
pub async fn read_publish_page(id: String) -> Result<EditPage, AppError> {
    require(Permission::OperateJourneys)?;
    read_edit_page(id, String::new()).await
}

/// Two versions beside one another.
#[derive(Clone)]
pub struct ComparePage {
    pub journey: JourneyId,
    pub name: String,
    pub from: i64,
    pub to: i64,
    /// All there are, newest first.
    pub versions: Vec<i64>,
    pub difference: VersionDiff,
}

/// # Errors
/// Where there is no such version.
pub async fn read_compare_page(
    id: String,
    from: String,
    to: String,
) -> Result<ComparePage, AppError> {
    let (services, actor) = context()?;
    let journey = journey_id(&id).map_err(respond_error)?;
    let detail = services.journey(&actor, journey).await.map_err(respond_error)?;
    let versions: Vec<i64> = detail.versions.iter().map(|version| version.number).collect();
    let newest = versions.first().copied().unwrap_or(1);
    let to = number(&to, "to")?.unwrap_or(newest);
    let from = number(&from, "from")?.unwrap_or((to - 1).max(1));
    let difference =
        services.compare_versions(&actor, journey, from, to).await.map_err(respond_error)?;
    Ok(ComparePage { journey, name: detail.summary.name, from, to, versions, difference })
}

/// A version's number in an address; empty where none was named.
fn number(text: &str, field: &str) -> Result<Option<i64>, AppError> {
    if text.is_empty() {
        return Ok(None);
    }
    let malformed = || {
        respond_error(AppError::field(FieldError::new(
            field,
            "malformed",
            "Versions are whole numbers from 1.",
        )))
    };
    text.parse().ok().filter(|number| *number > 0).map(Some).ok_or_else(malformed)
}
