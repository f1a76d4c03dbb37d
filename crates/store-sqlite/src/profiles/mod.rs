//! [`ProfileQueries`] for SQLite, and everything else about profiles.

mod address_sql;
mod changed_profiles;
pub mod contact_changes;
mod ended_enrolments;
pub mod entry_facts;
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
pub mod segments;

use async_trait::async_trait;

use super::{SqliteStore, error::SqliteResult};
use wayfare_domain::{
    engine::explain::EntryFacts,
    ids::{JourneyId, ProfileKey, ProjectId, ProjectKey},
    messages::known_properties::KnownProperties,
    profiles::read_model::{ProfilePage, ProfileQuery},
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, profiles::ProfileQueries};

#[async_trait]
impl ProfileQueries for SqliteStore {
    async fn get_profile_page(
        &self,
        project: ProjectId,
        query: &ProfileQuery,
        now: Timestamp,
    ) -> StoreResult<ProfilePage> {
        Ok(page::page(self, project, query, now).await?)
    }

    async fn load_entry_facts(
        &self,
        project: ProjectId,
        profile: ProfileKey,
        journey: JourneyId,
    ) -> StoreResult<EntryFacts> {
        Ok(entry_facts::load_entry_facts(self, project, profile, journey).await?)
    }

    async fn list_known_events(&self, project: ProjectId) -> StoreResult<Vec<String>> {
        Ok(segments::known_events(self, project).await?)
    }

    async fn get_known_properties(
        &self,
        project: ProjectId,
        event: Option<&str>,
    ) -> StoreResult<KnownProperties> {
        Ok(names::known(self, project, event).await?)
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
    row.map(|(number,)| ProjectKey(number)).ok_or(StoreError::NotFound("project").into())
}
