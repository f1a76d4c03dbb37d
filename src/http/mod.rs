//! The router: what surrounds every request, and in which order.

mod access_recheck;
mod admission;
pub mod assets;
mod audit_export;
mod authenticate;
mod body;
mod changes;
mod client_address;
mod error_page;
mod form_fields;
pub mod form_project;
mod health;
mod held_bodies;
mod host_check;
pub mod local_token;
mod message_html;
mod page_redirects;
mod pages;
mod people_upload;
mod provider_webhooks;
mod public_url;
mod refusals;
mod rest;
pub mod routes;
mod server_functions;
mod sso;
mod suppressions_export;
mod tracking;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
};
use tokio_util::sync::CancellationToken;
use tower::util::option_layer;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    csrf::CsrfLayer,
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
    trace::{DefaultOnResponse, TraceLayer},
};

use crate::server::{
    concurrency_limit::ConcurrencyLimit,
    listener::{ConnectionLimits, Routers},
};
use admission::ForwardedClients;
use assets::Assets;
pub use assets::plain;
pub use changes::STREAMS_MAX;
use changes::Watcher;
pub use client_address::TrustedProxies;
use held_bodies::HeldBodies;
pub use public_url::PublicUrl;
pub use rest::description::text as api_description;
pub use routes::{Access, Route, catalogue};
use wayfare_application::Services;

/// Longest time that a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What every handler can reach.
#[derive(Clone)]
pub struct AppState {
    pub services: Services,
    pub assets: Arc<Assets>,
    pub site: Arc<PublicUrl>,
    pub stop: CancellationToken,
    /// The streams of changes that are open.
    pub streams: Arc<ConcurrencyLimit<Watcher>>,
}

/// Pages send a policy of their own, with the nonce of their scripts; nothing else runs or shows
/// anything.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";
/// Nothing of the machine is needed.
const PERMISSIONS: &str =
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()";

/// All routes with everything around them, for each kind of place that a connection may have.
pub fn routers(state: &AppState, limits: &ConnectionLimits) -> Routers {
    let direct = all_routes(state);
    let forwarded = ForwardedClients::new(Arc::clone(&state.site), limits.per_client);
    let proxied =
        direct.clone().layer(middleware::from_fn_with_state(forwarded, admission::limit_forwarded));
    let reserve =
        proxied.clone().layer(middleware::from_fn_with_state(state.clone(), admission::only_known));
    let [direct, proxied, reserve] =
        [direct, proxied, reserve].map(|router| surrounded(router, state));
    Routers { direct, proxied, reserve }
}

/// All routes, with what finds out who asks and bounds what a request may cost.
fn all_routes(state: &AppState) -> Router<AppState> {
    let routers = routes::routers(state);
    // Apart, so that whoever fills the one leaves the other alone.
    let [strangers, known_people] = [(); 2].map(|()| {
        middleware::from_fn_with_state(HeldBodies::new(Arc::clone(&state.site)), held_bodies::limit)
    });
    let timed = routers
        .people
        .layer(csrf(&state.site))
        .layer(known_people.clone())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    let uploads = routers
        .uploads
        .layer(csrf(&state.site))
        .layer(DefaultBodyLimit::max(people_upload::FILE_MAX));
    let programs = routers
        .programs
        .layer(known_people)
        .layer(middleware::map_response(rest::told_in_json))
        .layer(middleware::from_fn_with_state(state.clone(), rest::key::require_key))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT));
    let known = routers
        .streams
        .merge(uploads)
        .merge(timed)
        .merge(programs)
        .layer(middleware::from_fn_with_state(state.clone(), authenticate::authenticate));
    let outside = routers
        .outside
        .layer(strangers)
        .layer(DefaultBodyLimit::max(provider_webhooks::BODY_MAX))
        .layer(middleware::from_fn_with_state(state.clone(), tracking::receive))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT));
    let bounded = middleware::map_request(form_fields::bound);
    routers.signs.merge(outside).merge(known).layer(bounded)
}

/// What every answer has, whatever it answers.
fn surrounded(router: Router<AppState>, state: &AppState) -> Router {
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let hsts =
        state.site.is_https().then(|| fixed(authenticate::HSTS, authenticate::A_YEAR_OF_TLS));
    router
        // A panic of a handler is told as any other refusal; the one further out is for panics on
        // the way.
        .layer(CatchPanicLayer::custom(error_page::after_panic))
        .layer(middleware::from_fn_with_state(state.clone(), refusals::in_our_words))
        .layer(option_layer(hsts))
        .layer(DefaultBodyLimit::max(body::BODY_MAX))
        .layer(fixed(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        .layer(fixed(HeaderName::from_static("permissions-policy"), PERMISSIONS))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(fixed(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
        .layer(CatchPanicLayer::custom(error_page::after_panic))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_response(DefaultOnResponse::new().level(tracing::Level::DEBUG)),
        )
        .with_state(state.clone())
}

/// What the log says of a request: its route, never its address, which may hold a secret (a
/// one-time link, a message's link, a provider's code).
fn span(request: &Request) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), route = route(request))
}

/// The template of the route that answers a request: `/invitations/{link}`.
fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}

/// Refuses what other sites' pages send (Fetch Metadata and `Origin`).
fn csrf(
    site: &PublicUrl,
) -> CsrfLayer<fn(tower_http::csrf::ProtectionError) -> axum::http::Response<axum::body::Body>> {
    let refuse: fn(_) -> _ = |_| assets::plain(StatusCode::FORBIDDEN, host_check::FOREIGN);
    let layer = CsrfLayer::new();
    let layer = match site.origin().map(|origin| layer.clone().add_trusted_origin(&origin)) {
        Some(Ok(layer)) => layer,
        _ => layer,
    };
    layer.with_rejection_response(refuse)
}
