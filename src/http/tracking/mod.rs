//! Where the links in messages lead: to their target, to a picture, to the page on which people
//! choose. No one is signed in here; a token that was signed by us is the right of anyone who
//! brings it, and any other one leads nowhere.

mod page;

use std::net::SocketAddr;

use axum::{
    Extension, Form,
    body::Body,
    extract::{
        ConnectInfo, DefaultBodyLimit, FromRequest, Multipart, Path, RawQuery, Request, State,
    },
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect},
};

use super::{AppState, assets::plain, authenticate::protect, form_fields};
use crate::api::AppError;
use wayfare_delivery::tracking::bot_filter::is_human;
use wayfare_domain::{messages::preferences::PreferenceUpdate, profiles::profile::Channel};

/// A transparent picture of one pixel.
const PIXEL: [u8; 43] = [
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xff, 0xff, 0xff, 0x21, 0xf9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3b,
];

/// Largest form in which somebody chooses, in bytes: what mail programs and our page send has a few
/// hundred.
const CHOICE_MAX: usize = 64 * 1024;

/// With what the address of this request begins, as its sender wrote it.
#[derive(Clone)]
pub struct Base(pub String);

/// No more is read of a choice than one has, whoever sends it.
pub fn choice_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(CHOICE_MAX)
}

/// Refuses names that are not ours; looks at no cookie.
pub async fn receive(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let client = state
        .site
        .proxies
        .client(peer.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0))), request.headers());
    if let Some(refusal) = state.site.hosts.foreign_host(&request, &client) {
        return refusal;
    }
    let secure = client.over_tls || state.site.is_https();
    request.extensions_mut().insert(Base(state.site.base(client.host.as_deref(), secure)));
    let mut response = next.run(request).await;
    protect(response.headers_mut(), secure);
    response
}

/// Always a picture: no one learns whether a token is good.
pub async fn open(
    State(state): State<AppState>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response<Body> {
    if is_human(&method, &headers) {
        state.services.viewed(&token);
    }
    let mut response = Response::new(Body::from(PIXEL.as_slice()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/gif"));
    // It is shown in mails on other sites' pages.
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    response
}

/// Leads on at once. Where it leads stands in the signed token: no one can make it lead elsewhere.
pub async fn click(
    State(state): State<AppState>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response<Body> {
    let target = state.services.clicked(&token, is_human(&method, &headers));
    let Some(target) = target.and_then(|target| HeaderValue::from_str(target.as_str()).ok()) else {
        return page::dead_link(&state.assets);
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(header::LOCATION, target);
    // The token is theirs: it goes to no one else.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// What they can choose. Scanners of mail open every link: looking changes nothing.
pub async fn choices(
    State(state): State<AppState>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    match state.services.recipient(&token).await {
        Ok(recipient) => {
            page::choices(&recipient, &token, query.as_deref() == Some("saved"), &state.assets)
        }
        Err(error) => refusal(&state, error.into()),
    }
}

/// One click of a mail program (RFC 8058), or the form of the page.
pub async fn choose(
    State(state): State<AppState>,
    Path(token): Path<String>,
    request: Request,
) -> Response<Body> {
    let Some(fields) = fields(request).await else { return page::too_large(&state.assets) };
    let said =
        |name: &str, value: &str| fields.iter().any(|(field, said)| field == name && said == value);
    let one_click = said("List-Unsubscribe", "One-Click");
    let wish = if one_click || said("do", "unsubscribe") {
        PreferenceUpdate::Unsubscribe
    } else if said("do", "everything") {
        PreferenceUpdate::Nothing
    } else if said("do", "save") {
        let wanted = fields.iter().filter(|(field, _)| field == "want");
        PreferenceUpdate::Only(wanted.filter_map(|(_, key)| Channel::from_key(key)).collect())
    } else {
        return page::not_understood(&state.assets);
    };
    // Saving may wait for others, and what was sent is larger than what it says.
    drop(fields);
    match state.services.save_preferences(&token, &wish).await {
        Ok(()) if one_click => plain(StatusCode::OK, "You are unsubscribed.\n"),
        Ok(()) => Redirect::to(&format!("/u/{token}?saved")).into_response(),
        Err(error) => refusal(&state, error.into()),
    }
}

fn refusal(state: &AppState, error: AppError) -> Response<Body> {
    if error == AppError::DeadLink {
        page::dead_link(&state.assets)
    } else {
        page::failed(&error, &state.assets)
    }
}

/// Of a form in either encoding; empty where it is none, and nothing where it is too large.
async fn fields(request: Request) -> Option<Vec<(String, String)>> {
    let is_too_large = |status: StatusCode| status == StatusCode::PAYLOAD_TOO_LARGE;
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        return match Form::<Vec<(String, String)>>::from_request(request, &()).await {
            Ok(Form(fields)) => Some(fields),
            Err(error) if is_too_large(error.status()) || form_fields::is_too_many(&error) => None,
            Err(_) => Some(Vec::new()),
        };
    }
    let Ok(mut form) = Multipart::from_request(request, &()).await else { return Some(Vec::new()) };
    let mut fields = Vec::new();
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Err(error) if is_too_large(error.status()) => return None,
            Ok(None) | Err(_) => return Some(fields),
        };
        let name = field.name().unwrap_or_default().to_string();
        match field.text().await {
            Ok(text) => fields.push((name, text)),
            Err(error) if is_too_large(error.status()) => return None,
            Err(_) => {}
        }
    }
}

/// The whole address of a request.
pub fn whole_address(Extension(Base(base)): &Extension<Base>, uri: &axum::http::Uri) -> String {
    format!("{base}{}", uri.path_and_query().map_or(uri.path(), |address| address.as_str()))
}
