//! The router: pages, server functions, the stream of changes, site files and signs of life.

pub mod assets;
mod changes;
mod error_page;
mod guard;
mod health;
mod pages;
mod server_functions;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    routing::{any, get},
};
use tokio_util::sync::CancellationToken;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
    trace::{DefaultOnResponse, TraceLayer},
};

use crate::{
    domain::actor::Actor,
    server::{services::Services, store::sqlite::SqliteStore},
};
use assets::Assets;

/// Largest body of a request, in bytes: a thousand ticked journeys fit many times.
const BODY_MAX: usize = 1024 * 1024;
/// Longest time that a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What every handler can reach.
#[derive(Clone)]
pub struct AppState {
    pub services: Services<SqliteStore>,
    /// In local mode everybody is this person.
    pub local_admin: Actor,
    pub assets: Arc<Assets>,
    pub stop: CancellationToken,
}

/// All routes with everything around them.
pub fn router(state: AppState) -> Router {
    let fixed =
        |name: HeaderName, value: &'static str| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let timed = Router::new()
        .route("/api/ui/{*function}", any(server_functions::answer))
        .merge(pages::routes(&state))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    Router::new()
        .route("/api/ui/changes", get(changes::stream))
        .route("/pkg/{file}", get(assets::serve))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(timed)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn(guard::refuse_foreign_requests))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        .layer(CatchPanicLayer::custom(error_page::after_panic))
        .layer(TraceLayer::new_for_http().on_response(DefaultOnResponse::new().level(tracing::Level::DEBUG)))
        .with_state(state)
}
