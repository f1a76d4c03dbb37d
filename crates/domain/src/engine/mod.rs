//! What becomes of people in journeys: pure rules, without a clock, a store or chance of their own.
//!
//! [`entry`] decides who comes in and [`explain`] says why someone did not, [`node`] what one
//! person does at one node, [`enrolment`] carries them along until they have to wait. The live
//! engine, the simulation and the tests call the same functions.

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
