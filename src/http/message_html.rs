//! The HTML of an email, by itself, for the frames of its preview: of a saved one, or of one that
//! the editor sends along. What an author wrote is shown here and nowhere else: it runs no script,
//! sends no form, opens nothing, and can be framed by our own pages only.

use axum::{
    Extension,
    body::Body,
    extract::{Path, RawQuery, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Response, header},
};

use super::{AppState, body, error_page, form_fields};
use crate::api::{AppError, journeys::journey_id, request::RequestAuth};
use wayfare_domain::{error::FieldError, messages::preview::DraftMessage, query_string::pairs};

/// Mails are styled in place and their pictures lie anywhere. Without the rights of `sandbox` it is
/// no one's page.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: \
    data:; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'self'";

pub async fn show(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    path: Result<Path<(String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let query = query.unwrap_or_default();
    let person = pairs(&query)
        .find(|(name, _)| name == "person")
        .map(|(_, value)| value)
        .unwrap_or_default();
    let html = match within_a_page(&headers) {
        Ok(()) => html(&state, caller, path, &person).await,
        Err(refusal) => Err(refusal),
    };
    framed(&state, html)
}

/// The field of the form: a `DraftMessage`.
const MESSAGE: &str = "message";

/// A form that the editor's page sends into a frame of its own: what is written in place of a page
/// would be under the editor's policy, which styles nothing.
pub async fn show_draft(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    request: Request,
) -> Response<Body> {
    let html = match within_a_page(request.headers()) {
        Ok(()) => html_of_draft(&state, caller, request).await,
        Err(refusal) => Err(refusal),
    };
    framed(&state, html)
}

/// By itself it would be a page of an author's making at our address. Browsers say what they ask
/// for; whatever says nothing is no browser of today, and shows nobody a page.
fn within_a_page(headers: &HeaderMap) -> Result<(), AppError> {
    let goal = headers.get("sec-fetch-dest").map(HeaderValue::as_bytes);
    if goal.is_none_or(|goal| [&b"iframe"[..], b"frame", b"embed"].contains(&goal)) {
        return Ok(());
    }
    let sentence = "The HTML of a message is shown within the page of the message. Open it there.";
    Err(AppError::Forbidden(sentence.to_string()))
}

fn framed(state: &AppState, html: Result<String, AppError>) -> Response<Body> {
    match html {
        Ok(html) => {
            let mut response = Response::new(Body::from(html));
            let headers = response.headers_mut();
            headers
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
            response
        }
        Err(error) => error_page::of(&error, &state.assets, "/journeys"),
    }
}

async fn html(
    state: &AppState,
    caller: RequestAuth,
    path: Result<Path<(String, String)>, PathRejection>,
    person: &str,
) -> Result<String, AppError> {
    let Path((journey, node)) = path.map_err(|_| AppError::NotFound("page".to_string()))?;
    let actor = caller.standing.ok_or(AppError::SignedOut)?.actor;
    let preview =
        state.services.preview_message(&actor, journey_id(&journey)?, &node, Some(person)).await?;
    preview.html.ok_or_else(|| AppError::NotFound("HTML".to_string()))
}

async fn html_of_draft(
    state: &AppState,
    caller: RequestAuth,
    request: Request,
) -> Result<String, AppError> {
    let (parts, body) = request.into_parts();
    let (body, _place) = body::read_graph(state, &caller, &parts.headers, body).await?;
    let actor = caller.standing.ok_or(AppError::SignedOut)?.actor;
    let form = std::str::from_utf8(&body).ok().filter(|_| form_fields::is_form(&parts.headers));
    let message = form
        .and_then(|form| pairs(form).find(|(field, _)| field == MESSAGE))
        .map(|(_, message)| message);
    let draft: Option<DraftMessage> =
        message.and_then(|message| serde_json::from_str(&message).ok());
    let draft = draft.ok_or_else(|| {
        AppError::field(FieldError::new(
            MESSAGE,
            "malformed",
            "The message cannot be read. Reload the page and try again.",
        ))
    })?;
    state
        .services
        .preview_draft(&actor, draft)
        .await?
        .html
        .ok_or_else(|| AppError::NotFound("HTML".to_string()))
}
