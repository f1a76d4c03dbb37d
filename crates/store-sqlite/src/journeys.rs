//! [`JourneyStore`] and [`JourneyQueries`] for SQLite: each method is a file of this folder.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    SqliteStore, clone, detail, edit, history, labels, list,
    operations::{by_time, operate, undo},
    profiles::entry_facts,
    projects,
    versions::{catalogue, people_at},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, OperationId, ProjectId, VersionKey},
    journeys::{
        document::JourneyDocument,
        list::{
            page::ListPage,
            query::ListQuery,
            selection::{Selection, SelectionDigest},
        },
        read_model::{JourneyDetail, NodeStats},
        transition::Action,
    },
    names::JourneyName,
    operations::{
        HistoryEntry, OperationDetail, OperationResult, StopPreview, operate::CheckedDraft,
    },
    time::Timestamp,
    versions::{ProfileAtNode, ProjectCatalog},
};
use wayfare_store::{
    StoreResult,
    journeys::{ChangeLabels, EditDetails, JourneyQueries, JourneyStore},
};

#[async_trait]
impl JourneyStore for SqliteStore {
    async fn create_journey(
        &self,
        actor: &Actor,
        document: &JourneyDocument,
        now: Timestamp,
    ) -> StoreResult<JourneyId> {
        Ok(edit::create(self, actor, document, now).await?)
    }

    async fn edit_journey(
        &self,
        actor: &Actor,
        journey: JourneyId,
        edit: &EditDetails,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(edit::edit_details(self, actor, journey, edit, now).await?)
    }

    async fn rename_journey(
        &self,
        actor: &Actor,
        journey: JourneyId,
        name: &JourneyName,
        now: Timestamp,
    ) -> StoreResult<OperationResult> {
        Ok(edit::rename(self, actor, journey, name, now).await?)
    }

    async fn clone_journey(
        &self,
        actor: &Actor,
        journey: JourneyId,
        to: ProjectId,
        now: Timestamp,
    ) -> StoreResult<JourneyId> {
        Ok(clone::clone_journey(self, actor, journey, to, now).await?)
    }

    async fn label_journeys(
        &self,
        actor: &Actor,
        selection: &Selection,
        change: &ChangeLabels,
        now: Timestamp,
    ) -> StoreResult<OperationResult> {
        Ok(labels::change(self, actor, selection, change, now).await?)
    }

    async fn operate(
        &self,
        actor: &Actor,
        selection: &Selection,
        action: Action,
        confirmed: Option<SelectionDigest>,
        now: Timestamp,
    ) -> StoreResult<OperationResult> {
        Ok(operate::operate(self, actor, selection, action, confirmed, now).await?)
    }

    async fn publish_checked_draft(
        &self,
        actor: &Actor,
        journey: JourneyId,
        checked: CheckedDraft,
        now: Timestamp,
    ) -> StoreResult<OperationResult> {
        Ok(operate::publish_checked_draft(self, actor, journey, checked, now).await?)
    }

    async fn undo_operation(
        &self,
        actor: &Actor,
        operation: OperationId,
        now: Timestamp,
    ) -> StoreResult<OperationResult> {
        Ok(undo::undo(self, actor, operation, now).await?)
    }

    async fn complete_version(
        &self,
        system: &Actor,
        version: VersionKey,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(by_time::complete(self, system, version, now).await?)
    }

    async fn advance_by_time(
        &self,
        system: &Actor,
        now: Timestamp,
    ) -> StoreResult<Option<Timestamp>> {
        Ok(by_time::advance_by_time(self, system, now).await?)
    }
}

#[async_trait]
impl JourneyQueries for SqliteStore {
    async fn get_journey_page(
        &self,
        project: ProjectId,
        query: &ListQuery,
        now: Timestamp,
    ) -> StoreResult<ListPage> {
        Ok(list::read(self, project, query, now).await?)
    }

    async fn get_journey(
        &self,
        project: ProjectId,
        journey: JourneyId,
    ) -> StoreResult<JourneyDetail> {
        Ok(detail::read(self, project, journey).await?)
    }

    async fn list_journey_history(
        &self,
        project: ProjectId,
        journey: JourneyId,
        limit: i64,
    ) -> StoreResult<Vec<HistoryEntry>> {
        Ok(history::of_journey(self, project, journey, limit).await?)
    }

    async fn get_operation(
        &self,
        project: ProjectId,
        operation: OperationId,
        page: i64,
    ) -> StoreResult<OperationDetail> {
        Ok(history::operation_detail(self, project, operation, page).await?)
    }

    async fn preview_stop(
        &self,
        project: ProjectId,
        selection: &Selection,
        now: Timestamp,
    ) -> StoreResult<StopPreview> {
        Ok(operate::preview_stop(self, project, selection, now).await?)
    }

    async fn list_node_stats(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: i64,
    ) -> StoreResult<Vec<NodeStats>> {
        Ok(detail::nodes(self, project, journey, Some(version)).await?)
    }

    async fn list_profiles_at_node(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: i64,
        node: &str,
        limit: i64,
    ) -> StoreResult<Vec<ProfileAtNode>> {
        Ok(people_at::read(self, project, journey, version, node, limit).await?)
    }

    async fn list_published_journeys(
        &self,
        project: ProjectId,
    ) -> StoreResult<Vec<(JourneyId, String)>> {
        Ok(entry_facts::published_journeys(self, project).await?)
    }

    async fn find_project_of(&self, journey_or_operation: Uuid) -> StoreResult<Option<ProjectId>> {
        Ok(projects::of_thing(self, journey_or_operation).await?)
    }

    async fn get_project_catalog(&self, project: ProjectId) -> StoreResult<ProjectCatalog> {
        Ok(catalogue::read(self, project).await?)
    }
}
