//! Versions: opened, saved, begun, published; and what the editor asks around them.

use std::collections::HashMap;

use super::{
    StoreResult,
    engine::{ProfileKey, ProfileNeeds},
};
use wayfare_domain::{
    access::actor::{Actor, ActorRef},
    graph::{Graph, criteria::Criteria},
    ids::{JourneyId, ProjectId},
    journeys::{
        read_model::{JourneySummary, NodeStats, VersionSummary},
        settings::Settings,
    },
    profiles::{PastEvent, Profile},
    time::Timestamp,
    versions::{ProfileAtNode, ProjectCatalog, SaveVersion, publish::PublishVersion},
};

/// A version with its journey.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionDetail {
    pub summary: JourneySummary,
    /// Newest first.
    pub versions: Vec<VersionSummary>,
    /// The one that was opened.
    pub version: VersionSummary,
    pub revision: i64,
    /// Who saved it last, and when; none where it was never saved since it was made.
    pub saved_by: Option<ActorRef>,
    pub saved_at: Option<Timestamp>,
    pub graph: Graph,
    pub settings: Settings,
    pub nodes: Vec<NodeStats>,
}

/// What became of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveOutcome {
    Done {
        revision: i64,
    },
    /// Someone else saved since; nothing was changed.
    Conflict,
}

/// Events of a project from a place on.
#[derive(Debug, Clone, Default)]
pub struct EventPage {
    pub events: Vec<(ProfileKey, PastEvent, Timestamp)>,
    /// Where to go on; none: there are no more.
    pub next: Option<i64>,
}

pub trait VersionStore {
    /// The version of that number; without one the draft, or else the one that the list shows.
    fn open_version(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: Option<i64>,
    ) -> impl Future<Output = StoreResult<VersionDetail>> + Send;
    /// Everything of a draft, texts of a published version; with more than texts in it a published
    /// one is refused ([`super::StoreError::Problems`]).
    fn save_version(
        &self,
        actor: &Actor,
        save: &SaveVersion,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<SaveOutcome>> + Send;
    /// A draft beside the published version, like version `from` or else the newest. Answers its
    /// number.
    fn begin_version(
        &self,
        actor: &Actor,
        journey: JourneyId,
        from: Option<i64>,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<i64>> + Send;
    /// Throws a draft away that stands beside a published version.
    fn discard_draft(
        &self,
        actor: &Actor,
        journey: JourneyId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Publishes a draft, and lets the people in older versions carry on or leave: at once in the
    /// counts, whatever their number.
    fn publish_version(
        &self,
        actor: &Actor,
        publication: &PublishVersion,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn node_stats(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: i64,
    ) -> impl Future<Output = StoreResult<Vec<NodeStats>>> + Send;
    /// Who is at a node right now, the latest first.
    fn people_at(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: i64,
        node: &str,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Vec<ProfileAtNode>>> + Send;
    /// Names that the project knows.
    fn catalogue(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<ProjectCatalog>> + Send;

    // Trying things out. Nothing is written.
    /// Every segment of the project.
    fn segment_criteria(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<HashMap<String, Criteria>>> + Send;
    fn profile_for_simulation(
        &self,
        project: ProjectId,
        identity: &str,
        needs: &ProfileNeeds,
    ) -> impl Future<Output = StoreResult<Option<Profile>>> + Send;
    /// The place of the first event that was received since then, whosever it is.
    fn event_cursor_at(&self, since: Timestamp) -> impl Future<Output = StoreResult<i64>> + Send;
    /// The project's events of these names from a place on, in the order in which they came.
    fn past_events(
        &self,
        project: ProjectId,
        keys: &[String],
        from: i64,
        limit: i64,
    ) -> impl Future<Output = StoreResult<EventPage>> + Send;
    /// People who meet criteria now, in the order of their numbers.
    fn matching_profiles(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        after: ProfileKey,
        limit: i64,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<ProfileKey>>> + Send;
}
