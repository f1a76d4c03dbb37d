//! Journeys with a past: what the demo project and the load tests put into an empty store.

use wayfare_domain::{
    ids::UserId,
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
