//! Errors of server functions: a sentence for people, and a status for programs.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use wayfare_domain::unreadable::reason_of_text;
use wayfare_domain::{error::FieldError, operations::StopPreview};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppError {
    /// 400: the input is not valid; each problem names its field.
    Invalid(Vec<FieldError>),
    /// 401: no one is signed in, or the session has ended.
    SignedOut,
    /// 401: the email address or the password is wrong.
    WrongCredentials,
    /// 403: why, and whom to ask.
    Forbidden(String),
    /// 404
    NotFound(String),
    /// 409: it is valid, but not in the current state.
    Conflict(String),
    /// 409: the selection is no longer the one that was confirmed; nothing was changed.
    SelectionChanged(Box<StopPreview>),
    /// 410: a link that is no longer valid.
    DeadLink,
    /// 413: the request is too large: a sentence.
    TooLarge(String),
    /// 429: tried too often; seconds to wait.
    TooMany(u64),
    /// 429: the limit of concurrent work is reached; a sentence, and seconds to wait.
    Crowded { sentence: String, seconds: u64 },
    /// 503: it was stopped because it took too long: a sentence.
    TookTooLong(String),
    /// 502: the SSO provider failed.
    Provider,
    /// 500: our fault. The details are in the log.
    Internal,
    /// The database cannot be written right now: a sentence.
    Unavailable(String),
    /// The server could not be reached, or answered something else.
    Connection,
}

impl AppError {
    pub fn status(&self) -> u16 {
        match self {
            AppError::Invalid(_) => 400,
            AppError::SignedOut | AppError::WrongCredentials => 401,
            AppError::Forbidden(_) => 403,
            AppError::NotFound(_) => 404,
            AppError::Conflict(_) | AppError::SelectionChanged(_) => 409,
            AppError::DeadLink => 410,
            AppError::TooLarge(_) => 413,
            AppError::TooMany(_) | AppError::Crowded { .. } => 429,
            AppError::Provider => 502,
            AppError::Internal => 500,
            AppError::Connection | AppError::Unavailable(_) | AppError::TookTooLong(_) => 503,
        }
    }

    /// Seconds after which it may work.
    pub fn wait(&self) -> Option<u64> {
        match self {
            AppError::TooMany(seconds) | AppError::Crowded { seconds, .. } => Some(*seconds),
            _ => None,
        }
    }

    /// What went wrong and what to do.
    pub fn sentence(&self) -> String {
        match self {
            AppError::Invalid(errors) => {
                errors.iter().map(|error| error.sentence.as_str()).collect::<Vec<_>>().join(" ")
            }
            AppError::SignedOut => {
                "You are not signed in, or your session has ended. Nothing was changed. Sign in \
                    and try again."
                    .to_string()
            }
            AppError::WrongCredentials => {
                "The email address or the password is wrong. Try again.".to_string()
            }
            AppError::Forbidden(sentence) => sentence.clone(),
            AppError::DeadLink => "This link no longer works: it was used, withdrawn or has \
                expired. Ask for a new one."
                .to_string(),
            AppError::TooMany(seconds) => format!(
                "Too many requests. Wait {seconds} seconds and \
                try again."
            ),
            AppError::Provider => "Single sign-on failed. Try again, or ask the administrator of \
                your identity provider."
                .to_string(),
            AppError::NotFound(what) => {
                format!("There is no such {what}. It may have been deleted. Go back to the list.")
            }
            AppError::Conflict(sentence) => sentence.clone(),
            AppError::SelectionChanged(preview) => format!(
                "The matching journeys have changed. Stop would now end {}. Nothing was stopped. \
                    Check again, then confirm.",
                preview.summary()
            ),
            AppError::Internal => {
                "Something went wrong on the server. Nothing was changed. Try again; the \
                    server’s log has the details."
                    .to_string()
            }
            AppError::Unavailable(sentence)
            | AppError::TooLarge(sentence)
            | AppError::TookTooLong(sentence)
            | AppError::Crowded { sentence, .. } => sentence.clone(),
            AppError::Connection => "Wayfare cannot be reached. Check that it is running and try \
                again."
                .to_string(),
        }
    }

    /// A short headline for a page.
    pub fn title(&self) -> &'static str {
        match self {
            AppError::Invalid(_) => "This address is not valid",
            AppError::SignedOut => "Sign in first",
            AppError::WrongCredentials => "Not signed in",
            AppError::Forbidden(_) => "Not allowed",
            AppError::DeadLink => "This link no longer works",
            AppError::TooLarge(_) => "Too large",
            AppError::TooMany(_) => "Too many attempts",
            AppError::Crowded { .. } => "Server busy",
            AppError::TookTooLong(_) => "This took too long",
            AppError::Provider => "Not signed in",
            AppError::NotFound(_) => "Not found",
            AppError::Conflict(_) | AppError::SelectionChanged(_) => "That didn’t work",
            AppError::Internal => "Something went wrong",
            AppError::Unavailable(_) => "Not saved",
            AppError::Connection => "No connection",
        }
    }

    /// A request that does not fit this address: a field is missing or has the wrong type.
    pub fn unreadable() -> Self {
        let sentence = "The request is incomplete, or one of its values has the wrong type. \
            Nothing was changed. Reload the page and try again.";
        Self::field(FieldError::new("", "malformed", sentence))
    }

    /// The same with the reason, where what a parser says of it has one for people.
    #[cfg(feature = "ssr")]
    fn unreadable_for(detail: &str) -> Self {
        match reason_of_text(detail) {
            Some(reason) => Self::field(FieldError::new(
                "",
                "malformed",
                format!("The request cannot be read: {reason}."),
            )),
            None => Self::unreadable(),
        }
    }

    /// Browsers read no requests.
    #[cfg(not(feature = "ssr"))]
    fn unreadable_for(_: &str) -> Self {
        Self::unreadable()
    }

    pub fn field(error: FieldError) -> Self {
        AppError::Invalid(vec![error])
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        // The framework's messages are about Rust. On the server they go to the log.
        #[cfg(feature = "ssr")]
        tracing::debug!(%error, "function.not_run");
        match error {
            ServerFnErrorErr::Args(detail) => AppError::unreadable_for(&detail),
            ServerFnErrorErr::MissingArg(_) => AppError::unreadable(),
            // Of a request on the server; in the browser of an answer that is none of ours.
            ServerFnErrorErr::Deserialization(detail) if cfg!(feature = "ssr") => {
                AppError::unreadable_for(&detail)
            }
            _ if cfg!(feature = "ssr") => AppError::Internal,
            _ => AppError::Connection,
        }
    }
}
