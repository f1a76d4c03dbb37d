//! What the list shows: search, filters, sorting and paging, as the URL of the page spells them.
//!
//! One parser serves the page, the bulk actions on "all that match", the saved filters and the REST
//! API, so a URL means the same thing everywhere. Unknown parameters are left alone (links get
//! decorated by mail programs); a known one with a value that makes no sense is an error, never
//! silently something else.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{
    error::FieldError,
    ids::{LabelId, ProjectId, UserId},
    journeys::{settings::EntryType, status::Status},
    names::SEARCH_MAX,
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
/// What narrows a list down.
const FILTER_NAMES: [&str; 9] =
    ["q", "status", "entry", "by", "label", "from", "to", "archived", PROJECT];
/// Most values in one list of a filter.
const VALUES_MAX: usize = 100;

impl ListQuery {
    /// Reads a query string, with or without the `?`.
    ///
    /// # Errors
    /// Every value that makes no sense, each with its parameter and what would be valid.
    pub fn parse(query: &str) -> Result<Self, Vec<FieldError>> {
        let mut parsed = ListQuery::default();
        let mut errors = Vec::new();
        for (key, value) in pairs(query) {
            if let Err(error) = parsed.take(&key, value.trim()) {
                errors.push(error);
            }
        }
        errors.extend(parsed.check_days().err());
        if errors.is_empty() { Ok(parsed) } else { Err(errors) }
    }

    /// Reads what a bulk action is about. An address of a page may carry what others made of it;
    /// here a name that is not known, or nothing that narrows anything down, would mean everything.
    /// Everything is said by naming the project alone.
    ///
    /// # Errors
    /// The first thing that makes no sense, by its parameter.
    pub fn parse_selection(query: &str) -> Result<Self, FieldError> {
        let mut parsed = ListQuery::default();
        let mut narrows = false;
        for (key, value) in pairs(query) {
            let value = value.trim();
            if value.is_empty() {
                let sentence =
                    format!("The filter “{key}” has no value. Give one or leave it out.");
                return Err(FieldError::new(&*key, "required", sentence));
            }
            let is_known = if key == PROJECT {
                project(value)?;
                true
            } else {
                parsed.take(&key, value)?
            };
            if !is_known {
                let names = FILTER_NAMES.join(", ");
                let sentence = format!("There is no filter “{}”. Filters: {names}.", shorten(&key));
                return Err(FieldError::new(&*key, "unknown_field", sentence));
            }
            narrows |= FILTER_NAMES.contains(&&*key);
        }
        if !narrows {
            let sentence = "The filter is empty. Name at least one, or the project for all of its \
                journeys.";
            return Err(FieldError::new("", "required", sentence));
        }
        parsed.check_days()?;
        Ok(parsed)
    }

    fn check_days(&self) -> Result<(), FieldError> {
        match (self.filter.from, self.filter.to) {
            (Some(from), Some(to)) if to < from => {
                let sentence = "The last day is before the first. Swap the two dates.";
                Err(FieldError::new("to", "range", sentence))
            }
            _ => Ok(()),
        }
    }

    /// Reads one parameter. False where its name is not one of the list's; one without a value may
    /// be taken for such.
    fn take(&mut self, key: &str, value: &str) -> Result<bool, FieldError> {
        let filter = &mut self.filter;
        match key {
            "q" => {
                if value.chars().count() > SEARCH_MAX {
                    let sentence = format!(
                        "The search text is longer than {SEARCH_MAX} characters. Search for a part \
                            of it."
                    );
                    return Err(FieldError::new("q", "too_long", sentence));
                }
                if value.chars().any(char::is_control) {
                    let sentence = "The search text contains an invisible character. Remove it and \
                        search again.";
                    return Err(FieldError::new("q", "control_character", sentence));
                }
                filter.search = value.to_string();
            }
            "status" => many(&mut filter.statuses, value, |word| {
                let allowed = Status::ALL.map(Status::key).join(", ");
                word.parse().map_err(|()| unknown("status", word, &allowed))
            })?,
            "entry" => many(&mut filter.entry_types, value, |word| {
                let allowed = EntryType::ALL.map(EntryType::key).join(", ");
                word.parse().map_err(|()| unknown("entry", word, &allowed))
            })?,
            "by" => many(&mut filter.created_by, value, |word| {
                word.parse().map_err(|error| FieldError::new("by", "malformed", format!("{error}")))
            })?,
            "label" => many(&mut filter.labels, value, |word| {
                word.parse()
                    .map_err(|error| FieldError::new("label", "malformed", format!("{error}")))
            })?,
            "date" if !value.is_empty() => {
                let allowed = DateField::ALL.map(DateField::key).join(", ");
                filter.date_field = DateField::ALL
                    .into_iter()
                    .find(|field| field.key() == value)
                    .ok_or_else(|| unknown("date", value, &allowed))?;
            }
            "from" => filter.from = day("from", value)?,
            "to" => filter.to = day("to", value)?,
            "archived" => {
                filter.archived = match value {
                    "1" => true,
                    "0" | "" => false,
                    _ => return Err(unknown("archived", value, "0, 1")),
                }
            }
            "sort" if !value.is_empty() => self.sort = value.parse()?,
            "page" if !value.is_empty() => {
                self.page =
                    value.parse().ok().filter(|page| (1..=PAGE_MAX).contains(page)).ok_or_else(
                        || {
                            let sentence = format!(
                                "“{}” is not a page. Pages are whole numbers from 1.",
                                shorten(value)
                            );
                            FieldError::new("page", "malformed", sentence)
                        },
                    )?;
            }
            "per" if !value.is_empty() => {
                self.page_size = PageSize::ALL
                    .into_iter()
                    .find(|size| size.rows().to_string() == value)
                    .ok_or_else(|| unknown("per", value, "25, 50, 100"))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

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

impl TryFrom<String> for ListQuery {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text).map_err(|mut errors| errors.remove(0))
    }
}

impl Sort {
    /// `name`, or `-created` for the largest first.
    pub fn to_text(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key.key())
    }
}

impl FromStr for Sort {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let (descending, word) = text.strip_prefix('-').map_or((false, text), |word| (true, word));
        let allowed = SortKey::ALL.map(SortKey::key).join(", ");
        let key = SortKey::ALL
            .into_iter()
            .find(|key| key.key() == word)
            .ok_or_else(|| unknown("sort", text, &allowed))?;
        Ok(Sort { key, descending })
    }
}

fn many<T: PartialEq>(
    list: &mut Vec<T>,
    value: &str,
    mut parse: impl FnMut(&str) -> Result<T, FieldError>,
) -> Result<(), FieldError> {
    for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let item = parse(word)?;
        if list.len() < VALUES_MAX && !list.contains(&item) {
            list.push(item);
        }
    }
    Ok(())
}

fn day(field: &str, value: &str) -> Result<Option<Day>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    value.parse().map(Some).map_err(|_| {
        let sentence = format!("“{}” is not a day. Write it as 2026-11-23.", shorten(value));
        FieldError::new(field, "malformed", sentence)
    })
}

fn unknown(field: &str, value: &str, allowed: &str) -> FieldError {
    let sentence =
        format!("“{}” is not a valid value for {field}. Use one of: {allowed}.", shorten(value));
    FieldError::new(field, "unknown_value", sentence)
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 {
        text.to_string()
    } else {
        text.chars().take(59).chain(['…']).collect()
    }
}

/// The key of the project in a selection of all that match.
const PROJECT: &str = "project";

fn project(value: &str) -> Result<ProjectId, FieldError> {
    value.parse().map_err(|_| {
        let sentence = format!("“{}” is not the ID of a project.", shorten(value));
        FieldError::new(PROJECT, "malformed", sentence)
    })
}

/// The project that a selection of all that match was made in, where it names one.
pub fn project_of_matching(matching: &str) -> Option<ProjectId> {
    pairs(matching).find(|(key, _)| key == PROJECT).and_then(|(_, value)| value.parse().ok())
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
