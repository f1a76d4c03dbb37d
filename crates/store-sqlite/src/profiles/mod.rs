//! [`ProfileStore`] for SQLite.

mod address_sql;
mod changed_profiles;
pub mod contact_changes;
mod ended_enrolments;
mod entry_facts;
mod erasure;
#[cfg(test)]
mod erasure_tests;
mod identity;
mod imports;
mod ingest;
#[cfg(test)]
mod large_events_tests;
mod merge;
mod names;
mod new_events;
mod new_list_members;
mod of_browser;
mod page;
pub mod profile;
mod segments;

use super::{SqliteStore, error::SqliteResult};
use wayfare_domain::{
    access::actor::Actor,
    engine::explain::EntryFacts,
    graph::criteria::Criteria,
    ids::{ImportId, JourneyId, ProjectId},
    messages::known_properties::KnownProperties,
    profiles::{
        import::{ImportProgress, ImportView, RejectedRow},
        read_model::{EnrolmentDetail, ProfileDetail, ProfilePage, ProfileQuery, SegmentSummary},
        sender::Batch,
    },
    time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    engine::ProjectKey,
    profiles::{Ingested, NewImport, ProfileStore},
};

impl ProfileStore for SqliteStore {
    async fn ingest(&self, batches: &[Batch], now: Timestamp) -> StoreResult<Vec<Ingested>> {
        Ok(ingest::ingest(self, batches, now).await?)
    }

    async fn people_page(
        &self,
        project: ProjectId,
        query: &ProfileQuery,
        now: Timestamp,
    ) -> StoreResult<ProfilePage> {
        Ok(page::page(self, project, query, now).await?)
    }

    async fn person(&self, project: ProjectId, person: i64) -> StoreResult<ProfileDetail> {
        Ok(profile::person(self, project, person).await?)
    }

    async fn person_by_identity(
        &self,
        project: ProjectId,
        identity: &str,
    ) -> StoreResult<Option<i64>> {
        Ok(profile::by_identity(self, project, identity).await?)
    }

    async fn enrolment(&self, project: ProjectId, enrolment: i64) -> StoreResult<EnrolmentDetail> {
        Ok(profile::enrolment(self, project, enrolment).await?)
    }

    async fn load_entry_facts(
        &self,
        project: ProjectId,
        person: i64,
        journey: JourneyId,
    ) -> StoreResult<EntryFacts> {
        Ok(entry_facts::load_entry_facts(self, project, person, journey).await?)
    }

    async fn published_journeys(
        &self,
        project: ProjectId,
    ) -> StoreResult<Vec<(JourneyId, String)>> {
        Ok(entry_facts::published_journeys(self, project).await?)
    }

    async fn delete_person(&self, actor: &Actor, person: i64, now: Timestamp) -> StoreResult<()> {
        Ok(profile::delete(self, actor, person, now).await?)
    }

    async fn segments(&self, project: ProjectId) -> StoreResult<Vec<SegmentSummary>> {
        Ok(segments::all(self, project).await?)
    }

    async fn save_segment(
        &self,
        actor: &Actor,
        name: &str,
        criteria: &Criteria,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(segments::save(self, actor, name, criteria, now).await?)
    }

    async fn delete_segment(&self, actor: &Actor, name: &str, now: Timestamp) -> StoreResult<()> {
        Ok(segments::delete(self, actor, name, now).await?)
    }

    async fn journeys_using_segment(
        &self,
        project: ProjectId,
        name: &str,
    ) -> StoreResult<Vec<String>> {
        Ok(segments::journeys_using(self, project, name).await?)
    }

    async fn count_matching(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        now: Timestamp,
    ) -> StoreResult<i64> {
        Ok(segments::count(self, project, criteria, now).await?)
    }

    async fn known_events(&self, project: ProjectId) -> StoreResult<Vec<String>> {
        Ok(segments::known_events(self, project).await?)
    }

    async fn known_names(
        &self,
        project: ProjectId,
        event: Option<&str>,
    ) -> StoreResult<KnownProperties> {
        Ok(names::known(self, project, event).await?)
    }

    async fn begin_import(
        &self,
        actor: &Actor,
        new: &NewImport,
        now: Timestamp,
    ) -> StoreResult<ImportId> {
        Ok(imports::begin(self, actor, new, now).await?)
    }

    async fn note_import(
        &self,
        project: ProjectId,
        import: ImportId,
        progress: &ImportProgress,
        refused: &[RejectedRow],
    ) -> StoreResult<()> {
        Ok(imports::note(self, project, import, progress, refused).await?)
    }

    async fn finish_import(
        &self,
        actor: &Actor,
        import: ImportId,
        problem: Option<&str>,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(imports::finish(self, actor, import, problem, now).await?)
    }

    async fn fail_running_imports(&self, problem: &str, now: Timestamp) -> StoreResult<()> {
        Ok(imports::break_off(self, problem, now).await?)
    }

    async fn imports(
        &self,
        project: ProjectId,
        import: Option<ImportId>,
    ) -> StoreResult<Vec<ImportView>> {
        Ok(imports::read(self, project, import).await?)
    }

    async fn refused_lines(
        &self,
        project: ProjectId,
        import: ImportId,
    ) -> StoreResult<Vec<RejectedRow>> {
        Ok(imports::refused(self, project, import).await?)
    }
}

pub use changed_profiles::record_profile_changes;

/// The name among the properties of the profile `p`, where it is a text
/// ([`wayfare_domain::profiles::read_model::ProfileDetail::title`]).
const NAME: &str = "coalesce(
    iif(json_type(p.properties, '$.name') = 'text', p.properties ->> '$.name', NULL),
    iif(json_type(p.properties, '$.Name') = 'text', p.properties ->> '$.Name', NULL))";

/// The short number of a project.
pub async fn number_of(store: &SqliteStore, project: ProjectId) -> SqliteResult<ProjectKey> {
    let row: Option<(i64,)> = sqlx::query_as("SELECT key FROM projects WHERE id = ?")
        .bind(project.0)
        .fetch_optional(&store.readers)
        .await?;
    row.map(|(number,)| number).ok_or(StoreError::NotFound("project").into())
}
