//! Segments for programs: as deep as criteria go, where the page's form has one level.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};

use super::{
    Answer,
    batch::parse,
    description::errors::{
        AddressErrors, BodyErrors, CommonErrors, ConflictErrors, NotFoundErrors,
    },
};
use crate::{api::AppError, http::AppState};
use wayfare_domain::{
    access::actor::Actor, graph::criteria::Criteria, profiles::read_model::SegmentSummary,
};

/// List segments
///
/// Every segment with the number of people in it. Without the scope `profiles`, `people` is `null`.
#[utoipa::path(
    get, path = "/api/v1/segments", operation_id = "listSegments", tag = "Segments",
    responses(
        (status = 200, description = "The segments.", body = Vec<SegmentSummary>),
        CommonErrors,
    ),
    security(("key" = ["read"]), ("key" = ["operate"])),
)]
pub async fn list(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Json<Vec<SegmentSummary>>> {
    Ok(Json(state.services.segments(&actor).await?))
}

/// Save a segment
///
/// Creates the segment, or changes its criteria. The body is criteria as in a journey.
#[utoipa::path(
    put, path = "/api/v1/segments/{name}", operation_id = "saveSegment", tag = "Segments",
    params(("name" = String, Path, description = "The name of the segment.", example = "Gold")),
    request_body(content = Criteria, example = json!({
        "property": { "property": "plan", "is": "equals", "value": "gold" },
    })),
    responses(
        (status = 204, description = "The segment is saved."),
        CommonErrors, BodyErrors, NotFoundErrors, ConflictErrors,
    ),
    security(("key" = ["operate", "profiles"])),
)]
pub async fn save(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer<StatusCode> {
    let criteria: Criteria = parse(&body).map_err(AppError::field)?;
    state.services.save_segment(&actor, &name, &criteria).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a segment
#[utoipa::path(
    delete, path = "/api/v1/segments/{name}", operation_id = "deleteSegment", tag = "Segments",
    params(("name" = String, Path, description = "The name of the segment.", example = "Gold")),
    responses(
        (status = 204, description = "The segment is deleted."),
        CommonErrors, AddressErrors, NotFoundErrors,
    ),
    security(("key" = ["operate"])),
)]
pub async fn remove(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    state.services.delete_segment(&actor, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
