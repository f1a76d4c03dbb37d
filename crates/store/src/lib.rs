//! The contract of the store: [`Store`] and the traits beside it say what can be asked, in methods
//! as large as a use case. A crate such as `store-sqlite` implements it; nothing else knows the
//! dialect, and no statement stands here.

pub mod access;
pub mod channels;
pub mod engine;
pub mod error;
pub mod identity;
pub mod message_events;
pub mod outbox;
pub mod profiles;
pub mod seed;
pub mod versions;

pub use error::StoreError;
use seed::{SeedJourney, SeedMember};
use wayfare_domain::{
    access::actor::{Actor, ActorRef},
    consistency::Finding,
    ids::{JourneyId, LabelId, OperationId, ProjectId, SavedFilterId},
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
    names::{Description, JourneyName, LabelName, SavedFilterName},
    operations::{HistoryEntry, OperationDetail, OperationResult, StopPreview},
    time::Timestamp,
};

/// Answers come after the change is on the disk.
pub type StoreResult<T> = Result<T, StoreError>;

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

/// The journeys of a project and everything around them.
pub trait Store:
    access::AccessStore
    + message_events::AnswerStore
    + channels::ChannelStore
    + outbox::OutboxStore
    + versions::VersionStore
    + engine::EngineStore
    + identity::IdentityStore
    + profiles::ProfileStore
{
    // The list.
    fn list(
        &self,
        project: ProjectId,
        query: &ListQuery,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<ListPage>> + Send;
    fn preview_stop(
        &self,
        project: ProjectId,
        selection: &Selection,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<StopPreview>> + Send;

    // Operations. Each is one transaction and one entry of the history.
    /// Applies `action` where [`wayfare_domain::journeys::transition::transition`] allows it. With
    /// `confirmed`, a selection that is no longer the one that was shown changes nothing and
    /// answers [`StoreError::SelectionChanged`].
    fn operate(
        &self,
        actor: &Actor,
        selection: &Selection,
        action: Action,
        confirmed: Option<SelectionDigest>,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<OperationResult>> + Send;
    fn label(
        &self,
        actor: &Actor,
        selection: &Selection,
        change: &ChangeLabels,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<OperationResult>> + Send;
    fn rename(
        &self,
        actor: &Actor,
        journey: JourneyId,
        name: &JourneyName,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<OperationResult>> + Send;
    fn undo(
        &self,
        actor: &Actor,
        operation: OperationId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<OperationResult>> + Send;
    /// Entry of a version is over, by itself.
    fn complete_version(
        &self,
        system: &Actor,
        version: engine::VersionKey,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Starts what is scheduled and completes what has ended; answers when to look again.
    fn advance_by_time(
        &self,
        system: &Actor,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Option<Timestamp>>> + Send;

    // One journey.
    fn journey(
        &self,
        project: ProjectId,
        journey: JourneyId,
    ) -> impl Future<Output = StoreResult<JourneyDetail>> + Send;
    fn history(
        &self,
        project: ProjectId,
        journey: JourneyId,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Vec<HistoryEntry>>> + Send;
    fn operation(
        &self,
        project: ProjectId,
        operation: OperationId,
        page: i64,
    ) -> impl Future<Output = StoreResult<OperationDetail>> + Send;
    fn create(
        &self,
        actor: &Actor,
        document: &JourneyDocument,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<JourneyId>> + Send;
    /// A draft like it, in the actor's project or in `to`, where labels are made and what is
    /// missing is marked.
    fn clone_journey(
        &self,
        actor: &Actor,
        journey: JourneyId,
        to: ProjectId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<JourneyId>> + Send;
    fn edit_details(
        &self,
        actor: &Actor,
        journey: JourneyId,
        edit: &EditDetails,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    // Around the list.
    fn labels(&self, project: ProjectId) -> impl Future<Output = StoreResult<Vec<Label>>> + Send;
    fn save_filter(
        &self,
        actor: &Actor,
        name: &SavedFilterName,
        query: &ListQuery,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<SavedFilter>> + Send;
    fn delete_filter(
        &self,
        actor: &Actor,
        filter: SavedFilterId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    // In and out.
    /// All or none of the journeys, as drafts.
    fn import(
        &self,
        actor: &Actor,
        documents: &[JourneyDocument],
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<JourneyId>>> + Send;
    /// A batch of journeys after the given one, in the order of their making; empty at the end.
    fn export(
        &self,
        project: ProjectId,
        after: Option<JourneyId>,
    ) -> impl Future<Output = StoreResult<Vec<(JourneyId, JourneyDocument)>>> + Send;
    fn seed(
        &self,
        project: ProjectId,
        people: &[SeedMember],
        journeys: &[SeedJourney],
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn journey_count(&self, project: ProjectId) -> impl Future<Output = StoreResult<i64>> + Send;

    // The database itself.
    /// The first project of the database, made where there is none, with the local admin as its
    /// person.
    fn local_actor(&self, now: Timestamp) -> impl Future<Output = StoreResult<Actor>> + Send;
    /// The same where nothing may be made: a database without a project has none of its journeys.
    fn known_local_actor(&self) -> impl Future<Output = StoreResult<Actor>> + Send;
    /// Anyone who acts in local mode.
    fn local_person(&self) -> ActorRef;
    /// The person in whose name things happen by themselves.
    fn system_person(&self) -> ActorRef;
    /// Rises when anything that the list could show was changed, by this process or another.
    fn generations(&self) -> impl Future<Output = StoreResult<Vec<(ProjectId, i64)>>> + Send;
    /// The same of one project.
    fn generation(&self, project: ProjectId) -> impl Future<Output = StoreResult<i64>> + Send;
    /// Everything that does not add up: every version's counters (guarantee 6), and their mirrors.
    fn check(&self) -> impl Future<Output = StoreResult<Vec<Finding>>> + Send;
    /// Has a person had to wait lately while others wrote? Anyone who writes much does so in small
    /// portions then.
    fn is_pressed(&self) -> bool;
    /// Can it be read and written right now?
    fn ready(&self) -> impl Future<Output = StoreResult<()>> + Send;
}
