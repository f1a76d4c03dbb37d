//! Who enters a version, when, and how they leave: everything about a version that is not its
//! graph.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{
    error::FieldError,
    graph::{
        criteria::{Criteria, EventMatch, PropertyFilter},
        node,
    },
    stats::pluralize,
    time::{DAY_MS, DURATION_DAYS_MAX, HOUR_MS, Timestamp},
};

/// By what people enter a journey: the kind of its entry trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryType {
    Event,
    Profile,
    Segment,
    List,
    Api,
}

impl EntryType {
    pub const ALL: [EntryType; 5] =
        [EntryType::Event, EntryType::Profile, EntryType::Segment, EntryType::List, EntryType::Api];

    pub fn key(self) -> &'static str {
        match self {
            EntryType::Event => "event",
            EntryType::Profile => "profile",
            EntryType::Segment => "segment",
            EntryType::List => "list",
            EntryType::Api => "api",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            EntryType::Event => "Live event",
            EntryType::Profile => "Profile criteria",
            EntryType::Segment => "Segment",
            EntryType::List => "Uploaded list",
            EntryType::Api => "API call",
        }
    }

    /// Are all profiles that match let in together, one run at a time?
    pub fn enters_in_runs(self) -> bool {
        match self {
            EntryType::Profile | EntryType::Segment | EntryType::List => true,
            EntryType::Event | EntryType::Api => false,
        }
    }

    /// The number in the store, in the order of [`EntryType::ALL`].
    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|index| EntryType::ALL.get(index).copied())
    }
}

impl FromStr for EntryType {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        EntryType::ALL.into_iter().find(|entry| entry.key() == key).ok_or(())
    }
}

/// What lets a person in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum EntryTrigger {
    /// They do something, now.
    Event {
        name: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        filters: Vec<PropertyFilter>,
    },
    /// Their profile comes to meet criteria.
    Profile { criteria: Criteria },
    /// They are in a segment when it is looked at.
    Segment { name: String, when: SegmentSchedule },
    /// They are on a list that was uploaded.
    List { name: String },
    /// A program says so.
    Api {},
}

impl EntryTrigger {
    pub fn entry_type(&self) -> EntryType {
        match self {
            EntryTrigger::Event { .. } => EntryType::Event,
            EntryTrigger::Profile { .. } => EntryType::Profile,
            EntryTrigger::Segment { .. } => EntryType::Segment,
            EntryTrigger::List { .. } => EntryType::List,
            EntryTrigger::Api {} => EntryType::Api,
        }
    }

    /// What makes no sense about it, by path.
    fn problem(&self) -> Option<FieldError> {
        match self {
            EntryTrigger::Event { name, .. }
            | EntryTrigger::Segment { name, .. }
            | EntryTrigger::List { name }
                if name.trim().is_empty() =>
            {
                Some(FieldError::new(
                    "entry",
                    "required",
                    "The entry has no event, segment or list. Choose one.",
                ))
            }
            EntryTrigger::Segment { when, .. } => when.problem(),
            EntryTrigger::Event { .. }
            | EntryTrigger::List { .. }
            | EntryTrigger::Profile { .. }
            | EntryTrigger::Api {} => None,
        }
    }

    /// "When Checkout Started happens": one line for the journey's page.
    pub fn describe(&self) -> String {
        match self {
            EntryTrigger::Event { name, filters } if filters.is_empty() => {
                format!("When “{name}” happens")
            }
            EntryTrigger::Event { name, filters } => {
                let conditions: Vec<String> =
                    filters.iter().map(PropertyFilter::describe).collect();
                format!("When “{name}” happens and {}", conditions.join(" and "))
            }
            EntryTrigger::Profile { criteria } => {
                format!("When a profile starts to match: {}", criteria.describe())
            }
            EntryTrigger::Segment { name, when } => {
                format!("Everyone in the segment “{name}”, {}", when.describe())
            }
            EntryTrigger::List { name } => format!("Everyone on the uploaded list “{name}”"),
            EntryTrigger::Api {} => "When your system calls the API".to_string(),
        }
    }
}

/// When a segment is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SegmentSchedule {
    /// At the start, and never again.
    Once {},
    OnDates {
        dates: Vec<Timestamp>,
    },
    /// Every so many hours from the start.
    Every {
        hours: u32,
    },
}

impl SegmentSchedule {
    fn problem(&self) -> Option<FieldError> {
        match self {
            SegmentSchedule::Every { hours } => {
                let sentence = match hours {
                    0 => "A recurring entry needs at least one hour between runs.".to_string(),
                    hours => too_long("The time between runs", *hours)?,
                };
                Some(FieldError::new("entry.segment.when.every.hours", "range", sentence))
            }
            SegmentSchedule::OnDates { dates } => dates.is_empty().then(|| {
                FieldError::new(
                    "entry.segment.when.on_dates.dates",
                    "required",
                    "An entry on dates needs at least one date.",
                )
            }),
            SegmentSchedule::Once {} => None,
        }
    }

    fn describe(&self) -> String {
        match self {
            SegmentSchedule::Once {} => "once, at the start".to_string(),
            SegmentSchedule::OnDates { dates } => {
                format!("on {}", pluralize(dates.len() as i64, "date", "dates"))
            }
            SegmentSchedule::Every { hours: 24 } => "every day".to_string(),
            SegmentSchedule::Every { hours: 168 } => "every week".to_string(),
            SegmentSchedule::Every { hours } => format!("every {}", node::hours(*hours)),
        }
    }
}

/// May a person come in a second time? One live enrolment per profile and journey in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReentryRule {
    #[default]
    Never,
    AfterExit,
    /// After leaving, and so many hours later.
    AfterHours(u32),
}

/// Hours in which no message goes out, in the person's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// "22:00"
    pub from: String,
    /// "08:00"; may lie before `from`: then the night is meant.
    pub to: String,
    pub then: QuietHoursPolicy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuietHoursPolicy {
    Drop,
    SendWhenOver,
}

/// A wish that ends the enrolment as converted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    pub name: String,
    pub event: EventMatch,
}

/// Entry and exit settings of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub entry: EntryTrigger,
    /// Opens by itself at this moment; without it, at publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Entry is over at this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    #[serde(default)]
    pub reentry: ReentryRule,
    /// Most people that may enter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_cap: Option<u64>,
    /// 0 to 99: how many in a hundred qualify but stay outside, for comparison.
    #[serde(default)]
    pub control_percent: u8,
    /// At most three.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<Goal>,
    /// Events that end the enrolment without a goal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<EventMatch>,
    /// Hours after which a person leaves as timed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_hours: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// IANA name of the zone for people without one of their own.
    #[serde(default = "utc")]
    pub time_zone: String,
}

fn utc() -> String {
    "UTC".to_string()
}

/// Most goals of a version (docs/design.md, Limits).
pub const GOALS_MAX: usize = 3;

impl Settings {
    /// Settings to begin with: people enter on an event, once.
    pub fn new(entry: EntryTrigger) -> Self {
        Self {
            entry,
            start: None,
            end: None,
            reentry: ReentryRule::Never,
            entry_cap: None,
            control_percent: 0,
            goals: Vec::new(),
            exits: Vec::new(),
            timeout_hours: None,
            quiet_hours: None,
            time_zone: utc(),
        }
    }

    /// For a draft like this one: a start or an end that has passed is not copied. Publishing it
    /// would otherwise pretend to have begun in the past.
    pub fn without_past_times(mut self, now: Timestamp) -> Self {
        self.start = self.start.filter(|start| *start > now);
        self.end = self.end.filter(|end| *end > now);
        self
    }

    /// Everything that makes no sense, by path.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems: Vec<FieldError> = self.entry.problem().into_iter().collect();
        let mut add = |path: &str, key: &str, sentence: String| {
            problems.push(FieldError::new(path, key, sentence))
        };
        if let (Some(start), Some(end)) = (self.start, self.end)
            && end <= start
        {
            add("end", "range", "The end is before the start. Choose a later end.".to_string());
        }
        if self.control_percent > 99 {
            add("control_percent", "range", "The control group can be at most 99%.".to_string());
        }
        if self.goals.len() > GOALS_MAX {
            add(
                "goals",
                "too_many",
                format!("There are {} goals; the limit is {GOALS_MAX}.", self.goals.len()),
            );
        }
        if self.timeout_hours == Some(0) {
            add("timeout_hours", "range", "The time-out must be at least 1 hour.".to_string());
        }
        if let Some(sentence) = self.timeout_hours.and_then(|hours| too_long("The time-out", hours))
        {
            add("timeout_hours", "range", sentence);
        }
        if let ReentryRule::AfterHours(hours) = self.reentry
            && let Some(sentence) = too_long("The time until people may enter again", hours)
        {
            add("reentry.after_hours", "range", sentence);
        }
        if let Some(quiet) = &self.quiet_hours {
            for (path, time) in [("quiet_hours.from", &quiet.from), ("quiet_hours.to", &quiet.to)] {
                if !is_time_of_day(time) {
                    add(
                        path,
                        "malformed",
                        format!("“{time}” is not a time of day. Write it as 22:00."),
                    );
                }
            }
        }
        if self.time_zone.is_empty() || self.time_zone.len() > 64 || !self.time_zone.is_ascii() {
            add("time_zone", "malformed", "Enter a time zone such as Europe/Berlin.".to_string());
        }
        problems
    }
}

fn too_long(what: &str, hours: u32) -> Option<String> {
    let is_too_long = i64::from(hours) * HOUR_MS > i64::from(DURATION_DAYS_MAX) * DAY_MS;
    is_too_long.then(|| format!("{what} is at most {DURATION_DAYS_MAX} days."))
}

/// "00:00" to "23:59".
pub fn is_time_of_day(text: &str) -> bool {
    let number = |text: &str, below: u8| {
        text.len() == 2
            && text.bytes().all(|b| b.is_ascii_digit())
            && text.parse().is_ok_and(|n: u8| n < below)
    };
    text.split_once(':').is_some_and(|(hour, minute)| number(hour, 24) && number(minute, 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sensible_settings_have_no_problems_and_senseless_ones_name_each() {
        let good =
            Settings::new(EntryTrigger::Event { name: "Signed Up".to_string(), filters: vec![] });
        assert_eq!(good.problems(), []);
        let bad = Settings {
            start: Some(Timestamp(10)),
            end: Some(Timestamp(5)),
            control_percent: 100,
            timeout_hours: Some(0),
            quiet_hours: Some(QuietHours {
                from: "25:00".to_string(),
                to: "8".to_string(),
                then: QuietHoursPolicy::Drop,
            }),
            ..good
        };
        let paths: Vec<String> = bad.problems().into_iter().map(|problem| problem.path).collect();
        assert_eq!(
            paths,
            ["end", "control_percent", "timeout_hours", "quiet_hours.from", "quiet_hours.to"]
        );
    }

    #[test]
    fn times_of_settings_end_at_ten_years() {
        let settings = |hours| Settings {
            reentry: ReentryRule::AfterHours(hours),
            timeout_hours: Some(hours),
            ..Settings::new(EntryTrigger::Segment {
                name: "VIP".to_string(),
                when: SegmentSchedule::Every { hours },
            })
        };
        assert_eq!(settings(DURATION_DAYS_MAX * 24).problems(), []);
        for hours in [DURATION_DAYS_MAX * 24 + 1, u32::MAX] {
            let problems = settings(hours).problems();
            let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
            let fields = ["entry.segment.when.every.hours", "timeout_hours", "reentry.after_hours"];
            assert_eq!(paths, fields);
        }
    }

    #[test]
    fn entry_types_lead_back_from_key_and_code() {
        for entry in EntryType::ALL {
            assert_eq!(entry.key().parse(), Ok(entry));
            assert_eq!(EntryType::from_code(entry.code()), Some(entry));
        }
    }
}
