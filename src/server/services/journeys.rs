//! Looking at journeys and operating them.

use super::Services;
use crate::{
    domain::{
        actor::Actor,
        columns::ColumnChoice,
        document::JourneyDocument,
        ids::{JourneyId, OperationId, SavedFilterId},
        journey::JourneyDetail,
        label::Label,
        list_page::{ListPage, SavedFilter},
        list_query::ListQuery,
        operation::{BulkAnswer, HistoryEntry, OperationAccount, StopPreview},
        selection::{Selection, SelectionDigest},
        text::{JourneyName, SavedFilterName},
        transition::{Action, Refusal},
    },
    server::store::{DetailsEdit, LabelChange, Store, StoreError, StoreResult},
};

/// Most lines of a journey's history on its page.
const HISTORY_LINES: i64 = 100;

impl<S: Store + Clone> Services<S> {
    pub async fn list(&self, actor: &Actor, query: &ListQuery, columns: ColumnChoice) -> StoreResult<ListPage> {
        let page = self.store.list(actor.project, query, self.now()).await?;
        Ok(ListPage { columns, ..page })
    }

    pub async fn journey(&self, actor: &Actor, journey: JourneyId) -> StoreResult<JourneyDetail> {
        self.store.journey(actor.project, journey).await
    }

    pub async fn history(&self, actor: &Actor, journey: JourneyId) -> StoreResult<Vec<HistoryEntry>> {
        self.store.history(actor.project, journey, HISTORY_LINES).await
    }

    pub async fn operation(&self, actor: &Actor, operation: OperationId, page: i64) -> StoreResult<OperationAccount> {
        self.store.operation(actor.project, operation, page).await
    }

    pub async fn preview_stop(&self, actor: &Actor, selection: &Selection) -> StoreResult<StopPreview> {
        self.store.preview_stop(actor.project, selection, self.now()).await
    }

    /// Pause, resume, stop, archive, unarchive or delete, on one journey or many.
    pub async fn operate(
        &self,
        actor: &Actor,
        selection: &Selection,
        action: Action,
        confirmed: Option<SelectionDigest>,
    ) -> StoreResult<BulkAnswer> {
        let answer = self.store.operate(actor, selection, action, confirmed, self.now()).await?;
        tracing::info!(
            operation = %answer.report.id, %action, by = %actor.user, changed = answer.report.changed,
            skipped = answer.report.skipped_count(), "journeys.operated"
        );
        self.announce(actor.project).await;
        Ok(answer)
    }

    /// Publishes a draft that has no problems.
    pub async fn publish(&self, actor: &Actor, journey: JourneyId) -> StoreResult<BulkAnswer> {
        let detail = self.store.journey(actor.project, journey).await?;
        if !detail.graph.problems().is_empty() || !detail.settings.problems().is_empty() {
            return Err(StoreError::Refused { name: detail.summary.name, refusal: Refusal::HasProblems });
        }
        self.operate(actor, &Selection::Ticked(vec![journey]), Action::Publish, None).await
    }

    pub async fn label(&self, actor: &Actor, selection: &Selection, change: &LabelChange) -> StoreResult<BulkAnswer> {
        let answer = self.store.label(actor, selection, change, self.now()).await?;
        self.announce(actor.project).await;
        Ok(answer)
    }

    pub async fn rename(&self, actor: &Actor, journey: JourneyId, name: &JourneyName) -> StoreResult<BulkAnswer> {
        let answer = self.store.rename(actor, journey, name, self.now()).await?;
        self.announce(actor.project).await;
        Ok(answer)
    }

    pub async fn undo(&self, actor: &Actor, operation: OperationId) -> StoreResult<BulkAnswer> {
        let answer = self.store.undo(actor, operation, self.now()).await?;
        self.announce(actor.project).await;
        Ok(answer)
    }

    pub async fn create(&self, actor: &Actor, document: &JourneyDocument) -> StoreResult<JourneyId> {
        let journey = self.store.create(actor, document, self.now()).await?;
        self.announce(actor.project).await;
        Ok(journey)
    }

    pub async fn clone_journey(&self, actor: &Actor, journey: JourneyId) -> StoreResult<JourneyId> {
        let clone = self.store.clone_journey(actor, journey, self.now()).await?;
        self.announce(actor.project).await;
        Ok(clone)
    }

    pub async fn edit_details(&self, actor: &Actor, journey: JourneyId, edit: &DetailsEdit) -> StoreResult<()> {
        self.store.edit_details(actor, journey, edit, self.now()).await?;
        self.announce(actor.project).await;
        Ok(())
    }

    pub async fn labels(&self, actor: &Actor) -> StoreResult<Vec<Label>> {
        self.store.labels(actor.project).await
    }

    pub async fn save_filter(&self, actor: &Actor, name: &SavedFilterName, query: &ListQuery) -> StoreResult<SavedFilter> {
        let saved = self.store.save_filter(actor, name, query, self.now()).await?;
        self.announce(actor.project).await;
        Ok(saved)
    }

    pub async fn delete_filter(&self, actor: &Actor, filter: SavedFilterId) -> StoreResult<()> {
        self.store.delete_filter(actor, filter).await?;
        self.announce(actor.project).await;
        Ok(())
    }
}
