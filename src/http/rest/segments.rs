//! Segments for programs: as deep as criteria go, where the page's form has one level.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};

use super::{Answer, batch::parse};
use crate::{api::AppError, http::AppState};
use wayfare_domain::{
    access::actor::Actor, graph::criteria::Criteria, profiles::read_model::SegmentSummary,
};

pub async fn list(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Json<Vec<SegmentSummary>>> {
    Ok(Json(state.services.segments(&actor).await?))
}

/// The body is the criteria, as in a journey's document.
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

pub async fn remove(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    state.services.delete_segment(&actor, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
