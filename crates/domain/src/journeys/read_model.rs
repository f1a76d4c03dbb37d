//! A journey as others see it: the row of the list and the journey's own page.

use serde::{Deserialize, Serialize};

use super::{
    label::Label,
    references::Reference,
    settings::{EntryType, Settings},
    status::Status,
    transition::JourneyState,
};
use crate::{
    access::actor::ActorRef,
    graph::Graph,
    ids::{JourneyId, VersionId},
    messages::event::MessageEventKind,
    stats::{StatsSummary, VersionStats},
    time::Timestamp,
};

/// One row of the list: the newest published version, or the draft of a journey that was never
/// published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneySummary {
    pub id: JourneyId,
    pub name: String,
    pub description: String,
    pub status: Status,
    pub archived: bool,
    pub ever_published: bool,
    pub entry_type: EntryType,
    /// When people began, or will begin, to enter.
    pub start: Option<Timestamp>,
    pub figures: StatsSummary,
    pub versions: i64,
    pub labels: Vec<Label>,
    pub created_by: ActorRef,
    pub created_at: Timestamp,
    pub published_by: Option<ActorRef>,
    pub published_at: Option<Timestamp>,
    /// Rises with every change; an edit that was begun on an older one is refused.
    pub revision: i64,
}

impl JourneySummary {
    /// What the transition table looks at. `now` decides whether a start is still ahead.
    pub fn state(&self, now: Timestamp) -> JourneyState {
        JourneyState {
            status: self.status,
            archived: self.archived,
            ever_published: self.ever_published,
            start_ahead: self.start.is_some_and(|start| start > now),
            inside: self.figures.inside,
        }
    }
}

/// One version, as the journey's page lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSummary {
    pub id: VersionId,
    /// From 1.
    pub number: i64,
    pub status: Status,
    pub figures: VersionStats,
    pub created_by: ActorRef,
    pub created_at: Timestamp,
    pub published_by: Option<ActorRef>,
    pub published_at: Option<Timestamp>,
    pub start: Option<Timestamp>,
}

/// What happened at one node of a version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NodeStats {
    pub node: String,
    /// People who came to it, each time counted.
    pub came: i64,
    /// By the outlet that they left by.
    pub left: Vec<(String, i64)>,
    /// Trips that ended here.
    pub ended: i64,
    /// What became of its messages: how many, by each fate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<(MessageEventKind, i64)>,
}

impl NodeStats {
    /// How many of its messages this became of.
    pub fn message_count(&self, fate: MessageEventKind) -> i64 {
        self.messages.iter().find(|(known, _)| *known == fate).map_or(0, |(_, count)| *count)
    }

    /// Who is there now: anyone who came and has neither left nor ended.
    pub fn waiting(&self) -> i64 {
        self.came - self.ended - self.left.iter().map(|(_, count)| count).sum::<i64>()
    }
}

/// Everything the journey's own page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JourneyDetail {
    pub summary: JourneySummary,
    /// Newest first.
    pub versions: Vec<VersionSummary>,
    /// Of the shown version.
    pub graph: Graph,
    /// Of the shown version.
    pub settings: Settings,
    /// What the shown version names and its project does not have, since it was cloned from another
    /// one.
    pub missing: Vec<Reference>,
    /// Of the shown version, where anybody has come to a node.
    pub nodes: Vec<NodeStats>,
}
