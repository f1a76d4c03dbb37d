//! The API for programs. Each request carries a key; what it may do follows from the key's scopes.
//!
//! A handler says what it takes and what it answers (`utoipa::path`). The routes and the
//! description of the API are both made of that (`description/`).

mod batch;
pub mod clevertap;
pub mod description;
pub mod errors;
pub mod journeys;
pub mod key;
pub mod metrics;
pub mod profiles;
pub mod segment_com;
pub mod segments;

pub use errors::{Answer, ApiError, told_in_json};
