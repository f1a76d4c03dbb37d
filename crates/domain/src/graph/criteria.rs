//! Questions about a person: their properties, and what they have done.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    expansion::{Expansion, PARTS_MAX},
    node::{self, last_days},
};
use crate::{
    profiles::{
        Profile, Properties,
        profile::Channel,
        property_value::{is_date, to_canonical},
    },
    time::{DAY_MS, Timestamp},
};

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
    /// Is it so? Texts are compared as they are written; `<` and `>` compare numbers with numbers
    /// and times with times, and nothing else. A list is equal to each of its items. What is
    /// missing is not equal to anything.
    pub fn matches(&self, properties: &Properties) -> bool {
        let actual = properties.get(&self.property).filter(|value| !value.is_null());
        let (is, Some(actual)) = (self.is, actual) else {
            return matches!(self.is, Comparison::NotEquals | Comparison::Missing);
        };
        let wanted = to_canonical(self.value.clone());
        match is {
            Comparison::Equals => equals(actual, &wanted),
            Comparison::NotEquals => !equals(actual, &wanted),
            Comparison::Contains => match (actual, &wanted) {
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                (Value::Array(_), wanted) => equals(actual, wanted),
                _ => false,
            },
            Comparison::StartsWith => {
                matches!((actual, &wanted), (Value::String(text), Value::String(start)) if text.starts_with(start.as_str()))
            }
            Comparison::LessThan => compare(actual, &wanted).is_some_and(|order| order.is_lt()),
            Comparison::AtMost => compare(actual, &wanted).is_some_and(|order| order.is_le()),
            Comparison::GreaterThan => compare(actual, &wanted).is_some_and(|order| order.is_gt()),
            Comparison::AtLeast => compare(actual, &wanted).is_some_and(|order| order.is_ge()),
            Comparison::Exists => true,
            Comparison::Missing => false,
        }
    }

    pub fn describe(&self) -> String {
        match (&self.is, &self.value) {
            (Comparison::Exists | Comparison::Missing, _) => {
                format!("{} {}", self.property, self.is.words())
            }
            (is, Value::String(text)) => format!("{} {} “{text}”", self.property, is.words()),
            (is, value) => format!("{} {} {value}", self.property, is.words()),
        }
    }
}

fn equals(actual: &Value, wanted: &Value) -> bool {
    match (actual, wanted) {
        (Value::Number(actual), Value::Number(wanted)) => actual.as_f64() == wanted.as_f64(),
        (Value::Array(items), wanted) => {
            items.iter().any(|item| !item.is_array() && equals(item, wanted))
        }
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => actual == wanted,
        _ => false,
    }
}

fn compare(actual: &Value, wanted: &Value) -> Option<std::cmp::Ordering> {
    match (actual, wanted) {
        (Value::Number(actual), Value::Number(wanted)) => {
            actual.as_f64()?.partial_cmp(&wanted.as_f64()?)
        }
        (Value::String(actual), Value::String(wanted)) if is_date(actual) && is_date(wanted) => {
            Some(actual.cmp(wanted))
        }
        _ => None,
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

impl EventMatch {
    /// Do the conditions hold for an event of this name with these properties?
    pub fn filters_match(&self, properties: &Properties) -> bool {
        self.filters.iter().all(|filter| filter.matches(properties))
    }
}

/// Which of the times that they did something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    First,
    Last,
}

/// On which side of a number of days ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelativeAge {
    /// Within the last days.
    Within,
    /// Longer ago than that.
    Before,
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
    /// The first or the last time that they did it lies within the last days, or before them. Never
    /// done is neither.
    DidTime {
        event: EventMatch,
        occasion: Occurrence,
        ago: RelativeAge,
        days: u32,
    },
    InSegment(String),
    /// Is on an uploaded list, or was put on it by a journey.
    OnList(String),
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
            [] if word == " or " => "no one".to_string(),
            [] => "everyone".to_string(),
            parts => parts.iter().map(Criteria::describe).collect::<Vec<_>>().join(word),
        };
        match self {
            Criteria::All(parts) => joined(parts, " and "),
            Criteria::Any(parts) => joined(parts, " or "),
            Criteria::Not(part) => format!("not ({})", part.describe()),
            Criteria::Property(filter) => filter.describe(),
            Criteria::Did { event, at_least, within_days } => {
                let times = if *at_least == 1 {
                    String::new()
                } else {
                    format!(" at least {at_least} times")
                };
                let window = within_days
                    .map(|days| format!(" in the last {}", last_days(days)))
                    .unwrap_or_default();
                format!("did “{}”{times}{window}", event.name)
            }
            Criteria::DidTime { event, occasion, ago, days } => {
                let which = if *occasion == Occurrence::First { "first" } else { "last" };
                let when = if *ago == RelativeAge::Within {
                    format!("in the last {}", last_days(*days))
                } else {
                    format!("more than {} ago", node::days(*days))
                };
                format!("did “{}” for the {which} time {when}", event.name)
            }
            Criteria::OnList(name) => format!("is on the list “{name}”"),
            Criteria::InSegment(name) => format!("is in the segment “{name}”"),
            Criteria::Reachable(channel) => format!("can be reached by {channel}"),
        }
    }

    /// The answer for one person, at this moment. Segments must have been put in
    /// ([`Criteria::inline_segments`]): one that was not holds for no one.
    pub fn matches(&self, profile: &Profile, now: Timestamp) -> bool {
        let days_ago = |days: u32| now.plus(-(i64::from(days) * DAY_MS));
        match self {
            Criteria::All(parts) => parts.iter().all(|part| part.matches(profile, now)),
            Criteria::Any(parts) => parts.iter().any(|part| part.matches(profile, now)),
            Criteria::Not(part) => !part.matches(profile, now),
            Criteria::Property(filter) => filter.matches(&profile.properties),
            Criteria::Did { event, at_least, within_days } => {
                profile.times(event, within_days.map(days_ago))
                    >= usize::try_from(*at_least).unwrap_or(usize::MAX)
            }
            Criteria::DidTime { event, occasion, ago, days } => {
                let at = if *occasion == Occurrence::First {
                    profile.first(event)
                } else {
                    profile.last(event)
                };
                at.is_some_and(|at| (at >= days_ago(*days)) == (*ago == RelativeAge::Within))
            }
            Criteria::InSegment(_) => false,
            Criteria::OnList(name) => profile.lists.contains(name),
            Criteria::Reachable(channel) => {
                Channel::from_key(channel).is_some_and(|channel| profile.reachable(channel))
            }
        }
    }

    /// The same question with every segment replaced by its own criteria, as far as there is room
    /// ([`Expansion`]).
    pub fn inline_segments(&self, segments: &HashMap<String, Criteria>) -> Criteria {
        Expansion::new(segments, PARTS_MAX).expand(self)
    }

    /// Every leaf, from left to right.
    pub fn leaves<'a>(&'a self, visit: &mut dyn FnMut(&'a Criteria)) {
        match self {
            Criteria::All(parts) | Criteria::Any(parts) => {
                parts.iter().for_each(|part| part.leaves(visit))
            }
            Criteria::Not(part) => part.leaves(visit),
            Criteria::Property(_)
            | Criteria::Did { .. }
            | Criteria::DidTime { .. }
            | Criteria::InSegment(_)
            | Criteria::OnList(_)
            | Criteria::Reachable(_) => visit(self),
        }
    }

    /// The event that this leaf asks for.
    pub fn event(&self) -> Option<&EventMatch> {
        match self {
            Criteria::Did { event, .. } | Criteria::DidTime { event, .. } => Some(event),
            Criteria::All(_)
            | Criteria::Any(_)
            | Criteria::Not(_)
            | Criteria::Property(_)
            | Criteria::InSegment(_)
            | Criteria::OnList(_)
            | Criteria::Reachable(_) => None,
        }
    }

    /// How deep the nesting goes; a leaf is 1.
    pub fn depth(&self) -> usize {
        match self {
            Criteria::All(parts) | Criteria::Any(parts) => {
                1 + parts.iter().map(Criteria::depth).max().unwrap_or(0)
            }
            Criteria::Not(part) => 1 + part.depth(),
            Criteria::Property(_)
            | Criteria::Did { .. }
            | Criteria::DidTime { .. }
            | Criteria::InSegment(_)
            | Criteria::OnList(_)
            | Criteria::Reachable(_) => 1,
        }
    }
}
