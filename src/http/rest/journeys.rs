//! Journeys for programs: the list with every filter of the page, one journey, new ones from JSON,
//! operations.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, Type},
};

use super::{
    Answer,
    description::errors::{
        AddressErrors, BodyErrors, CommonErrors, ConflictErrors, NotFoundErrors,
    },
};
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

/// One page of journeys.
#[derive(Serialize, ToSchema)]
pub struct JourneyList {
    journeys: Vec<JourneySummary>,
    /// How many journeys match, on all pages.
    total: i64,
    /// The number of this page, from 1.
    page: i64,
    /// The number of the last page.
    pages: i64,
}

/// List journeys
///
/// One page of journeys. The query is that of the Journeys page's address: every filter of that
/// page works here.
#[utoipa::path(
    get, path = "/api/v1/journeys", operation_id = "listJourneys", tag = "Journeys",
    params(
        ("q" = Option<String>, Query, description = "Words of the name.", example = "welcome"),
        ("status" = Option<String>, Query,
            description = "One status, or more with commas between them.", example = "running"),
        ("sort" = Option<String>, Query,
            description = "A column; with `-` before it, the other way round.",
            example = "-entered"),
        ("page" = Option<String>, Query, description = "The page, from 1.", example = "1"),
    ),
    responses(
        (status = 200, description = "The page.", body = JourneyList),
        CommonErrors, AddressErrors,
    ),
    security(("key" = ["read"]), ("key" = ["operate"])),
)]
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

/// Read a journey
///
/// One journey with its versions, graph, settings and stats. With `read` alone, secrets in the
/// headers of webhooks are `•••`.
#[utoipa::path(
    get, path = "/api/v1/journeys/{id}", operation_id = "readJourney", tag = "Journeys",
    params(("id" = String, Path, description = "The ID of the journey.",
        example = "00000000-0000-7000-8000-000000000000")),
    responses(
        (status = 200, description = "The journey.", body = JourneyDetail),
        CommonErrors, AddressErrors, NotFoundErrors,
    ),
    security(("key" = ["read"]), ("key" = ["operate"])),
)]
pub async fn read(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Json<JourneyDetail>> {
    Ok(Json(state.services.journey(&actor, journey_id(&id)?).await?))
}

/// The draft that was created.
#[derive(Serialize, ToSchema)]
pub struct CreatedJourney {
    id: JourneyId,
}

/// Create a draft from a journey as JSON
///
/// The body is a journey as `wayfare export` writes it. What cannot be imported from a file cannot
/// be created here either.
#[utoipa::path(
    post, path = "/api/v1/journeys", operation_id = "createJourney", tag = "Journeys",
    request_body(content = JourneyDocument, example = json!({
        "name": "From a program",
        "settings": { "entry": { "event": { "name": "Signed Up" } } },
        "graph": { "nodes": [{ "id": "entry", "step": { "entry": {} } }], "connectors": [] },
    })),
    responses(
        (status = 201, description = "The draft was created.", body = CreatedJourney),
        CommonErrors, BodyErrors, ConflictErrors,
    ),
    security(("key" = ["operate"])),
)]
pub async fn create(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<(StatusCode, Json<CreatedJourney>)> {
    let document: JourneyDocument = json(&body)?;
    let problems = document.problems();
    if !problems.is_empty() {
        return Err(AppError::Invalid(problems).into());
    }
    let id = state.services.create(&actor, &document).await?;
    Ok((StatusCode::CREATED, Json(CreatedJourney { id })))
}

/// Which journeys: `ids`, or all that match a query.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = JourneySelection)]
pub struct TargetParams {
    /// The IDs of the journeys.
    #[serde(default)]
    ids: Vec<String>,
    /// A query of the Journeys page with at least one filter, such as `?status=running&q=promo`;
    /// `?project=` with the project's ID for all of its journeys. Not together with `ids`.
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
        if self.matching.is_some() && !self.ids.is_empty() {
            let sentence = "Send either ids or matching.";
            return Err(AppError::field(FieldError::new("matching", "conflict", sentence)));
        }
        Selection::parse(&self.ids, self.matching.as_deref()).map_err(AppError::field)
    }
}

/// Preview a Stop
///
/// What Stop would end, with the `digest` that confirms it. Nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/journeys/preview-stop", operation_id = "previewStop", tag = "Journeys",
    request_body(content = TargetParams, example = json!({ "matching": "?status=running" })),
    responses(
        (status = 200, description = "What Stop would end.", body = StopPreview),
        CommonErrors, BodyErrors, ConflictErrors,
    ),
    security(("key" = ["operate"])),
)]
pub async fn preview_stop(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<StopPreview>> {
    let chosen: TargetParams = json(&body)?;
    Ok(Json(state.services.preview_stop(&actor, &chosen.selection(&actor)?).await?))
}

/// The actions that programs have.
const ACTIONS: [Action; 7] = [
    Action::Publish,
    Action::Pause,
    Action::Resume,
    Action::Stop,
    Action::Archive,
    Action::Unarchive,
    Action::Delete,
];

fn actions() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("What to do. `publish` takes one journey, and it in `ids`."))
        .enum_values(Some(ACTIONS.map(Action::key)))
        .build()
}

/// An action, and the journeys: `ids`, or all that match a query.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperationRequest)]
pub struct Operate {
    #[schema(schema_with = actions)]
    action: String,
    /// The IDs of the journeys.
    #[serde(default)]
    ids: Vec<String>,
    /// A query of the Journeys page with at least one filter, such as `?status=running&q=promo`;
    /// `?project=` with the project's ID for all of its journeys. Not together with `ids`.
    #[serde(default)]
    matching: Option<String>,
    /// For `stop`: the digest of its preview.
    #[serde(default)]
    confirmed: Option<String>,
}

/// Do one action on one journey or many
///
/// Each journey is changed, or skipped for a reason. Repeated, the same request changes nothing.
/// `stop` is final and needs the digest of its preview. If the selection has changed since, nothing
/// is stopped.
#[utoipa::path(
    post, path = "/api/v1/journeys/operate", operation_id = "operate", tag = "Journeys",
    request_body(content = Operate,
        example = json!({ "action": "pause", "matching": "?status=running" })),
    responses(
        (status = 200, description = "What was done to each journey.", body = OperationResult),
        CommonErrors, BodyErrors, ConflictErrors,
    ),
    security(("key" = ["operate"])),
)]
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
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        AppError::field(FieldError::new(
            path,
            "malformed",
            format!("The body cannot be read: {}.", reason_with_place(error.inner())),
        ))
    })?;
    reader.end().map_err(|error| {
        let sentence = format!("The body cannot be read: {}.", reason_with_place(&error));
        AppError::field(FieldError::new("", "malformed", sentence))
    })?;
    Ok(value)
}
