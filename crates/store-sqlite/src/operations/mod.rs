//! TODO: what this is.

pub mod operate;
pub mod targets;
pub mod undo;
pub mod write;
