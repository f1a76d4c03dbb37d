//! What the engine asks of the store: reads in sets, and one commit of a whole batch or nothing.

mod batch;

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;

use crate::{StoreResult, maintenance::WritePressure};
pub use batch::{
    EngineBatch, EnrolmentPosition, EnrolmentUpdate, NewEnrolment, NewLogLine, NewMessage,
    NewStartEvent, StatsDelta,
};
use wayfare_domain::{
    engine::entry::EnrolmentHistory,
    graph::{Graph, criteria::Criteria},
    ids::{
        EnrolmentKey, JourneyId, JourneyKey, MessageKey, ProfileKey, ProjectId, ProjectKey,
        VersionKey,
    },
    journeys::{settings::Settings, status::Status},
    messages::event::MessageEventKind,
    profiles::{Profile, profile::Channel},
    time::Timestamp,
};

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
    pub message: MessageKey,
    pub kind: MessageEventKind,
    pub node: String,
    pub visit: i64,
    /// Is the person still inside?
    pub inside: bool,
    pub enrolment: ActiveEnrolment,
}

/// A message that waits for its channel, with the enrolment it belongs to.
#[derive(Debug, Clone)]
pub struct QueuedMessage {
    pub seq: MessageKey,
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

/// What one journey counts.
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

/// What waits for the engine, and the commit of what it decided.
#[async_trait]
pub trait EngineStore: WritePressure {
    /// Where everything stands: what a batch is decided on.
    async fn get_engine_state(&self) -> StoreResult<EngineState>;
    /// The next events in commit order: once a cursor was answered, no event appears at or before
    /// it.
    async fn load_events_after(&self, cursor: i64, limit: i64) -> StoreResult<Vec<StoredEvent>>;
    /// Those whose time has come, the longest due first: after `after`, where that is given, up to
    /// `until`.
    async fn load_due_enrolments(
        &self,
        after: Option<Timestamp>,
        until: Timestamp,
        limit: i64,
    ) -> StoreResult<Vec<ActiveEnrolment>>;
    /// When the next one's time comes.
    async fn get_next_due(&self, after: Option<Timestamp>) -> StoreResult<Option<Timestamp>>;
    /// Lets enrolments wait until then that are due and cannot go on: no one behind them waits for
    /// them.
    async fn postpone_enrolments(
        &self,
        enrolments: &[EnrolmentKey],
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<()>;
    /// Messages in test mode, after the one with this key.
    async fn load_queued_test_messages(
        &self,
        after: i64,
        limit: i64,
    ) -> StoreResult<Vec<QueuedMessage>>;
    /// What happened to messages and moved no one yet, in the order in which it did.
    async fn load_pending_message_events(
        &self,
        limit: i64,
    ) -> StoreResult<Vec<PendingMessageEvent>>;
    /// Profiles that changed, by the number of the change.
    async fn load_profile_changes(
        &self,
        limit: i64,
    ) -> StoreResult<Vec<(i64, ProjectKey, ProfileKey)>>;
    /// Commits a batch as a whole. False, and nothing done, where something that it was decided on
    /// has changed.
    async fn commit_batch(&self, batch: &EngineBatch) -> StoreResult<bool>;
    /// Ends what a Stop has left: enrolments of stopped versions that are still inside, and their
    /// queued messages. Answers whether there is more.
    async fn sweep(&self, now: Timestamp, limit: i64) -> StoreResult<bool>;
    /// What waits, and how each journey of a project does, for whoever watches the server.
    async fn get_backlog(&self, project: ProjectId, now: Timestamp) -> StoreResult<EngineBacklog>;
}

/// What the engine reads to decide a round, in sets.
#[async_trait]
pub trait EngineSource: Send + Sync {
    /// Versions in which people enter or move.
    async fn load_active_versions(&self) -> StoreResult<Vec<ActiveVersionInfo>>;
    /// The graphs and settings of versions.
    async fn load_version_definitions(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<Vec<VersionDefinition>>;
    /// The criteria of every segment, by project and name.
    async fn load_segments_by_project(
        &self,
    ) -> StoreResult<HashMap<ProjectKey, HashMap<String, Criteria>>>;
    /// Names of events after the one with this number: number, project and key.
    async fn load_event_names(&self, after: i64) -> StoreResult<Vec<(i64, ProjectKey, String)>>;
    /// Channels by which projects really send.
    async fn load_live_channels(&self) -> StoreResult<HashSet<(ProjectKey, Channel)>>;
    /// Profiles, with as much as is needed of each.
    async fn load_profiles(
        &self,
        profiles: &[ProfileKey],
        needs: &ProfileNeeds,
    ) -> StoreResult<HashMap<ProfileKey, Profile>>;
    /// Enrolments of these profiles in these versions that have not ended.
    async fn load_active_enrolments(
        &self,
        profiles: &[ProfileKey],
        versions: &[VersionKey],
    ) -> StoreResult<Vec<ActiveEnrolment>>;
    /// What the re-entry rule looks at, where there is any.
    async fn load_enrolment_histories(
        &self,
        pairs: &[(JourneyKey, ProfileKey)],
    ) -> StoreResult<HashMap<(JourneyKey, ProfileKey), EnrolmentHistory>>;
    /// Those of these pairs in which the profile met the criteria of the entry when it was looked
    /// at last.
    async fn load_previous_matches(
        &self,
        pairs: &[(VersionKey, ProfileKey)],
    ) -> StoreResult<HashSet<(VersionKey, ProfileKey)>>;
    /// Profiles of a project that meet criteria, in the order of their keys.
    async fn load_matching_profiles_after(
        &self,
        project: ProjectKey,
        criteria: &Criteria,
        after: ProfileKey,
        limit: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<ProfileKey>>;
    /// The last entry run of each version, and the profile that it has come to (none: it is done).
    async fn load_entry_runs(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<HashMap<VersionKey, EntryRunProgress>>;
}
