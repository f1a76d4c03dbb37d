//! [`EngineStore`] for SQLite.

mod backlog;
mod carry_out;
mod plan;
pub mod read;
mod retention;
mod sweep;

use std::collections::{HashMap, HashSet};

use super::SqliteStore;
use crate::{
    domain::{
        engine::admit::History,
        graph::criteria::Criteria,
        ids::ProjectId,
        people::{Profile, profile::Channel},
        time::Timestamp,
    },
    server::store::{
        StoreResult,
        engine::{
            Age, Answer, Backlog, Batch, EngineStore, EnrolmentNumber, Head, JourneyNumber,
            LastRun, LiveEnrolment, Needs, Page, PlannedVersion, ProfileNumber, ProjectNumber,
            QueuedMessage, StoredEvent, VersionContent, VersionNumber,
        },
    },
};

impl EngineStore for SqliteStore {
    async fn head(&self) -> StoreResult<Head> {
        plan::head(self).await
    }

    async fn planned(&self) -> StoreResult<Vec<PlannedVersion>> {
        plan::planned(self).await
    }

    async fn contents(&self, versions: &[VersionNumber]) -> StoreResult<Vec<VersionContent>> {
        plan::contents(self, versions).await
    }

    async fn all_segments(&self) -> StoreResult<HashMap<ProjectNumber, HashMap<String, Criteria>>> {
        plan::all_segments(self).await
    }

    async fn event_names(&self, after: i64) -> StoreResult<Vec<(i64, ProjectNumber, String)>> {
        plan::event_names(self, after).await
    }

    async fn events_after(&self, cursor: i64, limit: i64) -> StoreResult<Vec<StoredEvent>> {
        read::events_after(self, cursor, limit).await
    }

    async fn people(
        &self,
        profiles: &[ProfileNumber],
        needs: &Needs,
    ) -> StoreResult<HashMap<ProfileNumber, Profile>> {
        read::people(self, profiles, needs).await
    }

    async fn live(
        &self,
        profiles: &[ProfileNumber],
        versions: &[VersionNumber],
    ) -> StoreResult<Vec<LiveEnrolment>> {
        read::live(self, profiles, versions).await
    }

    async fn histories(
        &self,
        pairs: &[(JourneyNumber, ProfileNumber)],
    ) -> StoreResult<HashMap<(JourneyNumber, ProfileNumber), History>> {
        read::histories(self, pairs).await
    }

    async fn met(
        &self,
        pairs: &[(VersionNumber, ProfileNumber)],
    ) -> StoreResult<HashSet<(VersionNumber, ProfileNumber)>> {
        read::met(self, pairs).await
    }

    async fn due(
        &self,
        after: Option<Timestamp>,
        until: Timestamp,
        limit: i64,
    ) -> StoreResult<Vec<LiveEnrolment>> {
        read::due(self, after, until, limit).await
    }

    async fn next_due(&self, after: Option<Timestamp>) -> StoreResult<Option<Timestamp>> {
        read::next_due(self, after).await
    }

    async fn put_off(
        &self,
        people: &[EnrolmentNumber],
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<()> {
        sweep::put_off(self, people, now, until).await
    }

    async fn queued(&self, after: i64, limit: i64) -> StoreResult<Vec<QueuedMessage>> {
        read::queued(self, after, limit).await
    }

    async fn answers(&self, limit: i64) -> StoreResult<Vec<Answer>> {
        read::answers(self, limit).await
    }

    async fn live_channels(&self) -> StoreResult<HashSet<(ProjectNumber, Channel)>> {
        plan::live_channels(self).await
    }

    async fn profile_changes(
        &self,
        limit: i64,
    ) -> StoreResult<Vec<(i64, ProjectNumber, ProfileNumber)>> {
        read::profile_changes(self, limit).await
    }

    async fn matching(
        &self,
        project: ProjectNumber,
        criteria: &Criteria,
        after: ProfileNumber,
        limit: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<ProfileNumber>> {
        super::criteria_sql::matching(self, project, criteria, after, limit, now).await
    }

    async fn runs_of(
        &self,
        versions: &[VersionNumber],
    ) -> StoreResult<HashMap<VersionNumber, LastRun>> {
        read::runs_of(self, versions).await
    }

    async fn carry_out(&self, batch: &Batch) -> StoreResult<bool> {
        carry_out::carry_out(self, batch).await
    }

    async fn sweep(&self, now: Timestamp, limit: i64) -> StoreResult<bool> {
        sweep::sweep(self, now, limit).await
    }

    async fn backlog(&self, project: ProjectId, now: Timestamp) -> StoreResult<Backlog> {
        backlog::read(self, project, now).await
    }

    async fn forget_events(&self, age: Age, from: i64, limit: i64) -> StoreResult<Page> {
        retention::events(self, age, from, limit).await
    }

    async fn forget_steps(&self, age: Age, from: EnrolmentNumber, limit: i64) -> StoreResult<Page> {
        retention::steps(self, age, from, limit).await
    }

    async fn forget_messages(&self, age: Age, from: i64, limit: i64) -> StoreResult<Page> {
        retention::messages(self, age, from, limit).await
    }

    async fn forget_refusals(
        &self,
        age: Age,
        from: VersionNumber,
        limit: i64,
    ) -> StoreResult<Page> {
        retention::refusals(self, age, from, limit).await
    }

    async fn forget_accounts(&self, age: Age, limit: i64) -> StoreResult<Page> {
        retention::accounts(self, age, limit).await
    }
}
