//! Profiles, segments, imports, and what senders say.

use async_trait::async_trait;

use crate::{StoreResult, maintenance::WritePressure, outbox::ChangedFacts};
use wayfare_domain::{
    access::actor::Actor,
    engine::explain::EntryFacts,
    graph::criteria::Criteria,
    ids::{EnrolmentKey, ImportId, JourneyId, ProfileKey, ProjectId},
    messages::known_properties::KnownProperties,
    profiles::{
        import::{ImportProgress, ImportView, RejectedRow},
        read_model::{EnrolmentDetail, ProfileDetail, ProfilePage, ProfileQuery, SegmentSummary},
        sender::{Batch, Ignored},
    },
    time::Timestamp,
};

/// A file that is going to be read in.
#[derive(Debug, Clone)]
pub struct NewImport {
    pub file_name: String,
    pub list: Option<String>,
    pub bytes: u64,
}

/// What became of a sender's records besides that they were stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ingested {
    /// What the sender may not change.
    pub ignored: Vec<Ignored>,
    /// What changed that send rules ask for.
    pub changed: ChangedFacts,
}

/// One profile: found, shown, deleted.
#[async_trait]
pub trait ProfileStore: Send + Sync {
    /// A profile with its newest events and its enrolments.
    async fn get_profile(
        &self,
        project: ProjectId,
        profile: ProfileKey,
    ) -> StoreResult<ProfileDetail>;
    /// The key of the profile with this identity.
    async fn find_profile_key(
        &self,
        project: ProjectId,
        identity: &str,
    ) -> StoreResult<Option<ProfileKey>>;
    /// An enrolment with its log.
    async fn get_enrolment(
        &self,
        project: ProjectId,
        enrolment: EnrolmentKey,
    ) -> StoreResult<EnrolmentDetail>;
    /// Deletes a profile. Its enrolments stay in the counts, without it.
    async fn delete_profile(
        &self,
        actor: &Actor,
        profile: ProfileKey,
        now: Timestamp,
    ) -> StoreResult<()>;
}

/// What pages ask of a project's profiles and events.
#[async_trait]
pub trait ProfileQueries: Send + Sync {
    /// A page of profiles, the newest first.
    async fn get_profile_page(
        &self,
        project: ProjectId,
        query: &ProfileQuery,
        now: Timestamp,
    ) -> StoreResult<ProfilePage>;
    /// What is known about why a person is not, or not again, in a journey: the facts that
    /// `explain_entry` of the domain finds the reasons in.
    async fn load_entry_facts(
        &self,
        project: ProjectId,
        profile: ProfileKey,
        journey: JourneyId,
    ) -> StoreResult<EntryFacts>;
    /// Names of events that the project knows.
    async fn list_known_events(&self, project: ProjectId) -> StoreResult<Vec<String>>;
    /// Names of properties, as far as the newest profiles have them, and the newest of these
    /// events.
    async fn get_known_properties(
        &self,
        project: ProjectId,
        event: Option<&str>,
    ) -> StoreResult<KnownProperties>;
}

/// The segments of a project.
#[async_trait]
pub trait SegmentStore: Send + Sync {
    /// Every segment, by name.
    async fn list_segments(&self, project: ProjectId) -> StoreResult<Vec<SegmentSummary>>;
    /// Saves criteria under a name, in place of what it stood for. Refused where the segment would
    /// contain itself.
    async fn save_segment(
        &self,
        actor: &Actor,
        name: &str,
        criteria: &Criteria,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Deletes a segment.
    async fn delete_segment(&self, actor: &Actor, name: &str, now: Timestamp) -> StoreResult<()>;
    /// How many profiles meet criteria, segments included.
    async fn count_matching_profiles(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        now: Timestamp,
    ) -> StoreResult<i64>;
}

/// Imports of files: how far each has come, and what it rejected.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// An import begins.
    async fn begin_import(
        &self,
        actor: &Actor,
        new: &NewImport,
        now: Timestamp,
    ) -> StoreResult<ImportId>;
    /// Keeps how far it has come, and the first of the rows that were rejected.
    async fn record_import_progress(
        &self,
        project: ProjectId,
        import: ImportId,
        progress: &ImportProgress,
        rejected: &[RejectedRow],
    ) -> StoreResult<()>;
    /// It is done, or broken off because of `problem`.
    async fn finish_import(
        &self,
        actor: &Actor,
        import: ImportId,
        problem: Option<&str>,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// What was under way when the server ended will not go on.
    async fn fail_running_imports(&self, problem: &str, now: Timestamp) -> StoreResult<()>;
    /// The newest imports, or one of them.
    async fn list_imports(
        &self,
        project: ProjectId,
        import: Option<ImportId>,
    ) -> StoreResult<Vec<ImportView>>;
    /// The rows that were rejected, as many as are kept.
    async fn list_rejected_rows(
        &self,
        project: ProjectId,
        import: ImportId,
    ) -> StoreResult<Vec<RejectedRow>>;
}

/// Takes in what senders say of profiles and events.
#[async_trait]
pub trait IngestStore: WritePressure {
    /// Stores records of several senders in one transaction, each sender's in their order. Answered
    /// once they are on the disk, for each batch with what became of it.
    async fn ingest(&self, batches: &[Batch], now: Timestamp) -> StoreResult<Vec<Ingested>>;
}
