//! What a round counts of one node, before it becomes rows.

use wayfare_domain::{
    engine::enrolment::{NodeVisit, VisitOutcome},
    stats::NodeStatsKind,
};

/// How many arrived at a node and left it by each outlet. A node has a handful of them.
pub(super) type OutletCounts = Vec<(NodeStatsKind, String, i64)>;

pub(super) fn count_visit(outlets: &mut OutletCounts, visit: &NodeVisit) {
    let mut count = |kind: NodeStatsKind, name: &str| match outlets
        .iter_mut()
        .find(|outlet| outlet.0 == kind && outlet.1 == name)
    {
        Some(outlet) => outlet.2 += 1,
        None => outlets.push((kind, name.to_string(), 1)),
    };
    if visit.arrived {
        count(NodeStatsKind::Arrived, "");
    }
    if let Some(outlet) = &visit.missing_outlet {
        count(NodeStatsKind::MissingOutlet, outlet);
    }
    match &visit.outcome {
        VisitOutcome::Left(outlet) => count(NodeStatsKind::Left, outlet),
        VisitOutcome::Ended(ending) => count(NodeStatsKind::Exited, ending.key()),
        VisitOutcome::Waits | VisitOutcome::Sends => {}
    }
}
