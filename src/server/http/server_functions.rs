//! Answers server functions, for scripts and for plain forms.
//!
//! A script gets JSON with a proper status. A browser without scripts is sent on to a page, or gets an error page.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use leptos::prelude::provide_context;

use super::{AppState, error_page};
use crate::api::{
    AppError,
    request::{FormAnswer, accepts_html},
};

/// Largest error that is looked into.
const ERROR_MAX: usize = 256 * 1024;

pub async fn answer(State(state): State<AppState>, mut request: Request) -> Response<Body> {
    let plain_form = accepts_html(request.headers());
    let back = request
        .headers()
        .get(header::REFERER)
        .and_then(|value| value.to_str().ok())
        .and_then(|referer| referer.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_string())))
        .unwrap_or_else(|| "/journeys".to_string());
    // The framework would answer a plain form with a redirect that carries the error in its address; we say it on a page.
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let form = FormAnswer::default();
    let context = {
        let (form, state) = (form.clone(), state.clone());
        move || {
            provide_context(form.clone());
            provide_context(state.services.clone());
            provide_context(state.local_admin.clone());
        }
    };
    let response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    let (mut parts, body) = response.into_parts();
    let error = if parts.status.is_success() { None } else { Some(form.error()) };
    match (error, plain_form) {
        (None, false) => Response::from_parts(parts, body),
        (None, true) => {
            parts.status = StatusCode::SEE_OTHER;
            parts.headers.remove(header::CONTENT_TYPE);
            parts.headers.remove(header::CONTENT_LENGTH);
            let target = HeaderValue::from_str(&form.target().unwrap_or(back));
            parts.headers.insert(header::LOCATION, target.unwrap_or(HeaderValue::from_static("/journeys")));
            Response::from_parts(parts, Body::empty())
        }
        (Some(known), _) => {
            let bytes = to_bytes(body, ERROR_MAX).await.unwrap_or_default();
            let error = known.or_else(|| serde_json::from_slice(&bytes).ok());
            match error {
                Some(error) if plain_form => error_page::of(&error, &state.assets, &back),
                error => {
                    if let Some(status) = error.as_ref().map(AppError::status).and_then(|s| StatusCode::from_u16(s).ok()) {
                        parts.status = status;
                    }
                    Response::from_parts(parts, Body::from(bytes))
                }
            }
        }
    }
}
