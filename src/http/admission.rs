//! What is asked of a request beside the rest, depending on the place that its connection has
//! (`src/server/listener/`).

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    middleware::Next,
};

use super::{AppState, PublicUrl, assets::plain};
use crate::{
    api::request::{cookie, session_cookie},
    server::{concurrency_limit::ConcurrencyLimit, guarded_body::GuardedBody},
};
use wayfare_application::{AuthRequest, client_network::ClientNetwork};
use wayfare_secrets::secret::{self, SecretHash};

/// Seconds after which to try again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// The requests that the clients behind trusted proxies have in hand.
#[derive(Clone)]
pub struct ForwardedClients {
    site: Arc<PublicUrl>,
    limit: Arc<ConcurrencyLimit<ClientNetwork>>,
}

impl ForwardedClients {
    /// At most so many of each client at once.
    pub fn new(site: Arc<PublicUrl>, per_client: usize) -> Self {
        Self { site, limit: ConcurrencyLimit::new(per_client) }
    }
}

/// A proxy's connections are those of many: each client behind it has no more requests in hand than
/// it could have connections without the proxy.
pub async fn limit_forwarded(
    State(clients): State<ForwardedClients>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let client = clients.site.proxies.client(peer_of(&request), request.headers()).address;
    if clients.site.proxies.trusts(client) {
        return next.run(request).await;
    }
    let Some(permit) = clients.limit.try_acquire(client.into()) else {
        let text = "Too many requests from your address are running. Try again soon.\n";
        return not_now(StatusCode::TOO_MANY_REQUESTS, text);
    };
    next.run(request).await.map(|body| Body::new(GuardedBody::new(body, permit)))
}

/// The last places are for people who are signed in, and for anyone who watches the process.
pub async fn only_known(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response<Body> {
    if is_sign_of_life(request.uri().path()) {
        let mut response = next.run(request).await;
        // The place is for anyone who asks next.
        close(response.headers_mut());
        return response;
    }
    // In local mode everybody on this machine is someone, without a session.
    let visit = AuthRequest { secret: session_of(&state, &request), ..AuthRequest::default() };
    if !matches!(state.services.authenticate(&visit).await, Ok(Some(_))) {
        let text = "Wayfare is busy and serves only signed-in users. Try again soon.\n";
        return not_now(StatusCode::SERVICE_UNAVAILABLE, text);
    }
    next.run(request).await
}

fn is_sign_of_life(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// The hash of the session that the request shows, known or not.
fn session_of(state: &AppState, request: &Request) -> Option<SecretHash> {
    let client = state.site.proxies.client(peer_of(request), request.headers());
    let secure = client.over_tls || state.site.is_https();
    cookie(request.headers(), session_cookie(secure)).map(|text| secret::hash(&text))
}

pub(super) fn peer_of(request: &Request) -> SocketAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    peer.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)))
}

pub(super) fn not_now(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = plain(status, text);
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    close(response.headers_mut());
    response
}

fn close(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
}
