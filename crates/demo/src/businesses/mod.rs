//! What the demo's three businesses run.

mod bank;
mod shop;
mod travel;

use super::graphs::DemoGraph;
use wayfare_domain::journeys::status::Status;

/// One journey of the demo.
#[derive(Debug)]
pub struct DemoJourney {
    pub name: &'static str,
    pub description: &'static str,
    pub labels: &'static [&'static str],
    pub plot: DemoGraph,
    /// The event, segment, list or property that lets people in.
    pub event: &'static str,
    pub goal: &'static str,
    /// What its messages are about.
    pub topic: &'static str,
    pub status: Status,
    pub archived: bool,
    pub versions: u8,
    pub age_days: i64,
    pub entered: i64,
}

/// Every journey of the demo, business by business.
pub fn demo_journeys() -> impl Iterator<Item = &'static DemoJourney> {
    [shop::JOURNEYS, bank::JOURNEYS, travel::JOURNEYS].into_iter().flatten()
}
