//! Placeholder while the demo project is being written.
use crate::{domain::time::Timestamp, server::store::seed::{SeedJourney, SeedPerson}};
pub mod many {
    use super::*;
    pub fn many(_: &DemoProject, _: usize, _: Timestamp) -> impl Iterator<Item = SeedJourney> { std::iter::empty() }
}
pub struct DemoProject { pub people: Vec<SeedPerson>, pub journeys: Vec<SeedJourney> }
pub fn project(_: Timestamp) -> DemoProject { DemoProject { people: vec![], journeys: vec![] } }
