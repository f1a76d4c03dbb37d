//! What one round of the engine decided, to be carried out at once or not at all.

use std::collections::{BTreeMap, HashMap};

use super::EngineState;
use wayfare_domain::{
    engine::{entry::EntryRejection, node::ExitReason},
    ids::{EnrolmentKey, JourneyKey, MessageKey, ProfileKey, ProjectId, ProjectKey, VersionKey},
    messages::{event::MessageEventKind, message_status::MessageStatus},
    profiles::Properties,
    stats::NodeStatsKind,
    time::Timestamp,
};

/// Someone new inside (or already out again).
#[derive(Debug, Clone)]
pub struct NewEnrolment {
    pub seq: EnrolmentKey,
    pub project: ProjectKey,
    pub journey: JourneyKey,
    pub version: VersionKey,
    pub profile: ProfileKey,
    pub position: EnrolmentPosition,
    pub entered_at: Timestamp,
    pub began_at: Timestamp,
    pub entry_properties: Option<String>,
}

/// Someone who was inside and moved.
#[derive(Debug, Clone)]
pub struct EnrolmentUpdate {
    pub seq: EnrolmentKey,
    /// The visit that the decision was made for: someone who has moved since is not moved.
    pub from_visit: i64,
    pub position: EnrolmentPosition,
}

/// Where they are afterwards.
#[derive(Debug, Clone)]
pub struct EnrolmentPosition {
    pub node: String,
    pub visit: i64,
    pub wait_until: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub awaits: bool,
    pub ended: Option<ExitReason>,
}

/// One line of the step log.
#[derive(Debug, Clone)]
pub struct NewLogLine {
    pub enrolment: EnrolmentKey,
    pub visit: i64,
    /// JSON: [[node, what, reason], …]
    pub path: String,
}

#[derive(Debug, Clone)]
pub struct NewMessage {
    pub project: ProjectKey,
    pub version: VersionKey,
    pub enrolment: EnrolmentKey,
    pub profile: ProfileKey,
    pub node: String,
    pub visit: i64,
    pub channel: &'static str,
    /// Machine and port of a webhook, where they are the same for everybody; otherwise empty.
    pub endpoint: String,
    /// Goes out through a channel; otherwise the log takes it.
    pub live: bool,
    pub expires_at: Option<Timestamp>,
}

/// An event of ours: the journey that it names lets the person in by it, exactly once, like by any
/// event.
#[derive(Debug, Clone)]
pub struct NewStartEvent {
    pub project: ProjectKey,
    pub profile: ProfileKey,
    /// Its name, which is its key as well.
    pub key: String,
    /// JSON.
    pub properties: String,
}

/// What a version's counters change by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatsDelta {
    pub qualified: i64,
    pub control: i64,
    pub entered: i64,
    /// By [`ExitReason::code`].
    pub ended: [i64; 7],
    pub queued: i64,
    pub cancelled: i64,
}

/// Everything that one round decided.
#[derive(Debug, Clone, Default)]
pub struct EngineBatch {
    /// What it was decided in.
    pub head: EngineState,
    pub now: Timestamp,
    /// The cursor afterwards.
    pub cursor: i64,
    pub entered: Vec<NewEnrolment>,
    pub moved: Vec<EnrolmentUpdate>,
    pub steps: Vec<NewLogLine>,
    pub messages: Vec<NewMessage>,
    /// What became of messages.
    pub settled: Vec<(MessageKey, MessageStatus)>,
    /// What became of messages and was acted on.
    pub answered: Vec<(MessageKey, MessageEventKind)>,
    pub counted: HashMap<VersionKey, StatsDelta>,
    /// (version, node, what of it, its name) → how many.
    pub nodes: HashMap<(VersionKey, String, NodeStatsKind, String), i64>,
    pub refused: HashMap<(VersionKey, ProfileKey), (EntryRejection, i64)>,
    pub properties: BTreeMap<ProfileKey, Properties>,
    /// Who is on which list afterwards (true), or off it: the last word about each counts.
    pub lists: HashMap<(ProjectKey, ProfileKey, String), bool>,
    /// By which steps start other journeys.
    pub started: Vec<NewStartEvent>,
    /// Came to meet the criteria of an entry (true), or meets them no longer.
    pub met: HashMap<(VersionKey, ProfileKey), bool>,
    /// Profile changes up to this one were looked at.
    pub profile_changes: Option<i64>,
    /// Progress of a run: version, its time, the last person (none: done).
    pub run: Option<(VersionKey, Timestamp, Option<ProfileKey>)>,
    /// Projects whose pages should notice.
    pub announce: Vec<ProjectId>,
}

impl EngineBatch {
    /// Does it change anything but the cursor?
    pub fn is_empty(&self) -> bool {
        self.entered.is_empty()
            && self.moved.is_empty()
            && self.settled.is_empty()
            && self.answered.is_empty()
            && self.counted.is_empty()
            && self.refused.is_empty()
            && self.met.is_empty()
            && self.profile_changes.is_none()
            && self.run.is_none()
            && self.announce.is_empty()
    }
}
