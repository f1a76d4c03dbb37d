//! The API for programs. Each request carries a key; what it may do follows from the key's scopes.

mod batch;
pub mod clevertap;
pub mod journeys;
pub mod key;
pub mod metrics;
pub mod people;
pub mod segment;
pub mod segments;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{api::AppError, domain::error::FieldError};

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
            AppError::NotFound(_) | AppError::DeadLink => "not_found",
            AppError::Conflict(_) => "conflict",
            AppError::SelectionChanged(_) => "selection_changed",
            AppError::TooMany(_) => "too_many_requests",
            AppError::Unavailable(_) => "unavailable",
            AppError::Provider | AppError::Internal | AppError::Connection => "internal",
        };
        let fields: &[FieldError] = if let AppError::Invalid(fields) = &self.0 { fields } else { &[] };
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = match &self.0 {
            AppError::SignedOut => {
                "This request has no API key that is good. Send one as “Authorization: Bearer wf_…”.".to_string()
            }
            error => error.sentence(),
        };
        (status, Json(Body { error: Told { code, message, fields } })).into_response()
    }
}

/// What a handler answers.
pub type Answer<T> = Result<T, ApiError>;

/// Describes the API for programs that read descriptions (OpenAPI 3.1).
pub async fn description() -> Response {
    const DESCRIPTION: &str = include_str!("../../../../docs/openapi.json");
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}
