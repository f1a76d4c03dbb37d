//! One page of the list and what stands around it.

use serde::{Deserialize, Serialize};

use super::{columns::ColumnChoice, query::ListQuery};
use crate::{
    access::actor::{ActorRef, CurrentMember},
    ids::SavedFilterId,
    journeys::{label::Label, read_model::JourneySummary, status::Status},
    time::Timestamp,
};

/// How many journeys there are in a status, for the quick filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCount {
    pub status: Status,
    pub count: i64,
}

/// Most saved filters of a project.
pub const SAVED_FILTERS_MAX: i64 = 200;

/// A filter that someone kept under a name; everybody in the project sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFilter {
    pub id: SavedFilterId,
    pub name: String,
    /// The list's query string, without paging.
    pub query: String,
}

impl SavedFilter {
    /// What the audit log says where it is saved.
    pub fn audit_summary(&self) -> String {
        format!("“{}”: {}", self.name, self.query)
    }
}

/// What the audit log says where a filter of this name is deleted.
pub fn deleted_filter_summary(name: &str) -> String {
    format!("“{name}”")
}

/// The answer to a [`ListQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListPage {
    pub query: ListQuery,
    pub rows: Vec<JourneySummary>,
    /// How many journeys match, over all pages.
    pub total: i64,
    /// How many there are that are not archived, by status.
    pub counts: Vec<StatusCount>,
    pub archived_count: i64,
    pub labels: Vec<Label>,
    pub creators: Vec<ActorRef>,
    pub saved_filters: Vec<SavedFilter>,
    pub columns: ColumnChoice,
    /// Where the person who looks stands; none for a program.
    pub seat: Option<CurrentMember>,
    /// The server's clock when the page was made; views never look at their own.
    pub now: Timestamp,
}

impl ListPage {
    /// Number of the last page, at least 1.
    pub fn last_page(&self) -> i64 {
        let rows = self.query.page_size.rows();
        ((self.total + rows - 1) / rows).max(1)
    }

    /// How many journeys there are in all, the archived ones aside.
    pub fn active_count(&self) -> i64 {
        self.counts.iter().map(|count| count.count).sum()
    }
}
