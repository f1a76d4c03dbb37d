//! Journeys for programs: the list with every filter of the page, one journey, new ones from JSON,
//! operations.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Answer;
use crate::{
    api::{AppError, journeys::journey_id},
    http::AppState,
};
use wayfare_domain::{
    access::actor::Actor,
    error::FieldError,
    ids::JourneyId,
    journeys::{
        document::JourneyDocument,
        list::{
            columns::ColumnChoice,
            query::{ListQuery, project_of_matching},
            selection::{Selection, SelectionDigest},
        },
        read_model::{JourneyDetail, JourneySummary},
        transition::Action,
    },
    operations::{OperationResult, StopPreview},
    unreadable::reason_with_place,
};

/// One page of the list.
#[derive(Serialize)]
pub struct JourneyList {
    journeys: Vec<JourneySummary>,
    total: i64,
    page: i64,
    pages: i64,
}

/// The query is that of the list's address.
pub async fn list(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    RawQuery(query): RawQuery,
) -> Answer<Json<JourneyList>> {
    let query = ListQuery::parse(&query.unwrap_or_default()).map_err(AppError::Invalid)?;
    let page = state.services.list(&actor, &query, ColumnChoice::default()).await?;
    Ok(Json(JourneyList {
        pages: page.last_page(),
        page: page.query.page,
        total: page.total,
        journeys: page.rows,
    }))
}

pub async fn read(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Json<JourneyDetail>> {
    Ok(Json(state.services.journey(&actor, journey_id(&id)?).await?))
}

#[derive(Serialize)]
pub struct Created {
    id: JourneyId,
}

/// A draft from a document as `wayfare export` writes it (`docs/journey-json.md`). What a file of
/// journeys may not hold, it may not either.
pub async fn create(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<(StatusCode, Json<Created>)> {
    let document: JourneyDocument = json(&body)?;
    let problems = document.problems();
    if !problems.is_empty() {
        return Err(AppError::Invalid(problems).into());
    }
    let id = state.services.create(&actor, &document).await?;
    Ok((StatusCode::CREATED, Json(Created { id })))
}

/// Which journeys: named one by one, or all that match a query of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetParams {
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    matching: Option<String>,
}

impl TargetParams {
    fn selection(&self, actor: &Actor) -> Result<Selection, AppError> {
        let named = self.matching.as_deref().and_then(project_of_matching);
        if named.is_some_and(|project| project != actor.project) {
            let sentence = "The filter names another project than the key is for.";
            return Err(AppError::Conflict(sentence.to_string()));
        }
        Selection::parse(&self.ids, self.matching.as_deref()).map_err(AppError::field)
    }
}

/// What Stop would end, and the fingerprint that confirms it.
pub async fn preview_stop(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<StopPreview>> {
    let chosen: TargetParams = json(&body)?;
    Ok(Json(state.services.preview_stop(&actor, &chosen.selection(&actor)?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operate {
    /// publish, pause, resume, stop, archive, unarchive or delete
    action: String,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    matching: Option<String>,
    /// For stop: the digest of the preview.
    #[serde(default)]
    confirmed: Option<String>,
}

/// One action on one journey or many: an account row by row, the same when it is sent twice.
pub async fn operate(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<OperationResult>> {
    let asked: Operate = json(&body)?;
    let action: Action = asked.action.parse().map_err(|()| unknown_action())?;
    let selection = TargetParams { ids: asked.ids, matching: asked.matching }.selection(&actor)?;
    let confirmed = asked
        .confirmed
        .as_deref()
        .map(SelectionDigest::parse)
        .transpose()
        .map_err(AppError::field)?;
    let answer = match (action, &selection) {
        (Action::Stop, _) if confirmed.is_none() => {
            let sentence =
                "Stop is final and needs a confirmation. Send the digest from preview-stop.";
            return Err(AppError::field(FieldError::new("confirmed", "required", sentence)).into());
        }
        (Action::Publish, Selection::Ticked(ids)) if ids.len() == 1 => {
            state.services.publish(&actor, ids[0]).await?
        }
        (
            Action::Pause
            | Action::Resume
            | Action::Stop
            | Action::Archive
            | Action::Unarchive
            | Action::Delete,
            _,
        ) => state.services.operate(&actor, &selection, action, confirmed).await?,
        _ => return Err(unknown_action().into()),
    };
    Ok(Json(answer))
}

fn unknown_action() -> AppError {
    let sentence = "This action is not available in the API. Use pause, resume, stop, archive, \
        unarchive or delete; publish takes one journey.";
    AppError::field(FieldError::new("action", "unknown_value", sentence))
}

/// Reads a body, with the place of what is wrong in it.
fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        AppError::field(FieldError::new(
            path,
            "malformed",
            format!("The body cannot be read: {}.", reason_with_place(error.inner())),
        ))
    })
}
