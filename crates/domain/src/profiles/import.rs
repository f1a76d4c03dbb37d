//! Files of people and events that are read in row by row: what is good is taken, what is not is
//! named.

use serde::{Deserialize, Serialize};

use crate::{error::FieldError, ids::ImportId, time::Timestamp};

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
