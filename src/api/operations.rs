//! Operations on journeys, from the Journeys page and from a journey's page.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::AppError;
use wayfare_domain::operations::{OperationResult, StopPreview};

/// Pause, resume, stop, archive, unarchive or delete: the selected journeys (`ids`), or everything
/// that the list's query `matching` matches now. Stop on many wants `confirmed`, the fingerprint
/// that its preview gave.
#[server(prefix = "/api/ui", endpoint = "journeys/operate")]
pub async fn operate(
    action: String,
    #[server(default)] ids: Vec<String>,
    #[server(default)] matching: Option<String>,
    #[server(default)] confirmed: Option<String>,
    #[server(default)] back: String,
) -> Result<OperationResult, AppError> {
    use super::request::{back_with_outcome, context, respond_error, same_project};
    use wayfare_domain::{
        error::FieldError,
        journeys::{
            list::selection::{Selection, SelectionDigest},
            transition::Action,
        },
    };
    let (services, actor) = context()?;
    let invalid = |error: FieldError| respond_error(AppError::field(error));
    let action = match action.parse() {
        Ok(
            action @ (Action::Pause
            | Action::Resume
            | Action::Stop
            | Action::Archive
            | Action::Unarchive
            | Action::Delete),
        ) => action,
        _ => {
            let sentence = "This action does not exist. Use pause, resume, stop, archive, \
                unarchive or delete.";
            return Err(invalid(FieldError::new("action", "unknown_value", sentence)));
        }
    };
    same_project(&actor, matching.as_deref())?;
    let selection = Selection::parse(&ids, matching.as_deref()).map_err(invalid)?;
    let confirmed =
        confirmed.as_deref().map(SelectionDigest::parse).transpose().map_err(invalid)?;
    if action == Action::Stop && confirmed.is_none() {
        let sentence = "Stop is final and needs a confirmation. Preview what it would end first.";
        return Err(invalid(FieldError::new("confirmed", "required", sentence)));
    }
    let answer =
        services.operate(&actor, &selection, action, confirmed).await.map_err(respond_error)?;
    back_with_outcome(&back, answer.report.id);
    Ok(answer)
}

/// What Stop would end, counted.
#[server(prefix = "/api/ui", endpoint = "journeys/preview-stop")]
pub async fn preview_stop(
    #[server(default)] ids: Vec<String>,
    #[server(default)] matching: Option<String>,
) -> Result<StopPreview, AppError> {
    use super::request::{context, respond_error, same_project};
    use wayfare_domain::journeys::list::selection::Selection;
    let (services, actor) = context()?;
    same_project(&actor, matching.as_deref())?;
    let selection = Selection::parse(&ids, matching.as_deref())
        .map_err(|error| respond_error(AppError::field(error)))?;
    services.preview_stop(&actor, &selection).await.map_err(respond_error)
}

/// Adds labels (`add`, and `create` by name) and removes labels (`remove`).
#[server(prefix = "/api/ui", endpoint = "journeys/label")]
pub async fn label_journeys(
    #[server(default)] ids: Vec<String>,
    #[server(default)] matching: Option<String>,
    #[server(default)] add: Vec<String>,
    #[server(default)] remove: Vec<String>,
    #[server(default)] create: String,
    #[server(default)] back: String,
    #[server(default)] for_project: String,
) -> Result<OperationResult, AppError> {
    use super::request::{back_with_outcome, context, respond_error, same_project};
    use wayfare_domain::{
        error::FieldError, ids::LabelId, journeys::list::selection::Selection, names::LabelName,
    };
    use wayfare_store::journeys::ChangeLabels;
    // Was looked at before (`src/http/form_project.rs`).
    drop(for_project);
    let (services, actor) = context()?;
    let invalid = |error: FieldError| respond_error(AppError::field(error));
    same_project(&actor, matching.as_deref())?;
    let selection = Selection::parse(&ids, matching.as_deref()).map_err(invalid)?;
    let labels = |field: &str, ids: &[String]| -> Result<Vec<LabelId>, AppError> {
        ids.iter()
            .map(|id| {
                id.parse().map_err(|error| {
                    invalid(FieldError::new(field, "malformed", format!("{error}")))
                })
            })
            .collect()
    };
    let change = ChangeLabels {
        add: labels("add", &add)?,
        create: if create.trim().is_empty() {
            Vec::new()
        } else {
            vec![LabelName::parse(&create).map_err(invalid)?]
        },
        remove: labels("remove", &remove)?,
    };
    if change == ChangeLabels::default() {
        return Err(invalid(FieldError::new(
            "add",
            "required",
            "Choose a label to add or remove, or type a new one.",
        )));
    }
    let answer = services.label(&actor, &selection, &change).await.map_err(respond_error)?;
    back_with_outcome(&back, answer.report.id);
    Ok(answer)
}

/// Gives a journey another name.
#[server(prefix = "/api/ui", endpoint = "journeys/rename")]
pub async fn rename_journey(
    id: String,
    name: String,
    #[server(default)] back: String,
) -> Result<OperationResult, AppError> {
    use super::{
        journeys::journey_id,
        request::{back_with_outcome, context, respond_error},
    };
    use wayfare_domain::names::JourneyName;
    let (services, actor) = context()?;
    let id = journey_id(&id).map_err(respond_error)?;
    let name = JourneyName::parse(&name).map_err(|error| respond_error(AppError::field(error)))?;
    let answer = services.rename(&actor, id, &name).await.map_err(respond_error)?;
    back_with_outcome(&back, answer.report.id);
    Ok(answer)
}

/// Undoes an operation, unless the journeys have changed since.
#[server(prefix = "/api/ui", endpoint = "operations/undo")]
pub async fn undo_operation(
    operation: String,
    #[server(default)] back: String,
) -> Result<OperationResult, AppError> {
    use super::request::{back_with_outcome, context, respond_error};
    use wayfare_domain::error::FieldError;
    let (services, actor) = context()?;
    let operation = operation.parse().map_err(|error| {
        respond_error(AppError::field(FieldError::new(
            "operation",
            "malformed",
            format!("{error}"),
        )))
    })?;
    let answer = services.undo(&actor, operation).await.map_err(respond_error)?;
    back_with_outcome(&back, answer.report.id);
    Ok(answer)
}

/// Publishes a draft that has no problems.
#[server(prefix = "/api/ui", endpoint = "journeys/publish")]
pub async fn publish_journey(
    id: String,
    #[server(default)] back: String,
) -> Result<OperationResult, AppError> {
    use super::{
        journeys::journey_id,
        request::{back_with_outcome, context, respond_error},
    };
    let (services, actor) = context()?;
    let id = journey_id(&id).map_err(respond_error)?;
    let answer = services.publish(&actor, id).await.map_err(respond_error)?;
    back_with_outcome(&back, answer.report.id);
    Ok(answer)
}

/// What an operation did, in short: the toast of a page that was reached by a plain form.
#[server(prefix = "/api/ui", endpoint = "operations/outcome", input = GetUrl)]
pub async fn get_outcome(operation: String) -> Result<OperationResult, AppError> {
    use super::request::{context, respond_error};
    use wayfare_domain::error::FieldError;
    let (services, actor) = context()?;
    let operation = operation.parse().map_err(|error| {
        respond_error(AppError::field(FieldError::new(
            "operation",
            "malformed",
            format!("{error}"),
        )))
    })?;
    let account = services.operation(&actor, operation, 1).await.map_err(respond_error)?;
    Ok(OperationResult { report: account.report, items: account.items })
}
