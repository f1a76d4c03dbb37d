//! Who enters a journey, and what happens to an enrolment: pure rules, without a clock, a store or
//! randomness of their own.
//!
//! [`entry`] decides who enters and [`explain`] says why someone did not, [`node`] what happens to
//! one profile at one node, [`enrolment`] advances it until it has to wait. The live engine, the
//! simulation and the tests call the same functions.

pub mod bucketing;
pub mod compiled;
pub mod enrolment;
pub mod enrolment_log;
pub mod entry;
pub mod exit_reason;
pub mod explain;
pub mod node;
pub mod time_zones;

pub use compiled::CompiledVersion;
