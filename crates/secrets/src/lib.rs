//! TODO: what this is.

pub mod private_file;
pub mod secret;
pub mod server_key;
