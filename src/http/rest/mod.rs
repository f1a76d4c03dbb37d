//! The API for programs. Each request carries a key; what it may do follows from the key's scopes.

mod batch;
pub mod clevertap;
pub mod journeys;
pub mod key;
pub mod metrics;
pub mod profiles;
pub mod segment;
pub mod segments;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::body::{BODY_MAX, too_large};
use crate::api::AppError;
use wayfare_domain::error::FieldError;

/// What a program is told when something did not work.
pub struct ApiError(AppError);

#[derive(Serialize)]
struct Body<'a> {
    error: Told<'a>,
}

#[derive(Serialize)]
struct Told<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    fields: &'a [FieldError],
}

impl<E: Into<AppError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = match &self.0 {
            AppError::Invalid(_) => "invalid",
            AppError::SignedOut | AppError::WrongCredentials => "unauthorized",
            AppError::Forbidden(_) => "forbidden",
            AppError::NotFound(_) => "not_found",
            AppError::DeadLink => "gone",
            AppError::Conflict(_) => "conflict",
            AppError::SelectionChanged(_) => "selection_changed",
            AppError::TooLarge(_) => "too_large",
            AppError::TooMany(_) | AppError::Crowded { .. } => "too_many_requests",
            AppError::TookTooLong(_) => "took_too_long",
            AppError::Unavailable(_) => "unavailable",
            AppError::Provider | AppError::Internal | AppError::Connection => "internal",
        };
        let fields: &[FieldError] =
            if let AppError::Invalid(fields) = &self.0 { fields } else { &[] };
        let status =
            StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = match &self.0 {
            AppError::SignedOut => {
                "This request has no valid API key. Send one as “Authorization: Bearer wf_…”."
                    .to_string()
            }
            error => error.sentence(),
        };
        let mut response =
            (status, Json(Body { error: Told { code, message, fields } })).into_response();
        if let Some(seconds) = self.0.wait() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A body that was too large is refused before any handler sees it, in the words of the framework:
/// here it is told as everything else is.
pub async fn told_in_json(response: Response) -> Response {
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::from(too_large(BODY_MAX)).into_response();
    }
    response
}

/// What a handler answers.
pub type Answer<T> = Result<T, ApiError>;

/// Describes the API for programs that read descriptions (OpenAPI 3.1).
pub async fn description() -> Response {
    const DESCRIPTION: &str = include_str!("../../../docs/openapi.json");
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}
