//! Versions: opened, saved, begun, published.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::actor::{Actor, ActorRef},
    graph::Graph,
    ids::{JourneyId, ProjectId},
    journeys::{
        read_model::{JourneySummary, NodeStats, VersionSummary},
        settings::Settings,
    },
    time::Timestamp,
    versions::{SaveVersion, publish::PublishVersion},
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

/// The versions of a journey, from draft to publication.
#[async_trait]
pub trait VersionStore: Send + Sync {
    /// The version of that number; without one the draft, or else the one that the list shows.
    async fn open_version(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: Option<i64>,
    ) -> StoreResult<VersionDetail>;
    /// Everything of a draft, texts of a published version; with more than texts in it a published
    /// one is refused ([`super::StoreError::Problems`]).
    async fn save_version(
        &self,
        actor: &Actor,
        save: &SaveVersion,
        now: Timestamp,
    ) -> StoreResult<SaveOutcome>;
    /// A draft beside the published version, like version `from` or else the newest. Answers its
    /// number.
    async fn begin_version(
        &self,
        actor: &Actor,
        journey: JourneyId,
        from: Option<i64>,
        now: Timestamp,
    ) -> StoreResult<i64>;
    /// Throws a draft away that stands beside a published version.
    async fn discard_draft(
        &self,
        actor: &Actor,
        journey: JourneyId,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Publishes a draft, and lets the people in older versions carry on or leave: at once in the
    /// counts, whatever their number.
    async fn publish_version(
        &self,
        actor: &Actor,
        publication: &PublishVersion,
        now: Timestamp,
    ) -> StoreResult<()>;
}
