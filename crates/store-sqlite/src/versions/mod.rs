//! [`VersionStore`] for SQLite. What may be saved, begun and published, and what becomes of older
//! versions, is decided in `crates/domain/src/versions/`.

mod begin;
mod catalogue;
mod open;
mod people_at;
mod publish;
mod replay;
mod save;

use std::collections::HashMap;

use super::{SqliteStore, profiles};
use wayfare_domain::{
    access::actor::Actor,
    graph::criteria::Criteria,
    ids::{JourneyId, ProjectId},
    journeys::read_model::NodeStats,
    profiles::Profile,
    time::Timestamp,
    versions::{ProfileAtNode, ProjectCatalog, SaveVersion, publish::PublishVersion},
};
use wayfare_store::{
    StoreResult,
    engine::{ProfileKey, ProfileNeeds},
    profiles::ProfileStore,
    versions::{EventPage, SaveOutcome, VersionDetail, VersionStore},
};

impl VersionStore for SqliteStore {
    async fn open_version(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: Option<i64>,
    ) -> StoreResult<VersionDetail> {
        Ok(open::open(self, project, journey, version).await?)
    }

    async fn save_version(
        &self,
        actor: &Actor,
        save: &SaveVersion,
        now: Timestamp,
    ) -> StoreResult<SaveOutcome> {
        Ok(save::save(self, actor, save, now).await?)
    }

    async fn begin_version(
        &self,
        actor: &Actor,
        journey: JourneyId,
        from: Option<i64>,
        now: Timestamp,
    ) -> StoreResult<i64> {
        Ok(begin::begin(self, actor, journey, from, now).await?)
    }

    async fn discard_draft(
        &self,
        actor: &Actor,
        journey: JourneyId,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(begin::discard(self, actor, journey, now).await?)
    }

    async fn publish_version(
        &self,
        actor: &Actor,
        publication: &PublishVersion,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(publish::publish(self, actor, publication, now).await?)
    }

    async fn node_stats(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: i64,
    ) -> StoreResult<Vec<NodeStats>> {
        Ok(super::detail::nodes(self, project, journey, Some(version)).await?)
    }

    async fn people_at(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: i64,
        node: &str,
        limit: i64,
    ) -> StoreResult<Vec<ProfileAtNode>> {
        Ok(people_at::read(self, project, journey, version, node, limit).await?)
    }

    async fn catalogue(&self, project: ProjectId) -> StoreResult<ProjectCatalog> {
        Ok(catalogue::read(self, project).await?)
    }

    async fn segment_criteria(&self, project: ProjectId) -> StoreResult<HashMap<String, Criteria>> {
        Ok(self
            .segments(project)
            .await?
            .into_iter()
            .map(|segment| (segment.name, segment.criteria))
            .collect())
    }

    async fn profile_for_simulation(
        &self,
        project: ProjectId,
        identity: &str,
        needs: &ProfileNeeds,
    ) -> StoreResult<Option<Profile>> {
        Ok(replay::person(self, project, identity, needs).await?)
    }

    async fn event_cursor_at(&self, since: Timestamp) -> StoreResult<i64> {
        Ok(replay::place(self, since).await?)
    }

    async fn past_events(
        &self,
        project: ProjectId,
        keys: &[String],
        from: i64,
        limit: i64,
    ) -> StoreResult<EventPage> {
        Ok(replay::events(self, project, keys, from, limit).await?)
    }

    async fn matching_profiles(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        after: ProfileKey,
        limit: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<ProfileKey>> {
        let number = profiles::number_of(self, project).await?;
        Ok(super::criteria_sql::matching(self, number, criteria, after, limit, now).await?)
    }
}
