//! Where providers report. A request is believed by its signature alone; what is answered with 200
//! is on the disk.

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    AppState,
    rest::ApiError,
    tracking::{Base, whole_address},
};
use wayfare_application::message_events::{WebhookError, WebhookReceipt};
use wayfare_delivery::tracking::provider_webhook::{WebhookRejection, WebhookRequest};
use wayfare_domain::{messages::provider_webhook::WebhookProvider, time::Timestamp};

/// Largest request, in bytes: a bounce may carry the whole message that it is about.
pub const BODY_MAX: usize = 4 * 1024 * 1024;

pub async fn take(
    State(state): State<AppState>,
    Path((token, provider)): Path<(String, String)>,
    base: Extension<Base>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let url = whole_address(&base, &uri);
    let call = WebhookRequest { url: &url, headers: &headers, body: &body, now: Timestamp(0) };
    match state.services.take_report(&token, &provider, call).await {
        Ok(taken) => answer(&provider, &taken),
        Err(error) => refuse(error),
    }
}

/// What is wrong is named, and the rest was kept; sent again, it does no harm.
fn answer(provider: &str, taken: &WebhookReceipt) -> Response {
    // It reads an answer as instructions, of which there are none.
    if provider == WebhookProvider::Twilio.key() {
        return ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], "<Response/>")
            .into_response();
    }
    let status = if taken.rejected.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let rejected: Vec<_> = taken
        .rejected
        .iter()
        .map(|(index, error)| json!({ "index": index, "path": error.path, "message": error.sentence }))
        .collect();
    (status, axum::Json(json!({ "accepted": taken.accepted, "rejected": rejected })))
        .into_response()
}

fn refuse(error: WebhookError) -> Response {
    let told = |status: StatusCode, sentence: &str| {
        (status, axum::Json(json!({ "error": sentence }))).into_response()
    };
    match error {
        WebhookError::Unknown => told(
            StatusCode::NOT_FOUND,
            "This address does not exist. Copy it again from the page Provider webhooks.",
        ),
        WebhookError::NotHeard(WebhookRejection::Unsigned) => told(
            StatusCode::UNAUTHORIZED,
            "The request is not signed, or no secret is set for this provider webhook.",
        ),
        WebhookError::NotHeard(WebhookRejection::Forged) => told(
            StatusCode::FORBIDDEN,
            "The signature does not match this request and the secret set here.",
        ),
        WebhookError::NotHeard(WebhookRejection::Malformed(sentence)) => {
            told(StatusCode::BAD_REQUEST, &sentence)
        }
        WebhookError::Service(error) => ApiError::from(error).into_response(),
    }
}
