//! Secrets of the server: the key that seals and signs, random secrets of which only the hash is
//! kept, and files that only their owner may read. Nothing in here knows what is sealed or
//! signed, and no other crate of ours is used.
//!
//! Begin with [`server_key`]. Passwords are hashed in `wayfare_application::auth`.

pub mod private_file;
pub mod secret;
pub mod server_key;
