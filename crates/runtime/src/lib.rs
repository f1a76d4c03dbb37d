//! TODO: what this is.

pub mod clock;
pub mod costly_work;
pub mod engine_metrics;
pub mod supervisor;
pub mod time_zones;
