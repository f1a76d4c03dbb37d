//! What is done to journeys, what is shown of them, and what they are filtered by.

use async_trait::async_trait;
use uuid::Uuid;

use crate::StoreResult;
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, LabelId, OperationId, ProjectId, SavedFilterId, VersionKey},
    journeys::{
        document::JourneyDocument,
        label::Label,
        list::{
            page::{ListPage, SavedFilter},
            query::ListQuery,
            selection::{Selection, SelectionDigest},
        },
        read_model::{JourneyDetail, NodeStats},
        transition::Action,
    },
    names::{Description, JourneyName, LabelName, SavedFilterName},
    operations::{
        HistoryEntry, OperationDetail, OperationResult, StopPreview, operate::CheckedDraft,
    },
    time::Timestamp,
    versions::{ProfileAtNode, ProjectCatalog},
};

/// Which labels a bulk action puts on and takes off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeLabels {
    pub add: Vec<LabelId>,
    /// Labels that may not exist yet.
    pub create: Vec<LabelName>,
    pub remove: Vec<LabelId>,
}

/// The texts of a journey that can be edited in every state that is not archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditDetails {
    pub name: JourneyName,
    pub description: Description,
    pub labels: Vec<LabelId>,
    pub new_labels: Vec<LabelName>,
    /// The revision that the editor began from; `None` takes whatever is there.
    pub revision: Option<i64>,
}

/// What is done to journeys. Each method is one transaction; each that answers an
/// [`OperationResult`] is one entry of the history.
#[async_trait]
pub trait JourneyStore: Send + Sync {
    /// A new journey with a draft of this content.
    async fn create_journey(
        &self,
        actor: &Actor,
        document: &JourneyDocument,
        now: Timestamp,
    ) -> StoreResult<JourneyId>;
    /// Changes name, description and labels together. Refused where someone else changed the
    /// journey since [`EditDetails::revision`].
    async fn edit_journey(
        &self,
        actor: &Actor,
        journey: JourneyId,
        edit: &EditDetails,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Renames one journey.
    async fn rename_journey(
        &self,
        actor: &Actor,
        journey: JourneyId,
        name: &JourneyName,
        now: Timestamp,
    ) -> StoreResult<OperationResult>;
    /// A draft like it, in the actor's project or in `to`, where labels are made and what is
    /// missing is marked.
    async fn clone_journey(
        &self,
        actor: &Actor,
        journey: JourneyId,
        to: ProjectId,
        now: Timestamp,
    ) -> StoreResult<JourneyId>;
    /// Puts labels on the selected journeys and takes others off.
    async fn label_journeys(
        &self,
        actor: &Actor,
        selection: &Selection,
        change: &ChangeLabels,
        now: Timestamp,
    ) -> StoreResult<OperationResult>;
    /// Applies `action` where [`wayfare_domain::journeys::transition::transition`] allows it. With
    /// `confirmed`, a selection that is no longer the one that was shown changes nothing and
    /// answers [`crate::StoreError::SelectionChanged`].
    async fn operate(
        &self,
        actor: &Actor,
        selection: &Selection,
        action: Action,
        confirmed: Option<SelectionDigest>,
        now: Timestamp,
    ) -> StoreResult<OperationResult>;
    /// Publishes a draft that was checked when its version had this revision.
    /// [`wayfare_domain::journeys::error::JourneyError::RevisionChanged`] where it was saved since.
    async fn publish_checked_draft(
        &self,
        actor: &Actor,
        journey: JourneyId,
        checked: CheckedDraft,
        now: Timestamp,
    ) -> StoreResult<OperationResult>;
    /// Takes an operation back where nothing has changed since; the result says where not.
    async fn undo_operation(
        &self,
        actor: &Actor,
        operation: OperationId,
        now: Timestamp,
    ) -> StoreResult<OperationResult>;
    /// Entry of a version is over, by itself.
    async fn complete_version(
        &self,
        system: &Actor,
        version: VersionKey,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Starts what is scheduled and completes what has ended; answers when to look again.
    async fn advance_by_time(
        &self,
        system: &Actor,
        now: Timestamp,
    ) -> StoreResult<Option<Timestamp>>;
}

/// What pages and programs read of journeys. Nothing is changed.
#[async_trait]
pub trait JourneyQueries: Send + Sync {
    /// A page of the Journeys page, with the counts beside it.
    async fn get_journey_page(
        &self,
        project: ProjectId,
        query: &ListQuery,
        now: Timestamp,
    ) -> StoreResult<ListPage>;
    /// One journey with its versions and the content of the one that the list shows.
    async fn get_journey(
        &self,
        project: ProjectId,
        journey: JourneyId,
    ) -> StoreResult<JourneyDetail>;
    /// The newest operations on a journey, the newest first.
    async fn list_journey_history(
        &self,
        project: ProjectId,
        journey: JourneyId,
        limit: i64,
    ) -> StoreResult<Vec<HistoryEntry>>;
    /// One operation with a page of its results.
    async fn get_operation(
        &self,
        project: ProjectId,
        operation: OperationId,
        page: i64,
    ) -> StoreResult<OperationDetail>;
    /// What a Stop of the selection would end.
    async fn preview_stop(
        &self,
        project: ProjectId,
        selection: &Selection,
        now: Timestamp,
    ) -> StoreResult<StopPreview>;
    /// The counts of each node of a version.
    async fn list_node_stats(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: i64,
    ) -> StoreResult<Vec<NodeStats>>;
    /// Who is at a node right now, the latest first.
    async fn list_profiles_at_node(
        &self,
        project: ProjectId,
        journey: JourneyId,
        version: i64,
        node: &str,
        limit: i64,
    ) -> StoreResult<Vec<ProfileAtNode>>;
    /// Journeys that were published and are not archived, by name.
    async fn list_published_journeys(
        &self,
        project: ProjectId,
    ) -> StoreResult<Vec<(JourneyId, String)>>;
    /// The project that a journey or an operation belongs to.
    async fn find_project_of(&self, journey_or_operation: Uuid) -> StoreResult<Option<ProjectId>>;
    /// The names that a project knows.
    async fn get_project_catalog(&self, project: ProjectId) -> StoreResult<ProjectCatalog>;
}

/// What the Journeys page is filtered by: labels, and the filters that a team saved.
#[async_trait]
pub trait FilterStore: Send + Sync {
    /// Every label of a project, by name.
    async fn list_labels(&self, project: ProjectId) -> StoreResult<Vec<Label>>;
    /// Saves a filter under a name. Refused where another one has it.
    async fn save_filter(
        &self,
        actor: &Actor,
        name: &SavedFilterName,
        query: &ListQuery,
        now: Timestamp,
    ) -> StoreResult<SavedFilter>;
    /// Deletes a saved filter.
    async fn delete_filter(
        &self,
        actor: &Actor,
        filter: SavedFilterId,
        now: Timestamp,
    ) -> StoreResult<()>;
}
