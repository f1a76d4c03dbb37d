//! Files of people and events that are read in row by row: what is good is taken, what is not is
//! named.

use serde::{Deserialize, Serialize};

use crate::{error::FieldError, ids::ImportId, stats::pluralize, time::Timestamp};

/// Most refused rows of a file that are kept; the others are counted.
pub const REJECTED_ROWS_MAX: usize = 1_000;

/// What a file is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// A table whose first row names the columns ([`super::table`]).
    Csv,
    /// A JSON object in each line ([`super::native::read_line`]).
    JsonLines,
}

impl FileFormat {
    /// By the end of the file's name.
    pub fn of_name(name: &str) -> Option<Self> {
        let end = name.rsplit_once('.')?.1.to_lowercase();
        match end.as_str() {
            "csv" | "tsv" | "txt" => Some(FileFormat::Csv),
            "jsonl" | "ndjson" | "json" => Some(FileFormat::JsonLines),
            _ => None,
        }
    }
}

/// How a file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    pub format: FileFormat,
    /// The column that says who someone is, where it is not called `identity`.
    pub identity: Option<String>,
    /// Everybody in the file is put on this list.
    pub list: Option<String>,
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// Counted from 1.
    pub line: u64,
    pub error: FieldError,
}

/// How far the reading has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProgress {
    pub bytes_read: u64,
    /// Rows.
    pub taken: u64,
    pub refused: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    Running,
    Done,
    /// A sentence that says why.
    Failed(String),
}

impl ImportState {
    /// The number in the store.
    pub const fn code(&self) -> i64 {
        match self {
            ImportState::Running => 0,
            ImportState::Done => 1,
            ImportState::Failed(_) => 2,
        }
    }

    /// The state of an import that ends, with the problem that ended it early.
    pub fn ended(problem: Option<&str>) -> Self {
        problem.map_or(ImportState::Done, |problem| ImportState::Failed(problem.to_string()))
    }

    /// As it is stored.
    pub fn from_code(code: i64, problem: Option<String>) -> Option<Self> {
        match code {
            0 => Some(ImportState::Running),
            1 => Some(ImportState::Done),
            2 => Some(ImportState::Failed(problem.unwrap_or_default())),
            _ => None,
        }
    }
}

impl ImportProgress {
    /// How many of the last refused rows are kept, where `refused` counts them already.
    pub fn kept_rejections(&self, last: usize) -> usize {
        let before = usize::try_from(self.refused).unwrap_or(usize::MAX).saturating_sub(last);
        REJECTED_ROWS_MAX.saturating_sub(before).min(last)
    }

    /// What the audit log says of an import that has ended.
    pub fn summary(&self, file_name: &str, state: &ImportState) -> String {
        let taken = pluralize(self.taken.cast_signed(), "row", "rows");
        let interrupted =
            if matches!(state, ImportState::Failed(_)) { ", interrupted" } else { "" };
        format!("{file_name}: {taken} taken, {} refused{interrupted}", self.refused)
    }
}

/// An import as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportView {
    pub id: ImportId,
    pub file_name: String,
    pub list: Option<String>,
    pub state: ImportState,
    pub bytes: u64,
    pub progress: ImportProgress,
    pub started_by: String,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(refused: u64) -> ImportProgress {
        ImportProgress { refused, ..ImportProgress::default() }
    }

    #[test]
    fn the_first_rejected_rows_are_kept_and_the_others_counted() {
        assert_eq!(refused(10).kept_rejections(10), 10);
        assert_eq!(refused(1_005).kept_rejections(10), 5);
        assert_eq!(refused(2_000).kept_rejections(10), 0);
    }

    #[test]
    fn the_summary_counts_and_says_whether_it_was_interrupted() {
        let progress = ImportProgress { taken: 1, refused: 2, ..ImportProgress::default() };
        assert_eq!(progress.summary("a.csv", &ImportState::Done), "a.csv: 1 row taken, 2 refused");
        assert_eq!(
            progress.summary("a.csv", &ImportState::ended(Some("It broke off."))),
            "a.csv: 1 row taken, 2 refused, interrupted"
        );
    }

    #[test]
    fn a_state_comes_back_from_its_number() {
        for state in [ImportState::Running, ImportState::Done, ImportState::ended(Some("why"))] {
            let problem = Some("why".to_string());
            assert_eq!(ImportState::from_code(state.code(), problem), Some(state));
        }
    }
}
