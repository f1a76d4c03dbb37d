//! Signs of life for whoever watches the process.

use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
};

use super::{AppState, assets::plain};

/// The process runs.
pub async fn alive() -> Response<Body> {
    plain(StatusCode::OK, "ok\n")
}

/// The database can be read and written, and the server is not on its way down.
pub async fn ready(State(state): State<AppState>) -> Response<Body> {
    if state.stop.is_cancelled() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match state.services.ready().await {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!(%error, "readiness.failed");
            plain(StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n")
        }
    }
}
