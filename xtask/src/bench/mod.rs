//! Measurements, each beside the goal of its figure.

mod bare;
mod client;
pub mod connections;
pub mod deliver;
pub mod editor;
pub mod engine;
pub mod list;
pub mod operate;
mod process;
pub mod target;
