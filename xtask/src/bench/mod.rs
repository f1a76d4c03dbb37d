//! Measurements, each beside the goal of its figure.

pub mod list;
mod client;
mod process;
