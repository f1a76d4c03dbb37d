//! The columns of the list, which can be chosen, and which of them can be sorted by.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::query::SortKey;

/// A column of the list beside the tick and the menu. The name is always shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
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

impl Column {
    pub const ALL: [Column; 10] = [
        Column::Status,
        Column::EntryType,
        Column::Start,
        Column::Entered,
        Column::Inside,
        Column::GoalsMet,
        Column::Rate,
        Column::Versions,
        Column::Created,
        Column::Published,
    ];

    pub fn key(self) -> &'static str {
        match self {
            Column::Status => "status",
            Column::EntryType => "entry",
            Column::Start => "start",
            Column::Entered => "entered",
            Column::Inside => "inside",
            Column::GoalsMet => "goals",
            Column::Rate => "rate",
            Column::Versions => "versions",
            Column::Created => "created",
            Column::Published => "published",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Column::Status => "Status",
            Column::EntryType => "Entry type",
            Column::Start => "Start",
            Column::Entered => "Entered",
            Column::Inside => "Inside",
            Column::GoalsMet => "Goals met",
            Column::Rate => "Rate",
            Column::Versions => "Versions",
            Column::Created => "Created",
            Column::Published => "Published",
        }
    }

    pub fn sort_key(self) -> SortKey {
        match self {
            Column::Status => SortKey::Status,
            Column::EntryType => SortKey::EntryType,
            Column::Start => SortKey::Start,
            Column::Entered => SortKey::Entered,
            Column::Inside => SortKey::Inside,
            Column::GoalsMet => SortKey::GoalsMet,
            Column::Rate => SortKey::Rate,
            Column::Versions => SortKey::Versions,
            Column::Created => SortKey::Created,
            Column::Published => SortKey::Published,
        }
    }

    /// Numbers stand at the right edge of their column.
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Column::Entered | Column::Inside | Column::GoalsMet | Column::Rate | Column::Versions
        )
    }
}

impl FromStr for Column {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        Column::ALL.into_iter().find(|column| column.key() == key).ok_or(())
    }
}

/// Which columns a person wants to see, in the fixed order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnChoice(pub Vec<Column>);

impl Default for ColumnChoice {
    fn default() -> Self {
        Self(Column::ALL.to_vec())
    }
}

impl ColumnChoice {
    /// Reads a cookie's value; words that are no columns (an older version's) are left out.
    pub fn from_cookie(value: &str) -> Self {
        let wanted: Vec<Column> = value.split('.').filter_map(|key| key.parse().ok()).collect();
        Self(Column::ALL.into_iter().filter(|column| wanted.contains(column)).collect())
    }

    pub fn to_cookie(&self) -> String {
        // Never empty: an empty cookie could not be told from none.
        let keys: Vec<&str> =
            std::iter::once("name").chain(self.0.iter().map(|column| column.key())).collect();
        keys.join(".")
    }

    pub fn shows(&self, column: Column) -> bool {
        self.0.contains(&column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_comes_back_from_its_cookie() {
        let choice = ColumnChoice(vec![Column::Status, Column::Rate]);
        assert_eq!(ColumnChoice::from_cookie(&choice.to_cookie()), choice);
        assert_eq!(
            ColumnChoice::from_cookie(&ColumnChoice(vec![]).to_cookie()),
            ColumnChoice(vec![])
        );
    }
}
