//! The JSON form in which journeys travel: `wayfare export` writes it, `wayfare import` reads it.
//!
//! It is described for people in `docs/journey-json.md`. Reading is all or nothing, and every
//! complaint has the line of the text it is about.

use serde::{Deserialize, Serialize};

use super::{label::LABELS_PER_JOURNEY, settings::Settings, status::Status};
use crate::{
    error::FieldError,
    graph::Graph,
    names::{Description, JourneyName, LabelName},
    stats::pluralize,
    unreadable,
};

/// The value of `format`: what kind of file this is.
pub const FORMAT: &str = "wayfare.journeys";
/// The newest version of the form that is understood.
pub const FORMAT_VERSION: u32 = 1;

/// Complaints about a file after which no further one is told.
pub const ERRORS_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JourneyFile {
    pub format: String,
    pub version: u32,
    pub journeys: Vec<JourneyDocument>,
}

/// A journey as JSON, as `wayfare export` writes it: what makes it, without stats and history.
/// docs/journey-json.md describes it, with all settings and kinds of nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JourneyDocument {
    pub name: JourneyName,
    #[serde(default = "no_description")]
    pub description: Description,
    /// The labels of the journey; those that the project does not have yet are created.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub labels: Vec<LabelName>,
    /// The status where it was exported, for information: what is created is always a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// How people enter and exit, and when it runs.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub settings: Settings,
    /// The nodes and the connectors between them.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub graph: Graph,
}

fn no_description() -> Description {
    // The empty text is always valid.
    Description::parse("").unwrap_or_else(|_| unreachable!("the empty text is a description"))
}

/// A complaint about a file, with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{sentence}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct DocumentError {
    /// From 1.
    pub line: usize,
    pub path: String,
    pub sentence: String,
}

/// What the audit log says of an import.
pub fn import_summary(journeys: usize) -> String {
    pluralize(i64::try_from(journeys).unwrap_or(i64::MAX), "journey", "journeys")
}

impl JourneyFile {
    pub fn new(journeys: Vec<JourneyDocument>) -> Self {
        Self { format: FORMAT.to_string(), version: FORMAT_VERSION, journeys }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Malformed JSON gives the one place where reading had to end; JSON of the wrong content gives
    /// every complaint, up to [`ERRORS_MAX`] of them.
    pub fn parse(text: &str) -> Result<Self, Vec<DocumentError>> {
        let header: Header = serde_json::from_str(text).map_err(|error| vec![of_serde(&error)])?;
        if let Some(error) = header.complaint(text) {
            return Err(vec![error]);
        }
        let file: JourneyFile =
            serde_json::from_str(text).map_err(|error| vec![of_serde(&error)])?;
        let errors: Vec<DocumentError> = file
            .journeys
            .iter()
            .enumerate()
            .flat_map(|(index, journey)| {
                let place = format!("journeys[{index}]");
                journey.problems().into_iter().map(move |problem| problem.under(&place))
            })
            // For each the text is read again up to its place.
            .take(ERRORS_MAX)
            .map(|problem| DocumentError {
                line: crate::journeys::json_location::line_of(text, &problem.path).unwrap_or(1),
                path: problem.path,
                sentence: problem.sentence,
            })
            .collect();
        if errors.is_empty() { Ok(file) } else { Err(errors) }
    }
}

impl JourneyDocument {
    /// As it goes into a file.
    #[must_use]
    pub fn without_secrets(self) -> Self {
        Self { graph: self.graph.without_secrets(), ..self }
    }

    /// As it comes from somebody who was not shown everything: what was hidden is empty.
    #[must_use]
    pub fn with_nothing_hidden(self) -> Self {
        Self { graph: self.graph.with_secrets_of(&Graph::default()), ..self }
    }

    /// What makes it impossible to store.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems: Vec<FieldError> =
            self.settings.problems().into_iter().map(|problem| problem.under("settings")).collect();
        problems
            .extend(self.graph.structural_errors().into_iter().map(|defect| defect.under("graph")));
        if self.labels.len() > LABELS_PER_JOURNEY {
            let sentence = format!(
                "A journey has at most {LABELS_PER_JOURNEY} labels; this one has {}.",
                self.labels.len()
            );
            problems.push(FieldError::new("labels", "too_many", sentence));
        }
        problems
    }
}

/// The first look at a file: is it ours at all, and of a version that we know?
#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    format: serde_json::Value,
    #[serde(default)]
    version: serde_json::Value,
}

impl Header {
    fn complaint(&self, text: &str) -> Option<DocumentError> {
        if self.format != FORMAT {
            let sentence =
                format!("This is not a journey file: its \"format\" must be \"{FORMAT}\".");
            return Some(DocumentError {
                line: crate::journeys::json_location::line_of(text, "format").unwrap_or(1),
                path: "format".to_string(),
                sentence,
            });
        }
        if self.version != FORMAT_VERSION {
            let sentence = format!(
                "Format version {} is not supported; this Wayfare reads version {FORMAT_VERSION}.",
                self.version
            );
            return Some(DocumentError {
                line: crate::journeys::json_location::line_of(text, "version").unwrap_or(1),
                path: "version".to_string(),
                sentence,
            });
        }
        None
    }
}

fn of_serde(error: &serde_json::Error) -> DocumentError {
    let sentence =
        format!("This cannot be read: {} (column {}).", unreadable::reason(error), error.column());
    DocumentError { line: error.line().max(1), path: String::new(), sentence }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
