//! Keys that stand in the headers of webhooks: shown to whoever may edit journeys, in no file, and
//! kept where somebody saves without having seen them.

use super::{Graph, node::WebhookHeader};

/// Stands for a value that is not shown.
pub const HIDDEN: &str = "•••";

/// Headers whose values let somebody in.
pub fn is_secret(header: &str) -> bool {
    let name = header.to_lowercase();
    ["auth", "key", "token", "secret", "cookie", "pass", "credential", "session", "signature"]
        .iter()
        .any(|part| name.contains(part))
}

impl Graph {
    fn secrets(&mut self) -> impl Iterator<Item = (&str, &mut WebhookHeader)> {
        self.nodes.iter_mut().flat_map(|node| {
            let id = node.id.as_str();
            node.step
                .webhook_headers_mut()
                .iter_mut()
                .filter(|header| is_secret(&header.name))
                .map(move |header| (id, header))
        })
    }

    /// For whoever may not edit it.
    #[must_use]
    pub fn with_secrets_hidden(mut self) -> Self {
        self.secrets().for_each(|(_, header)| header.value = HIDDEN.to_string());
        self
    }

    /// For a file.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        self.secrets().for_each(|(_, header)| header.value.clear());
        self
    }

    /// Values that somebody was not shown are what they are in what is kept; what was never there
    /// is empty, and has to be entered before it is published.
    #[must_use]
    pub fn with_secrets_of(mut self, kept: &Graph) -> Self {
        for (node, header) in self.secrets().filter(|(_, header)| header.value.trim() == HIDDEN) {
            header.value = kept.secret(node, &header.name).unwrap_or_default().to_string();
        }
        self
    }

    fn secret(&self, node: &str, name: &str) -> Option<&str> {
        let headers = self.node(node)?.step.uses().webhook_headers;
        let known = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(&known.value)
    }

    /// Values that have to be entered still.
    pub fn missing_secrets(&self) -> usize {
        let missing = |header: &&WebhookHeader| {
            is_secret(&header.name) && matches!(header.value.trim(), "" | HIDDEN)
        };
        self.nodes
            .iter()
            .map(|node| node.step.uses().webhook_headers.iter().filter(missing).count())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph(value: &str) -> Graph {
        serde_json::from_value(json!({ "nodes": [
            { "id": "entry", "step": { "entry": {} } },
            { "id": "hook", "step": { "webhook": { "url": "https://shop.example/", "headers": [
                { "name": "Authorization", "value": value }, { "name": "X-Shop", "value": "7" }
            ] } } }
        ] }))
        .expect("a graph")
    }

    #[test]
    fn keys_are_hidden_left_out_and_kept() {
        let whole = graph("Bearer 42");
        let hidden = whole.clone().with_secrets_hidden();
        assert_eq!(hidden, graph(HIDDEN));
        assert_eq!(hidden.clone().with_secrets_of(&whole), whole);
        assert_eq!(hidden.with_secrets_of(&Graph::default()), graph(""), "nothing is made up");
        assert_eq!(graph("Bearer 43").with_secrets_of(&whole), graph("Bearer 43"));
        assert_eq!(whole.clone().without_secrets(), graph(""));
        assert_eq!((whole.missing_secrets(), graph("").missing_secrets()), (0, 1));
        for name in ["authorization", "X-Api-Key", "Cookie", "PassPhrase"] {
            assert!(is_secret(name), "{name}");
        }
    }
}
