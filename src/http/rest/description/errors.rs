//! The errors with which operations answer, as the description has them: each once, and referred to
//! by the operations.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::{
    IntoResponses, PartialSchema,
    openapi::{self, Content, HeaderBuilder, Response, ResponseBuilder},
};

use crate::http::rest::errors::ErrorCode;

/// An answer that operations of the API refer to by its name.
pub struct ErrorResponse {
    pub name: &'static str,
    pub status: StatusCode,
    pub description: &'static str,
}

/// The errors with which operations answer. The statuses of [`ErrorCode::MethodNotAllowed`] and
/// [`ErrorCode::Gone`] are not among them: the first is of no operation, the second of none of the
/// API.
pub const ERROR_RESPONSES: [ErrorResponse; 10] = [
    ErrorResponse {
        name: "Invalid",
        status: ErrorCode::Invalid.status(),
        description: "Something is wrong with the request; `fields` names each place.",
    },
    ErrorResponse {
        name: "Unauthorized",
        status: ErrorCode::Unauthorized.status(),
        description: "The request has no API key, or one that is not valid: it is unknown, was \
            revoked, has expired, or the user who answers for it is no longer a member.",
    },
    ErrorResponse {
        name: "Forbidden",
        status: ErrorCode::Forbidden.status(),
        description: "The API key does not have the scope.",
    },
    ErrorResponse {
        name: "NotFound",
        status: ErrorCode::NotFound.status(),
        description: "The project of the API key does not have this.",
    },
    ErrorResponse {
        name: "Conflict",
        status: ErrorCode::Conflict.status(),
        description: "The request is valid, but not in the current state (`conflict`), or the \
            selection is not the one that was confirmed (`selection_changed`). Nothing was \
            changed.",
    },
    ErrorResponse {
        name: "TooLarge",
        status: ErrorCode::TooLarge.status(),
        description: "The body is larger than 1 MiB.",
    },
    ErrorResponse {
        name: "Misdirected",
        status: ErrorCode::Misdirected.status(),
        description: "The server does not answer to the name in the header Host.",
    },
    ErrorResponse {
        name: "TooManyRequests",
        status: ErrorCode::TooManyRequests.status(),
        description: "More is sent than can be written, or too much costly work is in progress. \
            Send the same again after the seconds of the header Retry-After, or one second later.",
    },
    ErrorResponse {
        name: "Internal",
        status: ErrorCode::Internal.status(),
        description: "Something went wrong on the server. Nothing was changed.",
    },
    ErrorResponse {
        name: "Unavailable",
        status: ErrorCode::Unavailable.status(),
        description: "The database cannot be written now (`unavailable`: another program holds it, \
            or the disk is full), or the request took too long (`took_too_long`). Nothing was \
            stored. Send the same again later.",
    },
];

/// References to the answers with the statuses of these codes.
fn references(codes: &[ErrorCode]) -> BTreeMap<String, openapi::RefOr<openapi::Response>> {
    let is_asked =
        |response: &&ErrorResponse| codes.iter().any(|code| code.status() == response.status);
    let reference = |response: &ErrorResponse| {
        let reference = openapi::Ref::from_response_name(response.name);
        (response.status.as_str().to_string(), reference.into())
    };
    ERROR_RESPONSES.iter().filter(is_asked).map(reference).collect()
}

macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident: $($code:ident)*;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, openapi::RefOr<openapi::Response>> {
                references(&[$(ErrorCode::$code),*])
            }
        }
    )*};
}

groups! {
    /// The errors of every operation: of the key, of the server, and of a request that is not for
    /// it.
    CommonErrors: Unauthorized Forbidden Misdirected TooManyRequests Internal Unavailable;
    /// An address or a query that cannot be read.
    AddressErrors: Invalid;
    /// A body that cannot be read.
    BodyErrors: Invalid TooLarge;
    /// What the address names does not exist.
    NotFoundErrors: NotFound;
    /// It is not possible in the current state.
    ConflictErrors: Conflict;
}

impl ErrorResponse {
    fn response(&self) -> Response {
        let error = openapi::Ref::from_schema_name("Error");
        let response = ResponseBuilder::new()
            .description(self.description)
            .content("application/json", Content::new(Some(error)));
        if self.status == ErrorCode::TooManyRequests.status() {
            let header = HeaderBuilder::new()
                .schema(Some(u64::schema()))
                .description(Some("Seconds after which to try again; not always there."));
            return response.header("Retry-After", header.build()).build();
        }
        response.build()
    }

    /// All of them by their names.
    pub fn all() -> impl Iterator<Item = (&'static str, Response)> {
        ERROR_RESPONSES.iter().map(|response| (response.name, response.response()))
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;
    use crate::http::rest::{ApiError, errors::tests::errors};

    #[test]
    fn every_error_of_a_handler_is_described_once() {
        for error in errors() {
            let status = ApiError::from(error.clone()).into_response().status();
            let described = ERROR_RESPONSES.iter().filter(|response| response.status == status);
            assert_eq!(described.count(), 1, "{error:?}");
        }
    }
}
