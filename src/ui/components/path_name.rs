//! The name of a path, as pages show it. Code and JSON call a path an outlet; its key never
//! changes.

use wayfare_domain::graph::{Node, NodeKind};

/// What leaving `node` by `outlet` is called. Branches and shares have names of their own.
pub fn path_name(node: &Node, outlet: &str) -> String {
    match (&node.step, outlet) {
        (NodeKind::ConditionSplit { .. }, "others") => "Everyone else",
        (NodeKind::ConditionSplit { .. } | NodeKind::RandomSplit { .. }, name) => name,
        (_, "next") => "Next",
        (_, "sent") => "Sent",
        (_, "delivered") => "Delivered",
        (_, "viewed") => "Opened",
        (_, "clicked") => "Clicked",
        (_, "bounced") => "Bounced",
        (_, "complained") => "Marked as spam",
        (_, "unsubscribed") => "Unsubscribed",
        (_, "failed") => "Failed",
        (_, "unreachable") => "Can’t be reached",
        (_, "yes") => "Yes",
        (_, "no") => "No",
        (step, "timeout") if step.is_message() => "No response",
        (_, "timeout") => "Timed out",
        (_, key) => key,
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_named_after_its_step_and_a_branch_keeps_its_name() {
        let named = |step: serde_json::Value, outlet: &str| {
            let step = serde_json::from_value(step).expect("a step");
            path_name(&Node::new("n", step), outlet)
        };
        let mail = serde_json::json!({ "email": { "subject": "Hi", "body": "Hello" } });
        let wait = serde_json::json!({
            "wait_for_event": { "event": { "name": "Bought" }, "timeout_minutes": 60 }
        });
        let shares = serde_json::json!({ "random_split": { "shares": [] } });
        assert_eq!(named(mail.clone(), "timeout"), "No response");
        assert_eq!(named(mail, "viewed"), "Opened");
        assert_eq!(named(wait, "timeout"), "Timed out");
        assert_eq!(named(shares, "next"), "next");
    }
}
