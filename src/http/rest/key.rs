//! Lets programs in by their key.

use std::time::Instant;

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::ApiError;
use crate::{
    api::{AppError, request::RequestAuth},
    http::{AppState, access_recheck::AccessRecheck},
};
use wayfare_secrets::secret;

/// The key of `Authorization: Bearer …` (RFC 6750, 2.1) becomes the actor of the request; a session
/// is none. It has to be good still when the body has come.
pub async fn require_key(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(key) = key_of(request.headers()) else {
        return ApiError::from(AppError::SignedOut).into_response();
    };
    let asked_at = Instant::now();
    match state.services.program(&key, caller.client.origin).await {
        Ok(Some(actor)) => {
            request.extensions_mut().insert(actor);
            let recheck = AccessRecheck::of_key(&state.services, secret::hash(&key), asked_at);
            let answered = recheck.run(request, next).await;
            answered.unwrap_or_else(|refusal| ApiError::from(refusal).into_response())
        }
        Ok(None) => ApiError::from(AppError::SignedOut).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Where programs put their key: `Authorization: Bearer …` (RFC 6750, 2.1), as the user of basic
/// authentication (Segment's libraries), or as CleverTap's passcode.
fn key_of(headers: &HeaderMap) -> Option<String> {
    if let Some(passcode) = headers.get("x-clevertap-passcode") {
        return passcode.to_str().ok().map(|text| text.trim().to_string());
    }
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_string());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return pair.split(':').next().map(str::to_string);
    }
    None
}
