//! People and what they do: profiles, events, and how both arrive.

pub mod browser_fields;
pub mod consent;
pub mod contact;
pub mod csv;
pub mod erasure;
pub mod identity;
pub mod import;
pub mod ingest_json;
pub mod ingest_record;
pub mod mask;
pub mod merge;
pub mod profile;
pub mod property_value;
pub mod read_model;
pub mod resolved_record;
pub mod segment_form;
pub mod segments;
pub mod sender;
pub mod update;

pub use profile::{PastEvent, Profile};
pub use property_value::Properties;
