//! [`Store`] for SQLite: each method is a file of this folder.

use super::{
    SqliteStore, clone, consistency, detail, edit, history, import, labels, list,
    operations::{operate, undo},
    project, readiness, saved_filters, seed,
};
use wayfare_domain::{
    access::actor::{Actor, ActorRef},
    consistency::Finding,
    ids::{JourneyId, OperationId, ProjectId, SavedFilterId},
    journeys::{
        document::JourneyDocument,
        label::Label,
        list::{
            page::{ListPage, SavedFilter},
            query::ListQuery,
            selection::{Selection, SelectionDigest},
        },
        read_model::JourneyDetail,
        transition::Action,
    },
    names::{JourneyName, SavedFilterName},
    operations::{HistoryEntry, OperationDetail, OperationResult, StopPreview},
    time::Timestamp,
};
use wayfare_store::{
    ChangeLabels, EditDetails, Store, StoreResult,
    engine::VersionKey,
    seed::{SeedJourney, SeedMember},
};

impl Store for SqliteStore {
    async fn list(
        &self,
        project: ProjectId,
        query: &ListQuery,
        now: Timestamp,
    ) -> StoreResult<ListPage> {
        Ok(list::read(self, project, query, now).await?)
    }

    async fn preview_stop(
        &self,
        project: ProjectId,
        selection: &Selection,
        now: Timestamp,
    ) -> StoreResult<StopPreview> {
        Ok(operate::preview_stop(self, project, selection, now).await?)
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

    async fn label(
        &self,
        actor: &Actor,
        selection: &Selection,
        change: &ChangeLabels,
        now: Timestamp,
    ) -> StoreResult<OperationResult> {
        Ok(labels::change(self, actor, selection, change, now).await?)
    }

    async fn rename(
        &self,
        actor: &Actor,
        journey: JourneyId,
        name: &JourneyName,
        now: Timestamp,
    ) -> StoreResult<OperationResult> {
        Ok(edit::rename(self, actor, journey, name, now).await?)
    }

    async fn undo(
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
        Ok(operate::complete(self, system, version, now).await?)
    }

    async fn advance_by_time(
        &self,
        system: &Actor,
        now: Timestamp,
    ) -> StoreResult<Option<Timestamp>> {
        Ok(operate::advance_by_time(self, system, now).await?)
    }

    async fn journey(&self, project: ProjectId, journey: JourneyId) -> StoreResult<JourneyDetail> {
        Ok(detail::read(self, project, journey).await?)
    }

    async fn history(
        &self,
        project: ProjectId,
        journey: JourneyId,
        limit: i64,
    ) -> StoreResult<Vec<HistoryEntry>> {
        Ok(history::of_journey(self, project, journey, limit).await?)
    }

    async fn operation(
        &self,
        project: ProjectId,
        operation: OperationId,
        page: i64,
    ) -> StoreResult<OperationDetail> {
        Ok(history::account(self, project, operation, page).await?)
    }

    async fn create(
        &self,
        actor: &Actor,
        document: &JourneyDocument,
        now: Timestamp,
    ) -> StoreResult<JourneyId> {
        Ok(edit::create(self, actor, document, now).await?)
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

    async fn edit_details(
        &self,
        actor: &Actor,
        journey: JourneyId,
        edit: &EditDetails,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(edit::edit_details(self, actor, journey, edit, now).await?)
    }

    async fn labels(&self, project: ProjectId) -> StoreResult<Vec<Label>> {
        Ok(labels::all(self, project).await?)
    }

    async fn save_filter(
        &self,
        actor: &Actor,
        name: &SavedFilterName,
        query: &ListQuery,
        now: Timestamp,
    ) -> StoreResult<SavedFilter> {
        Ok(saved_filters::save(self, actor, name, query, now).await?)
    }

    async fn delete_filter(
        &self,
        actor: &Actor,
        filter: SavedFilterId,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(saved_filters::delete(self, actor, filter, now).await?)
    }

    async fn import(
        &self,
        actor: &Actor,
        documents: &[JourneyDocument],
        now: Timestamp,
    ) -> StoreResult<Vec<JourneyId>> {
        Ok(import::import(self, actor, documents, now).await?)
    }

    async fn export(
        &self,
        project: ProjectId,
        after: Option<JourneyId>,
    ) -> StoreResult<Vec<(JourneyId, JourneyDocument)>> {
        Ok(import::export(self, project, after).await?)
    }

    async fn seed(
        &self,
        project: ProjectId,
        people: &[SeedMember],
        journeys: &[SeedJourney],
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(seed::seed(self, project, people, journeys, now).await?)
    }

    async fn journey_count(&self, project: ProjectId) -> StoreResult<i64> {
        Ok(project::journey_count(self, project).await?)
    }

    async fn local_actor(&self, now: Timestamp) -> StoreResult<Actor> {
        Ok(project::local_actor(self, now).await?)
    }

    async fn known_local_actor(&self) -> StoreResult<Actor> {
        Ok(project::known_local_actor(self).await?)
    }

    fn local_person(&self) -> ActorRef {
        project::local_person()
    }

    fn system_person(&self) -> ActorRef {
        project::system_person()
    }

    async fn generations(&self) -> StoreResult<Vec<(ProjectId, i64)>> {
        Ok(project::generations(self).await?)
    }

    async fn generation(&self, project: ProjectId) -> StoreResult<i64> {
        Ok(project::generation(self, project).await?)
    }

    async fn check(&self) -> StoreResult<Vec<Finding>> {
        Ok(consistency::check(self).await?)
    }

    fn is_pressed(&self) -> bool {
        self.turns.are_pressed()
    }

    async fn ready(&self) -> StoreResult<()> {
        Ok(readiness::check(self).await?)
    }
}
