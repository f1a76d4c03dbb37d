//! A segment as a form: a list of conditions that are joined in one way. What a person builds on
//! the page; deeper criteria come through the API.

use serde_json::Value;

use super::property_value::read_key;
use crate::{
    error::FieldError,
    graph::criteria::{Comparison, Criteria, EventMatch, PropertyFilter},
};

/// Most conditions of a segment that is made in a form.
const CONDITIONS_MAX: usize = 50;

/// What a row asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionKind {
    Property,
    Event,
    List,
    Segment,
    Reachable,
}

impl ConditionKind {
    pub const ALL: [ConditionKind; 5] = [
        ConditionKind::Property,
        ConditionKind::Event,
        ConditionKind::List,
        ConditionKind::Segment,
        ConditionKind::Reachable,
    ];

    pub fn key(self) -> &'static str {
        match self {
            ConditionKind::Property => "property",
            ConditionKind::Event => "event",
            ConditionKind::List => "list",
            ConditionKind::Segment => "segment",
            ConditionKind::Reachable => "reachable",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            ConditionKind::Property => "has the property",
            ConditionKind::Event => "did the event",
            ConditionKind::List => "is on the list",
            ConditionKind::Segment => "is in the segment",
            ConditionKind::Reachable => "can be reached by",
        }
    }
}

/// One row, as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConditionInput {
    /// Key of a [`ConditionKind`]; a row without a name asks nothing.
    pub kind: String,
    /// "not" turns the row around.
    pub negate: String,
    /// Of the property, the event, the list, the segment or the channel.
    pub name: String,
    /// Key of a [`Comparison`], for properties.
    pub is: String,
    pub value: String,
    /// At least so many times, for events.
    pub times: String,
    /// In the last days, for events.
    pub days: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentForm {
    pub name: String,
    /// "any" joins by or, everything else by and.
    pub join: String,
    pub rows: Vec<ConditionInput>,
}

impl SegmentForm {
    /// Puts columns together, as a form sends them.
    pub fn of_columns(name: String, join: String, columns: [Vec<String>; 7]) -> Self {
        let [kind, negate, names, is, value, times, days] = columns;
        let cell = |column: &[String], row: usize| {
            column.get(row).map(|text| text.trim().to_string()).unwrap_or_default()
        };
        let rows = (0..kind.len())
            .map(|row| ConditionInput {
                kind: cell(&kind, row),
                negate: cell(&negate, row),
                name: cell(&names, row),
                is: cell(&is, row),
                value: cell(&value, row),
                times: cell(&times, row),
                days: cell(&days, row),
            })
            .filter(|row| !row.is_blank())
            .collect();
        Self { name: name.trim().to_string(), join, rows }
    }

    /// The question that it asks.
    ///
    /// # Errors
    /// Names the row that makes no sense. One of which a part is missing is never left out: the
    /// question would be a wider one.
    pub fn criteria(&self) -> Result<Criteria, FieldError> {
        if self.rows.len() > CONDITIONS_MAX {
            let sentence = format!(
                "The segment has {} conditions; the limit is {CONDITIONS_MAX}. Remove some, or put \
                    some into a segment of their own.",
                self.rows.len()
            );
            return Err(FieldError::new("rows", "too_many", sentence));
        }
        let rows = self.rows.iter().enumerate();
        let parts = rows.map(|(index, row)| {
            row.criteria().map_err(|error| error.under(&format!("rows[{index}]")))
        });
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        Ok(if self.join == "any" { Criteria::Any(parts) } else { Criteria::All(parts) })
    }

    /// The form of a question, where it fits into one.
    pub fn of_criteria(name: &str, criteria: &Criteria) -> Option<Self> {
        let (join, parts) = match criteria {
            Criteria::All(parts) => ("all", parts.as_slice()),
            Criteria::Any(parts) => ("any", parts.as_slice()),
            other => ("all", std::slice::from_ref(other)),
        };
        let rows = parts.iter().map(ConditionInput::of_criteria).collect::<Option<Vec<_>>>()?;
        Some(Self { name: name.to_string(), join: join.to_string(), rows })
    }
}

impl ConditionInput {
    /// Was nothing typed into it?
    fn is_blank(&self) -> bool {
        [&self.name, &self.value, &self.times, &self.days].iter().all(|text| text.is_empty())
    }

    fn criteria(&self) -> Result<Criteria, FieldError> {
        if self.name.is_empty() {
            let sentence = "Choose what the condition is about, or remove it.";
            return Err(FieldError::new("name", "required", sentence));
        }
        let name = if self.kind == "event" || self.kind == "property" {
            read_key(&self.name)?
        } else {
            self.name.clone()
        };
        let asked = match self.kind.as_str() {
            "property" => {
                let is = comparison(&self.is).ok_or_else(|| {
                    FieldError::new("is", "unknown_value", "Choose how to compare.")
                })?;
                let none = matches!(is, Comparison::Exists | Comparison::Missing);
                let value = if none { Value::Null } else { typed(&self.value) };
                Criteria::Property(PropertyFilter { property: name, is, value })
            }
            "event" => Criteria::Did {
                event: EventMatch { name, filters: Vec::new() },
                at_least: whole(&self.times, "times")?.unwrap_or(1),
                within_days: whole(&self.days, "days")?,
            },
            "list" => Criteria::OnList(name),
            "segment" => Criteria::InSegment(name),
            "reachable" => Criteria::Reachable(name),
            _ => {
                return Err(FieldError::new(
                    "kind",
                    "unknown_value",
                    "Choose what the condition is about.",
                ));
            }
        };
        Ok(if self.negate == "not" { Criteria::Not(Box::new(asked)) } else { asked })
    }

    fn of_criteria(criteria: &Criteria) -> Option<Self> {
        let row = |kind: &str, name: &str| Self {
            kind: kind.to_string(),
            name: name.to_string(),
            ..Self::default()
        };
        Some(match criteria {
            Criteria::Not(inner) if !matches!(**inner, Criteria::Not(_)) => {
                Self { negate: "not".to_string(), ..Self::of_criteria(inner)? }
            }
            Criteria::Property(filter) => {
                let is = serde_json::to_value(filter.is).ok()?.as_str()?.to_string();
                let value = match &filter.value {
                    Value::Null => String::new(),
                    // A text that would be read as something else is not for the form.
                    Value::String(text) if typed(text) != filter.value => return None,
                    Value::String(text) => text.clone(),
                    Value::Array(_) | Value::Object(_) => return None,
                    other => other.to_string(),
                };
                Self { is, value, ..row("property", &filter.property) }
            }
            Criteria::Did { event, at_least, within_days } if event.filters.is_empty() => Self {
                times: at_least.to_string(),
                days: within_days.map(|days| days.to_string()).unwrap_or_default(),
                ..row("event", &event.name)
            },
            Criteria::OnList(name) => row("list", name),
            Criteria::InSegment(name) => row("segment", name),
            Criteria::Reachable(channel) => row("reachable", channel),
            _ => return None,
        })
    }
}

fn comparison(key: &str) -> Option<Comparison> {
    serde_json::from_value(Value::String(key.to_string())).ok()
}

/// A number or a truth value where it is written like one, else a text.
fn typed(text: &str) -> Value {
    match text {
        "true" | "yes" => Value::Bool(true),
        "false" | "no" => Value::Bool(false),
        text => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => number.into(),
                _ => Value::String(text.to_string()),
            },
        },
    }
}

fn whole(text: &str, path: &str) -> Result<Option<u32>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse().ok().filter(|number| (1..=10_000).contains(number));
    number.map(Some).ok_or_else(|| {
        FieldError::new(
            path,
            "malformed",
            format!("“{text}” is not a whole number from 1 to 10,000."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: &[[&str; 7]]) -> [Vec<String>; 7] {
        std::array::from_fn(|column| rows.iter().map(|row| row[column].to_string()).collect())
    }

    #[test]
    fn a_form_and_its_question_lead_back_to_each_other() {
        let rows = [
            ["property", "", "plan", "equals", "gold", "", ""],
            ["property", "not", "total", "at_least", "7", "", ""],
            ["event", "not", "Ordered", "", "", "2", "30"],
            ["reachable", "", "email", "", "", "", ""],
            ["property", "", "", "equals", "", "", ""],
        ];
        let form = SegmentForm::of_columns("VIP".to_string(), "any".to_string(), columns(&rows));
        assert_eq!(form.rows.len(), 4);
        let criteria = form.criteria().expect("a question");
        assert_eq!(SegmentForm::of_criteria("VIP", &criteria), Some(form));
    }

    #[test]
    fn a_row_that_makes_no_sense_is_named() {
        let rows = [
            ["property", "", "plan", "equals", "x", "", ""],
            ["event", "", "Ordered", "", "", "many", ""],
        ];
        let form = SegmentForm::of_columns("VIP".to_string(), String::new(), columns(&rows));
        assert_eq!(form.criteria().expect_err("refused").path, "rows[1].times");
    }

    #[test]
    fn a_row_without_a_name_and_a_row_too_many_are_refused_and_never_left_out() {
        let nameless = [["property", "", "", "equals", "gold", "", ""]];
        let form = SegmentForm::of_columns("VIP".to_string(), String::new(), columns(&nameless));
        assert_eq!(form.criteria().expect_err("refused").path, "rows[0].name");
        let rows = [["property", "", "plan", "exists", "", "", ""]; CONDITIONS_MAX + 1];
        let form = SegmentForm::of_columns("VIP".to_string(), String::new(), columns(&rows));
        assert_eq!(form.criteria().expect_err("refused").key, "too_many");
    }

    #[test]
    fn a_deeper_question_has_no_form() {
        let nested = Criteria::All(vec![Criteria::Any(vec![])]);
        assert_eq!(SegmentForm::of_criteria("x", &nested), None);
    }
}
