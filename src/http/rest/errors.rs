//! How programs are told what did not work: one list of codes, for the answers and for their
//! description.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::AppError,
    http::body::{BODY_MAX, too_large},
};
use wayfare_domain::error::FieldError;

/// What went wrong, for programs. Each code has one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    Invalid,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Gone,
    Conflict,
    SelectionChanged,
    TooLarge,
    Misdirected,
    TooManyRequests,
    Internal,
    TookTooLong,
    Unavailable,
}

impl ErrorCode {
    pub const ALL: [ErrorCode; 14] = [
        ErrorCode::Invalid,
        ErrorCode::Unauthorized,
        ErrorCode::Forbidden,
        ErrorCode::NotFound,
        ErrorCode::MethodNotAllowed,
        ErrorCode::Gone,
        ErrorCode::Conflict,
        ErrorCode::SelectionChanged,
        ErrorCode::TooLarge,
        ErrorCode::Misdirected,
        ErrorCode::TooManyRequests,
        ErrorCode::Internal,
        ErrorCode::TookTooLong,
        ErrorCode::Unavailable,
    ];

    pub const fn status(self) -> StatusCode {
        match self {
            ErrorCode::Invalid => StatusCode::BAD_REQUEST,
            ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorCode::Forbidden => StatusCode::FORBIDDEN,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::Gone => StatusCode::GONE,
            ErrorCode::Conflict | ErrorCode::SelectionChanged => StatusCode::CONFLICT,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TookTooLong | ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn of(error: &AppError) -> Self {
        match error {
            AppError::Invalid(_) => ErrorCode::Invalid,
            AppError::SignedOut | AppError::WrongCredentials => ErrorCode::Unauthorized,
            AppError::Forbidden(_) => ErrorCode::Forbidden,
            AppError::NotFound(_) => ErrorCode::NotFound,
            AppError::DeadLink => ErrorCode::Gone,
            AppError::Conflict(_) => ErrorCode::Conflict,
            AppError::SelectionChanged(_) => ErrorCode::SelectionChanged,
            AppError::TooLarge(_) => ErrorCode::TooLarge,
            AppError::TooMany(_) | AppError::Crowded { .. } => ErrorCode::TooManyRequests,
            AppError::TookTooLong(_) => ErrorCode::TookTooLong,
            AppError::Unavailable(_) => ErrorCode::Unavailable,
            // Programs do not sign in with SSO, and the connection is a browser's.
            AppError::Provider | AppError::Internal | AppError::Connection => ErrorCode::Internal,
        }
    }

    /// The code of what the framework, or what stands before the handlers, refuses.
    pub fn of_status(status: StatusCode) -> Self {
        let unavailable = [
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        if unavailable.contains(&status) {
            return ErrorCode::Unavailable;
        }
        let other = if status.is_client_error() { ErrorCode::Invalid } else { ErrorCode::Internal };
        ErrorCode::ALL.into_iter().find(|code| code.status() == status).unwrap_or(other)
    }
}

/// An error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorDetail {
    code: ErrorCode,
    /// A sentence for people.
    message: String,
    /// What is wrong, field by field. Only with the code `invalid`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldError>,
}

impl ErrorBody {
    pub fn new(code: ErrorCode, message: String) -> Self {
        Self { error: ErrorDetail { code, message, fields: Vec::new() } }
    }
}

/// What a program is told when something did not work.
pub struct ApiError(AppError);

/// What a handler answers.
pub type Answer<T> = Result<T, ApiError>;

impl<E: Into<AppError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = ErrorCode::of(&self.0);
        let message = match &self.0 {
            AppError::SignedOut => {
                "This request has no valid API key. Send one as “Authorization: Bearer wf_…”."
                    .to_string()
            }
            error => error.sentence(),
        };
        let wait = self.0.wait();
        let fields = if let AppError::Invalid(fields) = self.0 { fields } else { Vec::new() };
        let body = ErrorBody { error: ErrorDetail { code, message, fields } };
        let mut response = (code.status(), Json(body)).into_response();
        if let Some(seconds) = wait {
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

#[cfg(test)]
pub mod tests {
    use super::*;
    use wayfare_domain::operations::StopPreview;

    /// Every error that a handler may have.
    pub fn errors() -> Vec<AppError> {
        let text = || "This does not work.".to_string();
        let preview = StopPreview {
            journeys: 0,
            inside: 0,
            queued: 0,
            skipped: Vec::new(),
            only: None,
            digest: String::new(),
        };
        vec![
            AppError::Invalid(Vec::new()),
            AppError::SignedOut,
            AppError::WrongCredentials,
            AppError::Forbidden(text()),
            AppError::NotFound(text()),
            AppError::Conflict(text()),
            AppError::SelectionChanged(Box::new(preview)),
            AppError::TooLarge(text()),
            AppError::TooMany(1),
            AppError::Crowded { sentence: text(), seconds: 1 },
            AppError::TookTooLong(text()),
            AppError::Internal,
            AppError::Unavailable(text()),
        ]
    }

    #[test]
    fn programs_and_pages_are_told_the_same_status() {
        for error in errors() {
            let status = error.status();
            assert_eq!(ApiError(error.clone()).into_response().status(), status, "{error:?}");
        }
    }

    #[test]
    fn a_status_of_the_framework_has_the_code_of_that_status() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::of_status(code.status()).status(), code.status(), "{code:?}");
        }
        let codes = [408, 415, 502, 503, 504]
            .map(|status| ErrorCode::of_status(StatusCode::from_u16(status).expect("a status")));
        assert_eq!(
            codes,
            [
                ErrorCode::Unavailable,
                ErrorCode::Invalid,
                ErrorCode::Internal,
                ErrorCode::Unavailable,
                ErrorCode::Unavailable
            ]
        );
    }
}
