//! The rules of the product: pure, without I/O, compiled for the server and for the browser.
//!
//! Nothing in here knows SQL, HTTP or a view. What a status allows, what a name may hold, what a
//! URL of the list means and what a graph must look like is decided here once and used by every
//! other crate. What must not be here: I/O, a clock, randomness.

pub mod access;
pub mod audit;
pub mod consistency;
pub mod engine;
pub mod error;
pub mod graph;
pub mod hold;
pub mod ids;
pub mod interrupt;
pub mod journeys;
pub mod messages;
pub mod names;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod operations;
pub mod profiles;
pub mod query_string;
#[cfg(test)]
mod serde_names;
pub mod stats;
pub mod time;
pub mod unreadable;
pub mod versions;
