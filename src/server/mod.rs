//! The server's half: everything that may touch a disk, a socket or a clock.

pub mod demo;
pub mod store;
