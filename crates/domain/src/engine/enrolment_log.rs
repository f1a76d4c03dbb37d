//! The log of an enrolment in words: the lines that [`super::enrolment::VisitOutcome::word`]
//! writes.

use super::exit_reason::ExitReason;
use crate::{graph::Node, profiles::read_model::EnrolmentLogLine, time::Timestamp};

/// A node in a line of the log, as it is stored: its id, what happened and why.
pub type StoredVisit = (String, String, String);

/// The line of a visit; `node` is none where it is gone from the version.
pub fn log_line(
    at: Timestamp,
    (id, what, reason): StoredVisit,
    node: Option<&Node>,
) -> EnrolmentLogLine {
    EnrolmentLogLine {
        at,
        of_properties: tells_of_properties(node),
        title: node.map_or_else(|| id.clone(), Node::title),
        what: in_words(&what, node),
        node: id,
        reason,
    }
}

/// Does a step's reason tell of properties? Of a node that is gone this is not known.
fn tells_of_properties(node: Option<&Node>) -> bool {
    node.is_none_or(|node| {
        let uses = node.step.uses();
        !uses.branches.is_empty() || uses.date_property.is_some()
    })
}

fn in_words(what: &str, node: Option<&Node>) -> String {
    match what.split_once(':') {
        Some(("left", outlet)) => {
            let path = node.map_or_else(|| outlet.to_string(), |node| node.outlet_title(outlet));
            format!("takes the path “{path}”")
        }
        Some(("ended", key)) => {
            let ending = ExitReason::ALL.into_iter().find(|ending| ending.key() == key);
            ending.map(ExitReason::title).unwrap_or_default().to_string()
        }
        _ if what == "waits" => "waits".to_string(),
        _ if what == "sends" => "sends the message".to_string(),
        _ => what.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::enrolment::VisitOutcome;

    fn split() -> Node {
        serde_json::from_value(json!({ "id": "split", "step": { "condition_split": { "branches": [
            { "name": "best", "criteria": { "on_list": "VIP" } }
        ] } } }))
        .expect("a node")
    }

    fn words(outcome: &VisitOutcome) -> String {
        in_words(&outcome.word(), Some(&split()))
    }

    #[test]
    fn every_outcome_that_is_logged_has_words() {
        assert_eq!(words(&VisitOutcome::Left("best".to_string())), "takes the path “best”");
        assert_eq!(words(&VisitOutcome::Waits), "waits");
        assert_eq!(words(&VisitOutcome::Sends), "sends the message");
        for reason in ExitReason::ALL {
            assert_eq!(words(&VisitOutcome::Ended(reason)), reason.title());
        }
    }

    #[test]
    fn a_line_of_a_node_that_is_gone_has_its_id_and_may_tell_of_properties() {
        let visit = ["gone", "left:yes", "why"].map(str::to_string).into();
        let line = log_line(Timestamp(1), visit, None);
        assert_eq!((line.title.as_str(), line.what.as_str()), ("gone", "takes the path “yes”"));
        assert!(line.of_properties);
    }

    #[test]
    fn the_reason_of_a_condition_split_tells_of_properties() {
        assert!(tells_of_properties(Some(&split())));
        let entry: Node = serde_json::from_value(json!({ "id": "entry", "step": { "entry": {} } }))
            .expect("a node");
        assert!(!tells_of_properties(Some(&entry)));
    }
}
