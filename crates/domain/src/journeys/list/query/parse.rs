//! Reads the query of the list: each parameter by its name, with what would be valid where it is
//! not.

use std::str::FromStr;

use super::{DateField, ListQuery, PAGE_MAX, PROJECT, PageSize, Sort, SortKey};
use crate::{
    error::FieldError,
    ids::ProjectId,
    journeys::{settings::EntryType, status::Status},
    names::SEARCH_MAX,
    query_string::pairs,
    time::Day,
};

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
}

impl TryFrom<String> for ListQuery {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text).map_err(|mut errors| errors.remove(0))
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

fn project(value: &str) -> Result<ProjectId, FieldError> {
    value.parse().map_err(|_| {
        let sentence = format!("“{}” is not the ID of a project.", shorten(value));
        FieldError::new(PROJECT, "malformed", sentence)
    })
}
