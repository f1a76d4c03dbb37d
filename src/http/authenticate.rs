//! Finds out who is behind a request, and lets no one in who may not: without a session only what
//! is public.

use std::net::{IpAddr, SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::{
    AppState,
    access_recheck::AccessRecheck,
    error_page, pages, route,
    routes::{is_for_programs, is_public},
};
use crate::api::{
    AppError,
    request::{
        RequestAuth, accepts_html, cookie, device_cookie, new_cookie, project_cookie,
        session_cookie,
    },
};
use wayfare_application::{AuthContext, AuthRequest, RequestClient};
use wayfare_domain::{access::actor::RequestOrigin, ids::UserId, time::DAY_MS};
use wayfare_secrets::secret;

/// Browsers that came over TLS once come over TLS for a year.
pub const HSTS: HeaderName = header::STRICT_TRANSPORT_SECURITY;
pub const A_YEAR_OF_TLS: &str = "max-age=31536000; includeSubDomains";
/// What proxies, tunnels and content delivery networks add, beside everything that begins with
/// [`FORWARDED_BELOW`].
const FORWARDED: [&str; 22] = [
    "cdn-loop",
    "cf-connecting-ip",
    "cf-ray",
    "client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "forwarded",
    "forwarded-for",
    "proxy-client-ip",
    "true-client-ip",
    "via",
    "wl-proxy-client-ip",
    "x-azure-clientip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-forwarded",
    "x-original-forwarded-for",
    "x-original-host",
    "x-originating-ip",
    "x-real-ip",
    "x-remote-ip",
];
const FORWARDED_BELOW: &str = "x-forwarded-";
/// Longest name of a browser that is kept, in characters.
const AGENT_MAX: usize = 300;

/// Who asked, for the log of refusals.
struct LoggedCaller {
    user: Option<UserId>,
    address: Option<IpAddr>,
}

/// Refuses what is none of ours, finds out who asks, and opens what they may open.
pub async fn authenticate(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let peer = peer.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    let connection = state.site.proxies.client(peer, request.headers());
    if let Some(refusal) = state.site.hosts.refusal(&request, &connection) {
        return refusal;
    }
    let secure = connection.over_tls || state.site.is_https();
    let client = RequestClient {
        origin: RequestOrigin {
            address: Some(connection.address),
            agent: agent(request.headers()),
        },
        secret: cookie(request.headers(), session_cookie(secure)).map(|text| secret::hash(&text)),
        base: state.site.base(connection.host.as_deref(), secure),
        secure,
        devices: cookie(request.headers(), device_cookie(secure)).unwrap_or_default(),
        local_token: state.site.local_token.is_some(),
    };
    let wanted =
        cookie(request.headers(), project_cookie(secure)).and_then(|text| text.parse().ok());
    let forwarded = came_through_proxy(request.headers());
    let visit = AuthRequest {
        secret: client.secret,
        wanted,
        needed: None,
        origin: client.origin.clone(),
        forwarded,
    };
    let auth = match find(&state, visit.clone(), request.uri().path()).await {
        Ok(auth) => auth,
        Err(error) => return refuse(&state, &request, &error),
    };
    if let Some(token) =
        state.site.local_token.as_ref().filter(|_| auth.as_ref().is_some_and(AuthContext::is_local))
        && let Some(answer) = token.gate(&request, &state.assets, secure)
    {
        return answer;
    }
    if auth.is_none() && !is_public(request.uri().path()) {
        return refuse(&state, &request, &AppError::SignedOut);
    }
    let project = auth.as_ref().and_then(AuthContext::project).map(|project| project.id);
    let follow =
        project.filter(|project| names_thing(request.uri().path()) && wanted != Some(*project));
    let seen = LoggedCaller {
        user: auth.as_ref().map(|auth| auth.actor.user),
        address: client.origin.address,
    };
    let asked = (request.method().clone(), route(&request).to_string());
    let recheck = auth.as_ref().map(|auth| AccessRecheck::of_person(&state.services, visit, auth));
    request.extensions_mut().insert(RequestAuth { client, standing: auth });
    let mut response = run(&state, recheck, request, next).await;
    if response.status() == StatusCode::FORBIDDEN {
        let (method, route) = asked;
        tracing::info!(%method, route, user = ?seen.user, address = ?seen.address, "access.refused");
    }
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        // The rest of the body is still on its way: nothing can follow it on this connection.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    protect(response.headers_mut(), secure);
    if let Some(project) = follow.filter(|_| response.status().is_success()) {
        // The link led into another of their projects: the pages that follow are about that one.
        let name = project_cookie(secure);
        let cookie = new_cookie(name, project.to_string(), 365 * DAY_MS, secure).to_string();
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// Answers a request; of somebody who is known only where that is so when its body has come.
async fn run(
    state: &AppState,
    recheck: Option<AccessRecheck>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let Some(recheck) = recheck else { return next.run(request).await };
    let page = accepts_html(request.headers());
    match recheck.run(request, next).await {
        Ok(response) => response,
        Err(AppError::SignedOut) if page => {
            error_page::of(&AppError::SignedOut, &state.assets, "/sign-in")
        }
        Err(error) if page => error_page::of(&error, &state.assets, pages::HYDRATED_ROUTE),
        Err(error) => json(&error),
    }
}

async fn find(
    state: &AppState,
    visit: AuthRequest,
    path: &str,
) -> Result<Option<AuthContext>, AppError> {
    // Programs are known by their key alone.
    if is_for_programs(path) {
        return Ok(None);
    }
    let needed = match thing_of(path) {
        Some(thing) => state.services.project_of(thing).await?,
        None => None,
    };
    Ok(state.services.authenticate(&AuthRequest { needed, ..visit }).await?)
}

/// The journey or operation that a page's address names.
fn thing_of(path: &str) -> Option<Uuid> {
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some("journeys" | "operations"), Some(id)) if id.len() == 36 => Uuid::try_parse(id).ok(),
        _ => None,
    }
}

fn names_thing(path: &str) -> bool {
    thing_of(path).is_some()
}

/// Then it may come from anywhere, whatever address the connection has.
fn came_through_proxy(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        FORWARDED.contains(&name.as_str()) || name.as_str().starts_with(FORWARDED_BELOW)
    })
}

fn agent(headers: &HeaderMap) -> String {
    let text =
        headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(AGENT_MAX).collect()
}

/// A person is sent to sign in and comes back; a program is told.
fn refuse(state: &AppState, request: &Request, error: &AppError) -> Response<Body> {
    let page = accepts_html(request.headers());
    let path = request.uri().path();
    if *error == AppError::SignedOut
        && page
        && matches!(*request.method(), Method::GET | Method::HEAD)
        && !path.starts_with("/api/")
    {
        let address = request.uri().path_and_query().map_or(path, |address| address.as_str());
        let next = utf8_percent_encode(address, NON_ALPHANUMERIC);
        return Redirect::to(&format!("/sign-in?next={next}")).into_response();
    }
    if page {
        return error_page::of(error, &state.assets, "/sign-in");
    }
    json(error)
}

/// An error for a program.
pub fn json(error: &AppError) -> Response<Body> {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(error.clone())).into_response();
    if let Some(seconds) = error.wait() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// What is made for one person is kept by no one else, nor after they have signed out.
pub fn protect(headers: &mut HeaderMap, secure: bool) {
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if secure {
        headers.insert(HSTS, HeaderValue::from_static(A_YEAR_OF_TLS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_journey_or_operation() {
        let id = "0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01";
        for path in
            [format!("/journeys/{id}"), format!("/journeys/{id}/edit"), format!("/operations/{id}")]
        {
            assert_eq!(thing_of(&path).map(|id| id.to_string()), Some(id.to_string()), "{path}");
        }
        for path in [
            "/journeys",
            "/journeys/new",
            "/api-keys",
            "/people/0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01",
        ] {
            assert_eq!(thing_of(path), None, "{path}");
        }
    }
}
