//! Questions about a person: her properties, and what she has done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a property is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    Equals,
    NotEquals,
    Contains,
    StartsWith,
    LessThan,
    AtMost,
    GreaterThan,
    AtLeast,
    Exists,
    Missing,
}

impl Comparison {
    fn words(self) -> &'static str {
        match self {
            Comparison::Equals => "is",
            Comparison::NotEquals => "is not",
            Comparison::Contains => "contains",
            Comparison::StartsWith => "starts with",
            Comparison::LessThan => "is less than",
            Comparison::AtMost => "is at most",
            Comparison::GreaterThan => "is more than",
            Comparison::AtLeast => "is at least",
            Comparison::Exists => "is known",
            Comparison::Missing => "is not known",
        }
    }
}

/// One condition on one property of an event or a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyFilter {
    pub property: String,
    pub is: Comparison,
    /// Text, number, boolean or list; left out for `exists` and `missing`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

impl PropertyFilter {
    pub fn describe(&self) -> String {
        match (&self.is, &self.value) {
            (Comparison::Exists | Comparison::Missing, _) => format!("{} {}", self.property, self.is.words()),
            (is, Value::String(text)) => format!("{} {} “{text}”", self.property, is.words()),
            (is, value) => format!("{} {} {value}", self.property, is.words()),
        }
    }
}

/// An event with conditions on its properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMatch {
    pub name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PropertyFilter>,
}

/// A question about one person that is answered with yes or no.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Criteria {
    All(Vec<Criteria>),
    Any(Vec<Criteria>),
    Not(Box<Criteria>),
    Property(PropertyFilter),
    /// Did it at least so often, within the last days.
    Did {
        event: EventMatch,
        #[serde(default = "one")]
        at_least: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within_days: Option<u32>,
    },
    InSegment(String),
    /// Can be reached on a channel: `email`, `sms`, `push`…
    Reachable(String),
}

fn one() -> u32 {
    1
}

impl Criteria {
    /// In words, for the journey's page.
    pub fn describe(&self) -> String {
        let joined = |parts: &[Criteria], word: &str| match parts {
            [] => "everyone".to_string(),
            parts => parts.iter().map(Criteria::describe).collect::<Vec<_>>().join(word),
        };
        match self {
            Criteria::All(parts) => joined(parts, " and "),
            Criteria::Any(parts) => joined(parts, " or "),
            Criteria::Not(part) => format!("not ({})", part.describe()),
            Criteria::Property(filter) => filter.describe(),
            Criteria::Did { event, at_least, within_days } => {
                let times = if *at_least == 1 { String::new() } else { format!(" at least {at_least} times") };
                let window = within_days.map(|days| format!(" in the last {days} days")).unwrap_or_default();
                format!("did “{}”{times}{window}", event.name)
            }
            Criteria::InSegment(name) => format!("is in “{name}”"),
            Criteria::Reachable(channel) => format!("can be reached by {channel}"),
        }
    }

    /// How deep the nesting goes; a leaf is 1.
    pub fn depth(&self) -> usize {
        match self {
            Criteria::All(parts) | Criteria::Any(parts) => 1 + parts.iter().map(Criteria::depth).max().unwrap_or(0),
            Criteria::Not(part) => 1 + part.depth(),
            _ => 1,
        }
    }
}
