//! What simulations and replays read.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::{StoreResult, engine::ProfileNeeds};
use wayfare_domain::{
    graph::criteria::Criteria,
    ids::{ProfileKey, ProjectId},
    profiles::{PastEvent, Profile},
    time::Timestamp,
};

/// Events of a project from a place on.
#[derive(Debug, Clone, Default)]
pub struct EventPage {
    pub events: Vec<(ProfileKey, PastEvent, Timestamp)>,
    /// Where to go on; none: there are no more.
    pub next: Option<i64>,
}

/// What simulations and replays read. Nothing is written.
#[async_trait]
pub trait SimulationSource: Send + Sync {
    /// The criteria of every segment of a project, by name.
    async fn load_segment_criteria(
        &self,
        project: ProjectId,
    ) -> StoreResult<HashMap<String, Criteria>>;
    /// The profile with this identity, with as much as is needed of it.
    async fn find_profile_for_simulation(
        &self,
        project: ProjectId,
        identity: &str,
        needs: &ProfileNeeds,
    ) -> StoreResult<Option<Profile>>;
    /// The place of the first event that was received since then, whosever it is.
    async fn get_event_cursor_at(&self, since: Timestamp) -> StoreResult<i64>;
    /// The project's events of these names from a place on, in the order in which they came.
    async fn load_past_events(
        &self,
        project: ProjectId,
        keys: &[String],
        from: i64,
        limit: i64,
    ) -> StoreResult<EventPage>;
    /// Profiles that meet criteria now, in the order of their keys.
    async fn load_matching_profiles(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        after: ProfileKey,
        limit: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<ProfileKey>>;
}
