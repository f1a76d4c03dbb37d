//! What the engine asks of the store: reads in sets, and one write that carries out a whole batch
//! or nothing.

mod batch;

use std::collections::{HashMap, HashSet};

use super::StoreResult;
pub use batch::{
    EngineBatch, EnrolmentPosition, EnrolmentUpdate, NewEnrolment, NewLogLine, NewMessage,
    NewStartEvent, StatsDelta,
};
use wayfare_domain::{
    engine::entry::EnrolmentHistory,
    graph::{Graph, criteria::Criteria},
    ids::{JourneyId, ProjectId},
    journeys::{settings::Settings, status::Status},
    messages::event::MessageEventKind,
    profiles::{Profile, profile::Channel},
    time::Timestamp,
};

/// Short numbers of things in tables with millions of rows.
pub type ProjectKey = i64;
pub type VersionKey = i64;
pub type JourneyKey = i64;
pub type ProfileKey = i64;
pub type EnrolmentKey = i64;

/// When a run began, and the person that it has come to.
pub type EntryRunProgress = (Timestamp, Option<ProfileKey>);

/// Where everything stands; a batch names the state that it was decided in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineState {
    /// Rises with every change that a decision depends on.
    pub epoch: i64,
    /// Rises where what is known of versions must be read again.
    pub definitions_epoch: i64,
    /// The last event that was looked at.
    pub cursor: i64,
    pub last_event: i64,
    pub last_enrolment: EnrolmentKey,
    pub last_profile_change: i64,
    /// Messages for the log wait.
    pub queued: bool,
    /// Something became of messages that no one was moved by yet.
    pub answers: bool,
}

/// A version in which people are let in or move.
#[derive(Debug, Clone)]
pub struct ActiveVersionInfo {
    pub seq: VersionKey,
    pub journey: JourneyKey,
    pub journey_id: JourneyId,
    pub journey_name: String,
    pub project: ProjectKey,
    pub project_id: ProjectId,
    pub status: Status,
    pub entry_mark: i64,
    pub entry_since: Timestamp,
    pub entered: i64,
}

/// The parts that are read only once.
#[derive(Debug, Clone)]
pub struct VersionDefinition {
    pub seq: VersionKey,
    pub graph: Graph,
    pub settings: Settings,
}

/// An event to be looked at.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    pub seq: i64,
    pub project: ProjectKey,
    pub profile: ProfileKey,
    /// Number of its name.
    pub name: i64,
    pub at: Timestamp,
    pub received_at: Timestamp,
    /// JSON.
    pub properties: Option<String>,
}

/// A person inside.
#[derive(Debug, Clone)]
pub struct ActiveEnrolment {
    pub seq: EnrolmentKey,
    pub journey: JourneyKey,
    pub version: VersionKey,
    pub profile: ProfileKey,
    pub node: String,
    pub visit: i64,
    pub entered_at: Timestamp,
    pub began_at: Timestamp,
    pub wait_until: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// Their message at the node went out, and they are waited on for what they do with it.
    pub awaits: bool,
    pub entry_properties: Option<String>,
}

/// What became of a message, and no one was moved by yet.
#[derive(Debug, Clone)]
pub struct PendingMessageEvent {
    pub message: i64,
    pub fate: MessageEventKind,
    pub node: String,
    pub visit: i64,
    /// Is the person still inside?
    pub inside: bool,
    pub enrolment: ActiveEnrolment,
}

/// A message that waits for its channel, with the enrolment it belongs to.
#[derive(Debug, Clone)]
pub struct QueuedMessage {
    pub seq: i64,
    pub channel: String,
    pub node: String,
    pub visit: i64,
    /// Is the person still inside?
    pub inside: bool,
    pub enrolment: ActiveEnrolment,
}

/// What of people is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileNeeds {
    /// Keys of events, each with the names of those properties that conditions read.
    pub events: HashMap<String, HashSet<String>>,
    pub lists: bool,
    /// Properties, addresses, consent and time zone.
    pub profile: bool,
}

/// What waits, and how each journey of a project does.
#[derive(Debug, Clone, Default)]
pub struct EngineBacklog {
    /// People of all projects whose time has come.
    pub due: i64,
    pub journeys: Vec<JourneyStatsRow>,
}

#[derive(Debug, Clone)]
pub struct JourneyStatsRow {
    pub id: JourneyId,
    pub name: String,
    pub entered: i64,
    pub inside: i64,
    /// Left a message by these outlets.
    pub failed: i64,
    pub unreachable: i64,
}

/// How old rows must be to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// What is from before then goes.
    pub before: Timestamp,
    /// What is later than this was written while the clock was wrong, and says nothing about what
    /// follows it.
    pub now: Timestamp,
}

impl Age {
    pub fn is_old(self, at: Timestamp) -> bool {
        at < self.before
    }

    /// Rows are numbered as they are written: after one of these come only younger ones.
    pub fn is_young(self, at: Timestamp) -> bool {
        (self.before..=self.now).contains(&at)
    }
}

/// What was deleted from one page of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub deleted: u64,
    /// Where the next page begins; none: nothing after this one can be old.
    pub next: Option<i64>,
}

/// What the engine works on.
pub trait EngineStore: Clone + Send + Sync + 'static {
    fn head(&self) -> impl Future<Output = StoreResult<EngineState>> + Send;
    /// Versions in which anything may happen.
    fn active_versions(&self) -> impl Future<Output = StoreResult<Vec<ActiveVersionInfo>>> + Send;
    fn contents(
        &self,
        versions: &[VersionKey],
    ) -> impl Future<Output = StoreResult<Vec<VersionDefinition>>> + Send;
    /// Every segment, by project and name.
    fn all_segments(
        &self,
    ) -> impl Future<Output = StoreResult<HashMap<ProjectKey, HashMap<String, Criteria>>>> + Send;
    /// Names of events, (project, key) by number, from the given number on.
    fn event_names(
        &self,
        after: i64,
    ) -> impl Future<Output = StoreResult<Vec<(i64, ProjectKey, String)>>> + Send;
    fn events_after(
        &self,
        cursor: i64,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Vec<StoredEvent>>> + Send;
    fn people(
        &self,
        profiles: &[ProfileKey],
        needs: &ProfileNeeds,
    ) -> impl Future<Output = StoreResult<HashMap<ProfileKey, Profile>>> + Send;
    fn live(
        &self,
        profiles: &[ProfileKey],
        versions: &[VersionKey],
    ) -> impl Future<Output = StoreResult<Vec<ActiveEnrolment>>> + Send;
    fn histories(
        &self,
        pairs: &[(JourneyKey, ProfileKey)],
    ) -> impl Future<Output = StoreResult<HashMap<(JourneyKey, ProfileKey), EnrolmentHistory>>> + Send;
    fn matching_before(
        &self,
        pairs: &[(VersionKey, ProfileKey)],
    ) -> impl Future<Output = StoreResult<HashSet<(VersionKey, ProfileKey)>>> + Send;
    /// Those whose time has come, the longest due first: after `after`, where that is given, up to
    /// `until`.
    fn due_enrolments(
        &self,
        after: Option<Timestamp>,
        until: Timestamp,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Vec<ActiveEnrolment>>> + Send;
    /// When the next one's comes.
    fn next_due(
        &self,
        after: Option<Timestamp>,
    ) -> impl Future<Output = StoreResult<Option<Timestamp>>> + Send;
    /// Lets people wait until then who are due and cannot go on: no one behind them waits for them.
    fn put_off(
        &self,
        people: &[EnrolmentKey],
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Messages for the log, after the one with this number.
    fn queued_test_messages(
        &self,
        after: i64,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Vec<QueuedMessage>>> + Send;
    /// What became of messages, in the order in which it did.
    fn pending_message_events(
        &self,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Vec<PendingMessageEvent>>> + Send;
    /// Channels by which projects really send.
    fn live_channels(
        &self,
    ) -> impl Future<Output = StoreResult<HashSet<(ProjectKey, Channel)>>> + Send;
    /// Profiles that changed, by the number of the change.
    fn profile_changes(
        &self,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Vec<(i64, ProjectKey, ProfileKey)>>> + Send;
    /// People of the project who meet criteria, in the order of their numbers.
    fn matching(
        &self,
        project: ProjectKey,
        criteria: &Criteria,
        after: ProfileKey,
        limit: i64,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<ProfileKey>>> + Send;
    /// The last run of each version's entry, and the person that it has come to (none: it is done).
    fn runs_of(
        &self,
        versions: &[VersionKey],
    ) -> impl Future<Output = StoreResult<HashMap<VersionKey, EntryRunProgress>>> + Send;
    /// Carries out a batch. False, and nothing done, where something that it was decided on has
    /// changed.
    fn commit_batch(&self, batch: &EngineBatch) -> impl Future<Output = StoreResult<bool>> + Send;
    /// Ends what a Stop has left: enrolments of stopped versions that are still inside, and their
    /// queued messages. Answers whether there is more.
    fn sweep(&self, now: Timestamp, limit: i64) -> impl Future<Output = StoreResult<bool>> + Send;

    /// For anyone who watches the server.
    fn backlog(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<EngineBacklog>> + Send;

    // Retention. Each deletes from one page of a table, which begins at the key `from`.
    /// Events that were received before.
    fn forget_events(
        &self,
        age: Age,
        from: i64,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Page>> + Send;
    /// Steps of the next `limit` enrolments.
    fn forget_steps(
        &self,
        age: Age,
        from: EnrolmentKey,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Page>> + Send;
    /// Messages that were settled before, whatever became of them, with what became of them.
    fn forget_messages(
        &self,
        age: Age,
        from: i64,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Page>> + Send;
    /// Why people were kept out; the key is that of a version.
    fn forget_refusals(
        &self,
        age: Age,
        from: VersionKey,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Page>> + Send;
    /// Accounts of imports and of providers' reports, as many as there is time for.
    fn forget_accounts(
        &self,
        age: Age,
        limit: i64,
    ) -> impl Future<Output = StoreResult<Page>> + Send;
}
