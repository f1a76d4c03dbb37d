//! What surrounds the router in a running server: connections and their limits, the log, signals.

pub mod concurrency_limit;
pub mod file_descriptors;
pub mod guarded_body;
pub mod listener;
pub mod log;
pub mod own_path;
pub mod signals;
