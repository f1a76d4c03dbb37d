//! What every background task of the server needs: the clock and the zones of the world, the
//! supervisor that watches workers, places for costly work, and the engine's metrics. Nothing in
//! here knows a journey, a store or the web; what a worker does is in its own crate.
//!
//! Begin with [`supervisor`]; [`costly_work`] bounds whatever grows with what was sent.

pub mod clock;
pub mod costly_work;
pub mod engine_metrics;
pub mod supervisor;
pub mod time_zones;
