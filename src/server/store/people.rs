//! People, what they do, segments and lists.

use super::StoreResult;
use crate::domain::{
    actor::Actor,
    graph::criteria::Criteria,
    ids::{JourneyId, ProjectId},
    people::{
        record::Record,
        view::{PeoplePage, PeopleQuery, PersonDetail, SegmentView, TripDetail, WhyNot},
    },
    time::Timestamp,
};

/// People, what they do, segments and lists.
pub trait PeopleStore {
    /// Stores records of several senders in one transaction, each sender's in their order. Answered once they are on the disk.
    fn ingest(&self, batches: &[(ProjectId, Vec<Record>)], now: Timestamp) -> impl Future<Output = StoreResult<()>> + Send;
    fn people_page(
        &self,
        project: ProjectId,
        query: &PeopleQuery,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<PeoplePage>> + Send;
    fn person(&self, project: ProjectId, person: i64) -> impl Future<Output = StoreResult<PersonDetail>> + Send;
    /// The number of whoever has this identity.
    fn person_by_identity(&self, project: ProjectId, identity: &str) -> impl Future<Output = StoreResult<Option<i64>>> + Send;
    fn trip(&self, project: ProjectId, trip: i64) -> impl Future<Output = StoreResult<TripDetail>> + Send;
    /// What is known about why a person is not, or not again, in a journey.
    fn why_not(
        &self,
        project: ProjectId,
        person: i64,
        journey: JourneyId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<WhyNot>> + Send;
    /// Forgets a person. Her trips stay in the counts, without her.
    fn delete_person(&self, actor: &Actor, person: i64, now: Timestamp) -> impl Future<Output = StoreResult<()>> + Send;
    fn segments(&self, project: ProjectId) -> impl Future<Output = StoreResult<Vec<SegmentView>>> + Send;
    fn save_segment(
        &self,
        actor: &Actor,
        name: &str,
        criteria: &Criteria,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn delete_segment(&self, actor: &Actor, name: &str, now: Timestamp) -> impl Future<Output = StoreResult<()>> + Send;
    /// How many people meet criteria, segments included.
    fn count_matching(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<i64>> + Send;
    /// Names of events that the project knows.
    fn known_events(&self, project: ProjectId) -> impl Future<Output = StoreResult<Vec<String>>> + Send;
}
