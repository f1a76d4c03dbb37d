//! People, what they do, segments and lists.

use super::{StoreResult, outbox::ChangedFacts};
use wayfare_domain::{
    access::actor::Actor,
    engine::explain::EntryFacts,
    graph::criteria::Criteria,
    ids::{ImportId, JourneyId, ProjectId},
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

/// People, what they do, segments and lists.
pub trait ProfileStore {
    /// Stores records of several senders in one transaction, each sender's in their order. Answered
    /// once they are on the disk, for each batch with what became of it.
    fn ingest(
        &self,
        batches: &[Batch],
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<Ingested>>> + Send;
    fn people_page(
        &self,
        project: ProjectId,
        query: &ProfileQuery,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<ProfilePage>> + Send;
    fn person(
        &self,
        project: ProjectId,
        person: i64,
    ) -> impl Future<Output = StoreResult<ProfileDetail>> + Send;
    /// The number of the profile with this identity.
    fn person_by_identity(
        &self,
        project: ProjectId,
        identity: &str,
    ) -> impl Future<Output = StoreResult<Option<i64>>> + Send;
    fn enrolment(
        &self,
        project: ProjectId,
        trip: i64,
    ) -> impl Future<Output = StoreResult<EnrolmentDetail>> + Send;
    /// What is known about why a person is not, or not again, in a journey: the facts that
    /// `explain_entry` of the domain finds the reasons in.
    fn load_entry_facts(
        &self,
        project: ProjectId,
        person: i64,
        journey: JourneyId,
    ) -> impl Future<Output = StoreResult<EntryFacts>> + Send;
    /// Journeys that were published and are not archived, by name.
    fn published_journeys(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<Vec<(JourneyId, String)>>> + Send;
    /// Deletes a profile. Its enrolments stay in the counts, without it.
    fn delete_person(
        &self,
        actor: &Actor,
        person: i64,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn segments(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<Vec<SegmentSummary>>> + Send;
    fn save_segment(
        &self,
        actor: &Actor,
        name: &str,
        criteria: &Criteria,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn delete_segment(
        &self,
        actor: &Actor,
        name: &str,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Names of journeys of which a published version asks for the segment, itself or within
    /// another one, and may still do so.
    fn journeys_using_segment(
        &self,
        project: ProjectId,
        name: &str,
    ) -> impl Future<Output = StoreResult<Vec<String>>> + Send;
    /// How many people meet criteria, segments included.
    fn count_matching(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<i64>> + Send;
    /// Names of events that the project knows.
    fn known_events(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<Vec<String>>> + Send;
    /// Names of properties, as far as the newest people have them, and the newest of these events.
    fn known_names(
        &self,
        project: ProjectId,
        event: Option<&str>,
    ) -> impl Future<Output = StoreResult<KnownProperties>> + Send;

    // Imports of files.
    fn begin_import(
        &self,
        actor: &Actor,
        new: &NewImport,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<ImportId>> + Send;
    /// Keeps how far it has come, and the first of the rows that were refused.
    fn note_import(
        &self,
        project: ProjectId,
        import: ImportId,
        progress: &ImportProgress,
        refused: &[RejectedRow],
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// It is done, or broken off because of `problem`.
    fn finish_import(
        &self,
        actor: &Actor,
        import: ImportId,
        problem: Option<&str>,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// What was under way when the server ended will not go on.
    fn fail_running_imports(
        &self,
        problem: &str,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// The newest imports, or one of them.
    fn imports(
        &self,
        project: ProjectId,
        import: Option<ImportId>,
    ) -> impl Future<Output = StoreResult<Vec<ImportView>>> + Send;
    fn refused_lines(
        &self,
        project: ProjectId,
        import: ImportId,
    ) -> impl Future<Output = StoreResult<Vec<RejectedRow>>> + Send;
}
