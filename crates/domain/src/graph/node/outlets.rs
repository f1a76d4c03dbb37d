//! The outlets of a node: their keys, which never change, and what pages call them.

use super::{Node, NodeKind};

/// Outlets of what happens to a message after it was sent.
pub const ENGAGEMENT_OUTLETS: [&str; 6] =
    ["viewed", "clicked", "delivered", "bounced", "complained", "unsubscribed"];

/// The outlet of a message without a response in time, or of a wait that is over.
const TIMEOUT: &str = "timeout";

impl Node {
    /// The names of the outlets. A message with a response time also has one for no response.
    pub fn outlets(&self) -> Vec<String> {
        let mut outlets = self.step.outlets();
        if self.sending.answer_minutes.is_some()
            && ENGAGEMENT_OUTLETS.iter().any(|later| outlets.iter().any(|outlet| outlet == later))
        {
            outlets.push(TIMEOUT.to_string());
        }
        outlets
    }

    /// What pages call an outlet of this node.
    pub fn outlet_title(&self, outlet: &str) -> String {
        self.step.outlet_title(outlet)
    }
}

impl NodeKind {
    /// The names of the outlets, in the order of drawing: those that the author named, then those
    /// of the type.
    pub fn outlets(&self) -> Vec<String> {
        let of_type = self.node_type().spec().outlets.iter().map(|name| (*name).to_string());
        self.named_outlets().map(str::to_string).chain(of_type).collect()
    }

    /// Outlets that the author named: branches and shares.
    fn named_outlets(&self) -> impl Iterator<Item = &str> {
        let uses = self.uses();
        let branches = uses.branches.iter().map(|branch| branch.name.as_str());
        branches.chain(uses.shares.iter().map(|share| share.name.as_str()))
    }

    /// What pages call an outlet. Its key in JSON is another thing and never changes; branches and
    /// shares have the names that their author gave them.
    pub fn outlet_title(&self, outlet: &str) -> String {
        let spec = self.node_type().spec();
        let is_of_type = !spec.has_named_outlets || spec.outlets.contains(&outlet);
        if is_of_type { type_outlet_title(outlet, self.is_message()) } else { outlet }.to_string()
    }
}

/// A text that is no outlet of any type is its own title.
fn type_outlet_title(outlet: &str, is_message: bool) -> &str {
    match outlet {
        "next" => "Next",
        "sent" => "Sent",
        "viewed" => "Opened",
        "clicked" => "Clicked",
        "delivered" => "Delivered",
        "bounced" => "Bounced",
        "complained" => "Marked as spam",
        "unsubscribed" => "Unsubscribed",
        TIMEOUT if is_message => "No response",
        TIMEOUT => "Timed out",
        "failed" => "Failed",
        "unreachable" => "Can't be reached",
        "yes" => "Yes",
        "no" => "No",
        "others" => "Everyone else",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::NodeType, *};

    #[test]
    fn every_outlet_of_a_type_has_a_title_of_its_own() {
        for node_type in NodeType::ALL {
            for outlet in node_type.spec().outlets {
                let title = type_outlet_title(outlet, false);
                assert_ne!(&title, outlet, "{}", node_type.spec().key);
            }
        }
    }

    #[test]
    fn a_branch_keeps_its_name_even_where_it_is_the_key_of_an_outlet() {
        let step =
            |step: serde_json::Value| -> NodeKind { serde_json::from_value(step).expect("a step") };
        let shares = step(serde_json::json!({ "random_split": { "shares": [] } }));
        let branches = step(serde_json::json!({ "condition_split": { "branches": [] } }));
        assert_eq!(shares.outlet_title("next"), "next");
        assert_eq!(branches.outlet_title("yes"), "yes");
        assert_eq!(branches.outlet_title("others"), "Everyone else");
    }

    #[test]
    fn no_response_is_the_timeout_of_a_message() {
        let title = |node_type: NodeType| node_type.example().outlet_title(TIMEOUT);
        assert_eq!(title(NodeType::Email), "No response");
        assert_eq!(title(NodeType::WaitForEvent), "Timed out");
    }
}
