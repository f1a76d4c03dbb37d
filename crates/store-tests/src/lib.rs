//! What every store promises, as tests that take any store: [`suite`] makes one test of each
//! promise. The promises are said through the contract alone, so that a store passes or fails by
//! what it answers and not by how it keeps it. Begin with `laws.rs` and `concurrent_writers.rs`.
#![expect(clippy::expect_used, clippy::panic, reason = "the plain ways to fail in a test")]

pub mod access;
pub mod channels;
pub mod concurrent_writers;
pub mod criteria;
pub mod engine_batches;
mod engine_rounds;
pub mod enrolments;
pub mod entry_facts;
pub mod identity;
pub mod imports;
pub mod journey_list;
pub mod laws;
mod mailing;
pub mod merging;
pub mod message_events;
pub mod operations;
pub mod outbox;
pub mod profiles;
pub mod retention;
pub mod segments;
pub mod sign_ins;
pub mod simulation;
mod suite;
pub mod suppressions;
mod test_project;
pub mod titles;
pub mod versions;
