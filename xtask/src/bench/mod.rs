//! Measurements, each beside the goal of its figure.

mod client;
pub mod engine;
pub mod list;
mod process;
