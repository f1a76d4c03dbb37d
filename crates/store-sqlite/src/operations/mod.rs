//! Bulk actions on journeys: which journeys an action is about, what it does to each, the stored
//! result, and its undo. What becomes of each journey is decided in
//! `crates/domain/src/operations/`, never here. Begin with [`operate`].

pub mod by_time;
pub mod operate;
pub mod targets;
pub mod undo;
pub mod write;
