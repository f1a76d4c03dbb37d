//! How many fields a form may have. A field costs as much to read as some hundred bytes of text,
//! and a body of one megabyte would hold half a million of them.

use std::io;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, header},
};
use futures::TryStreamExt as _;

/// Most fields of a form: a thousand ticked journeys fit many times.
pub const FIELDS_MAX: usize = 20_000;
const FORM: &str = "application/x-www-form-urlencoded";

/// A form has more than [`FIELDS_MAX`] fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form has more than {FIELDS_MAX} fields")]
pub struct TooManyFields;

/// Is the body one of a form, as browsers send it where no file is in it?
pub fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case(FORM)
    })
}

/// Gives the body of a form up once it has more fields than are read: a field is told by what
/// stands before the next one, and in a name or a value that is written otherwise.
pub async fn bound(request: Request) -> Request {
    if !is_form(request.headers()) {
        return request;
    }
    request.map(|body| {
        let mut fields = 1;
        let parts = body.into_data_stream().map_err(io::Error::other);
        Body::from_stream(parts.and_then(move |part| {
            fields += part.iter().filter(|byte| **byte == b'&').count();
            let within = fields <= FIELDS_MAX;
            std::future::ready(if within { Ok(part) } else { Err(io::Error::other(TooManyFields)) })
        }))
    })
}

/// Is that why a body could not be read?
pub fn is_too_many(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(this) = error {
        let inner = this.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if this.is::<TooManyFields>() || inner.is_some_and(|inner| inner.is::<TooManyFields>()) {
            return true;
        }
        error = this.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn read(kind: &str, body: String) -> Result<usize, bool> {
        let request = Request::builder().header(header::CONTENT_TYPE, kind);
        let request = bound(request.body(Body::from(body)).expect("a request")).await;
        let bytes = to_bytes(request.into_body(), usize::MAX).await;
        bytes.map(|bytes| bytes.len()).map_err(|error| is_too_many(&error))
    }

    #[tokio::test]
    async fn a_form_has_so_many_fields_and_no_more() {
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(read(kind, "a&".repeat(FIELDS_MAX - 1)).await, Ok(2 * (FIELDS_MAX - 1)));
        assert_eq!(read(kind, "a&".repeat(FIELDS_MAX)).await, Err(true));
    }

    #[tokio::test]
    async fn what_is_no_form_has_no_fields() {
        assert_eq!(read("application/json", "&".repeat(100_000)).await, Ok(100_000));
    }
}
