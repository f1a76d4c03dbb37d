//! Server functions: the one contract between the pages and the server. Each parses what came, makes one call and maps
//! the error. All of them also answer plain forms, so that the pages work without scripts.
//!
//! Endpoints are spelled out: generated names carry a hash that would break open tabs after a deploy.

pub mod error;
#[cfg(feature = "ssr")]
pub mod request;

pub mod filters;
pub mod journeys;
pub mod operations;

pub use error::AppError;
