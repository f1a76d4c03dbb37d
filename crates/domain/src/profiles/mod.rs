//! People and what they do: profiles, events, and how both arrive.

pub mod contact;
pub mod csv;
pub mod import;
pub mod ingest_json;
pub mod ingest_record;
pub mod mask;
pub mod profile;
pub mod property_value;
pub mod read_model;
pub mod segment_form;
pub mod sender;

pub use profile::{PastEvent, Profile};
pub use property_value::Properties;
