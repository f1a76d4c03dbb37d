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
    stats::{NodeStatsKind, StatsSummary, VersionStats},
    time::Timestamp,
};

/// A journey as the Journeys page lists it: its newest published version, or the draft of a journey
/// that was never published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// How many versions it has, the draft included.
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

/// One version of a journey, with its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

impl VersionSummary {
    /// The version of this number; without a number the draft, or else what the list shows. Of
    /// versions that are listed newest first.
    pub fn to_open(versions: &[Self], number: Option<i64>) -> Option<&Self> {
        match number {
            Some(number) => versions.iter().find(|version| version.number == number),
            None => {
                let draft = versions.iter().find(|version| version.status == Status::Draft);
                draft.or(versions.first())
            }
        }
    }
}

/// What happened at one node of a version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeStats {
    /// The ID of the node in the graph.
    pub node: String,
    /// How often people arrived at it.
    pub came: i64,
    /// How often people left it, by outlet: `[outlet, count]`.
    pub left: Vec<(String, i64)>,
    /// Enrolments that ended at it.
    pub ended: i64,
    /// What happened to its messages: `[message event, count]`. Left out where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<(MessageEventKind, i64)>,
}

impl NodeStats {
    /// From the counts of a version by node, kind and name, those of a node one after the other.
    /// In a version that everybody has left (`is_emptied`) no one waits anywhere.
    pub fn collect(
        counts: impl IntoIterator<Item = (String, NodeStatsKind, String, i64)>,
        is_emptied: bool,
    ) -> Vec<Self> {
        let mut nodes: Vec<Self> = Vec::new();
        for (node, kind, name, count) in counts {
            match nodes.last_mut() {
                Some(stats) if stats.node == node => stats.add(kind, name, count),
                _ => {
                    let mut stats = Self { node, ..Self::default() };
                    stats.add(kind, name, count);
                    nodes.push(stats);
                }
            }
        }
        if is_emptied {
            nodes.iter_mut().for_each(|stats| stats.ended += stats.waiting());
        }
        nodes
    }

    fn add(&mut self, kind: NodeStatsKind, name: String, count: i64) {
        match kind {
            NodeStatsKind::Arrived => self.came += count,
            NodeStatsKind::Left => self.left.push((name, count)),
            NodeStatsKind::Exited => self.ended += count,
            // Anyone who would have left by them waits or has ended, and is counted there.
            NodeStatsKind::MissingOutlet => {}
            NodeStatsKind::MessageEvent => {
                self.messages.extend(MessageEventKind::from_key(&name).map(|event| (event, count)));
            }
        }
    }

    /// How many of its messages this became of.
    pub fn message_count(&self, kind: MessageEventKind) -> i64 {
        self.messages.iter().find(|(known, _)| *known == kind).map_or(0, |(_, count)| *count)
    }

    /// Who is there now: anyone who came and has neither left nor ended.
    pub fn waiting(&self) -> i64 {
        self.came - self.ended - self.left.iter().map(|(_, count)| count).sum::<i64>()
    }
}

/// A journey with its versions, and the graph, the settings and the counts of the version shown:
/// the newest published one, or else the draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JourneyDetail {
    pub summary: JourneySummary,
    /// The newest first.
    pub versions: Vec<VersionSummary>,
    /// The graph, as docs/journey-json.md describes it.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub graph: Graph,
    /// The settings, as docs/journey-json.md describes them.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub settings: Settings,
    /// What the version names and the project does not have, because the journey was cloned from
    /// another project.
    pub missing: Vec<Reference>,
    /// The counts of the nodes to which people have come.
    pub nodes: Vec<NodeStats>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::UserId;

    fn nodes(is_emptied: bool) -> Vec<NodeStats> {
        let counts = [
            ("a", NodeStatsKind::Arrived, "", 9),
            ("a", NodeStatsKind::Left, "next", 4),
            ("a", NodeStatsKind::Exited, "completed", 2),
            ("a", NodeStatsKind::MissingOutlet, "sent", 3),
            ("a", NodeStatsKind::MessageEvent, "clicked", 1),
            ("b", NodeStatsKind::Arrived, "", 4),
        ]
        .map(|(node, kind, name, count)| (node.to_string(), kind, name.to_string(), count));
        NodeStats::collect(counts, is_emptied)
    }

    #[test]
    fn the_counts_of_a_node_are_told_apart_by_their_kinds() {
        let [a, b] = nodes(false).try_into().expect("two nodes");
        assert_eq!(
            (a.came, a.ended, a.left.as_slice()),
            (9, 2, [("next".to_string(), 4)].as_slice())
        );
        assert_eq!(a.message_count(MessageEventKind::Clicked), 1);
        assert_eq!((a.waiting(), b.waiting()), (3, 4));
    }

    #[test]
    fn no_one_waits_where_everybody_has_left() {
        let waiting: Vec<i64> = nodes(true).iter().map(NodeStats::waiting).collect();
        assert_eq!(waiting, [0, 0]);
    }

    fn version(number: i64, status: Status) -> VersionSummary {
        VersionSummary {
            id: VersionId(Uuid::nil()),
            number,
            status,
            figures: VersionStats::default(),
            created_by: ActorRef { id: UserId(Uuid::nil()), name: "Ada".to_string() },
            created_at: Timestamp(0),
            published_by: None,
            published_at: None,
            start: None,
        }
    }

    #[test]
    fn the_draft_is_opened_or_else_the_newest_version() {
        let opened = |versions: &[VersionSummary], number| {
            VersionSummary::to_open(versions, number).map(|version| version.number)
        };
        let versions = [version(2, Status::Draft), version(1, Status::Running)];
        assert_eq!(opened(&versions, None), Some(2));
        assert_eq!(opened(&versions[1..], None), Some(1));
        assert_eq!((opened(&versions, Some(1)), opened(&versions, Some(7))), (Some(1), None));
    }
}
