//! Lets programs in by their key.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::ApiError;
use crate::{
    api::{AppError, request::Caller},
    server::http::AppState,
};

/// The key of `Authorization: Bearer …` (RFC 6750, 2.1) becomes the actor of the request; a session is none.
pub async fn require_key(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(key) = bearer(request.headers()) else { return ApiError::from(AppError::SignedOut).into_response() };
    match state.services.program(&key, caller.visitor.origin).await {
        Ok(Some(actor)) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Ok(None) => ApiError::from(AppError::SignedOut).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_string())
}
