//! Journeys as they are listed, run and stored in files: their status and what each action makes of
//! it, their settings, and the document in which they travel.

pub mod clone;
pub mod document;
pub mod edit;
pub mod error;
pub mod json_location;
pub mod label;
pub mod label_changes;
pub mod list;
pub mod read_model;
pub mod references;
pub mod settings;
pub mod status;
pub mod transition;
pub mod visibility;
