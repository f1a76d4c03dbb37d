//! Signs of life for anyone who watches the process.

use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
};

use super::{AppState, assets::plain};

/// The process runs, with everything that works in the background, and its database is all there;
/// and whether it is held, where no one enters or moves and nothing is sent.
pub async fn alive(State(state): State<AppState>) -> Response<Body> {
    match state.services.supervisor().first_death() {
        None if state.services.is_damaged() => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "the database is damaged\n")
        }
        None if state.services.hold().is_some() => plain(StatusCode::OK, "ok held\n"),
        None => plain(StatusCode::OK, "ok\n"),
        Some(death) => {
            plain(StatusCode::SERVICE_UNAVAILABLE, format!("{} died\n", death.worker.key()))
        }
    }
}

/// The database can be read and written, and the server is not on its way down.
pub async fn ready(State(state): State<AppState>) -> Response<Body> {
    if state.stop.is_cancelled() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match state.services.ready().await {
        Ok(()) => plain(
            StatusCode::OK,
            if state.services.hold().is_some() { "ready held\n" } else { "ready\n" },
        ),
        Err(error) => {
            tracing::error!(%error, "readiness.failed");
            plain(StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n")
        }
    }
}
