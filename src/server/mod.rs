//! The server's half: everything that may touch a disk, a socket or a clock.

pub mod auth;
pub mod changes;
pub mod channels;
pub mod client_network;
pub mod clock;
pub mod concurrency_limit;
pub mod config;
pub mod costly_work;
pub mod delivery;
pub mod demo;
pub mod engine;
pub mod file_descriptors;
pub mod guarded_body;
pub mod http;
pub mod ingest;
pub mod listener;
pub mod own_path;
pub mod people_file;
pub mod retention;
pub mod serve;
pub mod services;
pub mod store;
pub mod templates;
pub mod timekeeper;
pub mod tracking;
pub mod vault;
