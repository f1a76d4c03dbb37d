//! What is wrong with input, said so that a form, the canvas, the API and a log can all use it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong with one field: where, which rule, and a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The path of the field as the sender spells it: `name`, `graph.nodes[0].id`, `sort`. Empty
    /// where it is the whole body.
    pub path: String,
    /// A key for programs that does not change: `too_long`, `unknown_value`, `malformed`…
    pub key: String,
    /// A sentence for people.
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
