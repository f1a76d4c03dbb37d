//! What the list shows: search, filters, sorting and paging, as the URL of the page spells them.
//!
//! One parser serves the page, the bulk actions on "all that match", the saved filters and the REST
//! API, so a URL means the same thing everywhere. Unknown parameters are left alone (links get
//! decorated by mail programs); a known one with a value that makes no sense is an error, never
//! silently something else.

mod parse;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{LabelId, ProjectId, UserId},
    journeys::{settings::EntryType, status::Status},
    query_string::{pairs, write_query},
    time::Day,
};

/// Rows on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageSize {
    #[default]
    P25,
    P50,
    P100,
}

impl PageSize {
    pub const ALL: [PageSize; 3] = [PageSize::P25, PageSize::P50, PageSize::P100];

    pub fn rows(self) -> i64 {
        match self {
            PageSize::P25 => 25,
            PageSize::P50 => 50,
            PageSize::P100 => 100,
        }
    }
}

/// What the list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortKey {
    Name,
    Status,
    EntryType,
    Start,
    Entered,
    Inside,
    GoalsMet,
    Rate,
    Versions,
    Created,
    Published,
}

impl SortKey {
    pub const ALL: [SortKey; 11] = [
        SortKey::Name,
        SortKey::Status,
        SortKey::EntryType,
        SortKey::Start,
        SortKey::Entered,
        SortKey::Inside,
        SortKey::GoalsMet,
        SortKey::Rate,
        SortKey::Versions,
        SortKey::Created,
        SortKey::Published,
    ];

    pub fn key(self) -> &'static str {
        match self {
            SortKey::Name => "name",
            SortKey::Status => "status",
            SortKey::EntryType => "entry",
            SortKey::Start => "start",
            SortKey::Entered => "entered",
            SortKey::Inside => "inside",
            SortKey::GoalsMet => "goals",
            SortKey::Rate => "rate",
            SortKey::Versions => "versions",
            SortKey::Created => "created",
            SortKey::Published => "published",
        }
    }

    /// Words read best from A; dates and figures from the largest.
    pub fn starts_descending(self) -> bool {
        !matches!(self, SortKey::Name | SortKey::Status | SortKey::EntryType)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub key: SortKey,
    pub descending: bool,
}

impl Default for Sort {
    /// Newest first.
    fn default() -> Self {
        Self { key: SortKey::Created, descending: true }
    }
}

/// Which date a range of days is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateField {
    #[default]
    Created,
    Published,
    Started,
}

impl DateField {
    pub const ALL: [DateField; 3] = [DateField::Created, DateField::Published, DateField::Started];

    pub fn key(self) -> &'static str {
        match self {
            DateField::Created => "created",
            DateField::Published => "published",
            DateField::Started => "started",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            DateField::Created => "Created",
            DateField::Published => "Published",
            DateField::Started => "Start",
        }
    }
}

/// Which journeys: all conditions hold together; within a list any one value is enough.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JourneyFilter {
    pub search: String,
    pub statuses: Vec<Status>,
    pub entry_types: Vec<EntryType>,
    pub created_by: Vec<UserId>,
    pub labels: Vec<LabelId>,
    pub date_field: DateField,
    pub from: Option<Day>,
    pub to: Option<Day>,
    /// The archived ones instead of the others.
    pub archived: bool,
}

impl JourneyFilter {
    /// How many conditions are set beside the search and the archive side; shown on the Filters
    /// button.
    pub fn conditions(&self) -> usize {
        usize::from(!self.statuses.is_empty())
            + usize::from(!self.entry_types.is_empty())
            + usize::from(!self.created_by.is_empty())
            + usize::from(!self.labels.is_empty())
            + usize::from(self.from.is_some() || self.to.is_some())
    }

    /// True where nothing narrows the list down.
    pub fn is_empty(&self) -> bool {
        self.search.is_empty() && self.conditions() == 0
    }
}

/// Everything the URL of the list says. In JSON it is that text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ListQuery {
    pub filter: JourneyFilter,
    pub sort: Sort,
    /// From 1.
    pub page: i64,
    pub page_size: PageSize,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            filter: JourneyFilter::default(),
            sort: Sort::default(),
            page: 1,
            page_size: PageSize::default(),
        }
    }
}

/// Highest page number that is looked up.
pub const PAGE_MAX: i64 = 1_000_000;

impl ListQuery {
    /// The query string without the `?`; only what differs from the default, always in the same
    /// order, so that equal queries have equal texts.
    pub fn to_query(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let filter = &self.filter;
        if !filter.search.is_empty() {
            pairs.push(("q", filter.search.clone()));
        }
        pairs.extend(filter.statuses.iter().map(|status| ("status", status.key().to_string())));
        pairs.extend(filter.entry_types.iter().map(|entry| ("entry", entry.key().to_string())));
        pairs.extend(filter.created_by.iter().map(|user| ("by", user.to_string())));
        pairs.extend(filter.labels.iter().map(|label| ("label", label.to_string())));
        if filter.date_field != DateField::default() {
            pairs.push(("date", filter.date_field.key().to_string()));
        }
        pairs.extend(filter.from.map(|day| ("from", day.to_string())));
        pairs.extend(filter.to.map(|day| ("to", day.to_string())));
        if filter.archived {
            pairs.push(("archived", "1".to_string()));
        }
        if self.sort != Sort::default() {
            pairs.push(("sort", self.sort.to_text()));
        }
        if self.page_size != PageSize::default() {
            pairs.push(("per", self.page_size.rows().to_string()));
        }
        if self.page != 1 {
            pairs.push(("page", self.page.to_string()));
        }
        write_query(&pairs)
    }

    /// The query as a selection of all that match, with the project that it was looked at in, so
    /// that a tab never acts on another one. The `?` is there so that "everything" is not an empty
    /// field, which forms cannot tell from none.
    pub fn to_matching(&self, project: Option<ProjectId>) -> String {
        let project = project.map(|project| format!("{PROJECT}={project}&")).unwrap_or_default();
        format!("?{project}{}", self.to_query()).trim_end_matches('&').to_string()
    }

    /// `/journeys`, with the query where there is one.
    pub fn to_url(&self) -> String {
        let query = self.to_query();
        if query.is_empty() { "/journeys".to_string() } else { format!("/journeys?{query}") }
    }

    /// The same list, from its first page, with another filter.
    pub fn with_filter(&self, change: impl FnOnce(&mut JourneyFilter)) -> Self {
        let mut query = Self { page: 1, ..self.clone() };
        change(&mut query.filter);
        query
    }

    /// The same list on another page.
    pub fn with_page(&self, page: i64) -> Self {
        Self { page, ..self.clone() }
    }

    /// What a click on a column's header leads to: its natural direction first, then the other.
    pub fn with_sort(&self, key: SortKey) -> Self {
        let descending =
            if self.sort.key == key { !self.sort.descending } else { key.starts_descending() };
        Self { sort: Sort { key, descending }, page: 1, ..self.clone() }
    }

    pub fn with_page_size(&self, page_size: PageSize) -> Self {
        Self { page_size, page: 1, ..self.clone() }
    }
}

impl From<ListQuery> for String {
    fn from(query: ListQuery) -> String {
        query.to_query()
    }
}

impl Sort {
    /// `name`, or `-created` for the largest first.
    pub fn to_text(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key.key())
    }
}

/// The key of the project in a selection of all that match.
const PROJECT: &str = "project";

/// The project that a selection of all that match was made in, where it names one.
pub fn project_of_matching(matching: &str) -> Option<ProjectId> {
    pairs(matching).find(|(key, _)| key == PROJECT).and_then(|(_, value)| value.parse().ok())
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
