//! Bodies of requests: how large each may be, and how many large ones are held in memory at once.

use std::error::Error;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, header},
};
use http_body_util::LengthLimitError;

use super::{
    AppState,
    form_fields::{self, FIELDS_MAX},
};
use crate::api::{AppError, request::RequestAuth};
use wayfare_domain::error::FieldError;
use wayfare_runtime::costly_work::{Job, Running};

/// Largest body of a request, in bytes: a thousand ticked journeys fit many times.
pub const BODY_MAX: usize = 1024 * 1024;
/// Largest body with a graph or a message of one in it, from anyone who is signed in: thousands of
/// nodes with their texts.
pub const GRAPH_MAX: usize = 16 * 1024 * 1024;

/// # Errors
/// [`AppError::TooLarge`], or [`AppError::Invalid`] where it did not come whole.
pub async fn read(body: Body) -> Result<Bytes, AppError> {
    to_bytes(body, BODY_MAX).await.map_err(|error| unread(&error, BODY_MAX))
}

/// A body that is longer than it may be is told apart from one that ends too early or whose chunks
/// are malformed.
fn unread(error: &axum::Error, most: usize) -> AppError {
    if form_fields::is_too_many(error) {
        let sentence = format!("The form has more than {FIELDS_MAX} fields. Send less at a time.");
        return AppError::TooLarge(sentence);
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return too_large(most);
        }
        cause = error.source();
    }
    let sentence = "The request's body is malformed, or did not come whole. Send it again.";
    AppError::field(FieldError::new("", "malformed", sentence))
}

/// A body that may have a graph in it, and the place for a large one, which is to be held until the
/// answer is made.
///
/// # Errors
/// As [`read`], and [`AppError::Crowded`] where as many large ones are under way as may be.
pub async fn read_graph(
    state: &AppState,
    caller: &RequestAuth,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Bytes, Option<Running>), AppError> {
    // No one is read that much from who has not shown who they are.
    let Some(standing) = &caller.standing else { return Ok((read(body).await?, None)) };
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let place = match length {
        Some(length) if length <= BODY_MAX => None,
        Some(_) | None => {
            Some(state.services.begin_costly(&standing.actor, Job::LargeRequest).await?)
        }
    };
    let body = to_bytes(body, GRAPH_MAX).await.map_err(|error| unread(&error, GRAPH_MAX))?;
    Ok((body, place))
}

/// What is said of a body that has more than so many bytes.
pub fn too_large(most: usize) -> AppError {
    let most = most / 1024 / 1024;
    let advice = if most == BODY_MAX / 1024 / 1024 {
        "Send less at a time."
    } else {
        "Make the texts of the journey shorter, or split it into several journeys."
    };
    AppError::TooLarge(format!("The request is larger than {most} MiB. {advice}"))
}
