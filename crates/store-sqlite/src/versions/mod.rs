//! [`VersionStore`] for SQLite. What may be saved, begun and published, and what becomes of older
//! versions, is decided in `crates/domain/src/versions/`.

mod begin;
pub mod catalogue;
mod open;
pub mod people_at;
mod publish;
mod replay;
mod save;

use async_trait::async_trait;

use super::SqliteStore;
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, ProjectId},
    time::Timestamp,
    versions::{SaveVersion, publish::PublishVersion},
};
use wayfare_store::{
    StoreResult,
    versions::{SaveOutcome, VersionDetail, VersionStore},
};

#[async_trait]
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
}
