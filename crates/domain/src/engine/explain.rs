//! “Why isn’t this person in the journey?”: the engine's own rules, asked about one person. Every
//! reason is decided here, and its sentence is made here.

use super::entry::{
    EnrolmentHistory, EntryAttempt, EntryRejection, event_fits_trigger, rejections,
};
use crate::{
    graph::{criteria::Criteria, node},
    ids::{JourneyId, ProfileKey},
    journeys::{
        settings::{EntryTrigger, ReentryRule, Settings},
        status::Status,
    },
    profiles::{
        Profile, Properties,
        profile::event_key,
        read_model::{Because, EntryExplanation},
    },
    time::Timestamp,
};

/// Most events that are looked through for one that fits the entry trigger: the newest.
pub const EXPLAINED_EVENTS_MAX: i64 = 20;

/// What is known of a person and of the version that the journey shows.
#[derive(Debug, Clone)]
pub struct EntryFacts {
    pub journey: JourneyId,
    pub journey_name: String,
    pub is_archived: bool,
    pub status: Status,
    pub settings: Settings,
    /// Whom the trigger takes by what they are ([`super::compiled::entry_criteria`]).
    pub entry_criteria: Option<Criteria>,
    /// Events up to this one count for nothing: they came before the journey was published or
    /// resumed.
    pub entry_mark: i64,
    /// How many entered so far.
    pub entered: i64,
    pub person: ProfileKey,
    /// As far as the criteria ask for it ([`super::compiled::past_event_properties_of`]); none
    /// where there are none, or the profile cannot be read.
    pub profile: Option<Profile>,
    pub history: EnrolmentHistory,
    /// The newest events of the trigger's name, the newest first, each with at least the properties
    /// that the trigger asks for.
    pub events: Vec<EntryEvent>,
    pub last_rejection: Option<RecordedRejection>,
}

/// An event by which they may have entered.
#[derive(Debug, Clone)]
pub struct EntryEvent {
    pub seq: i64,
    pub at: Timestamp,
    pub properties: Properties,
}

/// What the engine wrote down when they last had a chance to enter this version and did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedRejection {
    pub rejection: EntryRejection,
    pub at: Timestamp,
    /// How often in all.
    pub times: i64,
}

/// Why a person is not in a journey, in sentences.
pub fn explain_entry(facts: &EntryFacts, now: Timestamp) -> EntryExplanation {
    EntryExplanation {
        journey: facts.journey,
        journey_name: facts.journey_name.clone(),
        inside: facts.history.is_enrolled,
        reasons: find_reasons(facts, now).iter().map(EntryReason::because).collect(),
    }
}

/// A reason why someone is not in a journey.
#[derive(Debug, Clone, PartialEq)]
enum EntryReason {
    Inside,
    Archived,
    /// The journey is in a status in which no one enters.
    Closed(Status),
    /// They were inside before, and it is too early or may not be again.
    Reentry(ReentryRule, Timestamp),
    /// Another reason refuses the profile.
    Rejected(EntryRejection),
    NeverDone {
        event: String,
    },
    DoneBeforeOpening {
        event: String,
        at: Timestamp,
    },
    /// The last event has not these properties.
    OtherProperties {
        event: String,
        conditions: Vec<String>,
    },
    /// They do not meet the criteria of the trigger, which is described.
    CriteriaNotMet(String),
    OnlyByApi,
    RejectedBefore(RecordedRejection),
    Nothing,
}

/// The decisive one first.
fn find_reasons(facts: &EntryFacts, now: Timestamp) -> Vec<EntryReason> {
    if facts.history.is_enrolled {
        return vec![EntryReason::Inside];
    }
    let mut reasons = Vec::new();
    reasons.extend(facts.is_archived.then_some(EntryReason::Archived));
    reasons.extend((facts.status != Status::Running).then_some(EntryReason::Closed(facts.status)));
    reasons.extend(find_rejections(facts, now));
    reasons.extend(find_missing_attempt(facts, now));
    reasons.extend(facts.last_rejection.map(EntryReason::RejectedBefore));
    if reasons.is_empty() {
        reasons.push(EntryReason::Nothing);
    }
    reasons
}

/// The reasons that would refuse the profile if it had a chance to enter now.
fn find_rejections(facts: &EntryFacts, now: Timestamp) -> Vec<EntryReason> {
    let attempt = EntryAttempt {
        journey: &facts.journey.to_string(),
        profile: facts.person,
        now,
        event: None,
        by_journey: false,
        history: facts.history,
        entered: facts.entered,
    };
    rejections(&facts.settings, &attempt)
        .map(|reason| match (reason, facts.history.left_at) {
            (EntryRejection::Reentry, Some(left_at)) => {
                EntryReason::Reentry(facts.settings.reentry, left_at)
            }
            // Every other reason says enough by itself.
            (reason, _) => EntryReason::Rejected(reason),
        })
        .collect()
}

/// Why they had no chance to enter; none where they had one.
fn find_missing_attempt(facts: &EntryFacts, now: Timestamp) -> Option<EntryReason> {
    match &facts.settings.entry {
        EntryTrigger::Event { name, .. } => find_missing_event(facts, name),
        EntryTrigger::Profile { .. } | EntryTrigger::Segment { .. } | EntryTrigger::List { .. } => {
            let is_met = facts
                .profile
                .as_ref()
                .zip(facts.entry_criteria.as_ref())
                .is_some_and(|(profile, criteria)| criteria.matches(profile, now));
            (!is_met).then(|| EntryReason::CriteriaNotMet(facts.settings.entry.describe()))
        }
        EntryTrigger::Api {} => Some(EntryReason::OnlyByApi),
    }
}

fn find_missing_event(facts: &EntryFacts, name: &str) -> Option<EntryReason> {
    let (trigger, key, event) = (&facts.settings.entry, event_key(name), name.to_string());
    let Some(newest) = facts.events.first() else { return Some(EntryReason::NeverDone { event }) };
    let mut events = facts.events.iter();
    if let Some(fits) = events.find(|past| event_fits_trigger(trigger, &key, &past.properties)) {
        let is_before = fits.seq <= facts.entry_mark;
        return is_before.then_some(EntryReason::DoneBeforeOpening { event, at: fits.at });
    }
    let EntryTrigger::Event { filters, .. } = trigger else { return None };
    let conditions = filters
        .iter()
        .filter(|filter| !filter.matches(&newest.properties))
        .map(|filter| filter.describe())
        .collect();
    Some(EntryReason::OtherProperties { event, conditions })
}

impl EntryReason {
    /// The sentence for a person.
    fn because(&self) -> Because {
        let sentence = match self {
            Self::Inside => "This person is inside now.".to_string(),
            Self::Archived => "The journey is archived.".to_string(),
            Self::Closed(status) => closed_sentence(*status).to_string(),
            Self::Reentry(ReentryRule::AfterHours(hours), left_at) => format!(
                "This person exited on {}; re-entry is possible {} after exit.",
                left_at.long_date(),
                node::hours(*hours)
            ),
            Self::Reentry(_, left_at) => format!(
                "This person exited on {}, and people can enter once only.",
                left_at.long_date()
            ),
            Self::Rejected(rejection) => rejection.sentence().to_string(),
            Self::NeverDone { event } => format!("This person has never done “{event}”."),
            Self::DoneBeforeOpening { event, at } => format!(
                "This person last did “{event}” on {}, before the journey was published or \
                    resumed.",
                at.long_date()
            ),
            Self::OtherProperties { event, conditions } => {
                return Because::of_properties(format!(
                    "This person did “{event}”, but the last time did not match: {}.",
                    conditions.join(" and ")
                ));
            }
            Self::CriteriaNotMet(trigger) => {
                return Because::of_properties(format!(
                    "This person does not match the entry trigger: {trigger}."
                ));
            }
            Self::OnlyByApi => "People enter this journey only through the API.".to_string(),
            Self::RejectedBefore(RecordedRejection { rejection, at, times }) => {
                let times =
                    if *times > 1 { format!(", {times} times in all") } else { String::new() };
                format!("Did not enter on {}{times}: {}", at.long_date(), rejection.sentence())
            }
            Self::Nothing => {
                "Nothing prevents entry. They enter with the next matching event.".to_string()
            }
        };
        sentence.into()
    }
}

/// Why no one enters in this status.
fn closed_sentence(status: Status) -> &'static str {
    match status {
        Status::Draft => "The journey is a draft. No one enters until you publish it.",
        Status::Scheduled => "The journey has not started yet.",
        Status::Running => "The journey is running.",
        Status::Paused => {
            "The journey is paused. No one enters, and events during the pause do not count later."
        }
        Status::Completed => "Entry has ended: the journey is completed.",
        Status::Restricted => "A newer version has taken over.",
        Status::Stopped => "The journey was stopped for good.",
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
