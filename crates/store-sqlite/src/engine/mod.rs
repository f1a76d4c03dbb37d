//! [`EngineStore`] and [`EngineSource`] for SQLite.

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

use async_trait::async_trait;

use super::{SqliteStore, criteria_sql};
use wayfare_domain::{
    engine::entry::EnrolmentHistory,
    graph::criteria::Criteria,
    ids::{EnrolmentKey, JourneyKey, ProfileKey, ProjectId, ProjectKey, VersionKey},
    profiles::{Profile, profile::Channel},
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{
        ActiveEnrolment, ActiveVersionInfo, EngineBacklog, EngineBatch, EngineSource, EngineState,
        EngineStore, EntryRunProgress, PendingMessageEvent, ProfileNeeds, QueuedMessage,
        StoredEvent, VersionDefinition,
    },
};

#[async_trait]
impl EngineStore for SqliteStore {
    async fn get_engine_state(&self) -> StoreResult<EngineState> {
        Ok(plan::engine_state(&self.readers).await?)
    }

    async fn load_events_after(&self, cursor: i64, limit: i64) -> StoreResult<Vec<StoredEvent>> {
        Ok(read::events_after(self, cursor, limit).await?)
    }

    async fn load_due_enrolments(
        &self,
        after: Option<Timestamp>,
        until: Timestamp,
        limit: i64,
    ) -> StoreResult<Vec<ActiveEnrolment>> {
        Ok(enrolments::due_enrolments(self, after, until, limit).await?)
    }

    async fn get_next_due(&self, after: Option<Timestamp>) -> StoreResult<Option<Timestamp>> {
        Ok(enrolments::next_due(self, after).await?)
    }

    async fn postpone_enrolments(
        &self,
        enrolments: &[EnrolmentKey],
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<()> {
        Ok(sweep::postpone(self, enrolments, now, until).await?)
    }

    async fn load_queued_test_messages(
        &self,
        after: i64,
        limit: i64,
    ) -> StoreResult<Vec<QueuedMessage>> {
        Ok(messages::queued_test_messages(self, after, limit).await?)
    }

    async fn load_pending_message_events(
        &self,
        limit: i64,
    ) -> StoreResult<Vec<PendingMessageEvent>> {
        Ok(messages::pending_message_events(self, limit).await?)
    }

    async fn load_profile_changes(
        &self,
        limit: i64,
    ) -> StoreResult<Vec<(i64, ProjectKey, ProfileKey)>> {
        Ok(read::profile_changes(self, limit).await?)
    }

    async fn commit_batch(&self, batch: &EngineBatch) -> StoreResult<bool> {
        Ok(commit_batch::commit_batch(self, batch).await?)
    }

    async fn sweep(&self, now: Timestamp, limit: i64) -> StoreResult<bool> {
        Ok(sweep::sweep(self, now, limit).await?)
    }

    async fn get_backlog(&self, project: ProjectId, now: Timestamp) -> StoreResult<EngineBacklog> {
        Ok(backlog::read(self, project, now).await?)
    }
}

#[async_trait]
impl EngineSource for SqliteStore {
    async fn load_active_versions(&self) -> StoreResult<Vec<ActiveVersionInfo>> {
        Ok(plan::active_versions(self).await?)
    }

    async fn load_version_definitions(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<Vec<VersionDefinition>> {
        Ok(plan::version_definitions(self, versions).await?)
    }

    async fn load_segments_by_project(
        &self,
    ) -> StoreResult<HashMap<ProjectKey, HashMap<String, Criteria>>> {
        Ok(plan::segments_by_project(self).await?)
    }

    async fn load_event_names(&self, after: i64) -> StoreResult<Vec<(i64, ProjectKey, String)>> {
        Ok(plan::event_names(self, after).await?)
    }

    async fn load_live_channels(&self) -> StoreResult<HashSet<(ProjectKey, Channel)>> {
        Ok(plan::live_channels(self).await?)
    }

    async fn load_profiles(
        &self,
        profiles: &[ProfileKey],
        needs: &ProfileNeeds,
    ) -> StoreResult<HashMap<ProfileKey, Profile>> {
        Ok(profiles::load(self, profiles, needs).await?)
    }

    async fn load_active_enrolments(
        &self,
        profiles: &[ProfileKey],
        versions: &[VersionKey],
    ) -> StoreResult<Vec<ActiveEnrolment>> {
        Ok(enrolments::active(self, profiles, versions).await?)
    }

    async fn load_enrolment_histories(
        &self,
        pairs: &[(JourneyKey, ProfileKey)],
    ) -> StoreResult<HashMap<(JourneyKey, ProfileKey), EnrolmentHistory>> {
        Ok(enrolments::histories(self, pairs).await?)
    }

    async fn load_previous_matches(
        &self,
        pairs: &[(VersionKey, ProfileKey)],
    ) -> StoreResult<HashSet<(VersionKey, ProfileKey)>> {
        Ok(read::previous_matches(self, pairs).await?)
    }

    async fn load_matching_profiles_after(
        &self,
        project: ProjectKey,
        criteria: &Criteria,
        after: ProfileKey,
        limit: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<ProfileKey>> {
        Ok(criteria_sql::matching(self, project, criteria, after, limit, now).await?)
    }

    async fn load_entry_runs(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<HashMap<VersionKey, EntryRunProgress>> {
        Ok(read::entry_runs(self, versions).await?)
    }
}
