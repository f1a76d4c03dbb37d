//! What the editor opens, sends and is told: the contract between the canvas in the browser and the
//! server (`src/api/editor.rs`). The rules of editing are the crate `editor-model`.

pub mod begin;
pub mod edit_mode;
pub mod publish;
pub mod save;

pub use edit_mode::EditMode;

use serde::{Deserialize, Serialize};

use super::{
    access::actor::ActorRef,
    error::FieldError,
    graph::Graph,
    ids::JourneyId,
    journeys::{read_model::NodeStats, settings::Settings, status::Status},
    stats::VersionStats,
    time::Timestamp,
};

/// Longest description that a journey is published with, in characters (docs/design.md,
/// Limits).
pub const PUBLISHED_DESCRIPTION_MAX: usize = 120;

/// Names that the project knows, offered in forms and asked by checks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProjectCatalog {
    pub events: Vec<String>,
    /// Names of profiles' properties.
    pub properties: Vec<String>,
    /// Names of the properties of events, by event.
    pub event_properties: Vec<(String, Vec<String>)>,
    pub segments: Vec<String>,
    pub lists: Vec<String>,
    /// Other journeys that can be started.
    pub journeys: Vec<String>,
    /// Keys of the channels that are set up and live.
    pub live_channels: Vec<String>,
}

/// One line of the version selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionOption {
    pub number: i64,
    pub status: Status,
    pub published_by: Option<ActorRef>,
    pub published_at: Option<Timestamp>,
    pub figures: VersionStats,
}

/// A version, opened in the editor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditorDocument {
    pub journey: JourneyId,
    pub name: String,
    pub description: String,
    pub archived: bool,
    pub version: i64,
    pub status: Status,
    pub mode: EditMode,
    /// Why nothing can be changed, or only content: a sentence.
    pub why: Option<String>,
    /// Of this version's graph and settings; a save names the one that it began from.
    pub revision: i64,
    pub graph: Graph,
    pub settings: Settings,
    /// Newest first.
    pub versions: Vec<VersionOption>,
    pub catalogue: ProjectCatalog,
    /// Where the version was published: who passed and who waits.
    pub figures: Vec<NodeStats>,
    /// What they may do besides editing.
    pub may_publish: bool,
}

/// What a save sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaveVersion {
    pub journey: JourneyId,
    pub version: i64,
    pub revision: i64,
    pub graph: Graph,
    pub settings: Settings,
    /// It was checked as a save of a draft, of which anything is kept: it is none of a version that
    /// was published meanwhile. Nobody sends it along.
    #[serde(skip)]
    pub checked_as_draft: bool,
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveResult {
    Done {
        revision: i64,
        /// What only the server knows: names that no one knows, templates that cannot be read.
        checks: Vec<Problem>,
    },
    /// Someone else saved meanwhile; nothing was changed. What is there now, and who made it.
    Conflict { theirs: Box<EditorDocument>, by: Option<ActorRef>, at: Option<Timestamp> },
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Keeps the version from being published.
    Error,
    Warning,
}

/// One finding of the live checks, with the place to jump to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub severity: Severity,
    /// The node it is about; none: the settings, or the whole.
    pub node: Option<String>,
    pub problem: FieldError,
}

impl Problem {
    /// About a node; `field` is its path below the node.
    pub fn of_node(
        severity: Severity,
        graph: &Graph,
        index: usize,
        field: &str,
        key: &str,
        sentence: impl Into<String>,
    ) -> Self {
        let problem = FieldError::new(field, key, sentence).under(&format!("graph.nodes[{index}]"));
        Self { severity, node: graph.nodes.get(index).map(|node| node.id.clone()), problem }
    }

    pub fn of_settings(
        severity: Severity,
        field: &str,
        key: &str,
        sentence: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            node: None,
            problem: FieldError::new(field, key, sentence).under("settings"),
        }
    }
}

/// What becomes of people in the older version when a newer one is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviousVersionPolicy {
    /// They carry on in it; it is Restricted: no one else enters.
    #[default]
    #[serde(rename = "carry_on")]
    KeepEnrolments,
    /// They leave it (`version exit`), and it is Completed.
    #[serde(rename = "leave")]
    ExitEnrolments,
}

/// Publishing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishRequest {
    pub journey: JourneyId,
    pub version: i64,
    pub revision: i64,
    pub name: String,
    /// At most 120 characters.
    pub description: String,
    pub predecessor: PreviousVersionPolicy,
}

/// Trying a graph on someone, with a clock that runs ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimulateProfile {
    pub graph: Graph,
    pub settings: Settings,
    /// Identity of the person; none: an example person.
    pub person: Option<String>,
    /// Properties of the event that lets them in.
    pub event: super::profiles::Properties,
    /// Events that they are assumed to do.
    pub later: Vec<SimulatedEvent>,
}

/// Something that they do in a trial. What becomes of a message is such an event too: `$viewed`,
/// `$clicked`, `$delivered`, `$bounced`, `$complained`, `$unsubscribed`, `$failed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedEvent {
    /// So many minutes after they came in.
    pub minutes: u32,
    pub name: String,
    /// What differs from the event that let them in, whose properties it has otherwise: the same
    /// cart, the same order. `null` is a property that it does not have.
    #[serde(default)]
    pub properties: super::profiles::Properties,
}

/// One step of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulationStep {
    pub at: Timestamp,
    pub node: String,
    /// "sends", "waits", "left:sent", "ended:completed", as in the step log; first of all perhaps
    /// "kept out", where a gate would not let them in: the trial goes on as if it had.
    pub what: String,
    pub reason: String,
}

/// Trying a graph on what happened in the last days, without sending anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayEvents {
    pub graph: Graph,
    pub settings: Settings,
    pub days: u32,
}

/// What would have happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplayResult {
    /// Events looked at.
    pub events: i64,
    pub entered: i64,
    /// Refused entry, by the sentence of the reason.
    pub refused: Vec<(String, i64)>,
    pub nodes: Vec<NodeStats>,
    /// Messages that would have been sent, by node.
    pub messages: Vec<(String, i64)>,
    /// There were more events than are looked at.
    pub cut: bool,
}

/// Someone who is at a node right now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileAtNode {
    /// The number of their page, `/profiles/NUMBER`; none where they were forgotten.
    pub person: Option<i64>,
    /// The number of their enrolment's page, `/enrolments/NUMBER`.
    #[serde(rename = "trip")]
    pub enrolment: i64,
    pub identity: Option<String>,
    pub since: Timestamp,
}
