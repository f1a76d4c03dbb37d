//! Looking at journeys and operating them.

use super::{ServiceError, ServiceResult, Services};
use wayfare_domain::{
    access::{
        actor::Actor,
        permissions::{Forbidden, Permission},
    },
    ids::{JourneyId, OperationId, SavedFilterId},
    journeys::{
        document::JourneyDocument,
        label::Label,
        list::{
            columns::ColumnChoice,
            page::{ListPage, SavedFilter},
            query::ListQuery,
            selection::{Selection, SelectionDigest},
        },
        read_model::JourneyDetail,
        status::Status,
        transition::Action,
    },
    names::{JourneyName, SavedFilterName},
    operations::{
        HistoryEntry, OperationDetail, OperationResult, StopPreview, operate::CheckedDraft,
    },
};
use wayfare_store::journeys::{ChangeLabels, EditDetails};

/// Most lines of a journey's history on its page.
const HISTORY_LINES: i64 = 100;

impl Services {
    pub async fn list(
        &self,
        actor: &Actor,
        query: &ListQuery,
        columns: ColumnChoice,
    ) -> ServiceResult<ListPage> {
        actor.require(Permission::SeeJourneys)?;
        let page =
            self.stores.journey_queries.get_journey_page(actor.project, query, self.now()).await?;
        Ok(ListPage { columns, ..page })
    }

    pub async fn journey(&self, actor: &Actor, journey: JourneyId) -> ServiceResult<JourneyDetail> {
        actor.require(Permission::SeeJourneys)?;
        let mut detail = self.stores.journey_queries.get_journey(actor.project, journey).await?;
        if !actor.may(Permission::EditJourneys) {
            detail.graph = detail.graph.with_secrets_hidden();
        }
        Ok(detail)
    }

    pub async fn history(
        &self,
        actor: &Actor,
        journey: JourneyId,
    ) -> ServiceResult<Vec<HistoryEntry>> {
        actor.require(Permission::SeeJourneys)?;
        Ok(self
            .stores
            .journey_queries
            .list_journey_history(actor.project, journey, HISTORY_LINES)
            .await?)
    }

    pub async fn operation(
        &self,
        actor: &Actor,
        operation: OperationId,
        page: i64,
    ) -> ServiceResult<OperationDetail> {
        actor.require(Permission::SeeJourneys)?;
        Ok(self.stores.journey_queries.get_operation(actor.project, operation, page).await?)
    }

    pub async fn preview_stop(
        &self,
        actor: &Actor,
        selection: &Selection,
    ) -> ServiceResult<StopPreview> {
        actor.require(Permission::OperateJourneys)?;
        Ok(self.stores.journey_queries.preview_stop(actor.project, selection, self.now()).await?)
    }

    /// Pause, resume, stop, archive, unarchive or delete, on one journey or many.
    pub async fn operate(
        &self,
        actor: &Actor,
        selection: &Selection,
        action: Action,
        confirmed: Option<SelectionDigest>,
    ) -> ServiceResult<OperationResult> {
        require_action(actor, action)?;
        let answer =
            self.stores.journeys.operate(actor, selection, action, confirmed, self.now()).await?;
        if let (Action::Stop, Some(delivery)) = (action, &self.delivery) {
            // Answered only when nothing of these journeys is on its way any more.
            delivery.flights.drain_stopped(&*self.stores.outbox).await?;
        }
        tracing::info!(
            operation = %answer.report.id, %action, by = %actor.user, changed = answer.report.changed,
            skipped = answer.report.skipped_count(), "journeys.operated"
        );
        self.announce(actor.project).await;
        Ok(answer)
    }

    /// Publishes a draft that has no problems.
    ///
    /// # Errors
    /// A draft that cannot run is refused with all its problems at once
    /// ([`ServiceError::Problems`]).
    pub async fn publish(
        &self,
        actor: &Actor,
        journey: JourneyId,
    ) -> ServiceResult<OperationResult> {
        actor.require(Permission::OperateJourneys)?;
        let opened = self.stores.versions.open_version(actor.project, journey, None).await?;
        let problems = self.publishing_problems(actor, &opened.graph, &opened.settings).await?;
        if opened.version.status == Status::Draft && !problems.is_empty() {
            return Err(ServiceError::Problems(problems));
        }
        let checked = CheckedDraft { version: opened.version.number, revision: opened.revision };
        let answer =
            self.stores.journeys.publish_checked_draft(actor, journey, checked, self.now()).await?;
        tracing::info!(
            operation = %answer.report.id, %journey, version = checked.version, by = %actor.user,
            changed = answer.report.changed, "journey.published"
        );
        self.announce(actor.project).await;
        Ok(answer)
    }

    pub async fn label(
        &self,
        actor: &Actor,
        selection: &Selection,
        change: &ChangeLabels,
    ) -> ServiceResult<OperationResult> {
        actor.require(Permission::EditJourneys)?;
        let answer =
            self.stores.journeys.label_journeys(actor, selection, change, self.now()).await?;
        self.announce(actor.project).await;
        Ok(answer)
    }

    pub async fn rename(
        &self,
        actor: &Actor,
        journey: JourneyId,
        name: &JourneyName,
    ) -> ServiceResult<OperationResult> {
        actor.require(Permission::EditJourneys)?;
        let answer = self.stores.journeys.rename_journey(actor, journey, name, self.now()).await?;
        self.announce(actor.project).await;
        Ok(answer)
    }

    /// Takes an operation back. It needs the right to do what is taken back.
    pub async fn undo(
        &self,
        actor: &Actor,
        operation: OperationId,
    ) -> ServiceResult<OperationResult> {
        let account = self.operation(actor, operation, 1).await?;
        require_action(actor, account.report.action)?;
        let answer = self.stores.journeys.undo_operation(actor, operation, self.now()).await?;
        self.announce(actor.project).await;
        Ok(answer)
    }

    pub async fn create(
        &self,
        actor: &Actor,
        document: &JourneyDocument,
    ) -> ServiceResult<JourneyId> {
        actor.require(Permission::EditJourneys)?;
        let document = document.clone().with_nothing_hidden();
        let journey = self.stores.journeys.create_journey(actor, &document, self.now()).await?;
        self.announce(actor.project).await;
        Ok(journey)
    }

    /// A draft like it, in the actor's project or in another one, where they are `there`.
    pub async fn clone_journey(
        &self,
        actor: &Actor,
        journey: JourneyId,
        there: &Actor,
    ) -> ServiceResult<JourneyId> {
        actor.require(Permission::SeeJourneys)?;
        there.require(Permission::EditJourneys)?;
        let clone =
            self.stores.journeys.clone_journey(actor, journey, there.project, self.now()).await?;
        self.announce(there.project).await;
        Ok(clone)
    }

    pub async fn edit_details(
        &self,
        actor: &Actor,
        journey: JourneyId,
        edit: &EditDetails,
    ) -> ServiceResult<()> {
        actor.require(Permission::EditJourneys)?;
        self.stores.journeys.edit_journey(actor, journey, edit, self.now()).await?;
        self.announce(actor.project).await;
        Ok(())
    }

    pub async fn labels(&self, actor: &Actor) -> ServiceResult<Vec<Label>> {
        actor.require(Permission::SeeJourneys)?;
        Ok(self.stores.filters.list_labels(actor.project).await?)
    }

    pub async fn save_filter(
        &self,
        actor: &Actor,
        name: &SavedFilterName,
        query: &ListQuery,
    ) -> ServiceResult<SavedFilter> {
        actor.require(Permission::EditJourneys)?;
        let saved = self.stores.filters.save_filter(actor, name, query, self.now()).await?;
        self.announce(actor.project).await;
        Ok(saved)
    }

    pub async fn delete_filter(&self, actor: &Actor, filter: SavedFilterId) -> ServiceResult<()> {
        actor.require(Permission::EditJourneys)?;
        self.stores.filters.delete_filter(actor, filter, self.now()).await?;
        self.announce(actor.project).await;
        Ok(())
    }
}

/// What happens by itself is no one's to ask for.
fn require_action(actor: &Actor, action: Action) -> Result<(), Forbidden> {
    let needed = Permission::of_action(action).unwrap_or(Permission::OperateJourneys);
    actor.require(needed)
}
