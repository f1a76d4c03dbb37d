//! Server functions: the one contract between the pages and the server. Each parses what came,
//! makes one call and maps the error. All of them also answer plain forms, so that the pages work
//! without scripts.
//!
//! Endpoints are spelled out: generated names carry a hash that would break open tabs after a
//! deploy.

pub mod error;
#[cfg(feature = "ssr")]
pub mod request;

// What only plain pages use is unknown to the browser's half.
#[cfg(feature = "ssr")]
pub mod account;
#[cfg(feature = "ssr")]
pub mod audit;
#[cfg(feature = "ssr")]
pub mod channels;
#[cfg(feature = "ssr")]
pub mod delivery;
#[cfg(feature = "ssr")]
pub mod hold;
#[cfg(feature = "ssr")]
pub mod imports;
#[cfg(feature = "ssr")]
pub mod keys;
#[cfg(feature = "ssr")]
pub mod messages;
#[cfg(feature = "ssr")]
pub mod profiles;
#[cfg(feature = "ssr")]
pub mod projects;
#[cfg(feature = "ssr")]
pub mod provider_webhooks;
#[cfg(feature = "ssr")]
pub mod segments;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
pub mod suppressions;
#[cfg(feature = "ssr")]
pub mod team;
#[cfg(feature = "ssr")]
pub mod versions;

#[cfg(any(feature = "ssr", feature = "editor"))]
pub mod editor;
pub mod filters;
pub mod journeys;
pub mod operations;

pub use error::AppError;
