//! What the framework says when it refuses a request is about Rust: “Failed to deserialize…”. Here
//! it becomes a sentence of ours, in one place for all routes, those of tomorrow included.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, Response, StatusCode, header},
    middleware::Next,
    response::IntoResponse,
};
use percent_encoding::percent_decode_str;

use super::{
    AppState, error_page,
    rest::errors::{ErrorBody, ErrorCode},
    routes::is_for_programs,
};
use crate::api::request::accepts_html;

/// Marks an answer in plain text as one of ours.
#[derive(Debug, Clone, Copy)]
pub struct OurWords;

/// Signs of life, which are one word.
const SIGNS: [&str; 2] = ["/healthz", "/readyz"];

/// How the answer to a request looks.
struct Asked {
    by_program: bool,
    for_page: bool,
}

impl Asked {
    fn told(&self, state: &AppState, status: StatusCode) -> Response<Body> {
        let (title, sentence) = words(status);
        if self.by_program {
            let body = ErrorBody::new(ErrorCode::of_status(status), sentence.to_string());
            return (status, axum::Json(body)).into_response();
        }
        if self.for_page {
            return error_page::told(status, title, sentence, &state.assets, "/journeys");
        }
        super::assets::plain(status, format!("{sentence}\n"))
    }
}

/// A headline, and what to do.
fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        403 => (
            "Not allowed",
            "This request comes from another site and was refused. Nothing was changed.",
        ),
        421 => ("Not for this server", "Wayfare does not answer to this name. Check --public-url."),
        404 => ("Not found", "There is nothing at this address."),
        405 => ("Not supported here", "This address does not accept this kind of request."),
        408 | 503 | 504 => {
            ("Timed out", "The request took too long and was cancelled. Try again in a moment.")
        }
        429 => ("Too many requests", "Too many requests are running. Try again in a moment."),
        413 => {
            ("Too large", "The request is larger than this address accepts. Send less at a time.")
        }
        415 => (
            "Not understood",
            "This address does not accept this type of content. Check the Content-Type.",
        ),
        400..=499 => {
            ("Not understood", "The request is incomplete, or a value in it has the wrong type.")
        }
        _ => (
            "Something went wrong",
            "Something went wrong on our side. Try again; the server's log has the details.",
        ),
    }
}

/// Refuses addresses that are no text, methods that nothing here has and requests for two hosts,
/// and puts our words in place of the framework's.
pub async fn in_our_words(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let path = request.uri().path();
    let asked =
        Asked { by_program: is_for_programs(path), for_page: accepts_html(request.headers()) };
    // CONNECT names a machine and no address, which the pages take for granted.
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return asked.told(&state, StatusCode::METHOD_NOT_ALLOWED);
    }
    // Which of them was meant is for no one to guess (RFC 9112, 3.2).
    if request.headers().get_all(header::HOST).iter().nth(1).is_some() {
        return asked.told(&state, StatusCode::BAD_REQUEST);
    }
    if SIGNS.contains(&path) {
        return next.run(request).await;
    }
    if percent_decode_str(path).decode_utf8().is_err() {
        return asked.told(&state, StatusCode::BAD_REQUEST);
    }
    let response = next.run(request).await;
    if is_ours(&asked, &response) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let mut told = asked.told(&state, parts.status);
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::TRANSFER_ENCODING,
    ] {
        parts.headers.remove(name);
    }
    told.headers_mut().extend(parts.headers);
    told
}

/// Does it go well, carry our mark, or carry a type that the framework's refusals never have?
/// Programs are told everything in the one form that the API describes.
fn is_ours(asked: &Asked, response: &Response<Body>) -> bool {
    let fine = !(response.status().is_client_error() || response.status().is_server_error());
    if asked.by_program {
        return fine || is_json(response.headers());
    }
    fine || response.extensions().get::<OurWords>().is_some() || !is_plain(response.headers())
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn is_plain(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}
