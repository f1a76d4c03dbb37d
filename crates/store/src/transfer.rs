//! Journeys as documents, and whole projects with a past: what the demo and the load tests put
//! into an empty store.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, ProjectId, UserId},
    journeys::{document::JourneyDocument, status::Status},
    stats::VersionStats,
    time::Timestamp,
};

/// A person who has done something in the project.
#[derive(Debug, Clone)]
pub struct SeedMember {
    pub id: UserId,
    pub name: String,
    pub email: String,
}

/// One journey with its versions.
#[derive(Debug, Clone)]
pub struct SeedJourney {
    pub document: JourneyDocument,
    pub archived: bool,
    pub created_by: UserId,
    pub created_at: Timestamp,
    /// Oldest first; the last one is what the list shows. At most one may take entries, only the
    /// last may be a draft, and a draft is seeded only where it is the only version.
    pub versions: Vec<SeedVersion>,
}

/// One version of a journey, with what it counts.
#[derive(Debug, Clone)]
pub struct SeedVersion {
    pub status: Status,
    /// Must add up ([`VersionStats::adds_up`]).
    pub figures: VersionStats,
    pub created_by: UserId,
    pub created_at: Timestamp,
    /// Who published it and when; `None` for a draft.
    pub published: Option<(UserId, Timestamp)>,
    /// When people began or will begin to enter; ahead of now for Scheduled.
    pub start: Option<Timestamp>,
}

/// Journeys as documents: in, out, and as a whole project with a past.
#[async_trait]
pub trait JourneyTransfer: Send + Sync {
    /// All or none of the journeys, as drafts.
    async fn import_journeys(
        &self,
        actor: &Actor,
        documents: &[JourneyDocument],
        now: Timestamp,
    ) -> StoreResult<Vec<JourneyId>>;
    /// A batch of journeys after the given one, in the order of their making; empty at the end.
    async fn export_journeys(
        &self,
        project: ProjectId,
        after: Option<JourneyId>,
    ) -> StoreResult<Vec<(JourneyId, JourneyDocument)>>;
    /// Journeys with a past, and the members who made them.
    async fn seed_project(
        &self,
        project: ProjectId,
        members: &[SeedMember],
        journeys: &[SeedJourney],
        now: Timestamp,
    ) -> StoreResult<()>;
    /// How many journeys a project has, archived ones included.
    async fn count_journeys(&self, project: ProjectId) -> StoreResult<i64>;
}
