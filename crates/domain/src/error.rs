//! What is wrong with input, said so that a form, the canvas, the API and a log can all use it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One complaint about one field: where, which rule, and a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's path as the sender spells it: `name`, `journeys[2].graph.nodes[0].id`, `sort`.
    pub path: String,
    /// A stable key for programs: `too_long`, `unknown_value`, `malformed`…
    pub key: String,
    /// A sentence for a person.
    pub sentence: String,
}

impl FieldError {
    pub fn new(path: impl Into<String>, key: &str, sentence: impl Into<String>) -> Self {
        Self { path: path.into(), key: key.to_string(), sentence: sentence.into() }
    }

    /// The same complaint, one level deeper: `name` under `journeys[2]` is `journeys[2].name`.
    pub fn under(mut self, parent: &str) -> Self {
        self.path = if self.path.is_empty() {
            parent.to_string()
        } else if self.path.starts_with('[') {
            format!("{parent}{}", self.path)
        } else {
            format!("{parent}.{}", self.path)
        };
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}
