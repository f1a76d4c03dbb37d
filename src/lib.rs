//! Wayfare: customer journeys in one binary and one file. `docs/architecture.md` is the map of the house.

pub mod domain;
