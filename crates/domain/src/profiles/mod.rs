//! People and what they do: profiles, events, and how both arrive.

pub mod contact;
pub mod import;
pub mod mask;
pub mod ingest_json;
pub mod profile;
pub mod ingest_record;
pub mod segment_form;
pub mod sender;
pub mod csv;
pub mod property_value;
pub mod read_model;

pub use profile::{PastEvent, Profile};
pub use property_value::Properties;
