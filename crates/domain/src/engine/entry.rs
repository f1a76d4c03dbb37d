//! Who comes in: the gates between an occasion to enter and a trip, in the order in which they are
//! asked.

use serde::{Deserialize, Serialize};

use super::{
    bucketing::hash_bucket,
    node::{START_CHAIN_PROPERTY, WAIT_MIN_MS},
};
use crate::{
    journeys::settings::{EntryTrigger, ReentryRule, Settings},
    profiles::{PastEvent, Properties, ingest_record::ENTRY_EVENT_AGE_MAX, profile::event_key},
    time::{HOUR_MS, Timestamp},
};

/// What is known of a person's earlier trips through the journey, over all of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EnrolmentHistory {
    /// Are they inside right now?
    pub is_enrolled: bool,
    /// When they left for the last time; none where they never were in.
    pub left_at: Option<Timestamp>,
    /// When they came in for the last time; none where they never were in.
    pub entered_at: Option<Timestamp>,
}

impl EnrolmentHistory {
    /// Of someone who has just come in.
    pub fn inside(entered_at: Timestamp) -> Self {
        Self { is_enrolled: true, left_at: None, entered_at: Some(entered_at) }
    }

    /// Of someone who has just left.
    pub fn left(entered_at: Timestamp, left_at: Timestamp) -> Self {
        Self { is_enrolled: false, left_at: Some(left_at), entered_at: Some(entered_at) }
    }
}

/// Why someone who had an occasion did not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryRejection {
    /// The event had happened too long ago when it arrived.
    TooOld,
    /// They are in the control group.
    Control,
    /// They are inside.
    Inside,
    /// They were in before, and may not come in again, or not yet.
    Reentry,
    /// The journey has let in as many as it may.
    Cap,
    /// Another journey started this one so soon after they had come in.
    StartedTooSoon,
}

impl EntryRejection {
    pub const ALL: [EntryRejection; 6] = [
        EntryRejection::TooOld,
        EntryRejection::Control,
        EntryRejection::Inside,
        EntryRejection::Reentry,
        EntryRejection::Cap,
        EntryRejection::StartedTooSoon,
    ];

    /// In the order in which the gates are asked: whoever is in the control group or beyond the
    /// limit is counted as such only where nothing else keeps them out.
    const ASKED: [EntryRejection; 6] = [
        EntryRejection::TooOld,
        EntryRejection::Inside,
        EntryRejection::Reentry,
        EntryRejection::StartedTooSoon,
        EntryRejection::Control,
        EntryRejection::Cap,
    ];

    /// The number in the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|index| EntryRejection::ALL.get(index).copied())
    }

    /// A sentence for a person.
    pub fn sentence(self) -> &'static str {
        match self {
            EntryRejection::TooOld => {
                "The event happened more than an hour before it arrived. Such events cannot start \
                    an enrolment."
            }
            EntryRejection::Control => {
                "This person is in the control group: qualifies, but stays outside for comparison."
            }
            EntryRejection::Inside => "This person was already inside. No one is inside twice.",
            EntryRejection::Reentry => {
                "This person was inside before. The re-entry rule does not allow another entry, or \
                    not so soon."
            }
            EntryRejection::Cap => "The entry limit was reached.",
            EntryRejection::StartedTooSoon => {
                "This person entered less than a minute before. Other journeys can start this one \
                    for the same person once a minute at most."
            }
        }
    }
}

/// An occasion to enter.
#[derive(Debug, Clone, Copy)]
pub struct EntryAttempt<'a> {
    /// Names the journey for the control group: the same people over all of its versions.
    pub journey: &'a str,
    pub profile: i64,
    pub now: Timestamp,
    /// When the event happened and when it arrived, for live events.
    pub event: Option<(Timestamp, Timestamp)>,
    /// A step of a journey starts this one.
    pub by_journey: bool,
    pub history: EnrolmentHistory,
    /// How many came in so far.
    pub entered: i64,
}

/// In front of a journey's name or id: the event by which a step of another journey, or a program,
/// starts it.
const START_EVENT_PREFIX: &str = "$enter ";

/// The key of the event by which a journey, named or by its id, is asked to let someone in.
pub fn start_event_key(journey: &str) -> String {
    format!("{START_EVENT_PREFIX}{}", event_key(journey))
}

/// What the event of a step that starts a journey says: how many journeys have started one another.
pub fn start_event_properties(depth: u64) -> Properties {
    Properties::from_iter([(START_CHAIN_PROPERTY.to_string(), depth.into())])
}

/// Is it an event of ours, by which a step of a journey starts another one?
pub fn is_started_by_journey(event: &PastEvent) -> bool {
    event.key.starts_with('$') && event.properties.contains_key(START_CHAIN_PROPERTY)
}

/// Has an event the properties that the trigger asks for? Of the events that start a journey
/// ([`start_event_key`]) none are asked.
pub fn event_fits_trigger(trigger: &EntryTrigger, key: &str, properties: &Properties) -> bool {
    match trigger {
        EntryTrigger::Event { filters, .. } if !key.starts_with('$') => {
            filters.iter().all(|filter| filter.matches(properties))
        }
        _ => true,
    }
}

/// May they come in?
///
/// # Errors
/// The first gate that is closed.
pub fn check_entry(settings: &Settings, occasion: &EntryAttempt<'_>) -> Result<(), EntryRejection> {
    closed_gates(settings, occasion).next().map_or(Ok(()), Err)
}

/// Every gate that is closed, in the order in which they are asked; the next one is asked only
/// where it is wanted.
pub fn closed_gates<'a>(
    settings: &'a Settings,
    occasion: &'a EntryAttempt<'_>,
) -> impl Iterator<Item = EntryRejection> + 'a {
    EntryRejection::ASKED.into_iter().filter(move |gate| is_closed(*gate, settings, occasion))
}

fn is_closed(gate: EntryRejection, settings: &Settings, occasion: &EntryAttempt<'_>) -> bool {
    let EntryAttempt { now, history, .. } = *occasion;
    match gate {
        EntryRejection::TooOld => {
            occasion.event.is_some_and(|(at, received)| received.0 - at.0 > ENTRY_EVENT_AGE_MAX)
        }
        EntryRejection::Inside => history.is_enrolled,
        EntryRejection::Reentry => history.left_at.is_some_and(|left| match settings.reentry {
            ReentryRule::Never => true,
            ReentryRule::AfterExit => false,
            ReentryRule::AfterHours(hours) => now < left.plus(i64::from(hours) * HOUR_MS),
        }),
        // Journeys of one name that start that name would multiply: each start lets in one person
        // per journey, and each of these starts them all again.
        EntryRejection::StartedTooSoon => {
            occasion.by_journey && history.entered_at.is_some_and(|at| now < at.plus(WAIT_MIN_MS))
        }
        EntryRejection::Control => {
            is_in_control_group(settings, occasion.journey, occasion.profile)
        }
        EntryRejection::Cap => settings
            .entry_cap
            .is_some_and(|cap| occasion.entered >= i64::try_from(cap).unwrap_or(i64::MAX)),
    }
}

/// Do they belong to the control group of the journey?
fn is_in_control_group(settings: &Settings, journey: &str, profile: i64) -> bool {
    settings.control_percent > 0
        && hash_bucket(&format!("control {journey}"), profile) < settings.control_percent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{journeys::settings::EntryTrigger, time::MINUTE_MS};

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn occasion() -> EntryAttempt<'static> {
        EntryAttempt {
            journey: "j",
            profile: 7,
            now: NOW,
            event: None,
            by_journey: false,
            history: EnrolmentHistory::default(),
            entered: 0,
        }
    }

    fn settings() -> Settings {
        Settings::new(EntryTrigger::Api {})
    }

    fn left(hours_ago: i64) -> EnrolmentHistory {
        let left_at = NOW.plus(-hours_ago * HOUR_MS);
        EnrolmentHistory::left(left_at.plus(-HOUR_MS), left_at)
    }

    #[test]
    fn a_newcomer_comes_in_and_nobody_is_inside_twice() {
        assert_eq!(check_entry(&settings(), &occasion()), Ok(()));
        let inside = EnrolmentHistory { left_at: Some(NOW), ..EnrolmentHistory::inside(NOW) };
        let again = Settings { reentry: ReentryRule::AfterExit, ..settings() };
        assert_eq!(
            check_entry(&again, &EntryAttempt { history: inside, ..occasion() }),
            Err(EntryRejection::Inside)
        );
    }

    #[test]
    fn re_entry_is_off_after_exit_or_after_a_gap() {
        let back = |reentry, hours| {
            check_entry(
                &Settings { reentry, ..settings() },
                &EntryAttempt { history: left(hours), ..occasion() },
            )
        };
        assert_eq!(back(ReentryRule::Never, 10_000), Err(EntryRejection::Reentry));
        assert_eq!(back(ReentryRule::AfterExit, 0), Ok(()));
        assert_eq!(back(ReentryRule::AfterHours(24), 23), Err(EntryRejection::Reentry));
        assert_eq!(back(ReentryRule::AfterHours(24), 24), Ok(()));
    }

    #[test]
    fn an_old_event_lets_nobody_in() {
        let late = |minutes: i64| EntryAttempt {
            event: Some((NOW.plus(-minutes * MINUTE_MS), NOW)),
            ..occasion()
        };
        assert_eq!(check_entry(&settings(), &late(60)), Ok(()));
        assert_eq!(check_entry(&settings(), &late(61)), Err(EntryRejection::TooOld));
    }

    /// Someone who came in so many milliseconds ago, went through at once, and may come again.
    fn started_again(by_journey: bool, ago: i64) -> Result<(), EntryRejection> {
        let at = NOW.plus(-ago);
        let history = EnrolmentHistory::left(at, at);
        let again = Settings { reentry: ReentryRule::AfterExit, ..settings() };
        check_entry(&again, &EntryAttempt { by_journey, history, ..occasion() })
    }

    #[test]
    fn journeys_start_a_journey_for_the_same_person_once_a_minute_at_most() {
        assert_eq!(started_again(true, MINUTE_MS - 1), Err(EntryRejection::StartedTooSoon));
        assert_eq!(started_again(true, MINUTE_MS), Ok(()));
    }

    #[test]
    fn who_comes_in_by_what_they_do_may_come_again_within_the_minute() {
        assert_eq!(started_again(false, 0), Ok(()));
    }

    #[test]
    fn only_an_event_of_ours_counts_as_a_start_by_a_journey() {
        let event = |key: &str, properties: serde_json::Value| PastEvent {
            key: key.to_string(),
            at: NOW,
            properties: properties.as_object().cloned().unwrap_or_default(),
        };
        let depth = || serde_json::json!({"$depth": 1});
        assert!(is_started_by_journey(&event("$enter bomb", depth())));
        assert!(!is_started_by_journey(&event("visited", depth())));
        assert!(!is_started_by_journey(&event("$enter bomb", serde_json::json!({}))));
    }

    #[test]
    fn the_gates_are_asked_in_one_order_and_the_first_closed_one_is_the_answer() {
        let full = Settings { entry_cap: Some(0), control_percent: 100, ..settings() };
        let before = EntryAttempt { history: left(1), ..occasion() };
        let closed: Vec<EntryRejection> = closed_gates(&full, &before).collect();
        assert_eq!(closed, [EntryRejection::Reentry, EntryRejection::Control, EntryRejection::Cap]);
        assert_eq!(check_entry(&full, &before), Err(EntryRejection::Reentry));
    }

    #[test]
    fn an_event_fits_the_trigger_with_the_properties_that_it_asks_for() {
        let trigger: EntryTrigger = serde_json::from_value(serde_json::json!({ "event": {
            "name": "Paid", "filters": [{ "property": "plan", "is": "equals", "value": "gold" }]
        } }))
        .expect("a trigger");
        let fits = |key: &str, plan: &str| {
            let properties = Properties::from_iter([("plan".to_string(), plan.into())]);
            event_fits_trigger(&trigger, key, &properties)
        };
        assert!(fits("paid", "gold"));
        assert!(!fits("paid", "silver"));
        assert!(fits(&start_event_key("Sale"), "silver"), "a start asks for nothing");
    }

    #[test]
    fn a_step_that_starts_a_journey_says_how_long_the_chain_is() {
        let event = PastEvent {
            key: start_event_key(" Sale "),
            at: NOW,
            properties: start_event_properties(3),
        };
        assert_eq!(event.key, "$enter sale");
        assert!(is_started_by_journey(&event));
    }

    #[test]
    fn the_numbers_of_the_reasons_stay_what_the_store_knows() {
        let codes = EntryRejection::ALL.map(EntryRejection::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5]);
        assert_eq!(EntryRejection::from_code(5), Some(EntryRejection::StartedTooSoon));
    }

    #[test]
    fn the_cap_is_the_most_that_enter() {
        let capped = Settings { entry_cap: Some(2), ..settings() };
        assert_eq!(check_entry(&capped, &EntryAttempt { entered: 1, ..occasion() }), Ok(()));
        assert_eq!(
            check_entry(&capped, &EntryAttempt { entered: 2, ..occasion() }),
            Err(EntryRejection::Cap)
        );
    }

    #[test]
    fn the_control_group_is_the_same_every_time() {
        let control = Settings { control_percent: 20, ..settings() };
        let kept_out = |profile| {
            check_entry(&control, &EntryAttempt { profile, ..occasion() })
                == Err(EntryRejection::Control)
        };
        let chosen: Vec<i64> = (0..1000).filter(|profile| kept_out(*profile)).collect();
        assert!((150..250).contains(&chosen.len()), "{}", chosen.len());
        assert!(chosen.into_iter().all(kept_out));
    }
}
