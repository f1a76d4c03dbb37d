//! The server's half: everything that may touch a disk, a socket or a clock.

pub mod concurrency_limit;
pub mod file_descriptors;
pub mod guarded_body;
pub mod listener;
pub mod log;
pub mod own_path;
pub mod server_key;
pub mod signals;
