//! [`EngineStore`] for SQLite.

mod backlog;
mod commit_batch;
mod enrolments;
mod messages;
pub mod past_events;
pub mod plan;
pub mod profiles;
pub mod read;
mod retention;
mod sweep;

use std::collections::{HashMap, HashSet};

use super::SqliteStore;
use wayfare_domain::{
    engine::entry::EnrolmentHistory,
    graph::criteria::Criteria,
    ids::ProjectId,
    profiles::{Profile, profile::Channel},
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{
        ActiveEnrolment, ActiveVersionInfo, Age, EngineBacklog, EngineBatch, EngineState,
        EngineStore, EnrolmentKey, EntryRunProgress, JourneyKey, Page, PendingMessageEvent,
        ProfileKey, ProfileNeeds, ProjectKey, QueuedMessage, StoredEvent, VersionDefinition,
        VersionKey,
    },
};

impl EngineStore for SqliteStore {
    async fn head(&self) -> StoreResult<EngineState> {
        Ok(plan::head(&self.readers).await?)
    }

    async fn active_versions(&self) -> StoreResult<Vec<ActiveVersionInfo>> {
        Ok(plan::active_versions(self).await?)
    }

    async fn contents(&self, versions: &[VersionKey]) -> StoreResult<Vec<VersionDefinition>> {
        Ok(plan::contents(self, versions).await?)
    }

    async fn all_segments(&self) -> StoreResult<HashMap<ProjectKey, HashMap<String, Criteria>>> {
        Ok(plan::all_segments(self).await?)
    }

    async fn event_names(&self, after: i64) -> StoreResult<Vec<(i64, ProjectKey, String)>> {
        Ok(plan::event_names(self, after).await?)
    }

    async fn events_after(&self, cursor: i64, limit: i64) -> StoreResult<Vec<StoredEvent>> {
        Ok(read::events_after(self, cursor, limit).await?)
    }

    async fn people(
        &self,
        profiles: &[ProfileKey],
        needs: &ProfileNeeds,
    ) -> StoreResult<HashMap<ProfileKey, Profile>> {
        Ok(profiles::people(self, profiles, needs).await?)
    }

    async fn live(
        &self,
        profiles: &[ProfileKey],
        versions: &[VersionKey],
    ) -> StoreResult<Vec<ActiveEnrolment>> {
        Ok(enrolments::live(self, profiles, versions).await?)
    }

    async fn histories(
        &self,
        pairs: &[(JourneyKey, ProfileKey)],
    ) -> StoreResult<HashMap<(JourneyKey, ProfileKey), EnrolmentHistory>> {
        Ok(enrolments::histories(self, pairs).await?)
    }

    async fn matching_before(
        &self,
        pairs: &[(VersionKey, ProfileKey)],
    ) -> StoreResult<HashSet<(VersionKey, ProfileKey)>> {
        Ok(read::matching_before(self, pairs).await?)
    }

    async fn due_enrolments(
        &self,
        after: Option<Timestamp>,
        until: Timestamp,
        limit: i64,
    ) -> StoreResult<Vec<ActiveEnrolment>> {
        Ok(enrolments::due_enrolments(self, after, until, limit).await?)
    }

    async fn next_due(&self, after: Option<Timestamp>) -> StoreResult<Option<Timestamp>> {
        Ok(enrolments::next_due(self, after).await?)
    }

    async fn put_off(
        &self,
        people: &[EnrolmentKey],
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<()> {
        Ok(sweep::put_off(self, people, now, until).await?)
    }

    async fn queued_test_messages(
        &self,
        after: i64,
        limit: i64,
    ) -> StoreResult<Vec<QueuedMessage>> {
        Ok(messages::queued_test_messages(self, after, limit).await?)
    }

    async fn pending_message_events(&self, limit: i64) -> StoreResult<Vec<PendingMessageEvent>> {
        Ok(messages::pending_message_events(self, limit).await?)
    }

    async fn live_channels(&self) -> StoreResult<HashSet<(ProjectKey, Channel)>> {
        Ok(plan::live_channels(self).await?)
    }

    async fn profile_changes(&self, limit: i64) -> StoreResult<Vec<(i64, ProjectKey, ProfileKey)>> {
        Ok(read::profile_changes(self, limit).await?)
    }

    async fn matching(
        &self,
        project: ProjectKey,
        criteria: &Criteria,
        after: ProfileKey,
        limit: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<ProfileKey>> {
        Ok(super::criteria_sql::matching(self, project, criteria, after, limit, now).await?)
    }

    async fn runs_of(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<HashMap<VersionKey, EntryRunProgress>> {
        Ok(read::runs_of(self, versions).await?)
    }

    async fn commit_batch(&self, batch: &EngineBatch) -> StoreResult<bool> {
        Ok(commit_batch::commit_batch(self, batch).await?)
    }

    async fn sweep(&self, now: Timestamp, limit: i64) -> StoreResult<bool> {
        Ok(sweep::sweep(self, now, limit).await?)
    }

    async fn backlog(&self, project: ProjectId, now: Timestamp) -> StoreResult<EngineBacklog> {
        Ok(backlog::read(self, project, now).await?)
    }

    async fn forget_events(&self, age: Age, from: i64, limit: i64) -> StoreResult<Page> {
        Ok(retention::events(self, age, from, limit).await?)
    }

    async fn forget_steps(&self, age: Age, from: EnrolmentKey, limit: i64) -> StoreResult<Page> {
        Ok(retention::steps(self, age, from, limit).await?)
    }

    async fn forget_messages(&self, age: Age, from: i64, limit: i64) -> StoreResult<Page> {
        Ok(retention::messages(self, age, from, limit).await?)
    }

    async fn forget_refusals(&self, age: Age, from: VersionKey, limit: i64) -> StoreResult<Page> {
        Ok(retention::refusals(self, age, from, limit).await?)
    }

    async fn forget_accounts(&self, age: Age, limit: i64) -> StoreResult<Page> {
        Ok(retention::accounts(self, age, limit).await?)
    }
}
