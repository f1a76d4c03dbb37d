//! People and what they do: profiles, events, and how both arrive.

pub mod contact;
pub mod import;
pub mod mask;
pub mod native;
pub mod profile;
pub mod record;
pub mod segment_form;
pub mod sender;
pub mod table;
pub mod value;
pub mod view;

pub use profile::{PastEvent, Profile};
pub use value::Properties;
